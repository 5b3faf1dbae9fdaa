/* SPDX-License-Identifier: ISC */
/*
 * Owns the names that files give to addresses, and the reading of such files.
 * Never opens a file, never decides who gets a name.
 */
#include "name/address_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "name/label.h"

/* What is left of a line. */
struct line {
	const char *at, *end;
	unsigned number;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Finds the next word. NULL: the line has no more. */
static const char *line_word(struct line *line, size_t *ret_len)
{
	while (line->at < line->end && is_blank(*line->at))
		line->at++;
	const char *word = line->at;
	while (line->at < line->end && !is_blank(*line->at) && *line->at != '#')
		line->at++;
	*ret_len = (size_t)(line->at - word);
	return *ret_len ? word : NULL;
}

/* Says what is wrong with a word, of which only printable bytes are shown. */
static int fail(struct address_names_error *error, const struct line *line, const char *word,
	size_t len, const char *why)
{
	char shown[64] = "";
	size_t count = len < sizeof(shown) - 1 ? len : sizeof(shown) - 1;
	for (size_t i = 0; i < count; i++)
		shown[i] = word[i] > ' ' && word[i] <= '~' ? word[i] : '?';
	*error = (struct address_names_error){.line = line->number};
	snprintf(error->text, sizeof(error->text), "'%s' %s", shown, why);
	return ERR_SYNTAX;
}

static int read_addr(const struct line *line, const char *word, size_t len, struct addr *ret,
	struct address_names_error *error)
{
	char text[ADDR_TEXT_CAP] = "";
	if (len < sizeof(text) && !memchr(word, '\0', len)) {
		memcpy(text, word, len);
		if (addr_parse(text, ret) == 0)
			return 0;
	}
	return fail(error, line, word, len, "is no address");
}

static int add(struct address_names *list, const struct address_name *name)
{
	if (ARRAY_RESERVE(list->at, list->cap, list->count + 1))
		return ERR_NOMEM;
	list->at[list->count++] = *name;
	return 0;
}

static int read_line(
	struct address_names *list, struct line *line, struct address_names_error *error)
{
	struct address_name name = {0};
	size_t len, count = 0;
	const char *word = line_word(line, &len);
	int err = word ? read_addr(line, word, len, &name.addr, error) : 0;
	if (!word || err)
		return err;
	const char *addr = word;
	const size_t addr_len = len;
	while ((word = line_word(line, &len))) {
		enum label_verdict verdict = label_judge(word, len);
		if (verdict != LABEL_OK)
			return fail(error, line, word, len, label_verdict_text(verdict));
		if (list->count >= LIMIT_ADDRESS_NAMES)
			return fail(error, line, word, len, "is one name too many");
		memset(name.label, 0, sizeof(name.label));
		memcpy(name.label, word, len);
		if (add(list, &name))
			return ERR_NOMEM;
		count++;
	}
	return count ? 0 : fail(error, line, addr, addr_len, "has no name");
}

int address_names_read(
	struct address_names *list, const char *text, size_t len, struct address_names_error *error)
{
	const char *at = text, *end = text + len;
	/* Progress: each turn takes one line. */
	for (unsigned number = 1; at < end; number++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct line line = {at, newline ? newline : end, number};
		int err = read_line(list, &line, error);
		if (err)
			return err;
		at = newline ? newline + 1 : end;
	}
	return 0;
}

/* Sorts by address; what has one address keeps its order. */
static void merge(
	const struct address_name *from, size_t half, size_t count, struct address_name *to)
{
	size_t a = 0, b = half;
	for (size_t i = 0; i < count; i++) {
		bool is_first =
			b == count || (a < half && addr_cmp(&from[a].addr, &from[b].addr) <= 0);
		to[i] = from[is_first ? a++ : b++];
	}
}

int address_names_settle(struct address_names *list)
{
	if (list->count < 2)
		return 0;
	struct address_name *room = calloc(list->count, sizeof(*room));
	if (!room)
		return ERR_NOMEM;
	for (size_t width = 1; width < list->count; width *= 2) {
		for (size_t i = 0; i < list->count; i += 2 * width) {
			size_t count = list->count - i < 2 * width ? list->count - i : 2 * width;
			merge(&list->at[i], count < width ? count : width, count, &room[i]);
		}
		struct address_name *sorted = room;
		room = list->at;
		list->at = sorted;
	}
	free(room);
	list->cap = list->count;
	return 0;
}

const struct address_name *address_names_find(
	const struct address_names *list, const struct addr *addr, size_t *ret_count)
{
	size_t low = 0, high = list->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (addr_cmp(&list->at[middle].addr, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	size_t end = low;
	while (end < list->count && addr_equal(&list->at[end].addr, addr))
		end++;
	*ret_count = end - low;
	return *ret_count ? &list->at[low] : NULL;
}

void address_names_fini(struct address_names *list)
{
	free(list->at);
	*list = (struct address_names){0};
}
