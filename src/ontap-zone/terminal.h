/* SPDX-License-Identifier: ISC */
/* What standard output is, and what fits there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct terminal {
	size_t width, height; /* columns and lines; 0: unlimited, it is no terminal */
	bool is_terminal;
	bool has_colour; /* a terminal, and NO_COLOR is not set (https://no-color.org) */
};

/* Looks at standard output. On a terminal the size is that of COLUMNS and LINES if they are set,
 * else the one that the terminal tells (TIOCGWINSZ), else 80 by 24. */
struct terminal terminal_look(void);
