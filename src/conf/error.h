/* SPDX-License-Identifier: ISC */
/* Making a struct conf_error. */
#pragma once

#include "conf/conf.h"

/* Formats `error->text`; bytes that do not print are shown as '?'. Returns ERR_SYNTAX. */
int conf_fail(struct conf_error *error, const char *format, ...)
	PRINTFLIKE(2, 3) NONNULL_ARGS(1, 2);
