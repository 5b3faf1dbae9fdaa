/* SPDX-License-Identifier: ISC */
/* EDNS options (RFC 6891 §6.1.2): the known options of a query, and the options of its reply. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "serve/cookie.h"
#include "wire/msg.h"

enum option_code {
	OPTION_NSID = 3,       /* RFC 5001 */
	OPTION_SUBNET = 8,     /* RFC 7871 */
	OPTION_COOKIE = 10,    /* RFC 7873 */
	OPTION_KEEPALIVE = 11, /* RFC 7828 */
	OPTION_ERROR = 15      /* RFC 8914 */
};

/* The codes of RFC 8914 §4 that are used here. */
enum extended_error {
	EXTENDED_NONE = 0,
	EXTENDED_NOT_READY = 14,
	EXTENDED_PROHIBITED = 18,
	EXTENDED_NOT_AUTHORITATIVE = 20
};

/* The options of a query. Pointers are borrowed from the query; NULL: the option is absent. */
struct edns_options {
	bool are_any; /* at least one of the options below */
	bool has_nsid, has_keepalive;
	const uint8_t *cookie;
	unsigned cookie_len;
	const uint8_t *subnet;
	unsigned subnet_len;
};

/* Reads the options of an OPT record. Returns false if they are malformed: truncated, or a
 * cookie with an invalid length (RFC 7873 §5.2.2). Unknown options are ignored. */
bool edns_options_parse(const struct edns *edns, struct edns_options *ret) NONNULL MUSTCHECK;

/* The subnet of a client, as its resolver sent it (RFC 7871 §6). */
struct subnet {
	struct prefix prefix; /* ADDR_NONE: the resolver does not reveal it (§7.1.2) */
	uint16_t family;      /* as received: it is copied to the reply */
};

/* Returns false if the option is malformed. */
bool subnet_parse(const struct edns_options *options, struct subnet *ret) NONNULL MUSTCHECK;

enum {
	OPTION_HEAD_LEN = 4,
	SUBNET_CAP = 4 + 16,
	/* All options that a reply may have, each once. */
	OPTIONS_REPLY_CAP = 5 * OPTION_HEAD_LEN + LIMIT_IDENTITY + SUBNET_CAP + COOKIE_LEN + 2 + 2
};

/* The options of a reply, one after another. There is always enough room. */
struct options_reply {
	unsigned len;
	uint8_t bytes[OPTIONS_REPLY_CAP];
};

/* Adds an option with `len` bytes of data. Returns where the data goes. */
uint8_t *edns_options_add(struct options_reply *r, enum option_code code, unsigned len) NONNULL;

/* Adds the subnet. `scope_len` is the number of its bits that the answer is valid for (RFC 7871
 * §7.2.1). */
void edns_options_add_subnet(
	struct options_reply *r, const struct subnet *subnet, unsigned scope_len) NONNULL;
