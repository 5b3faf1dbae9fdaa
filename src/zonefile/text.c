/* SPDX-License-Identifier: ISC */
/*
 * Owns the check of a master file's structure.
 * Never looks at records.
 */
#include "zonefile/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct scan {
	const char *start, *at, *end;
	const char *open; /* the first open parenthesis */
	unsigned depth;   /* number of open parentheses */
	struct zonetext_fault *fault;
};

/* Reports an error. Counts the lines only here, at most once. */
static int fail(const struct scan *s, const char *at, const char *what)
{
	*s->fault = (struct zonetext_fault){.line = 1, .what = what};
	for (const char *p = s->start; (p = memchr(p, '\n', (size_t)(at - p))); p++)
		s->fault->line++;
	return ERR_SYNTAX;
}

typedef uint8_t block __attribute__((vector_size(16)));

/* True if none of the bytes of the block has a meaning for the structure. */
static bool block_is_plain(const char *at)
{
	uint64_t hits[sizeof(block) / sizeof(uint64_t)];
	block b;
	memcpy(&b, at, sizeof(b));
	block hit = (block)((b == '"') | (b == '$') | (b == '(') | (b == ')') | (b == ';') |
			    (b == '\\'));
	memcpy(hits, &hit, sizeof(hits));
	return !(hits[0] | hits[1]);
}

/* Returns the first byte that has a meaning for the structure, or the end. In most files, most
 * bytes have none. */
static const char *skip_plain(const char *at, const char *end)
{
	while (end - at >= (ptrdiff_t)sizeof(block) && block_is_plain(at))
		at += sizeof(block);
	while (at < end && (*at == '\0' || !strchr("\"$();\\", *at)))
		at++;
	return at;
}

/* Skips a backslash and the byte after it, but not the end of the line. */
static void skip_escape(struct scan *s)
{
	s->at++;
	if (s->at < s->end && *s->at != '\n')
		s->at++;
}

static int skip_quoted(struct scan *s)
{
	s->at++;
	while (s->at < s->end && *s->at != '"' && *s->at != '\n') {
		if (*s->at == '\\')
			skip_escape(s);
		else
			s->at++;
	}
	if (s->at == s->end || *s->at == '\n')
		return fail(s, s->at, "a quoted string does not end on its line");
	s->at++;
	return 0;
}

static void skip_to_newline(struct scan *s)
{
	const char *newline = memchr(s->at, '\n', (size_t)(s->end - s->at));
	s->at = newline ? newline : s->end;
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

/* Reads the next word, up to a blank, a comment or the end of the line. Returns its length. */
static size_t word(struct scan *s, const char **ret)
{
	skip_blanks(s);
	*ret = s->at;
	while (s->at < s->end && !strchr(" \t\r\n;", *s->at))
		s->at++;
	return (size_t)(s->at - *ret);
}

static bool is_word(const char *text, size_t len, const char *upper)
{
	if (len != strlen(upper))
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] != upper[i] && text[i] != upper[i] + ('a' - 'A'))
			return false;
	return true;
}

static unsigned unit_of(char c)
{
	switch (c) {
	case 's':
	case 'S': return 1;
	case 'm':
	case 'M': return 60;
	case 'h':
	case 'H': return 3600;
	case 'd':
	case 'D': return 86400;
	case 'w':
	case 'W': return 604800;
	default: return 0;
	}
}

/* "300", "1h30m": digits, with a unit after each group or without any unit; at most 2^31-1 in
 * sum. */
static bool is_ttl(const char *text, size_t len)
{
	uint64_t total = 0, group = 0;
	bool has_digit = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			group = 10 * group + (uint64_t)(text[i] - '0');
			has_digit = true;
		} else if (has_digit && unit_of(text[i])) {
			total += group * unit_of(text[i]);
			group = 0;
			has_digit = false;
		} else {
			return false;
		}
		if (group > INT32_MAX || total + group > INT32_MAX)
			return false;
	}
	return len > 0;
}

