/* SPDX-License-Identifier: ISC */
/* Prints the daemon's answers for people. Each command has a printer, which is called for each
 * line. */
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

/* Returns the printer for a command's lines. */
ask_print_fn *ask_printer(enum conf_command command);

/* Print what comes before the first line and after the last. */
void ask_begin(const struct ask *ask) NONNULL;
void ask_end(const struct ask *ask) NONNULL;
