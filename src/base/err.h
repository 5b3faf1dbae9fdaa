/* SPDX-License-Identifier: ISC */
/* The error codes of the core. A function that may fail returns int: 0, or one of these. */
#pragma once

enum err {
	ERR_NONE = 0,
	ERR_NOMEM = -1,  /* memory or a counted limit is used up */
	ERR_SHORT = -2,  /* input ends before what it promises */
	ERR_SYNTAX = -3, /* input is not of the form asked for */
	ERR_RANGE = -4,  /* a number, length or count outside what is allowed */
	ERR_SPACE = -5,  /* the output buffer is too small */
	ERR_LOOP = -6,   /* a compression pointer that does not point backwards */
	ERR_EXISTS = -7, /* there is one already */
	ERR_ABSENT = -8, /* there is none */
	ERR_SYS = -9,    /* a system call failed; errno says which way */
	ERR_DENIED = -10 /* not allowed by policy or by privilege */
};

/* A few words for `err`, for messages to a person. Never NULL; static storage. */
const char *err_text(int err);
