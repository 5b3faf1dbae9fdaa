/* SPDX-License-Identifier: ISC */
/*
 * A reader of single records in presentation format (RFC 1035 §5.1), as a table of functions: the
 * core loads no library. So a program that has a reader for rare types passes it to the core.
 * io/zoneldns.h is one that uses ldns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

enum { RR_READER_WHY_CAP = 256 };

/* A record that was read. */
struct rr_reader_record {
	uint16_t type;
	const uint8_t *rdata; /* valid until the next call */
	size_t len;           /* unchecked: may be more than a record can have */
	bool is_whole;        /* the rdata has exactly the fields of its type */
};

struct rr_reader {
	/* Prepares to read. ERR_ABSENT: the library is missing, and `ret_why` tells why;
	 * ERR_NOMEM. */
	int (*open)(void **ret_state, char ret_why[RR_READER_WHY_CAP]);
	/* Reads the record: `text` is its type and data on one line, in words with single blanks.
	 * `origin` completes its names. ERR_SYNTAX: `*ret_why` tells what is wrong, and is valid
	 * until close(); ERR_NOMEM. */
	int (*read)(void *state, const char *text, const struct name *origin,
		struct rr_reader_record *ret, const char **ret_why);
	/* `state` may be NULL. */
	void (*close)(void *state);
};
