/* SPDX-License-Identifier: ISC */
/*
 * The lines of a master file that are not plain, read by ldns. The library is loaded with the first of
 * them, and only then: with what it brings along (libcrypto) it is larger than all else that the daemon
 * has in memory, and many a run meets no such line.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "io/dynlib.h"
#include "wire/name.h"

struct zoneldns; /* opaque: one text being read */

/* Where the reading stands, and what the lines so far have set. */
struct zoneldns_place {
	size_t at;          /* in the text */
	struct name origin;
	struct name owner;  /* of the record before; len 0: none yet */
	uint32_t ttl_s;     /* 0: none yet */
};

/* A record as it was read; its owner is that of the place. */
struct zoneldns_record {
	uint16_t type, class;
	uint32_t ttl_s;
	const uint8_t *rdata; /* until the next call */
	size_t len;           /* as it is: maybe more than a record can have */
	bool is_whole;        /* as data of a message it has all fields of the type, and no more */
};

/* For reading `text`, which stays as it is until zoneldns_free(). ERR_ABSENT: there is no ldns,
 * `ret_why` says why; ERR_NOMEM. */
int zoneldns_new(struct zoneldns **ret, const char *text, size_t len,
	char ret_why[DYNLIB_WHY_CAP]) NONNULL MUSTCHECK;
void zoneldns_free(struct zoneldns *l);

/* Reads on at `place` and moves it: a record, or (`*ret_has_record` false) a directive or what ldns
 * takes for an empty line. Each call takes at least one byte. ERR_SYNTAX: `*ret_why` says what is wrong,
 * until zoneldns_free(); ERR_NOMEM. */
int zoneldns_read(struct zoneldns *l, struct zoneldns_place *place, struct zoneldns_record *ret,
	bool *ret_has_record, const char **ret_why) NONNULL MUSTCHECK;
