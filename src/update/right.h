/* SPDX-License-Identifier: ISC */
/*
 * What a key may update: owner names, and types of records there (RFC 2136 §3.3). A right is written
 *
 *	key:NAME[:PATTERN[:TYPE,…]]     who signs with the shared key NAME (TSIG)
 *	sig0:NAME[:PATTERN[:TYPE,…]]    who signs with the key pair of NAME (SIG(0), dnssec/sig0.h)
 *
 *	PATTERN   a name with a dot at its end, or a name in the domain; "@" is the domain. In a label, "*" is
 *	          any bytes and "?" is one; a first label "*" is any labels, at least one, as in a wildcard.
 *	          Without PATTERN: the names that are the key's, by the name of the key itself. This is such a
 *	          name; or, of a key with one label N, it is N, N.wan and N.lan in the domain.
 *	TYPE      a mnemonic; "ANY" is all types. Without TYPE, the key may not touch the names, but only prove
 *	          that they are its own: TXT at _acme-challenge in front of them (RFC 8555 §8.4).
 *
 * Some types are nobody's: update_right_is_for_none().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/name.h"

enum { UPDATE_RIGHT_TYPES = 16 };

struct update_right {
	struct name key; /* in lower case */
	bool is_sig0;
	struct name
		pattern; /* without the domain, if it is relative; len 0: the names of the key */
	bool is_full;    /* the pattern is a whole name */
	bool has_all_types;
	uint8_t type_count; /* 0, and not all types: TXT at _acme-challenge */
	uint16_t types[UPDATE_RIGHT_TYPES];
};

/* Who has signed. */
struct update_signer {
	const uint8_t *key;
	bool is_sig0;
};

/* Returns the type of a mnemonic, or of "TYPE123" (RFC 3597 §5); 0: it is none. */
uint16_t update_type_from_text(const char *text, size_t len) NONNULL;

/* Reads a right. Returns NULL on success, else a text that tells what is wrong; `*ret` is unchanged then. */
const char *update_right_parse(const char *text, struct update_right *ret) NONNULL MUSTCHECK;

/* True if no update may add or remove records of that type at `owner`: those that zones have of themselves (SOA,
 * and NS at `apex`), what a signer makes or does not sign (DS at `apex`), NS and DNAME at a wildcard, which have no
 * meaning (RFC 4592 §4.2, §4.4), and types that are none of records. */
bool update_right_is_for_none(uint16_t type, const uint8_t *owner, const uint8_t *apex) NONNULL;

/* True if one of the rights lets that signer change records of that type at `owner`. RR_ANY: of any type at all.
 * update_right_is_for_none() is not asked. */
bool update_rights_allow(const struct update_right *rights, size_t count, const uint8_t *domain,
	const struct update_signer *signer, const uint8_t *owner, uint16_t type)
	NONNULL_ARGS(3, 4, 5);

/* True if that signer has any right. */
bool update_rights_know(const struct update_right *rights, size_t count,
	const struct update_signer *signer) NONNULL_ARGS(3);
