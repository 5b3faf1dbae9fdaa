/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the command line: which words are options, and their values.
 * Never interprets a value.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "options/nearest.h"
#include "options/options.h"

/* The walk through argv. */
struct walk {
	const struct options_table *table;
	struct options_args *args;
	int argc;
	char *const *argv;
	int next; /* index of the next word */
	struct options_error *error;
};

/* Returns the name that messages use for the program or command. */
static const char *name_of(const struct options_table *t, const struct options_args *args)
{
	return args->has_command ? t->commands[args->command].word : t->program;
}

/* Returns the option of the command whose key is spelled most similarly, or NULL. */
static const char *nearest_key(const struct walk *w, const char *key, size_t len)
{
	struct nearest n = nearest_begin(key, len);
	for (size_t i = 0; i < w->table->count; i++) {
		const struct option *o = &w->table->options[i];
		if (!o->is_operand && option_concerns(o, w->args))
			nearest_offer(&n, o->key);
	}
	return n.word;
}

static int unknown_option(struct walk *w, const char *shown, const char *key, size_t len)
{
	const char *no = "", *near = nearest_key(w, key, len);
	if (!near && len > 3 && strncmp(key, "no-", 3) == 0) {
		near = nearest_key(w, key + 3, len - 3);
		if (near && options_find(w->table, near, strlen(near))->type->may_be_no)
			no = "no-";
	}
	if (near)
		return options_fail(
			w->error, "%s: unknown option; did you mean --%s%s?", shown, no, near);
	return options_fail(w->error, "%s: unknown option; --help lists them", shown);
}

static int add_setting(struct walk *w, const struct option *o, const char *value)
{
	struct options_args *args = w->args;
	struct option_setting *grown =
		options_grow(args->settings, args->setting_count, sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	args->settings = grown;
	args->settings[args->setting_count++] = (struct option_setting){o, value};
	return 0;
}

/* Stores one option with its value. */
static int keep(struct walk *w, const struct option *o, const char *value)
{
	struct options_args *args = w->args;
	if (o->type == &option_type_alias)
		return add_setting(w,
			options_find(w->table, o->stands_for[0], strlen(o->stands_for[0])),
			o->stands_for[1]);
	if (o->type->read)
		return add_setting(w, o, value);
	args->is_help |= o->type == &option_type_help;
	args->is_version |= o->type == &option_type_version;
	if (o->type == &option_type_config)
		args->config_file = value;
	return 0;
}

/* Stores an option followed by `value`. If that is NULL, the next word is the value, unless the
 * option is a flag. `shown` is how the option was written. */
static int keep_with_value(
	struct walk *w, const struct option *o, const char *shown, const char *value)
{
	if (value && !o->arg && !o->type->read)
		return options_fail(w->error, "%s: takes no value", shown);
	if (!value && !o->arg)
		value = "yes";
	else if (!value && o->bare)
		value = o->bare;
	else if (!value && w->next < w->argc)
		value = w->argv[w->next++];
	if (!value)
		return options_fail(w->error, "%s: needs a value: --%s=%s", shown, o->key, o->arg);
	return keep(w, o, value);
}

/* Returns an option whose key begins with `key`, or NULL. If there are several, `*ret_other` is
 * another one of them. */
static const struct option *find_abbreviated(
	const struct options_table *t, const char *key, size_t len, const struct option **ret_other)
{
	const struct option *found = NULL;
	*ret_other = NULL;
	for (size_t i = 0; i < t->count; i++) {
		const struct option *o = &t->options[i];
		if (o->is_operand || strncmp(o->key, key, len) != 0)
			continue;
		if (found)
			*ret_other = o;
		else
			found = o;
	}
	return found;
}

static const struct option *find_whole(const struct options_table *t, const char *key, size_t len)
{
	const struct option *o = options_find(t, key, len);
	return o && !o->is_operand ? o : NULL;
}

/* Handles "--no-KEY", and words that are no option. */
static int parse_other(struct walk *w, const char *word, size_t len, const char *value)
{
	const char *key = word + 2;
	const struct option *o, *other = NULL;
	if (len > 3 && strncmp(key, "no-", 3) == 0) {
		o = find_whole(w->table, key + 3, len - 3);
		if (o && o->type->may_be_no)
			return value ? options_fail(w->error, "%s: takes no value", word)
				     : keep(w, o, "no");
	}
	o = w->table->may_abbreviate && len > 0 ? find_abbreviated(w->table, key, len, &other)
						: NULL;
	if (other)
		return options_fail(w->error, "%s: may be --%s or --%s", word, o->key, other->key);
	return o ? keep_with_value(w, o, word, value) : unknown_option(w, word, key, len);
}

/* "--key", "--key=value". */
static int parse_long(struct walk *w, const char *word)
{
	const char *key = word + 2;
	size_t len = strcspn(key, "=");
	const char *value = key[len] ? key + len + 1 : NULL;
	const struct option *o = find_whole(w->table, key, len);
	return o ? keep_with_value(w, o, word, value) : parse_other(w, word, len, value);
}

static const struct option *find_letter(const struct options_table *t, char letter)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->options[i].letter == letter)
			return &t->options[i];
	return NULL;
}

