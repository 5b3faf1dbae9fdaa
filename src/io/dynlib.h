/* SPDX-License-Identifier: ISC */
/*
 * Libraries that few runs need, loaded only when needed. A library that the process is linked with
 * costs memory from the start, for its own pages and for those of its dependencies.
 *
 * The functions of a library are a list,
 *
 *	#define X_CALLS(CALL) CALL(x_new) CALL(x_free)
 *
 * from which DYNLIB_TABLE makes the members of a structure, with their types from x.h, and
 * DYNLIB_NAMES makes the names in the same order. A call is written `calls->x_new(…)`, and the
 * compiler checks it.
 */
#pragma once

#include <stddef.h>

#include "base/compiler.h"

#define DYNLIB_MEMBER(name) typeof(name) *name;
#define DYNLIB_NAME(name)   #name,

#define DYNLIB_TABLE(CALLS)                                                                        \
	struct {                                                                                   \
		CALLS(DYNLIB_MEMBER)                                                               \
	}
#define DYNLIB_NAMES(CALLS)                                                                        \
	{                                                                                          \
		CALLS(DYNLIB_NAME)                                                                 \
	}

enum { DYNLIB_WHY_CAP = 256 };

/* Loads the library `soname` and writes the addresses of its `count` functions with these names
 * into `table`, one pointer after the other. Returns a handle for dynlib_close(), or NULL with the
 * reason for people in `ret_why`. */
void *dynlib_open(const char *soname, const char *const names[], size_t count, void *table,
	char ret_why[DYNLIB_WHY_CAP]) NONNULL MUSTCHECK;

/* Unloads the library; its functions must not be called any more. NULL is allowed. */
void dynlib_close(void *handle);
