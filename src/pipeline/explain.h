/* SPDX-License-Identifier: ISC */
/* What a client would be answered, and why: asked of the very functions that answer clients. */
#pragma once

#include "base/compiler.h"
#include "pipeline/pipeline.h"

/* One question taken apart. */
struct explained {
	struct name name;
	struct addr client;
	const struct view_rule
		*rule; /* that says where the client stands; borrowed from the views */
	char label[LABEL_CAP +
		   1];       /* of the workload that the name is about; "" if it is about none */
	bool is_local;       /* under .local: mDNS, not unicast DNS */
	const char *rcode;   /* of the answer: "NOERROR", "NODATA", "NXDOMAIN", … */
	uint8_t reply[4096]; /* room for an answer; the whole is for the heap */
};

/* Reads "NAME [ADDR]" and asks. NAME without a dot is NAME.DOMAIN; without an address the client is
 * this machine. Returns NULL, or what is wrong with the words; static storage. */
const char *explain_start(
	const struct pipeline *p, const char *words, struct explained *ret) NONNULL MUSTCHECK;

/* Whether a zone file says that the name is an alias, which is not served because workloads have that
 * name: `*ret` is the rdata of the CNAME then, valid until the zone changes. */
bool explain_hidden_alias(
	const struct pipeline *p, const struct explained *e, struct rdata *ret) NONNULL;

/* Calls `visit` for each record that the client would be answered for A, AAAA, and PTR where it is a
 * reverse name. */
void explain_each_answer(const struct pipeline *p, struct explained *e,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
	NONNULL_ARGS(1, 2, 3);

/* Calls `visit` for each address of each link that claims the name, with its verdict: names_explain(). */
void explain_each_addr(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg) NONNULL_ARGS(1, 2, 3);

/* Calls `visit` for each word that a link claims, that is no label, and that is the name or, in the domain,
 * leads to it. */
typedef void explain_reject_fn(void *arg, const struct model_link *link, const char *word,
	size_t len, enum label_verdict verdict);
void explain_each_reject(const struct pipeline *p, const struct explained *e,
	explain_reject_fn *visit, void *arg) NONNULL_ARGS(1, 2, 3);
