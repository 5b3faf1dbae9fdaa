/* SPDX-License-Identifier: ISC */
/*
 * Owns the syntax of ordinary values: flags, numbers, texts, words, times.
 * Never knows where a value comes from.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "options/nearest.h"
#include "options/options.h"

_Static_assert(sizeof(enum {OPTION_ANY_ENUM}) == sizeof(unsigned), "a choice is an unsigned");

void *options_grow(void *array, size_t count, size_t size)
{
	const bool is_full = (count & (count - 1)) == 0; /* no element yet, or a power of two */
	if (!is_full)
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

static int read_flag(void *at, const struct option *o UNUSED, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	bool *ret = at;
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return option_fail(why, "'%s' is neither yes nor no", text);
	*ret = text[0] == 'y';
	return 0;
}

int options_read_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	size_t len = strlen(text);
	uint64_t value = 0;
	bool is_number = len > 0 && len <= 10 && strspn(text, "0123456789") == len;
	for (size_t i = 0; is_number && i < len; i++)
		value = 10 * value + (uint64_t)(text[i] - '0');
	if (!is_number || value < min || value > max)
		return ERR_SYNTAX;
	*ret = (uint32_t)value;
	return 0;
}

static int fail_number(const struct option *o, const char *text, struct option_why *why)
{
	return option_fail(why, "'%s' is no number from %u to %u", text, o->min, o->max);
}

static int read_number(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	return options_read_number(text, o->min, o->max, at) ? fail_number(o, text, why) : 0;
}

static int read_fd(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	int *ret = at;
	uint32_t number;
	if (options_read_number(text, o->min, o->max, &number))
		return fail_number(o, text, why);
	*ret = (int)number;
	return 0;
}

/* Reads up to nine digits after a point, in nanoseconds: "5" is half a second. */
static int read_fraction(const char *text, ns_t *ret)
{
	size_t len = strlen(text);
	ns_t value = 0, unit = NS_PER_S;
	if (len > 9 || strspn(text, "0123456789") != len)
		return ERR_SYNTAX;
	for (size_t i = 0; i < len; i++) {
		unit /= 10;
		value += (text[i] - '0') * unit;
	}
	*ret = value;
	return 0;
}

static int read_seconds(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	char whole[16] = "";
	size_t len = strcspn(text, ".");
	uint32_t seconds;
	ns_t fraction = 0;
	ns_t *ret = at;
	if (len < sizeof(whole))
		memcpy(whole, text, len);
	int err = options_read_number(len == 0 && text[0] ? "0" : whole, o->min, o->max, &seconds);
	if (!err && text[len])
		err = text[1] ? read_fraction(text + len + 1, &fraction) : ERR_SYNTAX;
	if (err || (seconds == o->max && fraction > 0))
		return option_fail(
			why, "'%s' is no number of seconds from %u to %u", text, o->min, o->max);
	*ret = seconds * NS_PER_S + fraction;
	return 0;
}

static int read_any_text(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	char **ret = at;
	if (o->max > 0 && strlen(text) > o->max)
		return option_fail(why, "is longer than %u bytes", o->max);
	char *copy = strdup(text);
	if (!copy)
		return ERR_NOMEM;
	free(*ret);
	*ret = copy;
	return 0;
}

static int read_text(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	return text[0] ? read_any_text(at, o, text, nth, why) : option_fail(why, "is empty");
}

static void free_text(void *at)
{
	char **text = at;
	free(*text);
	*text = NULL;
}

static int read_text_or_no(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	if (strcmp(text, "no") != 0 && strcmp(text, "none") != 0)
		return read_text(at, o, text, nth, why);
	free_text(at);
	return 0;
}

static int read_texts(
	void *at, const struct option *o, const char *text, size_t nth, struct option_why *why)
{
	struct options_texts *list = at;
	char *copy = NULL;
	int err = read_text(&copy, o, text, nth, why);
	if (err)
		return err;
	char **grown = options_grow(list->at, list->count, sizeof(*grown));
	if (!grown) {
		free(copy);
		return ERR_NOMEM;
	}
	list->at = grown;
	list->at[list->count++] = copy;
	return 0;
}

static void free_texts(void *at)
{
	struct options_texts *list = at;
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct options_texts){0};
}

static int read_choice(void *at, const struct option *o, const char *text, size_t nth UNUSED,
	struct option_why *why)
{
	unsigned *ret = at;
	size_t len = strlen(text);
	int index = options_word_index(o->words, text, len);
	if (index < 0)
		return option_fail_choice(why, o->words, text, len);
	*ret = (unsigned)index;
	return 0;
}

int option_fail_choice(
	struct option_why *why, const char *const *words, const char *text, size_t len)
{
	char known[128];
	const char *near = nearest_word(words, text, len);
	options_list_words(words, known, sizeof(known));
	return option_fail(why, "'%.*s' is not %s%s%s%s", (int)(len < 64 ? len : 64), text, known,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

const struct option_type option_type_flag = {.read = read_flag, .may_be_no = true};
const struct option_type option_type_number = {.read = read_number};
const struct option_type option_type_fd = {.read = read_fd};
const struct option_type option_type_seconds = {.read = read_seconds};
const struct option_type option_type_text = {.read = read_text, .free = free_text};
const struct option_type option_type_any_text = {.read = read_any_text, .free = free_text};
const struct option_type option_type_text_or_no = {
	.read = read_text_or_no, .free = free_text, .may_be_no = true};
const struct option_type option_type_texts = {
	.read = read_texts, .free = free_texts, .is_list = true};
const struct option_type option_type_choice = {.read = read_choice};
const struct option_type option_type_help = {0};
const struct option_type option_type_version = {0};
const struct option_type option_type_config = {0};
const struct option_type option_type_alias = {0};
