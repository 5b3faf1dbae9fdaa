/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of --help, made from the table of options.
 * Never prints.
 */
#include <string.h>

#include "options/options.h"

/* The column where explanations begin. */
enum { EXPLANATION_COLUMN = 30 };

static void add_spaces(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_puts(out, " ");
}

/* Appends `text`, wrapped before OPTIONS_HELP_COLUMNS. The first line begins at `column`; the
 * others are indented by `indent`. */
static void add_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
{
	bool is_first = true;
	/* Progress: each turn moves past one word and the space after it. */
	while (*text) {
		size_t len = strcspn(text, " ");
		if (!is_first && column + 1 + len > OPTIONS_HELP_COLUMNS) {
			buf_puts(out, "\n");
			add_spaces(out, indent);
			column = indent;
		} else if (!is_first) {
			buf_puts(out, " ");
			column++;
		}
		buf_add(out, text, len);
		column += len;
		is_first = false;
		text += len;
		text += *text == ' ';
	}
	buf_puts(out, "\n");
}

/* Appends an explanation after its option; the line begins at `start`. An option that is too long
 * for its column gets a line of its own. */
static void add_explanation(struct buf *out, size_t start, const char *text)
{
	size_t column = out->len - start;
	if (column + 2 > EXPLANATION_COLUMN) {
		buf_puts(out, "\n");
		column = 0;
	}
	add_spaces(out, EXPLANATION_COLUMN - column);
	add_wrapped(out, text, EXPLANATION_COLUMN, EXPLANATION_COLUMN);
}

/* Describes the values and the default: " (a, b or c; default: a)". */
static void describe_values(struct buf *out, const struct option *o)
{
	char words[128] = "";
	const char *def = o->arg && o->defaults[0] ? o->defaults[0] : o->default_words;
	if (o->words)
		options_list_words(o->words, words, sizeof(words));
	if (!o->words && !def)
		return;
	buf_printf(out, " (%s", words);
	if (def)
		buf_printf(out, "%sdefault: %s", o->words ? "; " : "", def);
	if (def && o->defaults[1])
		buf_printf(out, " and %s", o->defaults[1]);
	buf_puts(out, ")");
}

static void describe(struct buf *out, const struct option *o)
{
	bool is_on = !o->arg && o->defaults[0] && strcmp(o->defaults[0], "yes") == 0;
	buf_puts(out, o->help);
	describe_values(out, o);
	if (o->type->is_list && !o->is_operand)
		buf_puts(out, "; may be repeated");
	if (is_on)
		buf_printf(out, " (default); --no-%s: not", o->key);
	if (o->arg && o->type->may_be_no)
		buf_printf(out, "; --no-%s: none", o->key);
}

static void help_option(struct buf *out, const struct option *o)
{
	size_t start = out->len;
	struct buf text = {0};
	if (o->letter)
		buf_printf(out, "  -%c, --%s", o->letter, o->key);
	else
		buf_printf(out, "      --%s", o->key);
	if (o->arg)
		buf_printf(out, o->bare ? "[=%s]" : "=%s", o->arg);
	describe(&text, o);
	add_explanation(out, start, buf_text(&text));
	buf_fini(&text);
}

static void help_options(
	struct buf *out, const struct options_table *t, const struct options_args *args)
{
	buf_puts(out, "options:\n");
	for (size_t i = 0; i < t->count; i++)
		if (!t->options[i].is_operand && option_concerns(&t->options[i], args))
			help_option(out, &t->options[i]);
}

/* Returns the operand of a command, or NULL. */
static const char *operand_of(const struct options_table *t, unsigned command)
{
	const struct options_args args = {.command = command, .has_command = true};
	for (size_t i = 0; i < t->count; i++)
		if (t->options[i].is_operand && option_concerns(&t->options[i], &args))
			return t->options[i].arg;
	return NULL;
}

static void add_command(struct buf *out, const struct options_table *t, unsigned command)
{
	const char *operand = operand_of(t, command);
	buf_puts(out, t->commands[command].word);
	if (operand)
		buf_printf(out, " %s", operand);
}

static void help_commands(struct buf *out, const struct options_table *t)
{
	buf_puts(out, "commands:\n");
	for (size_t i = 0; i < t->command_count; i++) {
		size_t start = out->len;
		buf_puts(out, "  ");
		add_command(out, t, (unsigned)i);
		add_explanation(out, start, t->commands[i].help);
	}
	buf_puts(out, "\n");
}

static void help_usage(
	struct buf *out, const struct options_table *t, const struct options_args *args)
{
	if (t->commands) {
		buf_printf(out, "usage: %s ", t->program);
		if (args->has_command)
			add_command(out, t, args->command);
		else
			buf_puts(out, "COMMAND");
		buf_puts(out, " [options]\n");
	}
	for (size_t i = 0; t->usage && t->usage[i]; i++)
		buf_printf(
			out, "%s %s %s\n", i == 0 ? "usage:" : "      ", t->program, t->usage[i]);
	buf_puts(out, "\n");
}

void options_help(struct buf *out, const struct options_table *t, const struct options_args *args)
{
	help_usage(out, t, args);
	if (t->about && !args->has_command) {
		add_wrapped(out, t->about, 0, 0);
		buf_puts(out, "\n");
	}
	if (t->commands && !args->has_command)
		help_commands(out, t);
	help_options(out, t, args);
	if (t->more) {
		buf_puts(out, "\n");
		add_wrapped(out, t->more, 0, 0);
	}
}
