/* SPDX-License-Identifier: ISC */
/*
 * Owns the edit distance of two texts (Damerau-Levenshtein; no byte is edited twice).
 * Never computes the whole table: only a band along its diagonal matters.
 */
#include "base/edit.h"

#include <stdbool.h>
#include <string.h>

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Three rows of the table: [j] is the distance between the first i bytes of a and the first j of
 * b. */
struct rows {
	unsigned before[EDIT_LEN_CAP + 1], last[EDIT_LEN_CAP + 1], now[EDIT_LEN_CAP + 1];
};

static bool is_swap(const char *a, const char *b, size_t i, size_t j)
{
	return i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
	       lower(a[i - 2]) == lower(b[j - 1]);
}

/* Fills row i between the columns `from` and `to`; cells outside have the value `out`. Returns
 * the least value. */
static unsigned fill_row(struct rows *r, const char *a, const char *b, size_t i, size_t from,
	size_t to, unsigned out)
{
	unsigned least = out;
	for (size_t j = 0; j <= EDIT_LEN_CAP; j++)
		r->now[j] = out;
	if (from == 0)
		r->now[0] = least_of((unsigned)i, out);
	for (size_t j = from ? from : 1; j <= to; j++) {
		unsigned cost = r->last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
		cost = least_of(cost, least_of(r->last[j], r->now[j - 1]) + 1);
		if (is_swap(a, b, i, j))
			cost = least_of(cost, r->before[j - 2] + 1);
		r->now[j] = least_of(cost, out);
		least = least_of(least, r->now[j]);
	}
	return from == 0 ? least_of(least, r->now[0]) : least;
}

unsigned edit_distance(const char *a, const char *b, unsigned max)
{
	const size_t a_len = strlen(a), b_len = strlen(b);
	const unsigned out = max + 1;
	struct rows r;
	if (a_len > EDIT_LEN_CAP || b_len > EDIT_LEN_CAP)
		return out;
	for (size_t j = 0; j <= EDIT_LEN_CAP; j++)
		r.before[j] = r.last[j] = least_of((unsigned)j, out);
	for (size_t i = 1; i <= a_len; i++) {
		size_t from = i > max ? i - max : 0;
		size_t to = i + max < b_len ? i + max : b_len;
		if (from > b_len || fill_row(&r, a, b, i, from, to, out) >= out)
			return out;
		memcpy(r.before, r.last, sizeof(r.last));
		memcpy(r.last, r.now, sizeof(r.now));
	}
	return r.last[b_len];
}
