/* SPDX-License-Identifier: ISC */
/*
 * Owns the check of numbers in the text of a record.
 * Never reads the rest of it: ldns has done that.
 */
#include "zonefile/number.h"

#include <string.h>
#include <strings.h>

#include "wire/rr.h"

struct word {
	const char *at;
	size_t len; /* 0: there are no more words */
};

static bool is_gap(char c)
{
	return strchr(" \t\r\n()", c) != NULL;
}

/* Skips blanks, comments, and line ends within parentheses. */
static const char *skip_gap(const char *at, const char *end)
{
	while (at < end && (is_gap(*at) || *at == ';')) {
		if (*at++ != ';')
			continue;
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		at = newline ? newline : end;
	}
	return at;
}

/* Reads the next word, up to a gap, including escapes. Quoted strings have no numbers, so it does
 * not matter where they end. */
static struct word next_word(const char **at, const char *end)
{
	struct word w = {.at = skip_gap(*at, end)};
	const char *p = w.at;
	while (p < end && !is_gap(*p) && *p != ';')
		p += *p == '\\' && end - p > 1 ? 2 : 1;
	w.len = (size_t)(p - w.at);
	*at = p;
	return w;
}

static bool is_word(struct word w, const char *text)
{
	return w.len == strlen(text) && strncasecmp(w.at, text, w.len) == 0;
}

static bool is_class(struct word w)
{
	return is_word(w, "IN") || is_word(w, "CH") || is_word(w, "HS") ||
	       (w.len > 5 && strncasecmp(w.at, "CLASS", 5) == 0);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* True if each group of digits is a number that fits in `bytes` bytes. Other characters (units,
 * names) are ignored. */
static bool fits(struct word w, unsigned bytes)
{
	uint64_t most = UINT32_MAX >> (8 * (4 - bytes)), value = 0;
	for (size_t i = 0; i < w.len; i++) {
		value = is_digit(w.at[i]) ? 10 * value + (uint64_t)(w.at[i] - '0') : 0;
		if (value > most)
			return false;
	}
	return true;
}

/* Returns the size of a number in bytes; 0 if the field has another kind, or ends the check. */
static unsigned number_size(uint8_t field)
{
	switch (field) {
	case RF_U8: return 1;
	case RF_U16: return 2;
	case RF_U32: return 4;
	default: return 0;
	}
}

/* Returns where the data begins. `*ret_fits` tells whether the TTL before it fits. */
static const char *find_data(const char *text, const char *end, bool *ret_fits)
{
	const char *at = text;
	struct word w;
	*ret_fits = true;
	if (at < end && !is_gap(*at))
		next_word(&at, end); /* the owner */
	/* TTL and class in any order, then the type. Progress: each turn reads a word. */
	while ((w = next_word(&at, end)).len > 0 && (is_digit(w.at[0]) || is_class(w)))
		*ret_fits = *ret_fits && (!is_digit(w.at[0]) || fits(w, 4));
	return at;
}

/* "\#": the data is given as bytes (RFC 3597 §5). ldns counts them. */
static bool is_generic(const char *at, const char *end)
{
	struct word w = next_word(&at, end);
	return w.len > 0 && w.at[0] == '\\';
}

bool zonenumber_fits(const char *text, size_t len, uint16_t type)
{
	const char *end = text + len;
	bool is_fitting;
	const char *at = find_data(text, end, &is_fitting);
	if (is_generic(at, end))
		return is_fitting;
	/* Stop at the first field that may have more than one word. */
	for (const uint8_t *field = rr_info(type)->fields;
		is_fitting && (*field == RF_NAME || number_size(*field) > 0); field++) {
		struct word w = next_word(&at, end);
		if (*field != RF_NAME && w.len > 0 && is_digit(w.at[0]))
			is_fitting = fits(w, number_size(*field));
	}
	return is_fitting;
}

bool zonenumber_is_even(const char *text, size_t len, uint16_t type)
{
	const char *end = text + len;
	const uint8_t *field = rr_info(type)->fields;
	size_t digits = 0;
	bool is_fitting;
	const char *at = find_data(text, end, &is_fitting);
	if (is_generic(at, end))
		return true;
	for (; number_size(*field) > 0; field++)
		next_word(&at, end);
	if (*field != RF_HEX)
		return true;
	for (struct word w; (w = next_word(&at, end)).len > 0;)
		digits += w.len;
	return digits % 2 == 0;
}
