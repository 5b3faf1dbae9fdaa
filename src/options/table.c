/* SPDX-License-Identifier: ISC */
/*
 * Owns the lookups in a table of options.
 * Never interprets a value.
 */
#include <stdio.h>
#include <string.h>

#include "options/options.h"

const struct option *options_find(const struct options_table *t, const char *key, size_t len)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *known = t->options[i].key;
		if (strlen(known) == len && memcmp(known, key, len) == 0)
			return &t->options[i];
	}
	return NULL;
}

bool option_concerns(const struct option *o, const struct options_args *args)
{
	return !args->has_command || o->commands == 0 || (o->commands >> args->command & 1);
}

int options_word_index(const char *const *words, const char *text, size_t len)
{
	for (int i = 0; words[i]; i++)
		if (len > 0 && strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return i;
	return -1;
}

void options_list_words(const char *const *words, char *out, size_t cap)
{
	size_t len = 0;
	*out = '\0';
	for (int i = words[0][0] ? 0 : 1; words[i] && len < cap; i++) {
		const char *before = len == 0 ? "" : words[i + 1] ? ", " : " or ";
		len += (size_t)snprintf(out + len, cap - len, "%s%s", before, words[i]);
	}
}
