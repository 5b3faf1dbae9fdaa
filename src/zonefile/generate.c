/* SPDX-License-Identifier: ISC */
/*
 * Owns the expansion of $GENERATE.
 * Never reads the records that it makes: zonefile.c does.
 */
#include "zonefile/generate.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "zonefile/scalar.h"

enum { WIDTH_MOST = 64 };

/* How a number is written. */
struct form {
	int64_t offset;
	uint32_t width;
	char base;
};

/* Reads the part of the word before `sign`, or all of it, as a number; moves behind the sign. */
static int take_number(
	struct zonewords *w, struct zoneword *word, char sign, uint32_t *ret, bool *ret_has_sign)
{
	struct zoneword digits = *word;
	const char *at = memchr(word->at, sign, word->len);
	*ret_has_sign = at != NULL;
	if (at)
		digits.len = (size_t)(at - word->at);
	size_t passed = digits.len + *ret_has_sign;
	word->at += passed;
	word->len -= passed;
	return zonescalar_number(w, &digits, INT32_MAX, ret);
}

static int read_range(struct zonewords *w, struct zonegenerate *g)
{
	static const char fault[] = "$GENERATE needs a range: START-STOP or START-STOP/STEP";
	struct zoneword word;
	bool has_dash, has_slash, has_more = false;
	g->step = 1;
	if (zonewords_need(w, &word) || take_number(w, &word, '-', &g->at, &has_dash))
		return ERR_SYNTAX;
	if (!has_dash)
		return zonewords_fail(w, NULL, fault);
	if (take_number(w, &word, '/', &g->stop, &has_slash) ||
		(has_slash && take_number(w, &word, '/', &g->step, &has_more)))
		return ERR_SYNTAX;
	if (has_more || g->step == 0 || g->at > g->stop)
		return zonewords_fail(w, NULL, fault);
	g->count = (g->stop - g->at) / g->step + 1;
	return g->count <= LIMIT_ZONE_GENERATE
		       ? 0
		       : zonewords_fail(w, NULL, "$GENERATE makes more records than one line may");
}

int zonegenerate_read(struct zonewords *w, struct zonegenerate *ret)
{
	enum { LEAST = 3 }; /* owner, type, data */
	if (read_range(w, ret))
		return ERR_SYNTAX;
	ret->word_count = 0;
	while (zonewords_has_more(w)) {
		if (ret->word_count == ZONEGENERATE_WORDS)
			return zonewords_fail(w, NULL, "$GENERATE has too many words");
		if (!zonewords_next(w, &ret->words[ret->word_count++]))
			return ERR_SYNTAX;
	}
	if (w->fault)
		return ERR_SYNTAX;
	return ret->word_count < LEAST || ret->words[0].is_quoted
		       ? zonewords_fail(w, NULL, "$GENERATE needs an owner, a type and data")
		       : 0;
}

/* Writes the digits of the number with the lowest one first, and a dot after each but the last. The
 * width counts the dots, too. */
static void put_nibbles(struct buf *out, uint64_t number, const struct form *form)
{
	uint32_t width = form->width;
	const char *digits = form->base == 'n' ? "0123456789abcdef" : "0123456789ABCDEF";
	do {
		buf_add(out, &digits[number & 15], 1);
		number >>= 4;
		width -= width > 0;
		if (width > 0 || number > 0) {
			buf_puts(out, ".");
			width -= width > 0;
		}
	} while (number > 0 || width > 0);
}

static int put_number(
	struct zonewords *w, struct buf *out, uint32_t number, const struct form *form)
{
	int64_t value = number + form->offset;
	int width = (int)form->width;
	if (value < 0)
		return zonewords_fail(w, NULL, "$GENERATE makes a number below zero");
	switch (form->base) {
	case 'd': buf_printf(out, "%0*llu", width, (unsigned long long)value); break;
	case 'o': buf_printf(out, "%0*llo", width, (unsigned long long)value); break;
	case 'x': buf_printf(out, "%0*llx", width, (unsigned long long)value); break;
	case 'X': buf_printf(out, "%0*llX", width, (unsigned long long)value); break;
	default: put_nibbles(out, (uint64_t)value, form); break;
	}
	return 0;
}

/* Reads OFFSET[,WIDTH[,BASE]]. */
static int read_form(struct zonewords *w, struct zoneword word, struct form *ret)
{
	static const char fault[] = "not a form of a number: ${OFFSET,WIDTH,BASE}";
	const struct zoneword whole = word;
	bool is_negative = word.len > 0 && *word.at == '-', has_width, has_base = false;
	uint32_t offset;
	if (word.len > 0 && (*word.at == '-' || *word.at == '+')) {
		word.at++;
		word.len--;
	}
	if (take_number(w, &word, ',', &offset, &has_width) ||
		(has_width && take_number(w, &word, ',', &ret->width, &has_base)))
		return ERR_SYNTAX;
	ret->offset = is_negative ? -(int64_t)offset : (int64_t)offset;
	if (has_base && (word.len != 1 || !memchr("doxXnN", *word.at, 6)))
		return zonewords_fail(w, &whole, fault);
	if (has_base)
		ret->base = *word.at;
	return ret->width <= WIDTH_MOST ? 0 : zonewords_fail(w, &whole, fault);
}

/* Writes what the dollar sign at `*at` stands for, and moves behind it. */
static int put_sign(
	struct zonewords *w, struct buf *out, uint32_t number, const char **at, const char *end)
{
	struct form form = {.base = 'd'};
	const char *p = *at + 1;
	if (p < end && *p == '$') {
		buf_puts(out, "$");
		*at = p + 1;
		return 0;
	}
	if (p < end && *p == '{') {
		const char *close = memchr(p, '}', (size_t)(end - p));
		struct zoneword text = {.at = p + 1};
		if (!close)
			return zonewords_fail(w, NULL, "a brace is not closed");
		text.len = (size_t)(close - text.at);
		if (read_form(w, text, &form))
			return ERR_SYNTAX;
		p = close + 1;
	}
	*at = p;
	return put_number(w, out, number, &form);
}

/* Writes the word for that number. Progress: each turn reads at least one byte. */
static int put_word(
	struct zonewords *w, struct buf *out, uint32_t number, const struct zoneword *word)
{
	const char *at = word->at, *end = at + word->len;
	while (at < end) {
		if (*at == '$') {
			if (put_sign(w, out, number, &at, end))
				return ERR_SYNTAX;
			continue;
		}
		size_t len = *at == '\\' && end - at > 1 ? 2 : 1;
		buf_add(out, at, len);
		at += len;
	}
	return 0;
}

/* True if the word before the last one is the type: the last one is all data. */
static bool has_one_data_word(const struct zonegenerate *g)
{
	unsigned type = 1;
	while (type + 1 < g->word_count &&
		(zonescalar_is_time(&g->words[type]) || zoneword_is(&g->words[type], "IN")))
		type++;
	return type + 2 == g->word_count;
}

int zonegenerate_write(struct zonegenerate *g, struct zonewords *w, struct buf *out)
{
	bool is_bare = has_one_data_word(g);
	int err = 0;
	for (unsigned i = 0; i < g->word_count && !err; i++) {
		const struct zoneword *word = &g->words[i];
		bool has_quotes = word->is_quoted && !(is_bare && i + 1 == g->word_count);
		if (i > 0 && !word->is_joined)
			buf_puts(out, " ");
		if (has_quotes)
			buf_puts(out, "\"");
		err = put_word(w, out, g->at, word);
		if (has_quotes)
			buf_puts(out, "\"");
	}
	buf_puts(out, "\n");
	g->at += g->step;
	return err ? err : out->err;
}
