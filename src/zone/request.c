/* SPDX-License-Identifier: ISC */
/*
 * Owns what the signer is asked, and puts its signatures into nodes.
 * Never knows a key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "zone/canon.h"
#include "zone/signing.h"

/* What is asked next in a node, and how much of it. */
struct asking {
	struct zone *z;
	struct signing *s;
	struct asked *asked;
	struct zone_request *request;
	size_t offs[ZONE_REQUEST_MAX + 1]; /* of the messages in the queue's bytes */
	bool is_full;
};

static unsigned *missing_of(struct signing *s, struct job *job)
{
	return job ? &job->missing : &s->gen.apex_missing;
}

/* Forgets a signature that the signer was asked for. False: it was not. */
static bool forget(struct signer_queue *queue, const struct node_sig *sig)
{
	for (int i = 0; i < ZONE_REQUESTS; i++)
		for (size_t k = 0; queue->asked[i].ticket && k < queue->asked[i].count; k++)
			if (queue->asked[i].slots[k].sig == sig) {
				queue->asked[i].slots[k].sig = NULL;
				return true;
			}
	return false;
}

/* Gives signatures a stamp, unless it has one that is still good. Those with an older one are made anew. */
static void date(struct asking *a, struct job *job, const struct node *n, unsigned stamp_at)
{
	struct node_stamp *stamp = (struct node_stamp *)(uintptr_t)&node_stamps(n)[stamp_at];
	if (stamp->alg != 0 && signing_is_timely(a->z, node_name(n), stamp))
		return;
	for (unsigned i = 0; stamp->alg != 0 && i < n->set_count; i++) {
		struct node_sig *sig = (struct node_sig *)(uintptr_t)node_sigs(n, &n->sets[i]);
		for (bool has_more = n->sets[i].is_signed; has_more; sig++) {
			has_more = sig->has_more;
			if (sig->is_blank || sig->stamp != stamp_at)
				continue;
			sig->is_blank = true;
			*missing_of(a->s, job) += !forget(a->z->queue, sig);
		}
	}
	signing_date(stamp, a->s->gen.keys[stamp_at], a->z->now_s - SIGN_BEFORE_S,
		a->z->now_s + SIGN_VALID_S);
}

/* Nobody is asked for what was kept. */
static void take_kept(struct asking *a, struct job *job, const struct node *n, unsigned stamp_at)
{
	const unsigned taken = kept_take(a->z, a->s, n, stamp_at);
	*missing_of(a->s, job) -= taken;
	a->s->stats.kept += taken;
}

/* Asks for one signature. */
static void ask_one(struct asking *a, struct job *job, const struct node *n,
	const struct node_set *set, struct node_sig *sig)
{
	struct buf *bytes = &a->z->queue->bytes;
	const size_t start = bytes->len;
	if (canon_add_message(n, set, sig, bytes, &a->z->queue->scratch) ||
		(a->asked->count > 0 && bytes->len > ZONE_REQUEST_BYTES)) {
		a->is_full = true;
		bytes->len = start;
		bytes->err = 0;
		return;
	}
	sig->is_blank = false;
	a->asked->slots[a->asked->count].job = job;
	a->asked->slots[a->asked->count].sig = sig;
	a->asked->count++;
	a->offs[a->asked->count] = bytes->len;
	a->is_full = a->asked->count == ZONE_REQUEST_MAX;
}

/* Asks for the signatures that the node lacks and that were not asked for yet, until the request is full. */
static void ask_node(struct asking *a, struct job *job, struct node *n)
{
	for (unsigned k = 0; k < a->s->gen.key_count; k++) {
		date(a, job, n, k);
		take_kept(a, job, n, k);
	}
	for (unsigned i = 0; i < n->set_count && !a->is_full; i++) {
		const struct node_set *set = &n->sets[i];
		struct node_sig *sig = (struct node_sig *)(uintptr_t)node_sigs(n, set);
		for (unsigned k = 0; set->is_signed && !a->is_full; k++, sig++) {
			if (sig->is_blank && k < a->s->gen.key_count)
				ask_one(a, job, n, set, sig);
			if (!sig->has_more)
				break;
		}
	}
}

/* What an address needs is asked first, apart from what only closes the chain; of a few owners, each for itself, so that
 * it is seen while the next one is being signed. */
