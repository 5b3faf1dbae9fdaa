/* SPDX-License-Identifier: ISC */
/*
 * One language of errors. A function that may fail returns int: 0 (or a count, a descriptor), or a
 * negative number, which is one of
 *
 *	a code of `enum err`, where our own code says no: all of the core, and some of the shell
 *	-errno (-ENOENT), where the kernel or the C library says no: the shell only
 *
 * The two do not overlap, and err_text() has words for both. errno itself is read once, right after
 * the call that failed, and turned into -errno there. A function that returns a pointer returns NULL;
 * only if its comment says "errno", errno holds the cause, until the next call.
 */
#pragma once

enum err {
	ERR_NONE = 0,
	/* Beyond the last errno that the kernel returns, 4095 (MAX_ERRNO). */
	ERR_NOMEM = -5001,  /* memory or a counted limit is used up */
	ERR_SHORT = -5002,  /* input ends before what it promises */
	ERR_SYNTAX = -5003, /* input is not of the form asked for */
	ERR_RANGE = -5004,  /* a number, length or count outside what is allowed */
	ERR_SPACE = -5005,  /* the output buffer is too small */
	ERR_LOOP = -5006,   /* a compression pointer that does not point backwards */
	ERR_EXISTS = -5007, /* there is one already */
	ERR_ABSENT = -5008, /* there is none */
	ERR_DENIED = -5009  /* not allowed by policy or by privilege */
};

/* A few words for a code of ours or a negative errno, for messages to a person. Never NULL; static
 * storage; in English, whatever the locale. */
const char *err_text(int err);
