/* SPDX-License-Identifier: ISC */
/* The kind of standard output, and its size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct terminal {
	size_t width, height; /* columns and lines; 0: unlimited, not a terminal */
	bool is_terminal;
	bool has_colour; /* a terminal, and NO_COLOR is not set (https://no-color.org) */
};

/* Examines standard output. The size of a terminal is COLUMNS and LINES if they are set, otherwise
 * the size that the terminal reports (TIOCGWINSZ), otherwise 80 by 24. */
struct terminal terminal_look(void);
