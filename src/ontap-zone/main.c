/* SPDX-License-Identifier: ISC */
/*
 * Owns the start of the program: command line, which command to run.
 * Never does a command's work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/load.h"

static int print_help(const struct conf_args *args)
{
	struct buf out = {0};
	conf_help(&out, args);
	fputs(buf_text(&out), stdout);
	buf_fini(&out);
	return EXIT_DONE;
}

static int run(struct conf *conf, const struct conf_args *args, struct log *log)
{
	switch (args->command) {
	case CONF_SERVE: return command_serve(conf, args, log);
	case CONF_EXPORT: return command_export(conf, log);
	case CONF_CHECK: return command_check(conf, log);
	case CONF_NAMES:
	case CONF_STATUS:
	case CONF_EXPLAIN:
	case CONF_WATCH:
	case CONF_GRAPH: {
		int code = command_ask(conf, args, log);
		conf_fini(conf);
		return code;
	}
	case CONF_COMMAND_COUNT: break;
	}
	return EXIT_USAGE;
}

/* Where in the argument a secret begins, or NULL; `*ret_is_next`: the argument after it is one. */
static char *secret_in(char *argument, bool *ret_is_next)
{
	static const char option[] = "--tsig";
	size_t len = sizeof(option) - 1;
	*ret_is_next = strcmp(argument, option) == 0;
	return strncmp(argument, option, len) == 0 && argument[len] == '=' ? argument + len + 1
									   : NULL;
}

/* Wipes secrets from the command line, which everybody can read in /proc, and leaves a copy that is
 * ours alone in their place: it is read again by a reload. */
static int hide_secrets(int argc, char **argv)
{
	bool is_next = false;
	for (int i = 1; i < argc; i++) {
		bool is_value = is_next;
		char *argument = argv[i];
		char *secret = secret_in(argument, &is_next);
		if (is_value)
			secret = argument;
		if (!secret)
			continue;
		argv[i] = strdup(argument);
		if (!argv[i])
			return ERR_NOMEM;
		memset(secret, 'x', strlen(secret));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct conf_args args;
	struct conf_error error;
	struct conf conf;

	int err = hide_secrets(argc, argv);
	if (!err)
		err = conf_args_parse(&args, argc, argv, &error);
	if (err) {
		log_error(&log, "usage: error=\"%s\"",
			err == ERR_SYNTAX ? error.text : err_text(err));
		return EXIT_USAGE;
	}
	int code = EXIT_DONE;
	if (args.is_help) {
		code = print_help(&args);
	} else if (args.is_version) {
		puts("ontap-zone " PACKAGE_VERSION);
	} else {
		code = command_load(&conf, &args, &log);
		if (code == EXIT_DONE) {
			log.threshold = (enum log_level)conf.verbosity;
			code = run(&conf, &args, &log);
		}
	}
	conf_args_fini(&args);
	return code;
}
