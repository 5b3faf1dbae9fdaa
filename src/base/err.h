/* SPDX-License-Identifier: ISC */
/*
 * One set of error codes for all layers. A function that may fail returns int: 0 (or a count, a
 * descriptor), or a negative number, which is one of
 *
 *	a code of `enum err`, if our own code failed: all of the core, and some of the shell
 *	-errno (-ENOENT), if the kernel or the C library failed: the shell only
 *
 * The two ranges do not overlap, and err_text() describes both. errno itself is read once, right
 * after the call that failed, and turned into -errno there. A function that returns a pointer
 * returns NULL on failure; only if its comment says "errno", errno holds the cause, until the next
 * call.
 */
#pragma once

enum err {
	ERR_NONE = 0,
	/* Beyond the last errno that the kernel returns, 4095 (MAX_ERRNO). */
	ERR_NOMEM = -5001,  /* memory or a counted limit is used up */
	ERR_SHORT = -5002,  /* input ends before the length it announces */
	ERR_SYNTAX = -5003, /* input does not have the expected form */
	ERR_RANGE = -5004,  /* a number, length or count out of the allowed range */
	ERR_SPACE = -5005,  /* the output buffer is too small */
	ERR_LOOP = -5006,   /* a compression pointer that does not point backwards */
	ERR_EXISTS = -5007, /* it exists already */
	ERR_ABSENT = -5008, /* it does not exist */
	ERR_DENIED = -5009  /* not allowed by policy or by privilege */
};

/* Returns a short text for one of our codes or a negative errno, for messages to people. Never
 * NULL; static storage; in English, whatever the locale. */
const char *err_text(int err);
