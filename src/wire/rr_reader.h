/* SPDX-License-Identifier: ISC */
/*
 * A reader of records in presentation format (RFC 1035 §5.1), as a table of functions: the core loads no
 * library, so a program that has one for rare types hands it in. io/zoneldns.h is one by ldns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/name.h"

enum { RR_READER_WHY_CAP = 256 };

/* Where the reading stands, and what the lines so far have set. */
struct rr_reader_place {
	size_t at; /* in the text */
	struct name origin;
	struct name owner; /* of the record before; len 0: none yet */
	uint32_t ttl_s;    /* 0: none yet */
};

/* A record as it was read; its owner is that of the place. */
struct rr_reader_record {
	uint16_t type, class;
	uint32_t ttl_s;
	const uint8_t *rdata; /* until the next call */
	size_t len;           /* as it is: maybe more than a record can have */
	bool is_whole;        /* as data of a message it has all fields of the type, and no more */
};

struct rr_reader {
	/* For reading `text`, which stays as it is until close(). ERR_ABSENT: there is no such library, `ret_why`
	 * says why; ERR_NOMEM. */
	int (*open)(
		void **ret_state, const char *text, size_t len, char ret_why[RR_READER_WHY_CAP]);
	/* Reads on at `place` and moves it: a record, or (`*ret_has_record` false) a directive or what the reader
	 * takes for an empty line. Each call takes at least one byte. ERR_SYNTAX: `*ret_why` says what is
	 * wrong, until close(); ERR_NOMEM. */
	int (*read)(void *state, struct rr_reader_place *place, struct rr_reader_record *ret,
		bool *ret_has_record, const char **ret_why);
	/* `state` may be NULL. */
	void (*close)(void *state);
};
