/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the command line: which words are options and their values.
 * Never reads a value.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "conf/error.h"
#include "conf/schema.h"

static const char *const command_words[] = {
	[CONF_SERVE] = "serve",
	[CONF_EXPORT] = "export",
	[CONF_CHECK] = "check",
	[CONF_NAMES] = "names",
	[CONF_STATUS] = "status",
	[CONF_EXPLAIN] = "explain",
	[CONF_WATCH] = "watch",
	[CONF_GRAPH] = "graph",
	[CONF_COMMAND_COUNT] = NULL,
};

const char *conf_command_text(enum conf_command command)
{
	return command_words[command];
}

/* The walk over argv. */
struct walk {
	struct conf_args *args;
	int argc;
	char *const *argv;
	int next; /* index of the next word */
	struct conf_error *error;
};

static int unknown_option(struct walk *w, const char *shown, const char *key, size_t len)
{
	const struct conf_option *near = conf_option_nearest(
		key, len, w->args->has_command ? w->args->command : CONF_COMMAND_COUNT);
	if (near)
		return conf_fail(
			w->error, "%s: unknown option; did you mean --%s?", shown, near->key);
	return conf_fail(w->error, "%s: unknown option; --help lists them", shown);
}

/* Keeps one option with its value. */
static int keep(struct walk *w, const struct conf_option *option, const char *value)
{
	struct conf_args *args = w->args;
	if (option->letter == 'h' || option->letter == 'V') {
		args->is_help |= option->letter == 'h';
		args->is_version |= option->letter == 'V';
		return 0;
	}
	if (option->letter == 'c') {
		args->config_file = value;
		return 0;
	}
	struct conf_setting *grown =
		reallocarray(args->settings, args->setting_count + 1, sizeof(*grown));
	if (!grown)
		return ERR_NOMEM;
	args->settings = grown;
	args->settings[args->setting_count++] = (struct conf_setting){option, value};
	return 0;
}

/* Keeps an option that was followed by `value`, or by nothing (NULL): then the next word is its
 * value, or it is a flag. `shown` is how it was written. */
static int keep_with_value(
	struct walk *w, const struct conf_option *option, const char *shown, const char *value)
{
	if (option->kind == CONF_KIND_ARGS && !option->arg && value)
		return conf_fail(w->error, "%s: takes no value", shown);
	if (!value && !option->arg)
		value = "yes";
	else if (!value && w->next < w->argc)
		value = w->argv[w->next++];
	if (!value)
		return conf_fail(
			w->error, "%s: needs a value: --%s=%s", shown, option->key, option->arg);
	return keep(w, option, value);
}

/* "--key", "--key=value", "--no-key". */
static int parse_long(struct walk *w, const char *word)
{
	const char *key = word + 2;
	size_t len = strcspn(key, "=");
	const char *value = key[len] ? key + len + 1 : NULL;
	const struct conf_option *option = conf_option_find(key, len);
	if (option)
		return keep_with_value(w, option, word, value);
	if (len > 3 && strncmp(key, "no-", 3) == 0) {
		option = conf_option_find(key + 3, len - 3);
		if (option && conf_option_may_be_no(option))
			return value ? conf_fail(w->error, "%s: takes no value", word)
				     : keep(w, option, "no");
	}
	return unknown_option(w, word, key, len);
}

static const struct conf_option *find_letter(char letter)
{
	for (size_t i = 0; i < conf_option_count; i++)
		if (conf_options[i].letter == letter)
			return &conf_options[i];
	return NULL;
}

/* "-j", "-cFILE", "-c FILE"; flags may share a word: "-jh". */
static int parse_short(struct walk *w, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const struct conf_option *option = find_letter(*p);
		if (!option)
			return unknown_option(w, word, p, 1);
		if (option->arg)
			return keep_with_value(w, option, word, p[1] ? p + 1 : NULL);
		int err = keep_with_value(w, option, word, NULL);
		if (err)
			return err;
	}
	return 0;
}

/* The first word that is no option is the command, the second the NAME of explain. */
static int parse_operand(struct walk *w, const char *word)
{
	struct conf_args *args = w->args;
	if (args->has_command) {
		if (args->command != CONF_EXPLAIN || args->operand)
			return conf_fail(w->error, "%s: %s takes no such argument", word,
				conf_command_text(args->command));
		args->operand = word;
		return 0;
	}
	int command = conf_word_index(command_words, word, strlen(word));
	if (command < 0)
		return conf_fail(w->error, "%s: unknown command; --help lists them", word);
	args->command = (enum conf_command)command;
	args->has_command = true;
	return 0;
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
	}
	return 0;
}

/* Whether the words go together. Only known once all are read: options may precede the command. */
static int check_command(const struct conf_args *args, struct conf_error *error)
{
	if (args->is_help || args->is_version)
		return 0;
	if (!args->has_command)
		return conf_fail(error, "no command; --help lists them");
	for (size_t i = 0; i < args->setting_count; i++) {
		const struct conf_option *o = args->settings[i].option;
		if (!conf_option_concerns(o, args->command))
			return conf_fail(error, "--%s: is no option of %s", o->key,
				conf_command_text(args->command));
	}
	if (args->command == CONF_EXPLAIN && !args->operand)
		return conf_fail(error, "explain: needs a NAME");
	return 0;
}

int conf_args_parse(struct conf_args *ret, int argc, char *const argv[], struct conf_error *error)
{
	struct conf_args args = {0};
	struct walk w = {.args = &args, .argc = argc, .argv = argv, .next = 1, .error = error};
	int err = parse_words(&w);
	if (!err)
		err = check_command(&args, error);
	if (err)
		conf_args_fini(&args);
	else
		*ret = args;
	return err;
}

void conf_args_fini(struct conf_args *args)
{
	free(args->settings);
	*args = (struct conf_args){0};
}
