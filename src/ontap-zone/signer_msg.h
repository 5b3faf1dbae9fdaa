/* SPDX-License-Identifier: ISC */
/* The messages between the serving process and the signer. Both are of one program and one start, so numbers are in
 * the order of this machine, but for requests for signatures (dnssec/signing.h). */
#pragma once

#include <stdint.h>

#include "dnssec/keyset.h"

/* To the signer. */
enum signer_request {
	TO_SIGNER_ZONE = 1, /* struct signer_zone_request */
	TO_SIGNER_LEAVE,    /* the same */
	TO_SIGNER_FRESH,    /* struct signer_fresh_request */
	TO_SIGNER_PIECE,    /* a piece of a request for signatures; more follow */
	TO_SIGNER_SIGN,     /* the last piece, or the only one */
	TO_SIGNER_PACKET,   /* uint64_t: the ticket; and the packet */
	TO_SIGNER_COMMAND   /* uint64_t: the ticket; and the text */
};

/* To the serving process. */
enum signer_news {
	FROM_SIGNER_READY = 1, /* struct sandbox_report; once */
	FROM_SIGNER_ASKER, /* that of the process that asks the parent (asker.h); all zero: it has ended */
	FROM_SIGNER_UNSIGNED, /* struct name; before it is ready */
	FROM_SIGNER_HOST,     /* struct signer_host; before it is ready */
	FROM_SIGNER_KEYS,     /* struct keyset */
	FROM_SIGNER_FAILED,   /* struct name */
	FROM_SIGNER_SIGNED,   /* an answer with signatures */
	FROM_SIGNER_PACKET, /* uint64_t: the ticket; and the data of the SIG, or nothing: it is refused */
	FROM_SIGNER_REPLY /* uint64_t: the ticket; and the text */
};

struct signer_zone_request {
	struct name zone;
	uint32_t ttl_s;
};

struct signer_fresh_request {
	struct name zone;
	uint32_t count;
	struct dnssec_key_id keys[RRSIG_KEYS_MAX];
};

/* The socket in STATE/keys on which keys are changed: a line is answered by lines (io/control.h). */
#define SIGNER_CONTROL "control"

/* The longest text of a command, with its zero. */
enum { SIGNER_TEXT_CAP = 1536 };

/* A piece is shorter than a message. */
enum { SIGNER_PIECE = 65536 };
