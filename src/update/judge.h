/* SPDX-License-Identifier: ISC */
/*
 * What an UPDATE does (RFC 2136 §3), in the order of the RFC:
 *
 *	zone            FORMERR it is no SOA; NOTAUTH it is none of ours, or the key has no rights at all
 *	prerequisites   FORMERR, NOTZONE; NXDOMAIN, YXDOMAIN, NXRRSET, YXRRSET
 *	updates         FORMERR, NOTZONE; REFUSED the key may not
 *	                then the draft is made; REFUSED there is no room; SERVFAIL for lack of memory
 *
 * Prerequisites see the zone as it is served, in both views together: who is in one of them must not be told
 * that a name is free which the other has. Updates change only what updates have added. What the kernel or a
 * file has stays: its deletion is not refused, as that of a record that does not exist is not (§3.4.2.4), and is
 * counted. A record that needs to be alone, or that would stand beside such a one, is not added (§3.4.2.2),
 * whoever has the other one.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "update/added.h"
#include "update/message.h"
#include "update/right.h"
#include "zone/zone.h"

/* What a key may that the list of rights does not tell. */
struct update_claim {
	bool (*may)(void *arg, const uint8_t *owner, uint16_t type);
	/* True if all that is served at that name is what this key has said by other means: for its prerequisites, there is
	 * nothing. */
	bool (*is_own)(void *arg, const uint8_t *owner);
	void *arg;
};

struct update_ground {
	const struct zone *zone;
	const uint8_t *domain; /* of relative patterns */
	const struct update_right *rights;
	size_t right_count;
	struct added_by by;               /* its key has signed */
	bool is_sig0;                     /* a key pair */
	const struct update_claim *claim; /* NULL: none */
	added_put_fn *try; /* as zone_try(): whether the zone takes what an owner gets */
	void *try_arg;
	const struct added_draft
		*before; /* is taken first, and has none of the names; NULL: nothing */
};

struct update_outcome {
	const char *reason; /* of a refusal, in words; NULL: there is none */
	unsigned not_ours;  /* deletions of what the kernel or a file has */
	unsigned ignored;   /* additions that §3.4.2.2 ignores */
};

/* Judges the message, and puts its changes into the draft, which is empty. Returns the rcode; only for NOERROR does
 * the draft count. */
int update_judge(const struct update_ground *ground, const struct update_message *m,
	struct added_draft *draft, struct update_outcome *ret) NONNULL MUSTCHECK;

/* For who makes a draft in another way: the rcode and the reason of ERR_RANGE and ERR_NOMEM; and the end of each
 * judgement: whether there is room for the draft, in all and in the zone. */
int update_refuse_err(struct update_outcome *ret, int err) NONNULL MUSTCHECK;
int update_end_draft(const struct update_ground *ground, struct added_draft *draft,
	struct update_outcome *ret) NONNULL MUSTCHECK;
