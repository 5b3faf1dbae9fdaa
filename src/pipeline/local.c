/* SPDX-License-Identifier: ISC */
/*
 * Owns the records for mDNS: on which links, and how those of the kernel and of zone files are
 * merged.
 * Never sends: the sink passes the records to the engine.
 *
 * If the name layer has a name, it is put when the name layer reports it, together with its
 * records of zone files. All other names in zone files are put from here. So no put removes for
 * a moment records that another put adds again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "pipeline/inside.h"

/* RFC 6762 §10: two minutes for what has a host name in it, as its owner or as its rdata: that may move at
 * any time, and caches would have it for hours. What a zone file says is the longest otherwise. */
static uint32_t mdns_ttl(const struct rrset *set, struct names_mdns_kind kind)
{
	static const uint16_t of_hosts[] = {RR_A, RR_AAAA, RR_SRV, RR_CNAME, RR_HINFO};
	bool is_of_host = kind.is_reverse;
	for (size_t i = 0; i < ARRAY_LEN(of_hosts); i++)
		is_of_host |= set->type == of_hosts[i];
	return is_of_host && set->ttl > NAMES_MDNS_TTL_S ? NAMES_MDNS_TTL_S : set->ttl;
}

static struct mdns_rrset mdns_set(const struct rrset *set, struct names_mdns_kind kind)
{
	struct rrset with_ttl = *set;
	with_ttl.ttl = mdns_ttl(set, kind);
	return (struct mdns_rrset){.set = with_ttl,
		/* DNS-SD's PTR records are shared by many hosts (RFC 6763 §4.1); all
		 * others are unique. */
		.is_unique = kind.is_reverse || set->type != RR_PTR,
		.is_known_unique = kind.is_reverse,
		.is_of_host = kind.is_of_host};
}

/* Adds the sets, except types that an earlier call has added. The room is reused: the puts of a
 * flush do not allocate. */
static int sets_add(
	struct pipeline *p, const struct rrset *sets, size_t count, struct names_mdns_kind kind)
{
	const size_t earlier = p->set_count;
	int err = ARRAY_RESERVE(p->sets, p->set_cap, earlier + count);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		bool is_said = false;
		for (size_t j = 0; j < earlier; j++)
			is_said |= p->sets[j].set.type == sets[i].type;
		if (!is_said)
			p->sets[p->set_count++] = mdns_set(&sets[i], kind);
	}
	return 0;
}

static int sets_put(struct pipeline *p, uint32_t link, const uint8_t *owner)
{
	static const struct mdns_rrset none;
	const bool is_public = public_is(p, owner), has_addrs = is_public && public_mark(p);
	int err = p->sink.put_mdns(
		p->sink.arg, link, owner, p->set_count ? p->sets : &none, p->set_count);
	return err || !is_public ? err : public_put(p, link, owner, has_addrs);
}

/* The key of this host, for who asks for it. */
static int add_key(struct pipeline *p)
{
	const struct rrset set = {
		.type = RR_KEY, .ttl = NAMES_MDNS_TTL_S, .count = 1, .rdata = &p->config.host_key};
	const size_t before = p->set_count;
	int err = sets_add(p, &set, 1, (struct names_mdns_kind){.is_of_host = true});
	if (p->set_count > before)
		p->sets[before].is_public = p->sets[before].is_quiet = true;
	return err;
}

/* Puts the records of the kernel and of a zone file together. A type that the file has comes from
 * the file. An alias cannot have other records (RFC 1034 §3.6.2), so it gives way. */
int local_put_host(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count, bool is_of_host)
{
	const struct names_mdns_kind kind = {.is_of_host = is_of_host};
	const struct static_owner *file = statics_find(p, owner);
	int err = 0;
	p->set_count = 0;
	if (file && file->is_local && count > 0 && file->sets[0].type == RR_CNAME)
		tell_hidden_alias(p, owner, file->sets[0].rdata[0].bytes);
	else if (file && file->is_local)
		err = sets_add(p, file->sets, file->count, kind);
	if (!err)
		err = sets_add(p, sets, count, kind);
	if (!err && is_of_host && count > 0 && p->config.host_key.len > 0)
		err = add_key(p);
	services_note(p, owner);
	return err ? err : sets_put(p, link, owner);
}

int local_put_reverse(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count, bool is_of_host)
{
	const struct names_mdns_kind kind = {.is_reverse = true, .is_of_host = is_of_host};
	p->set_count = 0;
	int err = sets_add(p, sets, count, kind);
	return err ? err : sets_put(p, link, owner);
}