/* "-j", "-cFILE", "-c FILE"; flags may share a word: "-jh". */
static int parse_short(struct walk *w, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const struct option *o = find_letter(w->table, *p);
		if (!o)
			return unknown_option(w, word, p, 1);
		if (o->arg)
			return keep_with_value(w, o, word, p[1] ? p + 1 : NULL);
		int err = keep_with_value(w, o, word, NULL);
		if (err)
			return err;
	}
	return 0;
}

static int parse_command(struct walk *w, const char *word)
{
	const struct options_table *t = w->table;
	struct nearest n = nearest_begin(word, strlen(word));
	for (size_t i = 0; i < t->command_count; i++) {
		if (strcmp(t->commands[i].word, word) == 0) {
			w->args->command = (unsigned)i;
			w->args->has_command = true;
			return 0;
		}
		nearest_offer(&n, t->commands[i].word);
	}
	if (n.word)
		return options_fail(
			w->error, "%s: unknown command; did you mean %s?", word, n.word);
	return options_fail(w->error, "%s: unknown command; --help lists them", word);
}

/* Returns the option whose values are the operands, or NULL. */
static const struct option *find_operand(
	const struct options_table *t, const struct options_args *args)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->options[i].is_operand && option_concerns(&t->options[i], args))
			return &t->options[i];
	return NULL;
}

static bool is_given(const struct options_args *args, const struct option *o)
{
	for (size_t i = 0; i < args->setting_count; i++)
		if (args->settings[i].option == o)
			return true;
	return false;
}

/* Handles a word that is not an option: first the command, if there are commands, then operands. */
static int parse_operand(struct walk *w, const char *word)
{
	if (w->table->commands && !w->args->has_command)
		return parse_command(w, word);
	const struct option *o = find_operand(w->table, w->args);
	const char *name = name_of(w->table, w->args);
	if (!o)
		return options_fail(w->error, "%s: %s takes no such argument", word, name);
	if (!o->type->is_list && is_given(w->args, o))
		return options_fail(w->error, "%s: %s takes only one %s", word, name, o->arg);
	return add_setting(w, o, word);
}

static int parse_words(struct walk *w)
{
	bool may_be_option = true;
	while (w->next < w->argc) {
		const char *word = w->argv[w->next++];
		int err = 0;
		if (may_be_option && strcmp(word, "--") == 0)
			may_be_option = false;
		else if (may_be_option && strncmp(word, "--", 2) == 0)
			err = parse_long(w, word);
		else if (may_be_option && word[0] == '-' && word[1])
			err = parse_short(w, word);
		else
			err = parse_operand(w, word);
		if (err)
			return err;
		if (!may_be_option && w->table->has_prog) {
			w->args->prog = w->argv + w->next;
			return 0;
		}
	}
	return 0;
}

/* Returns the option with the key of `o` that concerns the command, or NULL: commands may have
 * options of their own with the same key. */
static const struct option *option_of_command(
	const struct options_table *t, const struct options_args *args, const struct option *o)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->options[i].key, o->key) == 0 && option_concerns(&t->options[i], args))
			return &t->options[i];
	return NULL;
}

/* Checks the words together, after all have been read: options may precede the command. */
static int check_words(
	const struct options_table *t, struct options_args *args, struct options_error *error)
{
	if (args->is_help || args->is_version)
		return 0;
	if (t->commands && !args->has_command)
		return options_fail(error, "no command; --help lists them");
	for (size_t i = 0; i < args->setting_count; i++) {
		struct option_setting *setting = &args->settings[i];
		const struct option *own = option_of_command(t, args, setting->option);
		if (!own)
			return options_fail(error, "--%s: is no option of %s", setting->option->key,
				name_of(t, args));
		setting->option = own;
	}
	const struct option *operand = find_operand(t, args);
	if (operand && operand->is_required && !is_given(args, operand))
		return options_fail(error, "%s: %s is missing; --help tells more", name_of(t, args),
			operand->arg);
	return 0;
}

int options_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], struct options_error *error)
{
	struct options_args args = {0};
	struct walk w = {
		.table = t, .args = &args, .argc = argc, .argv = argv, .next = 1, .error = error};
	int err = parse_words(&w);
	if (!err)
		err = check_words(t, &args, error);
	if (err)
		options_args_fini(&args);
	else
		*ret = args;
	return err;
}

void options_args_fini(struct options_args *args)
{
	free(args->settings);
	*args = (struct options_args){0};
}
