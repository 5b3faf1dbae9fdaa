/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of messages about the configuration.
 * Never lets a byte out that could steer a terminal.
 */
#include "conf/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

int conf_fail(struct conf_error *error, const char *format, ...)
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
