/* SPDX-License-Identifier: ISC */
/*
 * The process that has the keys of signed zones, and no way to the network. The serving process asks it for
 * signatures; the records about keys it makes itself:
 *
 *	serving process                      signer
 *	signer_zone ────────────────────────► reads the keys of that zone, or makes one
 *	on_keys ◄─────────────────────────── at the start, when a key takes a step, and before signatures expire
 *	signer_ask ─────────────────────────► judges each message (dnssec/signing.h), and signs it
 *	on_signed ◄──────────────────────────
 *	signer_sign_packet ─────────────────► the same with a packet and the key of the host
 *	on_packet ◄──────────────────────────
 *
 * Keys and their states are in files of STATE/keys (signer_store.h), which only this process opens. Each process
 * ends when the other does.
 */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "dnssec/keyset.h"
#include "dnssec/signing.h"
#include "io/log.h"
#include "io/privilege.h"
#include "io/sandbox.h"

/* Called from signer_handle() and signer_wait(). Everything is borrowed. */
struct signer_sink {
	/* The answer to signer_ask(). What is refused has no signature: the key has gone meanwhile, and on_keys()
	 * has told so before; or the message is one that is never signed, which the signer has logged. */
	void (*on_signed)(void *arg, const struct signing_result *result);
	/* The answer to signer_sign_packet(): the data of the SIG, for sig0_append(). NULL: it is not signed. The signer
	 * has logged why: the time is not known, or the packet is one that is never signed. */
	void (*on_packet)(void *arg, uint64_t ticket, const uint8_t *rdata, size_t len);
	/* The keys of a zone are these from now on. */
	void (*on_keys)(void *arg, const struct keyset *keys);
	/* There are no keys for that zone, for a reason that has been logged. It is tried again, so on_keys() may
	 * follow. */
	void (*on_failed)(void *arg, const uint8_t *zone);
	/* The answer to signer_command(): lines of JSON. */
	void (*on_reply)(void *arg, uint64_t ticket, const char *lines);
	void *arg;
};

struct signer_config {
	const struct conf *conf;           /* the process gets a copy */
	const struct privilege_user *user; /* who gets a new state directory; NULL: nobody */
	const uint8_t *host;               /* the name of the host's key; NULL: none is needed */
	const struct log *log;
	struct signer_sink sink;
};

/* The key of the host, as everybody may know it. */
struct signer_host {
	struct name name; /* in lower case */
	uint16_t tag;
	uint8_t alg;
	uint8_t key_len;
	uint8_t key[DNSKEY_CAP]; /* the rdata of its KEY */
};

struct signer; /* opaque */

/* Starts the process. Call it with the privileges of the start, before there are threads. NULL: the reason has
 * been logged. */
struct signer *signer_start(const struct signer_config *config) NONNULL MUSTCHECK;
/* Waits until the process has given up what it does not need, and is ready for requests. Returns 0 or an exit
 * code; the reason has been logged. */
int signer_wait(struct signer *s) NONNULL MUSTCHECK;
/* True if the zone has become unsigned (keys unsign) before this start: it is served as if it was not to be signed. */
bool signer_is_unsigned(const struct signer *s, const uint8_t *zone) NONNULL;
/* Returns the key of the host, from signer_wait() on; NULL: there is none. */
const struct signer_host *signer_host_key(const struct signer *s) NONNULL;
/* Ends the process and waits for its end. */
void signer_stop(struct signer *s);

/* What the process had given up when it was ready. */
const struct sandbox_report *signer_sandbox(const struct signer *s);
/* The same of the process that asks the parent; NULL: there is none. */
const struct sandbox_report *signer_asker_sandbox(const struct signer *s);

int signer_fd(const struct signer *s) NONNULL;
/* True if signer_handle() has something to do that the descriptor does not show. */
bool signer_has_more(const struct signer *s) NONNULL;
/* Handles messages for about a millisecond. -errno: the process has ended. */
int signer_handle(struct signer *s) NONNULL MUSTCHECK;
/* Sends what there is room for. `*ret_is_pending`: call it again when the descriptor takes more. Without this call
 * nothing is sent. */
int signer_flush(struct signer *s, bool *ret_is_pending) NONNULL MUSTCHECK;

/* Requests. */

/* The server signs that zone, whose longest TTL is `ttl_s`; or that TTL has changed. on_keys() follows. */
void signer_zone(struct signer *s, const uint8_t *zone, uint32_t ttl_s) NONNULL;
/* It does not serve the zone any more. The keys stay on disk. */
void signer_leave(struct signer *s, const uint8_t *zone) NONNULL;
/* Asks for 1 to SIGNING_COUNT_MAX signatures; on_signed() gets them together, in this order. Answers come in
 * the order of requests. ERR_RANGE: too many, or too long, see dnssec/signing.h. ERR_NOMEM. */
int signer_ask(struct signer *s, uint64_t ticket, const struct signing_message *messages,
	size_t count) NONNULL MUSTCHECK;
/* Asks for the signature of a packet, of at most MSG_CAP bytes, by the key of the host, which there is; on_packet() gets
 * it. Answers come in the order of requests. */
void signer_sign_packet(
	struct signer *s, uint64_t ticket, const uint8_t *packet, size_t len) NONNULL;
/* All data of the zone has been published with the signatures of just these keys, those of the last on_keys():
 * so the next step of a roll need not wait until older ones have expired. */
void signer_fresh(struct signer *s, const uint8_t *zone, const struct dnssec_key_id *keys,
	unsigned count) NONNULL;
/* What anybody may ask: "show [ZONE]", "ds [ZONE]", "host". Keys are changed on a socket of the signer's own
 * (signer_control.c): "roll ZONE [13|15]", "ds-seen ZONE", "unsign ZONE", "clock". */
void signer_command(struct signer *s, uint64_t ticket, const char *text) NONNULL;

/* The process itself, with one end of the channel: signer_process.c. */
_Noreturn void signer_process_run(const struct signer_config *config, int fd) NONNULL;
