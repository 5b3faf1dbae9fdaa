/* SPDX-License-Identifier: ISC */
/*
 * Owns the measure of how similarly two words are spelled.
 * Never decides that one is meant.
 */
#include "options/nearest.h"

#include <string.h>

enum { WORD_CAP = 24 }; /* longer than any word of a table */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;
	return least < c ? least : c;
}

/* How many times a byte must be put in, taken out or changed, or be swapped with its neighbour, to make
 * one text of the other (optimal string alignment). `a_len` is at most WORD_CAP. */
static unsigned edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_CAP + 1]; /* of b's prefixes: this one, and the two before it */
	for (size_t i = 0; i <= a_len; i++)
		rows[0][i] = (unsigned)i;
	for (size_t j = 1; j <= b_len; j++) {
		unsigned *row = rows[j % 3], *before = rows[(j + 2) % 3];
		const unsigned *swapped = rows[(j + 1) % 3];
		row[0] = (unsigned)j;
		for (size_t i = 1; i <= a_len; i++) {
			row[i] = min3(before[i - 1] + (a[i - 1] != b[j - 1]), before[i] + 1,
				row[i - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				swapped[i - 2] + 1 < row[i])
				row[i] = swapped[i - 2] + 1;
		}
	}
	return rows[b_len % 3][a_len];
}

/* A word with more than a third of its bytes changed is another word. */
struct nearest nearest_begin(const char *text, size_t len)
{
	return (struct nearest){.text = text, .len = len, .distance = (unsigned)(len + 2) / 3 + 1};
}

void nearest_offer(struct nearest *n, const char *word)
{
	if (n->len > WORD_CAP)
		return;
	unsigned distance = edit_distance(n->text, n->len, word, strlen(word));
	/* At least three letters may be an abbreviation. */
	if (n->len >= 3 && strncmp(word, n->text, n->len) == 0)
		distance = 1;
	if (distance >= n->distance)
		return;
	n->distance = distance;
	n->word = word;
}

const char *nearest_word(const char *const *words, const char *text, size_t len)
{
	struct nearest n = nearest_begin(text, len);
	for (size_t i = 0; words[i]; i++)
		if (words[i][0])
			nearest_offer(&n, words[i]);
	return n.word;
}
