/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of the rules file, and the search for the rule that fits a request.
 * Never looks up a user itself, never opens the file.
 */
#include "device/rules.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "model/event.h"

/* The longest word is a list of addresses. */
enum { WORDS_CAP = 10, WORD_CAP = 256 };

/* The characters between the names of an alias. */
#define SEPARATORS " ,"

#define EXPECTED                                                                                   \
	"expected: allow|deny user|group NAME TYPE MODE PARENT "                                   \
	"[NAMES [ADDRS] [addr=] [gateway=] [host]]"

/* A line that is being parsed. */
struct reading {
	unsigned line;
	char words[WORDS_CAP][WORD_CAP];
	size_t count;
	rules_lookup_fn *lookup;
	void *arg;
	struct rules_error *error;
};

PRINTFLIKE(2, 3)
static int complain(struct reading *in, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	in->error->line = in->line;
	vsnprintf(in->error->text, sizeof(in->error->text), format, args);
	va_end(args);
	return ERR_SYNTAX;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Splits a line into words, up to a comment. */
static int split(struct reading *in, const char *at, const char *end)
{
	in->count = 0;
	/* Progress: each turn reads one word, or ends. */
	for (;;) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || *at == '#')
			return 0;
		const char *start = at;
		while (at < end && !is_blank(*at) && *at != '#')
			at++;
		size_t len = (size_t)(at - start);
		if (in->count == WORDS_CAP)
			return complain(in, "too many words");
		if (len >= WORD_CAP || memchr(start, 0, len))
			return complain(in, "a word is too long or not text");
		memcpy(in->words[in->count], start, len);
		in->words[in->count++][len] = '\0';
	}
}

/* Reads "user NAME", "group NAME" or "*". `*ret_words` is the number of words. */
static int read_who(struct reading *in, struct rule *rule, size_t *ret_words)
{
	const char *kind = in->words[1];
	*ret_words = 1;
	if (strcmp(kind, "*") == 0)
		return 0;
	bool is_group = strcmp(kind, "group") == 0;
	if (!is_group && strcmp(kind, "user") != 0)
		return complain(in, "expected user, group or *, not \"%s\"", kind);
	if (in->count < 3)
		return complain(in, "the name of the %s is missing", kind);
	*ret_words = 2;
	rule->who = is_group ? RULE_GROUP : RULE_USER;
	if (in->lookup(in->arg, is_group, in->words[2], &rule->id))
		return complain(in, "there is no %s \"%s\"", kind, in->words[2]);
	return 0;
}

/* True if the text is a mode of the type of `rule`, or of any type if that has none. */
static bool is_mode(const struct rule *rule, const char *text)
{
	struct device_mode mode;
	for (int i = 0; i < DEVICE_TYPE_COUNT; i++)
		if ((rule->is_any_type || rule->type == (enum device_type)i) && *text &&
			device_mode_parse((enum device_type)i, text, &mode) == 0)
			return true;
	return false;
}

static int read_addrs(struct reading *in, struct rule *rule, const char *addrs)
{
	int err = guest_policy_parse(addrs, &rule->guest_policy);
	if (!err)
		return 0;
	return complain(in, "expected dhcp, slaac, any or prefixes (at most %d), not \"%.60s\"",
		LIMIT_GUEST_RULE_PREFIXES, addrs);
}

static int read_names(struct reading *in, struct rule *rule, const char *names)
{
	if (strlen(names) >= sizeof(rule->names))
		return complain(in, "the names are too long");
	/* "*" stands for no name, too. */
	if (strcmp(names, "*") != 0)
		memcpy(rule->names, names, strlen(names) + 1);
	return 0;
}

/* True if the words are one name, and no pattern (fnmatch(3)). */
static bool is_one_name(const char *names)
{
	return names[0] != '\0' && names[strcspn(names, ",*?[\\")] == '\0';
}

