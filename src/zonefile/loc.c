/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of LOC records.
 * Never knows of other types.
 */
#include "zonefile/loc.h"

#include <string.h>

#include "base/err.h"
#include "zonefile/scalar.h"

/* Wire forms of RFC 1876 §2: the equator and the meridian of Greenwich; an altitude of 0; the
 * precisions of §3 if the text has none: 1 m, 10 km, 10 m. */
#define MIDDLE (UINT32_C(1) << 31)
enum { SEA_LEVEL_CM = 10000000, SIZE = 0x12, HORIZONTAL = 0x16, VERTICAL = 0x13 };

/* Reads a decimal number with at most `places` digits behind the dot, in units of the last of
 * them. False if the text is none, or above `most`. */
static bool read_decimal(const char *at, size_t len, unsigned places, uint64_t most, uint64_t *ret)
{
	uint64_t value = 0;
	unsigned behind = 0;
	bool has_dot = false, has_digit = false;
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '.' && !has_dot) {
			has_dot = true;
			continue;
		}
		if (at[i] < '0' || at[i] > '9' || (has_dot && behind == places) || value > most)
			return false;
		value = 10 * value + (uint64_t)(at[i] - '0');
		has_digit = true;
		behind += has_dot;
	}
	for (; behind < places && value <= most; behind++)
		value *= 10;
	*ret = value;
	return has_digit && value <= most;
}

/* Reads degrees, minutes and seconds, the last two optional, and the letter of the hemisphere. */
static int put_angle(
	struct zonewords *w, const char *minus, const char *plus, unsigned degrees, struct wr *out)
{
	enum { PARTS = 3 };
	static const uint32_t units[PARTS] = {3600000, 60000, 1};
	const uint64_t most[PARTS] = {degrees, 59, 59999};
	uint64_t sum = 0, value;
	struct zoneword word;
	for (unsigned part = 0;; part++) {
		if (zonewords_need(w, &word))
			return ERR_SYNTAX;
		if (part > 0 && (zoneword_is(&word, minus) || zoneword_is(&word, plus)))
			break;
		if (part == PARTS || word.is_quoted ||
			!read_decimal(
				word.at, word.len, part + 1 == PARTS ? 3 : 0, most[part], &value))
			return zonewords_fail(w, &word, "not a part of an angle");
		sum += value * units[part];
	}
	if (sum > degrees * (uint64_t)units[0])
		return zonewords_fail(w, &word, "the angle is too large");
	wr_u32(out, (uint32_t)(zoneword_is(&word, plus) ? MIDDLE + sum : MIDDLE - sum));
	return 0;
}

/* Reads meters with an optional unit, in centimeters. */
static int read_meters(
	struct zonewords *w, const struct zoneword *word, uint64_t most, uint64_t *ret)
{
	size_t len = word->len;
	if (len > 0 && (word->at[len - 1] == 'm' || word->at[len - 1] == 'M'))
		len--;
	if (word->is_quoted || !read_decimal(word->at, len, 2, most, ret))
		return zonewords_fail(w, word, "not a length in meters");
	return 0;
}

static int put_altitude(struct zonewords *w, struct wr *out)
{
	struct zoneword word;
	uint64_t cm;
	if (zonewords_need(w, &word))
		return ERR_SYNTAX;
	bool is_below = word.len > 0 && *word.at == '-';
	word.at += is_below;
	word.len -= is_below;
	uint64_t most = is_below ? SEA_LEVEL_CM : UINT32_MAX - SEA_LEVEL_CM;
	if (read_meters(w, &word, most, &cm))
		return ERR_SYNTAX;
	wr_u32(out, (uint32_t)(is_below ? SEA_LEVEL_CM - cm : SEA_LEVEL_CM + cm));
	return 0;
}

/* Reads a precision, if there is one: in wire form a digit and a power of ten. */
static int read_precision(struct zonewords *w, uint8_t *ret)
{
	const uint64_t most = UINT64_C(9000000000); /* 9e9 cm */
	struct zoneword word;
	uint64_t cm;
	unsigned power = 0;
	if (!zonewords_next(w, &word))
		return w->fault ? ERR_SYNTAX : 0;
	if (read_meters(w, &word, most, &cm))
		return ERR_SYNTAX;
	for (; cm > 9; power++)
		cm /= 10;
	*ret = (uint8_t)(cm << 4 | power);
	return 0;
}

int zoneloc_read(struct zonewords *w, struct wr *out)
{
	enum { VERSION = 0, PRECISIONS = 3 };
	uint8_t precisions[PRECISIONS] = {SIZE, HORIZONTAL, VERTICAL}, place[12];
	struct wr angles = wr_init(place, sizeof(place));
	int err = put_angle(w, "S", "N", 90, &angles);
	if (!err)
		err = put_angle(w, "W", "E", 180, &angles);
	if (!err)
		err = put_altitude(w, &angles);
	for (unsigned i = 0; i < PRECISIONS && !err; i++)
		err = read_precision(w, &precisions[i]);
	wr_u8(out, VERSION);
	wr_bytes(out, precisions, sizeof(precisions));
	wr_bytes(out, place, sizeof(place));
	return err;
}
