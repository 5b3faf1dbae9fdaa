/* SPDX-License-Identifier: ISC */
/*
 * Updates by hosts whose names are collected (collect/collect.h): the key that signs what a host says on a link signs its
 * updates from elsewhere. What it may say there it may update, and what it has said last has the word:
 *
 *	the link     what updates have of its addresses is kept, and not served
 *	updates      the collector puts nothing
 *
 * So nothing is deleted when the host comes and goes. For a name L, such a key may change A and AAAA at L, L.wan and L.lan
 * of the domain; TXT at _acme-challenge in front of them (RFC 8555 §8.4); and the books of `--update`
 * (transfer/updater.h): TXT at _ontap in front of them, PTR at HOST._ontap of the domain if the key is that of HOST in the
 * domain.
 */
#pragma once

#include "base/compiler.h"
#include "collect/collect.h"
#include "dnssec/sig0.h"
#include "net/transfers.h"
#include "ontap-zone/runtime.h"
#include "update/added.h"
#include "update/judge.h"
#include "update/signer_key.h"

struct update_collected {
	struct collect *collect; /* NULL: nothing is collected, and nothing is done here */
	const struct pipeline *pipeline;
	const struct conf *conf;           /* whose rights and secrets count */
	const struct signer_keys *signers; /* of files */
	struct added *added;
};

/* Verifies the signature of the message with the keys that the collector trusts. Errors as those of signer_keys_verify(). */
int update_collected_verify(const struct update_collected *u, const uint8_t *msg,
	const struct sig0 *sig, uint64_t now_s) NONNULL MUSTCHECK;

/* What such a signer may. It is used as the `arg` of the claim, and borrows both. */
struct update_collected_signer {
	const struct update_collected *u;
	const struct update_ask *ask;
};
/* Fills in the claim. False: the collector does not trust the key. */
bool update_collected_claim(
	struct update_collected_signer *signer, struct update_claim *ret) NONNULL MUSTCHECK;

/* Tells the collector what an update has said of addresses, now that it is in `added`. */
void update_collected_say(const struct update_collected *u, const struct transfer *update, ns_t now,
	uint64_t now_s) NONNULL;

/* True if that set of `added` is not to be served, because the link has the word. */
bool update_collected_hides(
	const struct update_collected *u, const uint8_t *owner, uint16_t type) NONNULL;
/* Another one has the word about the name: what updates have there is to be put again. */
void update_collected_touch(const struct update_collected *u, const char *label) NONNULL;
/* True if that is the name of a key that updates are signed with, or of a right: a stranger must not borrow it. */
bool update_collected_knows(const struct update_collected *u, const uint8_t *signer) NONNULL;
/* True if updates of another key than hosts have has addresses at that name, or a device has registered it. */
bool update_collected_is_taken(const struct update_collected *u, const char *label) NONNULL;
