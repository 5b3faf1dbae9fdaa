/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of --help, made from the option table.
 * Never prints.
 */
#include <string.h>

#include "conf/schema.h"

static const struct {
	enum conf_command command;
	const char *help;
} commands[] = {
	{CONF_SERVE, "answer DNS and mDNS, in the foreground"},
	{CONF_EXPORT, "print the records for other programs"},
	{CONF_CHECK, "start as serve does, but stop before any socket"},
	{CONF_NAMES, "ask the running daemon for its names,"},
	{CONF_STATUS, "for what it does,"},
	{CONF_EXPLAIN, "for what it answers for NAME, and why,"},
	{CONF_WATCH, "for each change as it happens,"},
	{CONF_GRAPH, "for namespaces, links and names as a graph (dot)"},
};

/* Column at which the explanations begin. */
enum { HELP_COLUMN = 30 };

/* Appends spaces up to that column, counted from `start`, the offset of the line. */
static void pad(struct buf *out, size_t start)
{
	do
		buf_puts(out, " ");
	while (!out->err && out->len - start < HELP_COLUMN);
}

static void help_commands(struct buf *out)
{
	buf_puts(out, "commands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		size_t start = out->len;
		buf_printf(out, "  %s%s", conf_command_text(commands[i].command),
			commands[i].command == CONF_EXPLAIN ? " NAME" : "");
		pad(out, start);
		buf_printf(out, "%s\n", commands[i].help);
	}
	buf_puts(out, "\n");
}

static void help_defaults(struct buf *out, const struct conf_option *o)
{
	if (!o->defaults[0] || !o->arg)
		return;
	buf_printf(out, " (default: %s", o->defaults[0]);
	if (o->defaults[1])
		buf_printf(out, " and %s", o->defaults[1]);
	buf_puts(out, ")");
}

static void help_option(struct buf *out, const struct conf_option *o)
{
	size_t start = out->len;
	buf_puts(out, "  ");
	if (o->letter)
		buf_printf(out, "-%c, ", o->letter);
	buf_printf(out, "--%s", o->key);
	if (o->arg)
		buf_printf(out, "=%s", o->arg);
	pad(out, start);
	buf_puts(out, o->help);
	help_defaults(out, o);
	if (o->arg && conf_option_may_be_no(o))
		buf_printf(out, "; --no-%s: none", o->key);
	buf_puts(out, "\n");
}

void conf_help(struct buf *out, const struct conf_args *args)
{
	if (args->has_command)
		buf_printf(out, "usage: ontap-zone %s%s [options]\n\n",
			conf_command_text(args->command),
			args->command == CONF_EXPLAIN ? " NAME" : "");
	else
		buf_puts(out, "usage: ontap-zone COMMAND [options]\n\n");
	if (!args->has_command)
		help_commands(out);
	buf_puts(out, "options:\n");
	for (size_t i = 0; i < conf_option_count; i++)
		if (!args->has_command || conf_option_concerns(&conf_options[i], args->command))
			help_option(out, &conf_options[i]);
	buf_puts(out,
		"\nWhat is set for good goes to the configuration file: ontap-zone.conf(5).\n");
}