/* Leaves out what leads only to hosts of ours without an address on the link. */
static int leave_out_useless(struct pipeline *p, uint32_t link, const struct static_owner *owner)
{
	const bool is_withheld = services_withhold(p, owner, link);
	size_t kept = 0;
	for (size_t i = 0; i < p->set_count; i++) {
		struct mdns_rrset set = p->sets[i];
		int err = set.set.type == RR_PTR ? services_filter(p, &set.set, link) : 0;
		if (err)
			return err;
		const bool is_of_service = set.set.type == RR_SRV || set.set.type == RR_TXT;
		if (set.set.count > 0 && !(is_of_service && is_withheld))
			p->sets[kept++] = set;
	}
	p->set_count = kept;
	return 0;
}

static int put_static_on(
	struct pipeline *p, uint32_t link, const struct static_owner *owner, size_t count)
{
	p->set_count = 0;
	int err = sets_add(p, owner->sets, count, (struct names_mdns_kind){0});
	err = err ? err : leave_out_useless(p, link, owner);
	err = err ? err : public_add_list(p, link, owner->name);
	return err ? err : sets_put(p, link, owner->name);
}

int local_put_list(struct pipeline *p, uint32_t link, const uint8_t *owner)
{
	const struct static_owner none = {.name = owner}, *file = statics_find(p, owner);
	return file && file->is_local ? put_static_on(p, link, file, file->count)
				      : put_static_on(p, link, &none, 0);
}

/* True if the name layer has the name, and therefore puts it. */
static bool is_derived(const struct pipeline *p, const uint8_t *owner)
{
	char label[LABEL_CAP + 1];
	return name_equal(name_parent(owner), name_local) && label_of(owner, label) &&
	       names_has(p->names, label);
}

int local_put_static(struct pipeline *p, const struct static_owner *owner, size_t count)
{
	int err = 0;
	if (!p->sink.put_mdns || is_derived(p, owner->name))
		return 0;
	for (size_t i = 0; i < p->mdns_link_count && !err; i++)
		err = put_static_on(p, p->mdns_links[i], owner, count);
	return err;
}

struct new_link {
	struct pipeline *pipeline;
	uint32_t link;
};

static void put_again(void *arg, const struct static_owner *owner)
{
	const struct new_link *new = arg;
	struct pipeline *p = new->pipeline;
	if (!owner->is_local || is_derived(p, owner->name))
		return;
	int err = put_static_on(p, new->link, owner, owner->count);
	p->refused += err != 0;
	p->has_missing_statics |= err == ERR_NOMEM;
}

/* Puts all records of zone files on a new link. */
static void put_all_statics(struct pipeline *p, uint32_t link)
{
	if (p->sink.put_mdns)
		statics_each_local(p, put_again, &(struct new_link){p, link});
}

void local_put_all_statics(struct pipeline *p)
{
	for (size_t i = 0; i < p->mdns_link_count; i++)
		put_all_statics(p, p->mdns_links[i]);
}

static size_t link_find(const struct pipeline *p, uint32_t ifindex)
{
	size_t i = 0;
	while (i < p->mdns_link_count && p->mdns_links[i] != ifindex)
		i++;
	return i;
}

static int link_add(struct pipeline *p, uint32_t ifindex)
{
	int err = ARRAY_RESERVE(p->mdns_links, p->mdns_link_cap, p->mdns_link_count + 1);
	if (!err)
		p->mdns_links[p->mdns_link_count++] = ifindex;
	return err;
}

/* On an existing link, the records stay. */
int local_put_link(struct pipeline *p, const struct names_mdns_link *link, bool is_gone)
{
	size_t at = link_find(p, link->ifindex);
	bool is_known = at < p->mdns_link_count;
	int err = is_known || is_gone ? 0 : link_add(p, link->ifindex);
	if (err)
		return err;
	if (is_known && is_gone) {
		p->mdns_links[at] = p->mdns_links[--p->mdns_link_count];
		public_forget_link(p, link->ifindex);
	}
	if (p->sink.put_mdns_link)
		err = p->sink.put_mdns_link(p->sink.arg, link, is_gone);
	if (!is_known && !is_gone)
		put_all_statics(p, link->ifindex);
	return err;
}

const uint32_t *pipeline_mdns_links(const struct pipeline *p, size_t *ret_count)
{
	*ret_count = p->mdns_link_count;
	return p->mdns_links;
}
