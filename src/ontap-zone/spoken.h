/* SPDX-License-Identifier: ISC */
/*
 * Packets of multicast DNS on their way out. One that wants a signature waits for the signer, and so does what follows it
 * to the same destination; all others go at once. A packet waits for SPOKEN_PATIENCE at most, then it goes without: who
 * needs no signature is served all the same.
 *
 * Signatures come in the order in which they are asked for, so the packets are in one queue.
 */
#pragma once

#include "base/budget.h"
#include "base/compiler.h"
#include "base/list.h"
#include "mdns/mdns.h"

#define SPOKEN_PATIENCE (200 * NS_PER_MS)

struct spoken_sink {
	void (*send)(void *arg, const struct mdns_path *to, const uint8_t *packet, size_t len);
	/* Asks for a signature: spoken_signed() follows, later. */
	void (*sign)(void *arg, uint64_t ticket, const uint8_t *packet, size_t len);
	/* Packets go without a signature from now on, because the signer is late; or with one again. */
	void (*on_late)(void *arg, bool is_late);
	void *arg;
};

struct spoken_stats {
	uint64_t signed_packets;
	uint64_t late;    /* went without a signature, because the signer was late, or refused it */
	uint64_t limited; /* likewise, because there were too many */
};

struct spoken {
	struct spoken_sink sink;
	bool has_signer;
	struct list waiting; /* oldest first */
	size_t count;
	uint64_t ticket;   /* asked for last; the first one is 1 */
	uint64_t given_up; /* the last one that was not waited for; 0: none, or it has come */
	struct budget unicast;
	struct spoken_stats stats;
};

void spoken_init(struct spoken *s, const struct spoken_sink *sink) NONNULL;
/* Forgets the packets that wait. */
void spoken_fini(struct spoken *s) NONNULL;
/* There is a signer from now on; or none: what waits goes without. */
void spoken_set_signer(struct spoken *s, bool has_signer) NONNULL;

/* Sends the packet, now or later. Copied. */
void spoken_take(struct spoken *s, ns_t now, const struct mdns_path *to, const uint8_t *packet,
	size_t len) NONNULL;
/* The data of a SIG has come (NULL: it is refused), whose owner is that name. Sends what waited for it. */
void spoken_signed(struct spoken *s, uint64_t ticket, const uint8_t *owner, const uint8_t *rdata,
	size_t len) NONNULL_ARGS(1, 3);
/* Sends what has waited for too long. */
void spoken_poll(struct spoken *s, ns_t now) NONNULL;
ns_t spoken_deadline(const struct spoken *s) NONNULL;

static inline bool spoken_is_empty(const struct spoken *s)
{
	return s->count == 0;
}
