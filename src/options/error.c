/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of messages about options.
 * Never prints a byte that could control a terminal.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "options/options.h"

int option_fail(struct option_why *why, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	return ERR_SYNTAX;
}

int option_fail_err(struct option_why *why, const struct option *o, const char *text, int err)
{
	if (err == ERR_NOMEM)
		return err;
	return option_fail(why, "'%s' %s; the form is %s", text, err_text(err), o->arg);
}

int options_fail(struct options_error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	for (unsigned char *p = (unsigned char *)error->text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	return ERR_SYNTAX;
}
