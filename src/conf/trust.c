/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of what the collector trusts, and of ages.
 * Never reads a file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/value.h"

static void free_trust(struct conf_trust *trust)
{
	free(trust->file);
	option_type_texts.free(&trust->patterns);
}

static void free_trusts(void *at)
{
	struct conf_trusts *list = at;
	for (size_t i = 0; i < list->count; i++)
		free_trust(&list->at[i]);
	free(list->at);
}

/* Returns where the patterns begin, or NULL. A file may have a colon in its name, but no pattern has a slash. */
static const char *find_patterns(const char *text)
{
	const char *colon = strrchr(text, ':');
	return colon && !strchr(colon, '/') ? colon + 1 : NULL;
}

static int read_trust(
	struct conf_trust *ret, const struct option *o, const char *text, struct option_why *why)
{
	const char *patterns = find_patterns(text);
	const size_t len = patterns ? (size_t)(patterns - text) - 1 : strlen(text);
	if (len == 0)
		return option_fail(why, "'%s': the file is missing", text);
	ret->file = strndup(text, len);
	if (!ret->file)
		return ERR_NOMEM;
	return patterns ? conf_type_patterns.read(&ret->patterns, o, patterns, 0, why) : 0;
}

static int add_trust(void *value, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	struct conf_trusts *list = value;
	struct conf_trust trust = {0};
	int err = read_trust(&trust, o, text, why);
	struct conf_trust *at = err ? NULL : options_grow(list->at, list->count, sizeof(*at));
	if (!at) {
		free_trust(&trust);
		return err ? err : ERR_NOMEM;
	}
	list->at = at;
	list->at[list->count++] = trust;
	return 0;
}

/* Returns the seconds of a unit, 0: there is none such. */
static uint32_t unit_of(char letter)
{
	enum { MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };
	switch (letter) {
	case 's': return 1;
	case 'm': return MINUTE;
	case 'h': return HOUR;
	case 'd': return DAY;
	default: return 0;
	}
}

static int read_age(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	char digits[16] = "";
	const size_t len = strspn(text, "0123456789");
	const uint32_t unit = text[len] ? unit_of(text[len]) : 1;
	uint32_t number;
	if (len < sizeof(digits))
		memcpy(digits, text, len);
	if (unit == 0 || (text[len] && text[len + 1]) ||
		options_read_number(digits, 0, o->max / unit, &number) || number * unit < o->min)
		return option_fail(why,
			"'%s' is no time such as 90, 15m, 12h or 30d, from %u to %u seconds", text,
			o->min, o->max);
	*(uint32_t *)at = number * unit;
	return 0;
}

const struct option_type conf_type_trusts = {
	.read = add_trust, .free = free_trusts, .is_list = true};
const struct option_type conf_type_age = {.read = read_age};
