/* SPDX-License-Identifier: ISC */
/*
 * Owns the public names: which they are, on which links they have addresses, and what multicast DNS says so that those
 * who come later can list them. Each is a service instance NAME._ontap._udp.local (RFC 6763).
 * Never signs: the engine says which packets want that.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "pipeline/inside.h"

/* A public name that has addresses on a link. */
struct public_name {
	uint32_t link;
	bool is_listed; /* that link was told */
	struct name instance;
};

enum { TTL_S = 4500 }; /* RFC 6762 §10 */

static const uint8_t service[] = "\6_ontap\4_udp\5local";
static const uint8_t services_of_all[] = "\11_services\7_dns-sd\4_udp\5local"; /* RFC 6763 §9 */

static bool is_addr(const struct rrset *set)
{
	return (set->type == RR_A || set->type == RR_AAAA) && set->count > 0;
}

bool public_is(const struct pipeline *p, const uint8_t *owner)
{
	const struct pipeline_config *c = &p->config;
	char label[LABEL_CAP + 1];
	return c->host_key.len > 0 && c->published_count > 0 && owner[0] != 0 &&
	       name_equal(name_parent(owner), name_local) && label_of(owner, label) &&
	       label_is_like(label, c->published, c->published_count);
}

bool public_mark(struct pipeline *p)
{
	bool has_any = false;
	for (size_t i = 0; i < p->set_count; i++) {
		struct mdns_rrset *set = &p->sets[i];
		set->is_public = is_addr(&set->set);
		has_any |= set->is_public;
	}
	return has_any;
}

/* Returns where it is in the list, or the length of that. */
static size_t find(const struct publics *s, uint32_t link, const uint8_t *instance)
{
	size_t i = 0;
	while (i < s->count &&
		(s->at[i].link != link || !name_equal(s->at[i].instance.wire, instance)))
		i++;
	return i;
}

/* ERR_RANGE: there are too many. */
static int note(struct publics *s, uint32_t link, const struct name *instance, bool has_addrs)
{
	const size_t at = find(s, link, instance->wire);
	if ((at < s->count) == has_addrs)
		return 0;
	if (!has_addrs) {
		s->has_news |= s->at[at].is_listed;
		s->at[at] = s->at[--s->count];
		return 0;
	}
	int err = s->count == LIMIT_PUBLIC_NAMES ? ERR_RANGE
						 : ARRAY_RESERVE(s->at, s->cap, s->count + 1);
	if (err)
		return err;
	s->at[s->count++] = (struct public_name){.link = link, .instance = *instance};
	s->has_news = true;
	return 0;
}

/* Puts the records of the instance, which are the same on each link. */
static int put_instance(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct name *instance, bool has_addrs)
{
	uint8_t srv[6 + NAME_CAP] = {0}, txt[3 + LABEL_CAP];
	memcpy(srv + 6, owner, name_len(owner));
	txt[0] = (uint8_t)(2 + owner[0]);
	memcpy(txt + 1, "d=", 2);
	memcpy(txt + 3, owner + 1, owner[0]);
	const struct rdata srv_rdata = {srv, (uint16_t)(6 + name_len(owner))};
	const struct rdata txt_rdata = {txt, (uint16_t)(1 + txt[0])};
	const struct mdns_rrset sets[] = {
		{.set = {.type = RR_SRV, .ttl = NAMES_MDNS_TTL_S, .count = 1, .rdata = &srv_rdata},
			.is_unique = true,
			.is_public = true},
		{.set = {.type = RR_TXT, .ttl = TTL_S, .count = 1, .rdata = &txt_rdata},
			.is_unique = true,
			.is_public = true}};
	return p->sink.put_mdns(
		p->sink.arg, link, instance->wire, sets, has_addrs ? ARRAY_LEN(sets) : 0);
}

int public_put(struct pipeline *p, uint32_t link, const uint8_t *owner, bool has_addrs)
{
	struct name instance;
	if (name_prepend(owner + 1, owner[0], service, &instance))
		return ERR_RANGE;
	int err = note(&p->publics, link, &instance, has_addrs);
	return err ? err : put_instance(p, link, owner, &instance, has_addrs);
}

/* Lists */

/* Returns how many of the link there are; with `room`, writes them. */
static uint16_t list_of(const struct publics *s, uint32_t link, struct rdata *room)
{
	uint16_t count = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct name *instance = &s->at[i].instance;
		if (s->at[i].link != link)
			continue;
		if (room)
			room[count] = (struct rdata){instance->wire, instance->len};
		count++;
	}
	return count;
}

/* The PTR set of the sets to put next; it is made if there is none. */
static struct mdns_rrset *ptr_set(struct pipeline *p)
{
	for (size_t i = 0; i < p->set_count; i++)
		if (p->sets[i].set.type == RR_PTR)
			return &p->sets[i];
	if (ARRAY_RESERVE(p->sets, p->set_cap, p->set_count + 1))
		return NULL;
	p->sets[p->set_count] =
		(struct mdns_rrset){.set = {.type = RR_PTR, .ttl = TTL_S}, .is_unique = false};
	return &p->sets[p->set_count++];
}

int public_add_list(struct pipeline *p, uint32_t link, const uint8_t *owner)
{
	struct publics *s = &p->publics;
	const bool is_service = name_equal(owner, service);
	if (!is_service && !name_equal(owner, services_of_all))
		return 0;
	const uint16_t all = list_of(s, link, NULL), count = is_service ? all : all > 0;
	if (count == 0)
		return 0;
	struct mdns_rrset *ptr = ptr_set(p);
	if (!ptr || ARRAY_RESERVE(s->room, s->room_cap, (size_t)ptr->set.count + count))
		return ERR_NOMEM;
	if (ptr->set.count > 0)
		memcpy(s->room, ptr->set.rdata, ptr->set.count * sizeof(*s->room));
	struct rdata *more = s->room + ptr->set.count;
	if (is_service)
		list_of(s, link, more);
	else
		*more = (struct rdata){service, sizeof(service)};
	ptr->set.rdata = s->room;
	ptr->set.count += count;
	ptr->is_public = is_service;
	return 0;
}

int public_put_lists(struct pipeline *p, public_put_fn *put)
{
	struct publics *s = &p->publics;
	int err = 0;
	if (!s->has_news)
		return 0;
	for (size_t i = 0; i < p->mdns_link_count && !err; i++) {
		err = put(p, p->mdns_links[i], service);
		if (!err)
			err = put(p, p->mdns_links[i], services_of_all);
	}
	for (size_t i = 0; i < s->count && !err; i++)
		s->at[i].is_listed = true;
	s->has_news = err != 0;
	return err;
}

void public_forget_link(struct pipeline *p, uint32_t link)
{
	struct publics *s = &p->publics;
	size_t kept = 0;
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].link != link)
			s->at[kept++] = s->at[i];
	s->count = kept;
}

void public_fini(struct publics *s)
{
	free(s->at);
	free(s->room);
}
