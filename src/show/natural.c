/* SPDX-License-Identifier: ISC */
/*
 * Owns the natural order of names.
 * Never reads a number into a variable: it may have more digits than fit.
 */
#include "show/natural.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Returns the digits at *text without leading zeros, and moves *text past them. */
static size_t take_number(const char **text, const char **ret_digits)
{
	const char *p = *text;
	while (*p == '0' && is_digit(p[1]))
		p++;
	*ret_digits = p;
	while (is_digit(*p))
		p++;
	*text = p;
	return (size_t)(p - *ret_digits);
}

static int number_cmp(const char **a, const char **b)
{
	const char *digits_a, *digits_b;
	size_t len_a = take_number(a, &digits_a), len_b = take_number(b, &digits_b);
	if (len_a != len_b)
		return len_a < len_b ? -1 : 1;
	return memcmp(digits_a, digits_b, len_a);
}

int natural_cmp(const char *a, const char *b)
{
	const char *p = a, *q = b;
	while (*p && *q) {
		int order = is_digit(*p) && is_digit(*q) ? number_cmp(&p, &q)
							 : lower(*p++) - lower(*q++);
		if (order)
			return order;
	}
	if (*p || *q)
		return *p ? 1 : -1;
	return strcmp(a, b);
}
