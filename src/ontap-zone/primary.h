/* SPDX-License-Identifier: ISC */
/* One primary whose zone is kept equal to ours by updates: the updater (transfer/updater.h), its
 * key and its socket. */
#pragma once

#include "base/compiler.h"
#include "export/jsonw.h"
#include "io/loop.h"
#include "ontap-zone/runtime.h"

struct primary; /* opaque */

struct primary_config {
	const struct runtime *runtime;
	struct loop *loop;
	const struct log *log;
	/* Asks for the signature of a message by the key pair of this host. Returns the ticket with which primary_signed()
	 * gets it; 0: there is no such key now. */
	uint64_t (*sign)(void *arg, const uint8_t *msg, size_t len);
	void *sign_arg;
};

/* `key` is copied; NULL: updates are signed with the key pair of this host (SIG(0)), as the peer says. Returns NULL if out
 * of memory. */
struct primary *primary_open(const struct primary_config *config, const struct conf_peer *peer,
	const struct tsig_key *key) NONNULL_ARGS(1, 2) MUSTCHECK;
void primary_close(struct primary *p);

/* Call it when a record changed. */
void primary_change(struct primary *p, const struct zone_change *change) NONNULL;
/* The network may be another one: what waits for an answer is tried again. */
void primary_hurry(struct primary *p) NONNULL;

/* Takes the data of the SIG that it has asked for; NULL: there will be none. Other tickets are ignored. */
void primary_signed(struct primary *p, uint64_t ticket, const uint8_t *rdata, size_t len)
	NONNULL_ARGS(1);

void primary_poll(struct primary *p, ns_t now) NONNULL;
ns_t primary_deadline(const struct primary *p) NONNULL;

/* Adds an object for `status`. */
void primary_report(const struct primary *p, struct jsonw *w) NONNULL;
