/* SPDX-License-Identifier: ISC */
/*
 * Owns the start of the program: the command line, and which command to run.
 * Never does the work of a command.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "conf/conf.h"
#include "io/cmdline.h"
#include "ontap-zone/commands.h"

/* The same as COMMAND --help, or --help. `conf->helped` is the number of the command, from 1. */
static int command_help(const struct conf *conf)
{
	struct options_args args = {0};
	args.has_command = conf->helped > 0;
	args.command = args.has_command ? conf->helped - 1 : 0;
	return cmdline_help(&conf_table, &args);
}

static int run(struct conf *conf, const struct options_args *args, struct log *log)
{
	switch ((enum conf_command)args->command) {
	case CONF_SERVE: return command_serve(conf, args, log);
	case CONF_EXPORT: return command_export(conf, log);
	case CONF_CHECK: return command_check(conf, log);
	case CONF_NAMES:
	case CONF_STATUS:
	case CONF_EXPLAIN:
	case CONF_WATCH:
	case CONF_GRAPH:
	case CONF_KEYS:
	case CONF_RELOAD:
	case CONF_FORGET:
	case CONF_STOP: {
		int code = command_ask(conf, (enum conf_command)args->command);
		conf_fini(conf);
		return code;
	}
	case CONF_RESOLVER: {
		int code = command_resolver(conf, args, log);
		conf_fini(conf);
		return code;
	}
	case CONF_HELP: {
		int code = command_help(conf);
		conf_fini(conf);
		return code;
	}
	case CONF_COMMAND_COUNT: break;
	}
	return EXIT_USAGE;
}

/* Returns where a secret begins in the argument, or NULL. Sets `*ret_is_next` if the next argument
 * is a secret. */
static char *secret_in(char *argument, bool *ret_is_next)
{
	static const char option[] = "--tsig";
	size_t len = sizeof(option) - 1;
	*ret_is_next = strcmp(argument, option) == 0;
	return strncmp(argument, option, len) == 0 && argument[len] == '=' ? argument + len + 1
									   : NULL;
}

/* Wipes secrets from the command line, which every user can read in /proc. argv gets private copies
 * instead, because a reload reads the command line again. */
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

/* True if the program was started as ontap-collect. */
static bool is_collector(const char *name)
{
	const char *slash = strrchr(name, '/');
	return strcmp(slash ? slash + 1 : name, "ontap-collect") == 0;
}

static bool has_collect(char *const *argv)
{
	for (; *argv; argv++)
		if (strcmp(*argv, "--collect") == 0 || strncmp(*argv, "--collect=", 10) == 0)
			return true;
	return false;
}

/* Makes `ontap-collect OPTIONS` "ontap-zone serve --collect OPTIONS"; --collect is said only once, for it may be
 * "--collect=LINK". Returns the new arguments, which stay until the end; NULL: no memory. */
static char **to_collector(int *argc, char **argv)
{
	static char command[] = "serve", option[] = "--collect";
	char **all = calloc((size_t)*argc + 3, sizeof(*all));
	int count = 0;
	if (!all)
		return NULL;
	all[count++] = argv[0];
	all[count++] = command;
	if (!has_collect(argv))
		all[count++] = option;
	for (int i = 1; i < *argc; i++)
		all[count++] = argv[i];
	*argc = count;
	return all;
}

int main(int argc, char **argv)
{
	struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct options_args args;
	struct conf conf;

	if (argc > 0 && is_collector(argv[0]))
		argv = to_collector(&argc, argv);
	if (!argv || hide_secrets(argc, argv)) {
		log_error(&log, "cannot start: error=\"%s\"", err_text(ERR_NOMEM));
		return EXIT_SYSTEM;
	}
	int code = cmdline_parse(&args, &conf_table, argc, argv, &log);
	if (code != CMDLINE_GO_ON)
		return code;
	code = cmdline_load(&conf, &conf_table, &args, &log);
	if (code == CMDLINE_GO_ON) {
		log.threshold = (enum log_level)conf.verbosity;
		code = run(&conf, &args, &log);
	}
	options_args_fini(&args);
	return code;
}
