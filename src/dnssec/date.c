/* SPDX-License-Identifier: ISC */
/*
 * Owns the calendar.
 * Never knows a time zone, nor what time it is.
 */
#include "dnssec/date.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

#define LAST_TIME UINT64_C(253402300799) /* of the year 9999 */

enum { YEAR_FIRST = 1970, DAY_S = 86400, MONTHS = 12 };

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[MONTHS] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year));
}

static unsigned year_days(unsigned year)
{
	return is_leap(year) ? 366 : 365;
}

const char *date_text(uint64_t time_s, char out[DATE_TEXT_CAP])
{
	if (time_s > LAST_TIME)
		time_s = LAST_TIME;
	uint32_t days = (uint32_t)(time_s / DAY_S), second = (uint32_t)(time_s % DAY_S);
	unsigned year = YEAR_FIRST, month = 1;
	for (; days >= year_days(year); year++)
		days -= year_days(year);
	for (; days >= month_days(year, month); month++)
		days -= month_days(year, month);
	snprintf(out, DATE_TEXT_CAP, "%04u%02u%02u%02u%02u%02u", year % 10000, month % 100,
		(days + 1) % 100, second / 3600 % 24, second / 60 % 60, second % 60);
	return out;
}

/* Reads a number of `digits` digits. -1: there are fewer. */
static int number(const char *text, unsigned digits)
{
	int value = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = 10 * value + (text[i] - '0');
	}
	return value;
}

int date_parse(const char *text, uint64_t *ret)
{
	static const uint8_t digits[] = {4, 2, 2, 2, 2, 2};
	int field[sizeof(digits)];
	for (size_t i = 0; i < sizeof(digits); text += digits[i], i++)
		if ((field[i] = number(text, digits[i])) < 0)
			return ERR_SYNTAX;
	const unsigned year = (unsigned)field[0], month = (unsigned)field[1];
	if (year < YEAR_FIRST || month < 1 || month > MONTHS || field[2] < 1 ||
		(unsigned)field[2] > month_days(year, month) || field[3] > 23 || field[4] > 59 ||
		field[5] > 59)
		return ERR_SYNTAX;
	uint64_t days = (unsigned)field[2] - 1;
	for (unsigned y = YEAR_FIRST; y < year; y++)
		days += year_days(y);
	for (unsigned m = 1; m < month; m++)
		days += month_days(year, m);
	*ret = days * DAY_S + (unsigned)(field[3] * 3600 + field[4] * 60 + field[5]);
	return 0;
}
