/* SPDX-License-Identifier: ISC */
/*
 * Owns numbers, times, names and strings in a master file.
 * Never knows in which record they are.
 */
#include "zonefile/scalar.h"

#include <string.h>

#include "base/err.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int zonescalar_number(
	struct zonewords *w, const struct zoneword *word, uint32_t most, uint32_t *ret)
{
	uint64_t value = 0;
	if (word->len == 0 || word->is_quoted)
		return zonewords_fail(w, word, "not a number");
	for (size_t i = 0; i < word->len; i++) {
		if (!is_digit(word->at[i]))
			return zonewords_fail(w, word, "not a number");
		value = 10 * value + (uint64_t)(word->at[i] - '0');
		if (value > most)
			return zonewords_fail(w, word, "a number is too large");
	}
	*ret = (uint32_t)value;
	return 0;
}

static unsigned unit_of(char c)
{
	switch (byte_lower((uint8_t)c)) {
	case 's': return 1;
	case 'm': return 60;
	case 'h': return 3600;
	case 'd': return 86400;
	case 'w': return 604800;
	default: return 0;
	}
}

/* Reads the word as a time. Returns false if it is none. `*ret_s` is above UINT32_MAX if the time
 * is too large. */
static bool read_time(const struct zoneword *word, uint64_t *ret_s)
{
	enum { TOO_LARGE = 1 };
	const uint64_t most = (uint64_t)UINT32_MAX + TOO_LARGE;
	uint64_t total = 0, group = 0;
	bool has_digit = false;
	for (size_t i = 0; i < word->len; i++) {
		char c = word->at[i];
		if (is_digit(c)) {
			group = 10 * group + (uint64_t)(c - '0');
			has_digit = true;
		} else if (has_digit && unit_of(c)) {
			total += group * unit_of(c);
			group = 0;
			has_digit = false;
		} else {
			return false;
		}
		group = group < most ? group : most;
		total = total < most ? total : most;
	}
	*ret_s = total + group;
	return word->len > 0 && !word->is_quoted;
}

bool zonescalar_is_time(const struct zoneword *word)
{
	uint64_t value;
	return read_time(word, &value);
}

int zonescalar_time(struct zonewords *w, const struct zoneword *word, uint32_t *ret_s)
{
	uint64_t value;
	if (!read_time(word, &value))
		return zonewords_fail(w, word, "not a time in seconds, nor one with units");
	if (value > UINT32_MAX)
		return zonewords_fail(w, word, "a number is too large");
	*ret_s = (uint32_t)value;
	return 0;
}

int zonescalar_name(struct zonewords *w, const struct zoneword *word, const struct name *origin,
	struct name *ret)
{
	char text[NAME_TEXT_CAP];
	int err = ERR_RANGE;
	if (word->len < sizeof(text)) {
		memcpy(text, word->at, word->len);
		text[word->len] = '\0';
		err = name_from_text(text, origin->wire, ret);
	}
	if (err == ERR_RANGE)
		return zonewords_fail(w, word, "the name is too long");
	return err ? zonewords_fail(w, word, "not a name") : 0;
}

/* Reads the escape \DDD or \X at `*at` and moves behind it. Returns the byte, or -1. */
static int read_escape(const char **at, const char *end)
{
	const char *p = *at + 1;
	if (p == end)
		return -1;
	if (!is_digit(*p)) {
		*at = p + 1;
		return (uint8_t)*p;
	}
	if (end - p < 3 || !is_digit(p[1]) || !is_digit(p[2]))
		return -1;
	int value = 100 * (p[0] - '0') + 10 * (p[1] - '0') + (p[2] - '0');
	*at = p + 3;
	return value <= UINT8_MAX ? value : -1;
}

int zonescalar_bytes(struct zonewords *w, const struct zoneword *word, struct wr *out)
{
	const char *at = word->at, *end = at + word->len;
	/* Progress: each turn reads at least one byte. */
	while (at < end) {
		int byte = *at == '\\' ? read_escape(&at, end) : (uint8_t)*at++;
		if (byte < 0)
			return zonewords_fail(w, word, "an escape is neither \\DDD nor \\X");
		wr_u8(out, (uint8_t)byte);
	}
	return out->err ? zonewords_fail(w, NULL, "the record is too long") : 0;
}

int zonescalar_string(struct zonewords *w, const struct zoneword *word, struct wr *out)
{
	uint8_t bytes[ZONESCALAR_STRING_CAP];
	struct wr string = wr_init(bytes, sizeof(bytes));
	if (zonescalar_bytes(w, word, &string)) {
		if (string.err)
			w->fault = "a string is longer than 255 bytes";
		return ERR_SYNTAX;
	}
	wr_u8(out, (uint8_t)wr_len(&string));
	wr_bytes(out, bytes, wr_len(&string));
	return out->err ? zonewords_fail(w, NULL, "the record is too long") : 0;
}

static int hex_value(char c)
{
	uint8_t lower = byte_lower((uint8_t)c);
	if (is_digit(c))
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int zonescalar_hex(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	size_t digits = 0;
	int high = 0;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	do {
		for (size_t i = 0; i < word.len; i++, digits++) {
			int value = hex_value(word.at[i]);
			if (value < 0 || word.is_quoted)
				return zonewords_fail(w, &word, "not hexadecimal digits");
			if (digits % 2)
				wr_u8(out, (uint8_t)(high << 4 | value));
			high = value;
		}
	} while (zonewords_next(w, &word));
	if (digits == 0 || digits % 2)
		return zonewords_fail(w, NULL, "the hexadecimal digits end within a byte");
	if (out->err)
		return zonewords_fail(w, NULL, "the record is too long");
	return w->fault ? ERR_SYNTAX : 0;
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four letters are three bytes. */
struct base64 {
	uint32_t group;
	unsigned letters, pads;
};

/* Takes one more letter. False if it must not be there. */
static bool base64_take(struct base64 *b, char c, struct wr *out)
{
	int value = c == '=' ? 0 : base64_value(c);
	if (value < 0 || (c != '=' && b->pads > 0) || (c == '=' && b->letters % 4 < 2))
		return false;
	b->pads += c == '=';
	b->group = b->group << 6 | (uint32_t)value;
	if (++b->letters % 4)
		return true;
	for (unsigned i = 0; i < 3 - b->pads; i++)
		wr_u8(out, (uint8_t)(b->group >> (16 - 8 * i)));
	uint32_t unused = b->pads == 2 ? 0xffff : b->pads == 1 ? 0xff : 0;
	bool is_clean = (b->group & unused) == 0;
	b->group = 0;
	return is_clean && b->pads < 3;
}

int zonescalar_base64(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	struct base64 b = {0, 0, 0};
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	do
		for (size_t i = 0; i < word.len; i++)
			if (word.is_quoted || !base64_take(&b, word.at[i], out))
				return zonewords_fail(w, &word, "not base64");
	while (zonewords_next(w, &word));
	if (b.letters == 0 || b.letters % 4)
		return zonewords_fail(w, NULL, "the base64 text is not complete");
	if (out->err)
		return zonewords_fail(w, NULL, "the record is too long");
	return w->fault ? ERR_SYNTAX : 0;
}
