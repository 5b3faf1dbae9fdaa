/* SPDX-License-Identifier: ISC */
/*
 * The keys of who signs updates with a key pair (SIG(0), dnssec/sig0.h): those of files, and KEY records at the signer's
 * name in a zone of ours, put there by a zone file or an update.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "dnssec/keys.h"
#include "dnssec/sig0.h"
#include "zone/zone.h"

/* A public key of a file. */
struct signer_key {
	struct name name; /* in lower case */
	uint16_t file;    /* number of the file, as the configuration lists them */
	uint16_t len;
	uint8_t rdata[DNSKEY_CAP]; /* of a KEY */
};

/* All zero: none. */
struct signer_keys {
	struct signer_key *at; /* owned */
	size_t count, cap;
};

/* Adds the key, for whose rdata sig0_key_wrong() has nothing to tell. `name` may have capitals. ERR_NOMEM. */
int signer_keys_add(struct signer_keys *keys, const uint8_t *name, struct rdata rdata) NONNULL
	MUSTCHECK;
void signer_keys_fini(struct signer_keys *keys) NONNULL;

/* Calls `take` for each KEY record that the zone has at the name. It has the rdata, until it changes. */
void signer_keys_of_zone(const struct zone *zone, const uint8_t *name,
	void (*take)(void *arg, struct rdata key), void *arg) NONNULL_ARGS(1, 2, 3);

/* Verifies the signature of the message with the keys of the signer. ERR_ABSENT: there is no such key; ERR_RANGE: it is
 * not valid now, or for too long (LIMIT_SIG0_VALID_S); ERR_DENIED: it is wrong; ERR_NOMEM. Takes twice the time of
 * sig0_verify() if two keys of a signer have one tag. */
int signer_keys_verify(const struct signer_keys *keys, const struct zone *zone, const uint8_t *msg,
	const struct sig0 *sig, uint64_t now_s) NONNULL MUSTCHECK;
