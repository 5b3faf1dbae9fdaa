/* SPDX-License-Identifier: ISC */
/*
 * The Service Registration Protocol (RFC 9665): an UPDATE of a fixed form, by which a device registers its host name and
 * its services, signed with a key that is in the update itself. Who comes first with a key has the name, until the
 * lease of the key ends.
 *
 *	host        HOST.DOMAIN               delete all; A, AAAA …; KEY
 *	service     I._x._tcp.DOMAIN          delete all; SRV to the host, TXT …; without SRV: it is removed
 *	discovery   _x._tcp.DOMAIN            PTR to the service; likewise S._sub._x._tcp.DOMAIN; class NONE: it is removed
 *
 * Names below default.service.arpa are taken as names in the domain (§3.1.1). What is registered is kept as what other
 * updates have added (update/added.h), with leases, and with the key as the KEY record of each name. These KEY records
 * are not served: otherwise who comes first would have a key in the zone, and all rights that the name of a key gives.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "dnssec/sig0.h"
#include "update/judge.h"
#include "update/lease.h"

/* True if the name of the zone is one that registrations may be for: the domain, or default.service.arpa. */
bool srp_is_for(const uint8_t *zone, const uint8_t *domain) NONNULL;

/* Finds the KEY that an update has for its signer. It points into the message. False: it has none, or is malformed. */
bool srp_find_key(
	const uint8_t *msg, size_t len, const struct sig0 *sig, struct rdata *ret) NONNULL;

/* True if the signature is to be taken as valid now: as sig0_is_valid(), or without times, from a device without a
 * clock: both are zero. It must not be older than LIMIT_SRP_BACKDATE_S. */
bool srp_is_valid_now(const struct sig0 *sig, uint64_t now_s, uint32_t most_s) NONNULL;

struct srp {
	struct rdata key;          /* the KEY that has signed */
	struct update_lease lease; /* as granted */
	/* When it was signed, and until when that is valid, in seconds since 1970; 0: it does not tell. A host's
	 * message that was signed before one that was taken, or does not tell and the other did, is refused: somebody
	 * repeats it. */
	uint64_t signed_s, valid_s;
	/* True if that name is of the key of somebody who need not register. NULL: there is none. */
	bool (*is_of_other)(const void *arg, const uint8_t *name);
	const void *arg;
};

/* Fills in `signed_s` and `valid_s`. */
void srp_set_times(struct srp *srp, const struct sig0 *sig, uint64_t now_s) NONNULL;

/* Judges the message as update_judge() does: `ground` without rights; its key is the host's name. REFUSED: it is no
 * registration, or there are LIMIT_SRP_SETS; YXDOMAIN: a name belongs to another key, or was not registered. */
int srp_judge(const struct update_ground *ground, const struct srp *srp,
	const struct update_message *m, struct added_draft *draft,
	struct update_outcome *ret) NONNULL MUSTCHECK;
