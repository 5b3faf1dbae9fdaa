/* SPDX-License-Identifier: ISC */
/* A configuration file split into keys and values; the values are not yet read. For the loader. */
#pragma once

#include "options/options.h"

/* A key of the file, with its value and line. */
struct file_setting {
	const struct option *option;
	const char *value;
	unsigned line;
};

struct file_settings {
	const char *name; /* of the file; borrowed */
	char *text;       /* a copy of the file, cut into texts at white space and '=' */
	struct file_setting *at;
	size_t count;
};

/* Splits `file`; NULL means an empty file. ERR_SYNTAX with `*error` filled, ERR_NOMEM. The caller
 * owns `ret`, also after an error: file_settings_fini(). */
int file_settings_init(struct file_settings *ret, const struct options_table *t,
	const struct options_file *file, struct options_error *error) NONNULL_ARGS(1, 2, 4)
	MUSTCHECK;
void file_settings_fini(struct file_settings *f) NONNULL;
