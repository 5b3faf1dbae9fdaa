/* SPDX-License-Identifier: ISC */
/* EDNS options (RFC 6891 §6.1.2): those of a query that mean something to us, and those of its reply. */
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

/* RFC 8914 §4, as far as we have a use for them. */
enum extended_error {
	EXTENDED_NONE = 0,
	EXTENDED_PROHIBITED = 18,
	EXTENDED_NOT_AUTHORITATIVE = 20
};

/* Of a query. Bytes are borrowed from it; NULL: not there. */
struct edns_options {
	bool are_any; /* of these at all */
	bool has_nsid, has_keepalive;
	const uint8_t *cookie;
	unsigned cookie_len;
	const uint8_t *subnet;
	unsigned subnet_len;
};

/* Reads the options of an OPT record. False if they are malformed: not whole, or a cookie that has a length
 * that none has (RFC 7873 §5.2.2). Those that are not known are passed over. */
bool edns_options_parse(const struct edns *edns, struct edns_options *ret) NONNULL MUSTCHECK;

/* The subnet of a client, as its resolver says it (RFC 7871 §6). */
struct subnet {
	struct prefix prefix; /* ADDR_NONE: its resolver does not want to say (§7.1.2) */
	uint16_t family;      /* as it stood there: it is given back */
};

/* False if it is malformed. */
bool subnet_parse(const struct edns_options *options, struct subnet *ret) NONNULL MUSTCHECK;

enum {
	OPTION_HEAD_LEN = 4,
	SUBNET_CAP = 4 + 16,
	/* All that a reply may have, each once. */
	OPTIONS_REPLY_CAP = 5 * OPTION_HEAD_LEN + LIMIT_IDENTITY + SUBNET_CAP + COOKIE_LEN + 2 + 2
};

/* Of a reply: written one behind the other, never more than there is room for. */
struct options_reply {
	unsigned len;
	uint8_t bytes[OPTIONS_REPLY_CAP];
};

/* Adds an option of `len` bytes. Returns where these go. */
uint8_t *edns_options_add(struct options_reply *r, enum option_code code, unsigned len) NONNULL;

/* Adds the subnet, with how many bits of it the answer is for (RFC 7871 §7.2.1). */
void edns_options_add_subnet(
	struct options_reply *r, const struct subnet *subnet, unsigned scope_len) NONNULL;
