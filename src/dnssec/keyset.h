/* SPDX-License-Identifier: ISC */
/*
 * What a zone says of its keys: the sets DNSKEY, CDS and CDNSKEY with their signatures, and which keys sign its
 * data. Only the signer makes these, from the state of the keys (dnssec/roll.h).
 */
#pragma once

#include "base/compiler.h"
#include "dnssec/keys.h"
#include "dnssec/roll.h"
#include "wire/rrsig.h"

enum {
	/* Of all signatures, ours and those that the server asks for: they begin an hour ago, because clocks
	 * differ, and end after 14 days. */
	KEYSET_BACK_S = 3600,
	KEYSET_VALIDITY_S = 14 * 86400,
	KEYSET_RECORDS_MAX = 2
};

struct keyset_rdata {
	uint8_t len;
	uint8_t bytes[DNSKEY_CAP];
};

/* In canonical order. */
struct keyset_set {
	uint32_t ttl_s;
	uint32_t count; /* 0: there is no such set */
	struct keyset_rdata rdata[KEYSET_RECORDS_MAX];
	uint32_t signature_count;
	struct rrsig signatures[RRSIG_KEYS_MAX];
};

/* A plain value without pointers. */
struct keyset {
	struct name zone;
	uint32_t active_count; /* 0: the zone is not signed (any more) */
	struct dnssec_key_id active[RRSIG_KEYS_MAX];
	struct keyset_set dnskey, cds, cdnskey;
};

/* Makes it. `pairs`: the keys of `r`, in any order. A key without its pair does nothing. Takes some 0.4 ms. */
void keyset_make(const struct roll *r, const struct key_pair *pairs, size_t pair_count,
	uint32_t ttl_s, uint64_t now_s, struct keyset *ret) NONNULL_ARGS(1, 6);

/* True if the numbers in it are in their ranges: for who has got it from another process. */
bool keyset_is_sound(const struct keyset *k) NONNULL MUSTCHECK;
