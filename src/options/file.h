/* SPDX-License-Identifier: ISC */
/* A configuration file taken apart, with its values not yet read. For the loader. */
#pragma once

#include "options/options.h"

/* A key of the file, with its line. */
struct file_setting {
	const struct option *option;
	const char *value;
	unsigned line;
};

struct file_settings {
	const char *name; /* of the file; borrowed */
	char *text;       /* a copy, cut into texts at places that are white space or '=' */
	struct file_setting *at;
	size_t count;
};

/* Takes apart `file`; NULL is an empty one. ERR_SYNTAX with `*error` filled, ERR_NOMEM. The caller
 * owns `ret`, in any case: file_settings_fini(). */
int file_settings_init(struct file_settings *ret, const struct options_table *t,
	const struct options_file *file, struct options_error *error) NONNULL_ARGS(1, 2, 4)
	MUSTCHECK;
void file_settings_fini(struct file_settings *f) NONNULL;
