/* SPDX-License-Identifier: ISC */
/* How the daemon's answers look to a person: one printer a command, called for each line. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"

struct ask {
	const struct log *log;
	void (*print)(struct ask *ask, const json_t *line);
	enum conf_command command;
	bool is_json, has_begun;
	bool has_colour;
	size_t lines; /* printed so far */
	int code;     /* enum exit_code */
};

typedef void ask_print_fn(struct ask *ask, const json_t *line);

/* The printer of a command's lines. */
ask_print_fn *ask_printer(enum conf_command command);

/* What stands before the first and after the last line. */
void ask_begin(const struct ask *ask) NONNULL;
void ask_end(const struct ask *ask) NONNULL;
