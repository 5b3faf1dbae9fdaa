/* SPDX-License-Identifier: ISC */
/*
 * Owns the choice of the word that is spelled most like a given one.
 * Never decides that this word is meant.
 */
#include "options/nearest.h"

#include <string.h>

#include "base/edit.h"

enum { WORD_CAP = 24 }; /* longer than any word of a table */

/* A word with more than a third of its bytes changed is another word. */
struct nearest nearest_begin(const char *text, size_t len)
{
	return (struct nearest){.text = text, .len = len, .distance = (unsigned)(len + 2) / 3 + 1};
}

void nearest_offer(struct nearest *n, const char *word)
{
	char text[WORD_CAP + 1];
	if (n->len > WORD_CAP)
		return;
	memcpy(text, n->text, n->len);
	text[n->len] = '\0';
	unsigned distance = edit_distance(text, word, n->distance);
	/* Three letters may be an abbreviation. */
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
