/* SPDX-License-Identifier: ISC */
/*
 * The keys of who signs updates with a key pair (SIG(0), dnssec/sig0.h): KEY records at the signer's name in a zone of
 * ours, put there by a zone file or an update.
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "dnssec/sig0.h"
#include "zone/zone.h"

/* Verifies the signature of the message with the keys of the signer. ERR_ABSENT: there is no such key; ERR_RANGE: it is
 * not valid now, or for too long (LIMIT_SIG0_VALID_S); ERR_DENIED: it is wrong; ERR_NOMEM. Takes twice the time of
 * sig0_verify() if two keys of a signer have one tag. */
int signer_key_verify(const struct zone *zone, const uint8_t *msg, const struct sig0 *sig,
	uint64_t now_s) NONNULL MUSTCHECK;
