/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of /etc/subuid, and the search for the owner of an id.
 * Never looks up a user itself, never opens the file.
 */
#include "device/subids.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"

/* A field between colons: its bytes, borrowed. */
struct field {
	const char *at;
	size_t len;
};

/* Splits "A:B:C". False: the line has another form. */
static bool split(const char *line, const char *end, struct field fields[3])
{
	for (int i = 0; i < 3; i++) {
		const char *colon = memchr(line, ':', (size_t)(end - line));
		if ((colon == NULL) != (i == 2))
			return false;
		fields[i] = (struct field){line, (size_t)((colon ? colon : end) - line)};
		line = colon ? colon + 1 : end;
	}
	return true;
}

static bool read_number(struct field f, uint32_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 0; i < f.len && value <= UINT32_MAX; i++) {
		if (f.at[i] < '0' || f.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(f.at[i] - '0');
	}
	*ret = (uint32_t)value;
	return f.len > 0 && value <= UINT32_MAX;
}

static bool find_owner(struct field f, rules_lookup_fn *lookup, void *arg, uint32_t *ret)
{
	enum { NAME_CAP = 64 };
	char name[NAME_CAP];
	if (read_number(f, ret))
		return true;
	if (f.len == 0 || f.len >= sizeof(name) || memchr(f.at, 0, f.len))
		return false;
	memcpy(name, f.at, f.len);
	name[f.len] = '\0';
	return lookup(arg, false, name, ret) == 0;
}

static bool read_range(const char *line, const char *end, rules_lookup_fn *lookup, void *arg,
	struct subid_range *ret)
{
	struct field fields[3];
	return split(line, end, fields) && read_number(fields[1], &ret->first) &&
	       read_number(fields[2], &ret->count) &&
	       find_owner(fields[0], lookup, arg, &ret->owner);
}

int subids_parse(
	struct subids *ret, const char *text, size_t len, rules_lookup_fn *lookup, void *arg)
{
	const char *end = text + len;
	*ret = (struct subids){0};
	/* Progress: each turn takes one line. */
	for (const char *at = text; at < end && ret->count < LIMIT_DEVICE_SUBIDS;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct subid_range range;
		bool is_range = read_range(at, newline ? newline : end, lookup, arg, &range);
		at = newline ? newline + 1 : end;
		if (!is_range)
			continue;
		if (ARRAY_RESERVE(ret->at, ret->cap, ret->count + 1)) {
			subids_fini(ret);
			return ERR_NOMEM;
		}
		ret->at[ret->count++] = range;
	}
	return 0;
}

void subids_fini(struct subids *s)
{
	free(s->at);
	*s = (struct subids){0};
}

uint32_t subids_account(const struct subids *s, uint32_t uid)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct subid_range *range = &s->at[i];
		if (uid >= range->first && uid - range->first < range->count)
			return range->owner != 0 ? range->owner : range->first;
	}
	return uid;
}
