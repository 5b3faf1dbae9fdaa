/* SPDX-License-Identifier: ISC */
/*
 * Owns how a guest that is listened to is found, and when it is due.
 * Never decides which links are listened to.
 */
#include "ontap-zone/guest_part.h"

#include "base/hash.h"

uint64_t guest_part_hash(const struct guest_place *at)
{
	return hash_mix(0, (uint64_t)(uint32_t)at->nsid << 32 | at->ifindex);
}

struct guest_link *guest_part_find(const struct guests *g, const struct guest_place *at)
{
	return MAP_FIND(&g->links, guest_part_hash(at), struct guest_link, node, l,
		l->at.nsid == at->nsid && l->at.ifindex == at->ifindex);
}

const struct model_link *guest_part_link(const struct guest_link *l)
{
	return model_link(pipeline_model(l->guests->runtime->pipeline), l->at.nsid, l->at.ifindex);
}

void guest_part_schedule(struct guest_link *l)
{
	ns_t at = ns_min(frames_deadline(&l->frames), l->again_at);
	at = l->guest ? ns_min(at, guest_deadline(l->guest)) : at;
	if (at == NS_NEVER)
		heap_remove(&l->guests->due, &l->due);
	else
		heap_put(&l->guests->due, &l->due, at);
}
