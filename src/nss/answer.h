/* SPDX-License-Identifier: ISC */
/*
 * The answer of ontap-zone on its resolve socket (libnss_ontap(8), PROTOCOL), while it arrives:
 * lines of a keyword and a value, and at the end "end VERDICT". Parsing it needs no memory except
 * the structure, and trusts nothing: the module is in the process of any program.
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
	ANSWER_LINE_CAP = 288,   /* "name ", the longest name, a newline, and some room */
	ANSWER_NAMES_CAP = 1024, /* four of the longest, or a dozen of usual length */
};

enum answer_verdict {
	ANSWER_UNFINISHED, /* more has to come */
	ANSWER_FOUND,
	ANSWER_NODATA,   /* the name exists, but has no such record */
	ANSWER_NXDOMAIN, /* no such name, in one of our zones */
	ANSWER_FOREIGN,  /* the name is in none of our zones: ask other sources */
};

struct answer_addr {
	uint8_t family;    /* AF_INET, AF_INET6 */
	uint8_t bytes[16]; /* in network order, 4 of them for AF_INET */
	uint32_t scope;    /* ifindex of a link-local address; 0: not needed */
};

/* Zero bytes are an answer of which nothing has arrived. */
struct answer {
	enum answer_verdict verdict;
	uint32_t ttl_s;
	size_t addr_count;
	size_t names_len; /* used bytes of `names` */
	size_t total;     /* bytes that have arrived */
	size_t line_len;
	struct answer_addr addrs[LIMIT_RESOLVE_ADDRS];
	char names[ANSWER_NAMES_CAP]; /* each followed by a zero; the canonical one is first */
	char line[ANSWER_LINE_CAP];   /* the line that is not complete */
};

/* Parses the next bytes. Ignores bytes after the end, and values for which there is no
 * room. ERR_SYNTAX: not an answer; ERR_RANGE: a line or the whole is too long. Then nothing
 * of it may be used. */
int answer_feed(struct answer *a, const char *bytes, size_t len) NONNULL MUSTCHECK;

/* True if a host may have the name: letters, digits, hyphens, underscores, and dots between them;
 * also a final dot if `may_end_in_dot`. */
bool answer_is_host_name(const char *text, bool may_end_in_dot) NONNULL;

/* Returns the name after `name`, or the first for NULL. NULL: there are no more. Borrowed
 * from the answer. */
const char *answer_next_name(const struct answer *a, const char *name) NONNULL_ARGS(1);