static void ask_jobs(struct asking *a)
{
	enum { FEW = 4 };
	struct generation *g = &a->s->gen;
	const bool is_first = g->asked < g->changed, is_alone = is_first && g->changed <= FEW;
	while (g->asked < g->count && !a->is_full) {
		struct job *job = g->jobs[g->asked];
		if (a->asked->count > 0 && (is_alone || (is_first && g->asked >= g->changed)))
			return;
		if (job->missing > 0)
			ask_node(a, job, job->node);
		if (!a->is_full)
			g->asked++;
	}
}

static struct asked *free_slot(struct signer_queue *queue)
{
	for (int i = 0; i < ZONE_REQUESTS; i++)
		if (queue->asked[i].ticket == 0)
			return &queue->asked[i];
	return NULL;
}

static bool fill(struct asking *a)
{
	struct buf *bytes = &a->z->queue->bytes;
	buf_clear(bytes);
	bytes->err = a->z->queue->scratch.err = 0;
	a->asked->count = 0;
	if (a->s->gen.phase == PHASE_SIGN || a->s->gen.phase == PHASE_LEAVE)
		ask_jobs(a);
	else if (a->s->gen.phase == PHASE_CLOSE && a->s->gen.apex_missing > 0)
		ask_node(a, NULL, a->s->gen.apex);
	for (size_t i = 0; i < a->asked->count; i++)
		a->request->messages[i] = (struct zone_message){
			(const uint8_t *)bytes->bytes + a->offs[i], a->offs[i + 1] - a->offs[i]};
	return a->asked->count > 0;
}

bool zone_next_request(struct zone *z, struct zone_request *ret)
{
	if (!z->queue)
		z->queue = calloc(1, sizeof(*z->queue));
	struct asked *asked = z->queue ? free_slot(z->queue) : NULL;
	if (!asked || z->now_s == 0)
		return false;
	LIST_EACH(s, &z->signings, struct signing, in_zone) {
		struct asking a = {.z = z, .s = s, .asked = asked, .request = ret};
		if (s->is_refused || !fill(&a))
			continue;
		asked->signing = s;
		asked->ticket = ret->ticket = ++z->queue->last_ticket;
		ret->count = asked->count;
		return true;
	}
	return false;
}

static void take(struct signing *s, struct job *job, struct node_sig *sig,
	const uint8_t bytes[RRSIG_BYTES], bool is_refused)
{
	if (is_refused) {
		sig->is_blank = true;
		s->is_refused = true;
		s->gen.asked = 0;
		s->stats.refused++;
		return;
	}
	memcpy(sig->bytes, bytes, sizeof(sig->bytes));
	s->stats.made++;
	--*missing_of(s, job);
}

void zone_signed(struct zone *z, uint64_t ticket, const uint8_t (*sigs)[RRSIG_BYTES],
	const bool *is_refused, size_t count)
{
	for (int i = 0; z->queue && i < ZONE_REQUESTS; i++) {
		struct asked *asked = &z->queue->asked[i];
		if (asked->ticket == 0 || asked->ticket != ticket)
			continue;
		for (size_t k = 0; k < asked->count && asked->signing; k++)
			if (asked->slots[k].sig)
				take(asked->signing, asked->slots[k].job, asked->slots[k].sig,
					sigs[k < count ? k : 0], k >= count || is_refused[k]);
		asked->ticket = 0;
	}
}

void zone_unsigned(struct zone *z)
{
	static const uint8_t none[1][RRSIG_BYTES];
	const bool is_refused[1] = {true};
	for (int i = 0; z->queue && i < ZONE_REQUESTS; i++)
		if (z->queue->asked[i].ticket != 0)
			zone_signed(z, z->queue->asked[i].ticket, none, is_refused, 0);
	LIST_EACH(s, &z->signings, struct signing, in_zone)
		s->is_refused = false;
}

void request_forget(struct zone *z, const struct signing *s)
{
	for (int i = 0; z->queue && i < ZONE_REQUESTS; i++)
		if (z->queue->asked[i].signing == s)
			z->queue->asked[i].signing = NULL;
}

void request_free(struct signer_queue *queue)
{
	if (!queue)
		return;
	buf_fini(&queue->bytes);
	buf_fini(&queue->scratch);
	free(queue);
}
