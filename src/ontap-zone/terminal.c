/* SPDX-License-Identifier: ISC */
/*
 * Owns the width and the colours that output may have.
 * Never writes to the terminal.
 */
#include "ontap-zone/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Returns the number in a variable of the environment, or 0. */
static size_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long number = text ? strtoul(text, &end, 10) : 0;
	return text && *end == '\0' && number <= 10000 ? number : 0;
}

static size_t first_of(size_t a, size_t b, size_t c)
{
	return a > 0 ? a : b > 0 ? b : c;
}

struct terminal terminal_look(void)
{
	const char *no_color = getenv("NO_COLOR");
	struct winsize size = {0};
	if (!isatty(STDOUT_FILENO))
		return (struct terminal){0};
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		size = (struct winsize){0};
	return (struct terminal){.width = first_of(number_of("COLUMNS"), size.ws_col, 80),
		.height = first_of(number_of("LINES"), size.ws_row, 24),
		.is_terminal = true,
		.has_colour = !no_color || *no_color == '\0'};
}
