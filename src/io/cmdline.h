/* SPDX-License-Identifier: ISC */
/*
 * The command line and the configuration file of a program, by its table of options: what is wrong
 * is logged, and help is printed.
 *
 *	code = cmdline_parse(&args, &table, argc, argv, &log);
 *	if (code == CMDLINE_GO_ON)
 *		code = cmdline_load(&values, &table, &args, &log);
 *	if (code != CMDLINE_GO_ON)
 *		return code;
 */
#pragma once

#include "io/exit.h"
#include "io/log.h"
#include "options/options.h"

enum cmdline_code {
	CMDLINE_GO_ON = -1,
	CMDLINE_DONE = EXIT_DONE,    /* help or the version was asked for, and has been printed */
	CMDLINE_USAGE = EXIT_USAGE,  /* something is wrong, and has been logged */
	CMDLINE_SYSTEM = EXIT_SYSTEM /* the same, and it is not the user's fault */
};

/* Takes argv apart. CMDLINE_GO_ON: the caller owns `ret`, options_args_fini(), and argv must stay as
 * long as it is used. Any other value is the exit code of the program, and `ret` is untouched. */
enum cmdline_code cmdline_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], const struct log *log) NONNULL MUSTCHECK;

/* Reads the configuration file, if there is one, and makes the values. CMDLINE_GO_ON: the caller owns
 * what is in `ret`, options_free(). Any other value is an exit code, and `ret` is untouched. May be
 * called again with the same `args`, to read the file anew. */
enum cmdline_code cmdline_load(void *ret, const struct options_table *t,
	const struct options_args *args, const struct log *log) NONNULL MUSTCHECK;
