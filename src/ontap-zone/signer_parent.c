/* SPDX-License-Identifier: ISC */
/*
 * Owns what the signer asks of the parent by way of the asker, and what it makes of the answers.
 * Never waits for an answer.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "dnssec/ds_answer.h"
#include "ontap-zone/asker.h"
#include "ontap-zone/signer_process.h"

enum { PAUSE_MIN_S = 5, PAUSE_MAX_S = 3600 };

/* A change needs as long to get to all servers, so it is not looked for more often. */
static uint64_t pause_of(const struct signer_process *p)
{
	const uint32_t s = p->times.propagation_s;
	return s < PAUSE_MIN_S ? PAUSE_MIN_S : s > PAUSE_MAX_S ? PAUSE_MAX_S : s;
}

uint64_t signer_parent_ask(struct signer_process *p, struct signed_zone *z, uint64_t now_s)
{
	if (p->asker < 0 || !roll_is_asking(&z->roll)) {
		z->ask_s = 0;
		return UINT64_MAX;
	}
	/* Unless the clock has been set back. */
	if (now_s < z->ask_s && z->ask_s - now_s <= PAUSE_MAX_S)
		return z->ask_s;
	(void)!send(p->asker, &z->roll.zone, sizeof(z->roll.zone), MSG_NOSIGNAL | MSG_DONTWAIT);
	z->ask_s = now_s + pause_of(p);
	return z->ask_s;
}

bool signer_parent_has(const struct signed_zone *z, const struct ds_answer *a)
{
	if (!a->is_known || !roll_is_asking(&z->roll))
		return false;
	if (roll_has_delete(&z->roll))
		return a->count == 0;
	for (unsigned i = 0; i < z->roll.count; i++)
		for (unsigned k = 0; k < z->pair_count && roll_is_in_cds(&z->roll, i); k++)
			if (z->pairs[k].tag == z->roll.keys[i].id.tag &&
				z->pairs[k].alg == z->roll.keys[i].id.alg)
				return ds_answer_is_of(a, &z->pairs[k]);
	return false;
}

static void tell_asker(struct signer_process *p, const struct sandbox_report *sandbox)
{
	channel_put(&p->channel, FROM_SIGNER_ASKER, sandbox, sizeof(*sandbox));
}

static bool is_sound(const struct ds_answer *a)
{
	struct rd r = rd_init(a->zone.wire, a->zone.len);
	struct name zone;
	rd_name(&r, &zone);
	return a->count <= DS_ANSWER_MAX && !r.err && r.jumps == 0 && rd_left(&r) == 0;
}

bool signer_parent_read(struct signer_process *p, struct ds_answer *ret)
{
	static const struct sandbox_report none;
	struct asker_news news;
	ssize_t got = recv(p->asker, &news, sizeof(news), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got == sizeof(news) && news.answer.zone.len == 0) {
		tell_asker(p, &news.sandbox);
		return false;
	}
	/* It repeats the name that it was asked for. */
	*ret = news.answer;
	if (got == sizeof(news) && is_sound(ret))
		return true;
	log_error(p->log, "the parent is not asked any more: error=\"the asker has ended\"");
	close(p->asker);
	p->asker = -1;
	tell_asker(p, &none);
	return false;
}