/* Checks a line that begins with a dollar sign. */
static int check_directive(struct scan *s)
{
	const char *key, *value;
	size_t key_len = word(s, &key), value_len = word(s, &value);
	if (is_word(key, key_len, "$TTL"))
		return is_ttl(value, value_len) ? 0 : fail(s, key, "$TTL needs a time in seconds");
	if (is_word(key, key_len, "$INCLUDE"))
		return fail(
			s, key, "$INCLUDE is not read: name the other file in the configuration");
	if (!is_word(key, key_len, "$ORIGIN"))
		return fail(s, key, "only $ORIGIN and $TTL are read here");
	if (value_len == 0 || value[value_len - 1] != '.')
		return fail(s, key, "$ORIGIN needs a name with a dot at its end");
	return 0;
}

static inline int scan_byte(struct scan *s)
{
	switch (*s->at) {
	case '"': return skip_quoted(s);
	case ';': skip_to_newline(s); return 0;
	case '\\': skip_escape(s); return 0;
	case '(':
		if (s->depth++ == 0)
			s->open = s->at;
		break;
	case ')':
		if (s->depth-- == 0)
			return fail(s, s->at, "a parenthesis is closed that was not opened");
		break;
	default: break;
	}
	s->at++;
	return 0;
}

static bool is_directive(const struct scan *s)
{
	return *s->at == '$' && s->depth == 0 && (s->at == s->start || s->at[-1] == '\n');
}

int zonetext_check(const char *text, size_t len, struct zonetext_fault *ret)
{
	struct scan s = {.start = text, .at = text, .end = text + len, .fault = ret};
	int err = 0;
	/* Progress: each turn reads at least one byte. */
	while (!err && (s.at = skip_plain(s.at, s.end)) < s.end)
		err = is_directive(&s) ? check_directive(&s) : scan_byte(&s);
	if (err)
		return err;
	return s.depth > 0 ? fail(&s, s.open, "a parenthesis is not closed") : 0;
}

/* Writes `ttl` and `class` in that order over the two words, which are in the opposite
 * order in this line. */
static void swap_words(char *to, size_t class_len, const char *ttl, size_t ttl_len)
{
	char class[8];
	size_t gap_len = (size_t)(ttl - to) - class_len;
	memcpy(class, to, class_len);
	memmove(to, ttl, ttl_len);
	memset(to + ttl_len, ' ', gap_len);
	memcpy(to + ttl_len + gap_len, class, class_len);
}

/* At the start of a record's line: puts the words after the owner in order, and stops before
 * them. */
static void order_head(struct scan *s, char *text)
{
	const char *class, *ttl;
	while (s->at<s->end && * s->at> ' ' && *s->at != ';' && *s->at != '"') {
		if (*s->at == '\\')
			skip_escape(s);
		else
			s->at++;
	}
	skip_blanks(s);
	if (s->end - s->at < 2 || (*s->at != 'I' && *s->at != 'i'))
		return; /* usual */
	size_t class_len = word(s, &class), ttl_len = word(s, &ttl);
	if (is_word(class, class_len, "IN") && is_ttl(ttl, ttl_len))
		swap_words(text + (class - text), class_len, ttl, ttl_len);
	s->at = class;
}

/* Skips the rest of a line. Only a parenthesis makes the next line a part of it. */
static void pass_line(struct scan *s)
{
	const char *start = s->at;
	skip_to_newline(s);
	if (s->depth == 0 && !memchr(start, '(', (size_t)(s->at - start)))
		return;
	s->at = start;
	while (s->at < s->end && *s->at != '\n')
		if (scan_byte(s))
			return; /* not in well-formed text */
}

void zonetext_put_ttl_first(char *text, size_t len)
{
	struct zonetext_fault none;
	struct scan s = {.at = text, .end = text + len, .start = text, .fault = &none};
	while (s.at < s.end) {
		if (s.depth == 0 && *s.at != '$')
			order_head(&s, text);
		pass_line(&s);
		s.at += s.at < s.end;
	}
}
