/* SPDX-License-Identifier: ISC */
/*
 * Reads the command line and the configuration file of a program, according to its table of
 * options. Logs errors and prints help.
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
	CMDLINE_DONE = EXIT_DONE,    /* help or the version has been printed */
	CMDLINE_USAGE = EXIT_USAGE,  /* an error of the user, which has been logged */
	CMDLINE_SYSTEM = EXIT_SYSTEM /* an error of the system, which has been logged */
};

/* Parses argv. If CMDLINE_GO_ON: the caller owns `ret` and frees it with options_args_fini(); argv
 * must stay valid as long as `ret` is used. Any other value is the exit code of the program, and
 * `ret` is untouched. */
enum cmdline_code cmdline_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], const struct log *log) NONNULL MUSTCHECK;

/* Reads the configuration file, if there is one, and computes the values. If CMDLINE_GO_ON: the
 * caller owns the content of `ret` and frees it with options_free(). Any other value is an exit
 * code, and `ret` is untouched. May be called again with the same `args`, to read the file
 * again. */
enum cmdline_code cmdline_load(void *ret, const struct options_table *t,
	const struct options_args *args, const struct log *log) NONNULL MUSTCHECK;

/* The two halves of cmdline_load(), for a program that reads the file in another process. The first one
 * reads the named file, or the default one if it exists; `ret->name` is NULL if there is none. `text`
 * gets its content, which `ret` borrows. ERR_RANGE, -errno: logged. */
int cmdline_read(struct options_file *ret, const struct options_table *t,
	const struct options_args *args, struct buf *text, const struct log *log) NONNULL MUSTCHECK;
const char *cmdline_file_name(
	const struct options_table *t, const struct options_args *args) NONNULL;
enum cmdline_code cmdline_load_file(void *ret, const struct options_table *t,
	const struct options_args *args, const struct options_file *file,
	const struct log *log) NONNULL MUSTCHECK;

/* Prints --help: of the command of `args`, or of the program. Returns CMDLINE_DONE or
 * CMDLINE_SYSTEM. */
enum cmdline_code cmdline_help(
	const struct options_table *t, const struct options_args *args) NONNULL;
