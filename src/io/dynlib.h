/* SPDX-License-Identifier: ISC */
/*
 * Libraries that few runs need, loaded when they are needed: what a process is linked with costs
 * memory from its start, in its own pages and in those of all that it brings along.
 *
 * The functions of one are a list,
 *
 *	#define X_CALLS(CALL) CALL(x_new) CALL(x_free)
 *
 * from which DYNLIB_TABLE makes the members of a structure with their types of x.h, and DYNLIB_NAMES
 * the names, in the same order. So a call is written `calls->x_new(…)`, and the compiler checks it.
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

/* Loads the library `soname` and puts the `count` functions of those names into `table`, one pointer
 * behind the other. Returns a handle for dynlib_close(); NULL: `ret_why` says why for a person. */
void *dynlib_open(const char *soname, const char *const names[], size_t count, void *table,
	char ret_why[DYNLIB_WHY_CAP]) NONNULL MUSTCHECK;

/* The functions are gone after. NULL is fine. */
void dynlib_close(void *handle);
