/* SPDX-License-Identifier: ISC */
/*
 * Owns the way from argv to the values of a program: reads the file, logs errors and prints help.
 * Never knows an option.
 */
#include "io/cmdline.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"

/* --- the command line --------------------------------------------------------------------- */

enum cmdline_code cmdline_help(const struct options_table *t, const struct options_args *args)
{
	struct buf out = {0};
	options_help(&out, t, args);
	fputs(buf_text(&out), stdout);
	int err = out.err;
	buf_fini(&out);
	return err || fflush(stdout) != 0 ? CMDLINE_SYSTEM : CMDLINE_DONE;
}

static enum cmdline_code print_version(const struct options_table *t)
{
	printf("%s " PACKAGE_VERSION "\n", t->program);
	return fflush(stdout) == 0 ? CMDLINE_DONE : CMDLINE_SYSTEM;
}

/* Prints a mistake on the command line for the user, not as a log line. */
static enum cmdline_code fail_usage(
	const struct options_table *t, const struct options_error *error)
{
	fprintf(stderr, "%s: %s\n", t->program, error->text);
	return CMDLINE_USAGE;
}

/* Logs the error. */
static enum cmdline_code fail(
	const struct log *log, const char *what, int err, const struct options_error *error)
{
	log_error(log, "%s: error=\"%s\"", what, err == ERR_SYNTAX ? error->text : err_text(err));
	return err == ERR_SYNTAX ? CMDLINE_USAGE : CMDLINE_SYSTEM;
}

enum cmdline_code cmdline_parse(struct options_args *ret, const struct options_table *t, int argc,
	char *const argv[], const struct log *log)
{
	struct options_args args;
	struct options_error error;
	int err = options_parse(&args, t, argc, argv, &error);
	if (err == ERR_SYNTAX)
		return fail_usage(t, &error);
	if (err)
		return fail(log, "usage", err, &error);
	if (!args.is_help && !args.is_version) {
		*ret = args;
		return CMDLINE_GO_ON;
	}
	enum cmdline_code code = args.is_help ? cmdline_help(t, &args) : print_version(t);
	options_args_fini(&args);
	return code;
}

/* --- the file ----------------------------------------------------------------------------- */

const char *cmdline_file_name(const struct options_table *t, const struct options_args *args)
{
	return args->config_file ? args->config_file : t->default_file;
}

int cmdline_read(struct options_file *ret, const struct options_table *t,
	const struct options_args *args, struct buf *text, const struct log *log)
{
	const char *name = cmdline_file_name(t, args);
	*ret = (struct options_file){0};
	if (!name)
		return 0;
	int err = file_read(name, LIMIT_CONF_FILE, text);
	if (err == -ENOENT && !args->config_file)
		return 0;
	if (err) {
		log_error(log, "configuration: file=\"%s\" error=\"%s\"", name,
			err == ERR_RANGE ? "is larger than a configuration file may be"
					 : err_text(err));
		return err;
	}
	*ret = (struct options_file){.name = name, .text = buf_text(text), .len = text->len};
	return 0;
}

enum cmdline_code cmdline_load_file(void *ret, const struct options_table *t,
	const struct options_args *args, const struct options_file *file, const struct log *log)
{
	struct options_error error;
	int err = options_load(ret, t, args, file->name ? file : NULL, &error);
	if (!err)
		return CMDLINE_GO_ON;
	return fail(log, t->default_file ? "configuration" : "usage", err, &error);
}

enum cmdline_code cmdline_load(void *ret, const struct options_table *t,
	const struct options_args *args, const struct log *log)
{
	struct buf text = {0};
	struct options_file file;
	enum cmdline_code code = CMDLINE_USAGE;
	if (cmdline_read(&file, t, args, &text, log) == 0)
		code = cmdline_load_file(ret, t, args, &file, log);
	buf_fini(&text);
	return code;
}