static int check_fixed(struct reading *in, const struct rule *rule)
{
	const char *why = device_fixed_check(&rule->fixed);
	if (!why && !rule->is_allow)
		why = "only an allow rule can have addr=";
	if (!why && !is_one_name(rule->names))
		why = "addr= needs one name before it, without a pattern";
	if (!why && !rule->is_any_type && device_type_is_tap(rule->type))
		why = "addr= is not for taps: their guests have the addresses";
	return why ? complain(in, "%s", why) : 0;
}

/* Reads what follows NAMES: one ADDRS, and each keyword once. */
static int read_rest(struct reading *in, struct rule *rule, size_t first)
{
	bool has_addrs = false, has_fixed[2] = {false, false};
	for (size_t i = first; i < in->count; i++) {
		const char *word = in->words[i];
		if (strcmp(word, "host") == 0 && !rule->has_host) {
			rule->has_host = true;
			continue;
		}
		bool is_fixed = device_fixed_is_word(word);
		bool *has_it = is_fixed ? &has_fixed[word[0] == 'g'] : &has_addrs;
		if (*has_it)
			return complain(in, "%s", EXPECTED);
		*has_it = true;
		if (!is_fixed && read_addrs(in, rule, word))
			return ERR_SYNTAX;
		const char *why = is_fixed ? device_fixed_add(&rule->fixed, word) : NULL;
		if (why)
			return complain(in, "%s", why);
	}
	if (rule->has_host && !rule->is_allow)
		return complain(in, "only an allow rule can have host");
	return has_fixed[0] || has_fixed[1] ? check_fixed(in, rule) : 0;
}

static int read_what(struct reading *in, struct rule *rule, size_t first)
{
	if (in->count < first + 3)
		return complain(in, "%s", EXPECTED);
	const char *type = in->words[first], *mode = in->words[first + 1];
	const char *parent = in->words[first + 2];
	rule->is_any_type = strcmp(type, "*") == 0;
	if (!rule->is_any_type && device_type_parse(type, &rule->type))
		return complain(in, "there is no type \"%s\"", type);
	if (strcmp(mode, "*") != 0 && !is_mode(rule, mode))
		return complain(in, "there is no mode \"%s\" of %s", mode, type);
	if (strlen(parent) >= sizeof(rule->parent))
		return complain(in, "no link can have the name \"%s\"", parent);
	memcpy(rule->mode, mode, strlen(mode) + 1);
	memcpy(rule->parent, parent, strlen(parent) + 1);
	rule->guest_policy = guest_policy_default();
	if (in->count == first + 3)
		return 0;
	if (device_fixed_is_word(in->words[first + 3]))
		return complain(in, "addr= needs one name before it, without a pattern");
	int err = read_names(in, rule, in->words[first + 3]);
	return err ? err : read_rest(in, rule, first + 4);
}

static int read_rule(struct reading *in, struct rule *rule)
{
	size_t who_words;
	*rule = (struct rule){.line = in->line, .is_allow = strcmp(in->words[0], "allow") == 0};
	if (!rule->is_allow && strcmp(in->words[0], "deny") != 0)
		return complain(in, "expected allow or deny, not \"%s\"", in->words[0]);
	if (in->count < 2)
		return complain(in, "who is missing");
	int err = read_who(in, rule, &who_words);
	return err ? err : read_what(in, rule, 1 + who_words);
}

static int add_rule(struct rules *rules, const struct rule *rule)
{
	if (rules->count >= LIMIT_DEVICE_RULES)
		return ERR_NOMEM;
	if (ARRAY_RESERVE(rules->at, rules->cap, rules->count + 1))
		return ERR_NOMEM;
	rules->at[rules->count++] = *rule;
	return 0;
}

