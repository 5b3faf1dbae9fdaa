/* SPDX-License-Identifier: ISC */
/*
 * Owns the division of a master file into words and entries.
 * Never knows what a word means.
 */
#include "zonefile/words.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A carriage return ends a line too, alone or before a newline. */
static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static bool ends_word(char c)
{
	return is_blank(c) || is_line_end(c) || c == '(' || c == ')' || c == ';' || c == '"';
}

int zonewords_fail(struct zonewords *w, const struct zoneword *about, const char *fault)
{
	if (w->fault)
		return ERR_SYNTAX;
	w->fault = fault;
	if (about)
		w->about = *about;
	return ERR_SYNTAX;
}

/* Moves behind the end of a line, at which `at` is. */
static void pass_line_end(struct zonewords *w)
{
	bool is_pair = *w->at == '\r' && w->end - w->at > 1 && w->at[1] == '\n';
	w->at += is_pair ? 2 : 1;
	w->line++;
}

/* Only a newline ends a comment, for other servers too. Behind a carriage return alone, records
 * would be lost. */
static void skip_comment(struct zonewords *w)
{
	while (w->at < w->end && !is_line_end(*w->at))
		w->at++;
	if (w->end - w->at > 1 && *w->at == '\r' && w->at[1] != '\n')
		zonewords_fail(w, NULL, "a carriage return does not end a comment");
}

static void open_parenthesis(struct zonewords *w)
{
	if (w->depth++ == 0)
		w->open_line = w->line;
	w->at++;
}

static void close_parenthesis(struct zonewords *w)
{
	if (w->depth == 0) {
		zonewords_fail(w, NULL, "a parenthesis is closed that was not opened");
		return;
	}
	w->depth--;
	w->at++;
}

static void check_end_of_text(struct zonewords *w)
{
	if (w->at < w->end || w->depth == 0)
		return;
	w->line = w->open_line;
	zonewords_fail(w, NULL, "a parenthesis is not closed");
}

/* Skips what is between words. Progress: each turn moves, or records a fault. */
static void skip_gap(struct zonewords *w)
{
	while (w->at < w->end && !w->fault) {
		if (is_blank(*w->at))
			w->at++;
		else if (*w->at == ';')
			skip_comment(w);
		else if (*w->at == '(')
			open_parenthesis(w);
		else if (*w->at == ')')
			close_parenthesis(w);
		else if (is_line_end(*w->at) && w->depth > 0)
			pass_line_end(w);
		else
			return;
	}
	check_end_of_text(w);
}

/* Skips a backslash and the byte after it. */
static void skip_escape(struct zonewords *w)
{
	w->at++;
	if (w->at == w->end || is_line_end(*w->at))
		zonewords_fail(w, NULL, "a line ends with a backslash");
	else
		w->at++;
}

/* Reads up to the end of the word. Progress: each turn moves, or records a fault. */
static void read_bare(struct zonewords *w)
{
	while (!w->fault && w->at < w->end && !ends_word(*w->at)) {
		if (*w->at == '\\')
			skip_escape(w);
		else
			w->at++;
	}
}

/* Reads up to the closing quote. A carriage return before it is data. Progress: as above. */
static void read_quoted(struct zonewords *w)
{
	while (!w->fault && w->at < w->end && *w->at != '"' && *w->at != '\n') {
		if (*w->at == '\\')
			skip_escape(w);
		else
			w->at++;
	}
	if (w->at == w->end || *w->at != '"')
		zonewords_fail(w, NULL, "a quoted string does not end on its line");
}

bool zonewords_has_more(struct zonewords *w)
{
	skip_gap(w);
	return !w->fault && w->at < w->end && !is_line_end(*w->at);
}

bool zonewords_next(struct zonewords *w, struct zoneword *ret)
{
	if (!zonewords_has_more(w))
		return false;
	*ret = (struct zoneword){.is_quoted = *w->at == '"', .is_joined = w->at == w->behind};
	w->at += ret->is_quoted;
	ret->at = w->at;
	if (ret->is_quoted)
		read_quoted(w);
	else
		read_bare(w);
	ret->len = (size_t)(w->at - ret->at);
	w->at += ret->is_quoted && !w->fault;
	w->behind = w->at;
	return !w->fault;
}

int zonewords_need(struct zonewords *w, struct zoneword *ret)
{
	return zonewords_next(w, ret) ? 0 : zonewords_fail(w, NULL, "a field is missing");
}

void zonewords_end_entry(struct zonewords *w)
{
	if (w->at < w->end)
		pass_line_end(w);
	w->behind = NULL;
}

/* Progress: each turn reads a line. */
bool zonewords_find_entry(struct zonewords *w)
{
	while (w->at < w->end) {
		const char *start = w->at;
		while (w->at < w->end && is_blank(*w->at))
			w->at++;
		if (w->at < w->end && *w->at == ';')
			skip_comment(w);
		if (w->fault || (w->at < w->end && !is_line_end(*w->at))) {
			w->at = start;
			return true;
		}
		zonewords_end_entry(w);
	}
	return false;
}

bool zoneword_is(const struct zoneword *word, const char *text)
{
	return !word->is_quoted && word->len == strlen(text) &&
	       strncasecmp(word->at, text, word->len) == 0;
}
