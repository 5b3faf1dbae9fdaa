/* SPDX-License-Identifier: ISC */
/*
 * What ontap-zone answers on its resolve socket (libnss_ontap(8), PROTOCOL), as it comes in: lines of a
 * keyword and a value, and at last "end VERDICT". Reading it takes no memory but the structure, and
 * believes nothing: the module is in everybody's process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"

enum {
	ANSWER_NAME_CAP =
		254, /* RFC 1035 §3.1: 255 bytes in wire form are 253 of text, and a zero */
	ANSWER_LINE_CAP = 288,   /* "name ", the longest name, a newline, and something to spare */
	ANSWER_NAMES_CAP = 1024, /* four of the longest, or a dozen of usual ones */
};

enum answer_verdict {
	ANSWER_UNFINISHED, /* there is more to come */
	ANSWER_FOUND,
	ANSWER_NODATA,   /* the name exists, without what was asked for */
	ANSWER_NXDOMAIN, /* no such name, in a zone of ours */
	ANSWER_FOREIGN,  /* the name is in no zone of ours: others are to be asked */
};

struct answer_addr {
	uint8_t family;    /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* in network order, 4 of them for AF_INET */
	uint32_t scope;    /* ifindex of a link-local address; 0: it needs none */
};

/* All zero bytes are the answer of which nothing has come in yet. */
struct answer {
	enum answer_verdict verdict;
	uint32_t ttl_s;
	size_t addr_count;
	size_t names_len; /* of `names` */
	size_t total;     /* bytes that came in */
	size_t line_len;
	struct answer_addr addrs[LIMIT_RESOLVE_ADDRS];
	char names[ANSWER_NAMES_CAP]; /* each with a zero behind it; the canonical one first */
	char line[ANSWER_LINE_CAP];   /* the one that is not whole yet */
};

/* Takes in the next bytes; what is behind the end, or more than there is room for, is left out. ERR_SYNTAX: it is
 * no answer; ERR_RANGE: a line or the whole is too long. Nothing of it is to be used then. */
int answer_feed(struct answer *a, const char *bytes, size_t len) NONNULL MUSTCHECK;

/* Whether the text is a name that a host may have: letters, digits, hyphens, underscores, and dots between
 * them; one dot more at the end if `may_end_in_dot`. */
bool answer_is_host_name(const char *text, bool may_end_in_dot) NONNULL;

/* The name behind that one, the first for NULL; NULL: there is none. Borrowed from the answer. */
const char *answer_next_name(const struct answer *a, const char *name) NONNULL_ARGS(1);
