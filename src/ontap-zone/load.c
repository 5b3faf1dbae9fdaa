/* SPDX-License-Identifier: ISC */
/*
 * Owns how the configuration is read: which file, and what is said if it cannot be.
 * Never changes what is in force.
 */
#include "ontap-zone/load.h"

#include <errno.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/file.h"
#include "ontap-zone/commands.h"

/* Reads the file named, or the default one if it is there. `*ret_file` is its name, NULL if none. */
static int read_file(const struct conf_args *args, struct buf *text, const char **ret_file,
	const struct log *log)
{
	const char *file = args->config_file ? args->config_file : CONF_DEFAULT_FILE;
	int err = file_read(file, LIMIT_CONF_FILE, text);
	const char *why =
		err == ERR_RANGE ? "is larger than a configuration file may be" : err_text(err);
	*ret_file = err ? NULL : file;
	if (err == -ENOENT && !args->config_file)
		return 0;
	if (err)
		log_error(log, "configuration: file=\"%s\" error=\"%s\"", file, why);
	return err;
}

int command_load(struct conf *ret, const struct conf_args *args, const struct log *log)
{
	struct buf text = {0};
	struct conf_error error;
	const char *file;
	int err = read_file(args, &text, &file, log);
	if (err) {
		buf_fini(&text);
		return EXIT_USAGE;
	}
	err = conf_load(
		ret, args, file ? file : "", file ? buf_text(&text) : NULL, text.len, &error);
	buf_fini(&text);
	if (!err)
		return 0;
	log_error(
		log, "configuration: error=\"%s\"", err == ERR_SYNTAX ? error.text : err_text(err));
	return err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
}
