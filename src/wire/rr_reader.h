/* SPDX-License-Identifier: ISC */
/*
 * A reader of records in presentation format (RFC 1035 §5.1), as a table of functions: the core
 * loads no library. So a program that has a reader for rare types passes it to the core.
 * io/zoneldns.h is one that uses ldns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

enum { RR_READER_WHY_CAP = 256 };

/* The current position, and what the lines so far have set. */
struct rr_reader_place {
	size_t at; /* in the text */
	struct name origin;
	struct name owner; /* of the previous record; len 0: none yet */
	uint32_t ttl_s;    /* 0: none yet */
};

/* A record that was read; its owner is in struct rr_reader_place. */
struct rr_reader_record {
	uint16_t type, class;
	uint32_t ttl_s;
	const uint8_t *rdata; /* valid until the next call */
	size_t len;           /* unchecked: may be more than a record can have */
	bool is_whole;        /* the rdata has exactly the fields of its type */
};

struct rr_reader {
	/* Starts reading `text`, which must not change until close(). ERR_ABSENT: the library is
	 * missing, and `ret_why` tells why; ERR_NOMEM. */
	int (*open)(
		void **ret_state, const char *text, size_t len, char ret_why[RR_READER_WHY_CAP]);
	/* Continues at `place` and moves it. Reads a record, or (`*ret_has_record` false) a
	 * directive or a line that the reader treats as empty. Each call reads at least one byte.
	 * ERR_SYNTAX: `*ret_why` tells what is wrong, and is valid until close(); ERR_NOMEM. */
	int (*read)(void *state, struct rr_reader_place *place, struct rr_reader_record *ret,
		bool *ret_has_record, const char **ret_why);
	/* `state` may be NULL. */
	void (*close)(void *state);
};
