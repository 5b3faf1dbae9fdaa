/* SPDX-License-Identifier: ISC */
/*
 * Owns the texts of errors.
 * Never reads errno.
 */
#include "base/err.h"

#include <string.h>

const char *err_text(int err)
{
	switch ((enum err)err) {
	case ERR_NONE: return "no error";
	case ERR_NOMEM: return "out of memory, or a limit is reached";
	case ERR_SHORT: return "ends too early";
	case ERR_SYNTAX: return "is malformed";
	case ERR_RANGE: return "is out of range";
	case ERR_SPACE: return "does not fit";
	case ERR_LOOP: return "has a compression pointer that does not point backwards";
	case ERR_EXISTS: return "exists already";
	case ERR_ABSENT: return "does not exist";
	case ERR_DENIED: return "is not allowed";
	}
	const char *text = err < 0 && err > ERR_NOMEM ? strerrordesc_np(-err) : NULL;
	return text ? text : "unknown error";
}
