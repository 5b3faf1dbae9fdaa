/* SPDX-License-Identifier: ISC */
/*
 * Which view a client has. The longest prefix that covers the client's address decides: the
 * client is on the LAN and gets private addresses, or it is not. Without a matching prefix the
 * view is VIEW_WAN. A table is immutable: the writer builds a new one and publishes its pointer,
 * as with nodes.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "wire/rrset.h"

/* The reason for a client's view. */
enum view_reason {
	VIEW_BY_DEFAULT,    /* no rule covers it */
	VIEW_BY_LOOPBACK,   /* 127.0.0.0/8, ::1 */
	VIEW_BY_PRIVATE,    /* RFC 1918, RFC 6598, RFC 4193 */
	VIEW_BY_LINK_LOCAL, /* fe80::/10, 169.254.0.0/16 */
	VIEW_BY_LINK,       /* on-link of the interface `detail` */
	VIEW_BY_OPTION,     /* --lan=PREFIX */
	VIEW_REASON_COUNT
};

enum { VIEW_DETAIL_CAP = 16 };

struct view_rule {
	struct prefix prefix;
	uint8_t view;   /* VIEW_LAN or VIEW_WAN */
	uint8_t reason; /* enum view_reason; of two rules with the same prefix the greater wins */
	bool is_inner;  /* network of a bridge that has only containers and guests */
	char detail[VIEW_DETAIL_CAP]; /* interface or "" */
	uint64_t wire; /* of VIEW_BY_LINK: same for all prefixes of one wire; else 0 */
};

struct view_table; /* opaque */

/* Returns a table of these rules and the built-in ones (loopback, private, link-local). Copies
 * the rules. NULL if out of memory. */
struct view_table *view_table_new(const struct view_rule *rules, size_t count) MUSTCHECK;
void view_table_free(struct view_table *t);

/* Returns the rule for `client`, never NULL: the rule with the longest prefix that covers it. An
 * IPv4-mapped address (::ffff:a.b.c.d) counts as IPv4. Borrowed from the table. */
const struct view_rule *view_table_match(
	const struct view_table *t, const struct addr *client) NONNULL;

/* If a name has more addresses than this, the client gets all of them. */
enum { VIEW_CHOICE_MAX = 64 };

/* Chooses which of the `count` addresses of a name the client gets. `client` is the rule of this
 * table for the client. Bit `i` of the result stands for the address number `i` in `rdata`; each
 * has `len` bytes (4 or 16). Global addresses are always chosen. Private addresses are chosen in
 * this order: those on the client's own wire if there are any; else those not on an inner
 * bridge, which the client could not reach; else all. The result is 0 only if `count` is 0. */
uint64_t view_table_choose(const struct view_table *t, const struct view_rule *client,
	const uint8_t *rdata, unsigned len, unsigned count) NONNULL;

/* True if any rule has a wire. If not, answers depend only on views. */
bool view_table_has_wires(const struct view_table *t) NONNULL;

/* "private address", "on-link", …; never NULL, static storage. */
const char *view_reason_text(enum view_reason reason);

/* The pointer to the published table. One writer stores it (release); readers load it (acquire)
 * for each query that needs it. While it is NULL, all clients are VIEW_WAN. */
struct view_slot {
	_Atomic(const struct view_table *) table;
};

/* Returns the view of `client` in the table that is published now. */
enum view view_slot_of(const struct view_slot *slot, const struct addr *client) NONNULL;

/* Publishes `t` (NULL: none). Returns the previous table, which the caller frees after a grace
 * period. */
struct view_table *view_slot_publish(struct view_slot *slot, struct view_table *t) NONNULL_ARGS(1)
	MUSTCHECK;
