/* SPDX-License-Identifier: ISC */
/* Explains which answer a client would get, and why. It calls the same functions that answer
 * clients. */
#pragma once

#include "base/compiler.h"
#include "mdns/mdns.h"
#include "pipeline/pipeline.h"

/* The kind of name by which a workload was asked for. */
enum explain_branch {
	EXPLAIN_NONE,  /* not a name of a workload */
	EXPLAIN_PLAIN, /* N.DOMAIN */
	EXPLAIN_WAN,   /* N.wan.DOMAIN */
	EXPLAIN_LAN,   /* N.lan.DOMAIN */
	EXPLAIN_LOCAL  /* N.local */
};

/* One parsed question. */
struct explained {
	struct name name;
	struct addr client;
	const struct view_rule *rule; /* rule for the client's view; borrowed from the views */
	char label[LABEL_CAP + 1];    /* of the workload that the name belongs to; "" if none */
	enum explain_branch branch;
	bool is_local;       /* under .local: mDNS, not unicast DNS */
	struct addr asked;   /* the address that was asked for; ADDR_NONE: a name */
	const char *rcode;   /* of the answer: "NOERROR", "NODATA", "NXDOMAIN", … */
	uint8_t reply[4096]; /* space for an answer; the struct is large: use the heap */
};

/* Reads "NAME [ADDR]" and makes the query. NAME without a dot means NAME.DOMAIN; an address means
 * its reverse name. Without ADDR the client is this machine. Returns NULL, or an error message
 * about the words; static storage. */
const char *explain_start(
	const struct pipeline *p, const char *words, struct explained *ret) NONNULL MUSTCHECK;

/* True if a zone file has an alias for the name that is not served because workloads have that
 * name. Then `*ret` is the rdata of the CNAME, valid until the zone changes. */
bool explain_hidden_alias(
	const struct pipeline *p, const struct explained *e, struct rdata *ret) NONNULL;

/* True if the name is in a signed zone and is signed there. Then `*ret` is the signature of its first set that has
 * one, and `*ret_zone` the zone's name, valid until the zone changes. */
bool explain_signature(const struct pipeline *p, const struct explained *e, struct rrsig *ret,
	const uint8_t **ret_zone) NONNULL;

/* Calls `visit` for each record in the client's answers for A and AAAA, and for PTR if it is a
 * reverse name. */
void explain_each_answer(const struct pipeline *p, struct explained *e,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
	NONNULL_ARGS(1, 2, 3);

/* Calls `visit` for each address of each link that claims the name, with its verdict from
 * names_explain(). */
void explain_each_addr(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg) NONNULL_ARGS(1, 2, 3);

/* Returns why the client does not get an address of explain_each_addr(); NULL: it gets the address.
 * For a name in .local: whether it is answered on any link. Static storage. */
const char *explain_withheld(const struct pipeline *p, const struct mdns *mdns, struct explained *e,
	const struct names_addr *na) NONNULL;

/* True if any workload claims the name, even without an address. */
bool explain_is_claimed(const struct pipeline *p, const struct explained *e) NONNULL;

/* Calls `visit` for each link that has the address asked for. ERR_NOMEM: for none. */
int explain_each_holder(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct model_addr *addr), void *arg) NONNULL_ARGS(1, 2, 3)
	MUSTCHECK;

/* Calls `visit` for the apex of each of our zones, in any order. */
void explain_each_zone(const struct pipeline *p, void (*visit)(void *arg, const uint8_t *apex),
	void *arg) NONNULL_ARGS(1, 2);

/* Finds our names with the most similar spelling, the nearest first, in the form that
 * explain_start() reads. A name outside of the domain is searched for in the domain. Returns their
 * number, at most EXPLAIN_NEAREST_MAX. */
enum { EXPLAIN_NEAREST_MAX = 3 };
size_t explain_nearest(const struct pipeline *p, const struct explained *e,
	char ret[EXPLAIN_NEAREST_MAX][NAME_TEXT_CAP]) NONNULL;

/* Returns the link that a record is about: the one of the workload that has the record's address,
 * as its rdata or in its reverse name; or NULL. `*ret_addr` is the address, ADDR_NONE if the record
 * is about none. */
const struct model_link *explain_find_link(
	const struct pipeline *p, const struct zone_change *record, struct addr *ret_addr) NONNULL;

/* Calls `visit` for each word that a link claims but that is not a valid label, if the word is
 * the name or, in the domain, leads to it. */
typedef void explain_reject_fn(void *arg, const struct model_link *link, const char *word,
	size_t len, enum label_verdict verdict);
void explain_each_reject(const struct pipeline *p, const struct explained *e,
	explain_reject_fn *visit, void *arg) NONNULL_ARGS(1, 2, 3);