int rules_parse(struct rules *ret, const char *text, size_t len, rules_lookup_fn *lookup, void *arg,
	struct rules_error *error)
{
	struct rules rules = {0};
	struct reading in = {.lookup = lookup, .arg = arg, .error = error};
	const char *at = text, *end = text + len;
	int err = 0;
	/* Progress: each turn reads one line. */
	while (at < end && !err) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *line_end = newline ? newline : end;
		struct rule rule;
		in.line++;
		err = split(&in, at, line_end);
		if (!err && in.count > 0) {
			err = read_rule(&in, &rule);
			if (!err)
				err = add_rule(&rules, &rule);
		}
		at = newline ? newline + 1 : end;
	}
	if (err)
		rules_fini(&rules);
	else
		*ret = rules;
	return err;
}

void rules_fini(struct rules *rules)
{
	free(rules->at);
	*rules = (struct rules){0};
}

static bool fits_who(const struct rule *rule, const struct rule_question *q)
{
	switch (rule->who) {
	case RULE_ANYBODY: return true;
	case RULE_USER: return rule->id == q->uid;
	case RULE_GROUP:
		for (size_t i = 0; i < q->group_count; i++)
			if (q->groups[i] == rule->id)
				return true;
		return false;
	}
	return false;
}

/* True if the word of `len` bytes is one of `words`, which are separated by commas. */
static bool has_word(const char *words, const char *word, size_t len)
{
	while (*words) {
		size_t this_len = strcspn(words, ",");
		if (this_len == len && memcmp(words, word, len) == 0)
			return true;
		words += this_len;
		words += *words == ',';
	}
	return false;
}

/* True if each word of the rule is a word of the mode. */
static bool fits_mode(const struct rule *rule, const struct rule_question *q)
{
	char words[DEVICE_MODE_CAP];
	if (strcmp(rule->mode, "*") == 0)
		return true;
	device_mode_format(q->type, q->mode, words);
	for (const char *at = rule->mode; *at;) {
		size_t len = strcspn(at, ",");
		if (!has_word(words, at, len))
			return false;
		at += len;
		at += *at == ',';
	}
	return true;
}

/* True if the name matches one of the patterns. */
static bool is_like(const char *patterns, const char *name)
{
	char pattern[RULE_NAMES_CAP];
	while (*patterns) {
		size_t len = strcspn(patterns, ",");
		memcpy(pattern, patterns, len);
		pattern[len] = '\0';
		if (fnmatch(pattern, name, FNM_CASEFOLD) == 0)
			return true;
		patterns += len;
		patterns += *patterns == ',';
	}
	return false;
}

static bool fits_names(const struct rule *rule, const struct rule_question *q)
{
	char name[ALIAS_CAP];
	if (rule->names[0] == '\0')
		return true;
	/* Progress: each turn reads one name and the separators before it. */
	for (const char *at = q->alias; *(at += strspn(at, SEPARATORS));) {
		size_t len = strcspn(at, SEPARATORS);
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (is_like(rule->names, name) != rule->is_allow)
			return !rule->is_allow;
		at += len;
	}
	return rule->is_allow;
}

static bool fits_what(const struct rule *rule, const struct rule_question *q)
{
	bool fits_parent = strcmp(rule->parent, "*") == 0 || strcmp(rule->parent, q->parent) == 0;
	if (rule->is_allow && q->is_in_host && !rule->has_host)
		return false;
	return fits_parent && (rule->is_any_type || rule->type == q->type) && fits_mode(rule, q) &&
	       fits_names(rule, q);
}

const struct rule *rules_find(const struct rules *rules, const struct rule_question *q)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		if (fits_what(rule, q) && fits_who(rule, q))
			return rule;
	}
	return NULL;
}

struct device_fixed rules_find_fixed(const struct rules *rules, const struct rule_question *q)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		if (rule->fixed.count > 0 && q->alias[0] && fits_what(rule, q) &&
			(rule->who == RULE_GROUP || fits_who(rule, q)))
			return rule->fixed;
	}
	return (struct device_fixed){0};
}
