/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of registrations, and what each of their records does.
 * Never verifies a signature, and never publishes anything.
 */
#include "update/srp.h"

#include <string.h>

#include "base/err.h"
#include "update/served.h"
#include "wire/rr.h"

static const uint8_t default_zone[] = "\7default\7service\4arpa";

enum { SRV_HEAD = 6 };

struct service {
	const uint8_t *name; /* in the message */
	bool has_srv, has_txt, has_ptr;
};

struct registering {
	struct update_ground ground;
	struct name host_name; /* in the domain: `ground.by.key` */
	const struct srp *srp;
	const struct update_message *m;
	struct added_draft *draft;
	struct update_outcome *outcome;
	const uint8_t *host; /* in the message */
	bool has_host;       /* it is cleared */
	struct service services[LIMIT_SRP_SERVICES];
	size_t count;
};

static int refuse(struct registering *s, int rcode, const char *reason)
{
	s->outcome->reason = reason;
	return rcode;
}

/* --- names -------------------------------------------------------------------------------- */

bool srp_is_for(const uint8_t *zone, const uint8_t *domain)
{
	return name_equal(zone, domain) || name_equal(zone, default_zone);
}

/* Copies a name in the zone of the update, moved to the domain. False: it is not there, or too long then. */
static bool move(const struct registering *s, const uint8_t *name, struct name *ret)
{
	const uint8_t *domain = s->ground.domain;
	const size_t domain_len = name_len(domain);
	if (!name_is_below(name, s->m->zone.wire))
		return false;
	const size_t head = name_len(name) - s->m->zone.len;
	if (head + domain_len > NAME_CAP)
		return false;
	memcpy(ret->wire, name, head);
	memcpy(ret->wire + head, domain, domain_len);
	ret->len = (uint8_t)(head + domain_len);
	return true;
}

/* Returns how many labels the name has in front of the zone of the update; 0: it is not there. */
static unsigned labels_before(const struct registering *s, const uint8_t *name)
{
	const uint8_t *zone = s->m->zone.wire;
	return name_is_below(name, zone) ? name_labels(name) - name_labels(zone) : 0;
}

static bool is_label(const uint8_t *name, const char *label)
{
	return name[0] == strlen(label) && strncasecmp((const char *)name + 1, label, name[0]) == 0;
}

/* "_x._tcp" in the domain (RFC 6763 §7), but not what leads to servers like us. */
static bool is_type_of_service(const struct registering *s, const uint8_t *name)
{
	const uint8_t *proto = name_parent(name);
	return labels_before(s, name) == 2 && name[0] > 1 && name[1] == '_' &&
	       (is_label(proto, "_tcp") || is_label(proto, "_udp")) &&
	       !is_label(name, "_dnssd-srp") && !is_label(name, "_dnssd-srp-tls");
}

static bool is_service(const struct registering *s, const uint8_t *name)
{
	return labels_before(s, name) == 3 && is_type_of_service(s, name_parent(name));
}

/* The type of the service, or a subtype (RFC 6763 §7.1). */
static bool is_discovery_of(
	const struct registering *s, const uint8_t *name, const uint8_t *service)
{
	struct name type, wanted;
	const bool is_subtype = labels_before(s, name) == 4 && is_label(name_parent(name), "_sub");
	return move(s, is_subtype ? name_parent(name_parent(name)) : name, &type) &&
	       move(s, name_parent(service), &wanted) && name_equal(type.wire, wanted.wire);
}

/* "*" and "_…" mean something else, and so do "wan" and "lan". */
static bool is_host(const struct registering *s, const uint8_t *name)
{
	return labels_before(s, name) == 1 && name[1] != '_' && !is_label(name, "*") &&
	       !is_label(name, "wan") && !is_label(name, "lan");
}

/* --- the signature ------------------------------------------------------------------------ */

bool srp_find_key(const uint8_t *msg, size_t len, const struct sig0 *sig, struct rdata *ret)
{
	struct rd r = rd_init(msg, len);
	struct msg_header header;
	struct rr rr;
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	unsigned left = (unsigned)header.count[SECTION_ANSWER] + header.count[SECTION_AUTHORITY];
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	for (; left > 0 && !r.err && left <= LIMIT_UPDATE_RECORDS; left--) {
		rd_rr(&r, &rr);
		*ret = (struct rdata){rr.rdata, rr.rdata_len};
		if (!r.err && rr.type == RR_KEY && rr.class == CLASS_IN &&
			name_equal(rr.owner.wire, sig->signer.wire) && sig0_is_by(sig, *ret))
			return true;
	}
	return false;
}

static bool has_times(const struct sig0 *sig)
{
	return sig->inception != 0 || sig->expiration != 0;
}

void srp_set_times(struct srp *srp, const struct sig0 *sig, uint64_t now_s)
{
	srp->valid_s = has_times(sig) ? sig0_until(sig, now_s) : 0;
	srp->signed_s = has_times(sig) ? sig0_since(sig, now_s) : 0;
}

bool srp_is_valid_now(const struct sig0 *sig, uint64_t now_s, uint32_t most_s)
{
	return !has_times(sig) || (sig0_is_valid(sig, now_s, most_s) &&
					  (uint32_t)now_s - sig->inception <= LIMIT_SRP_BACKDATE_S);
}

/* --- the form (§3.3.1, §3.3.2) ------------------------------------------------------------- */

static struct service *find(struct registering *s, const uint8_t *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (name_equal(s->services[i].name, name))
			return &s->services[i];
	return NULL;
}

/* "Delete all": of the host, or of a service. */
static int note_cleared(struct registering *s, const struct update_record *r)
{
	if (r->type != RR_ANY || r->ttl != 0 || r->rdata.len != 0)
		return refuse(s, RCODE_REFUSED, "a set is deleted, which no registration does");
	if (name_equal(r->owner, s->host)) {
		s->has_host = true;
		return 0;
	}
	if (!is_service(s, r->owner))
		return refuse(s, RCODE_REFUSED, "a name is neither the host nor a service");
	if (find(s, r->owner))
		return 0;
	if (s->count == LIMIT_SRP_SERVICES)
		return refuse(s, RCODE_REFUSED, "it has too many services");
	s->services[s->count++] = (struct service){.name = r->owner};
	return 0;
}

static int note_ptr(struct registering *s, const struct update_record *r)
{
	struct service *service = r->rdata.len > 0 ? find(s, r->rdata.bytes) : NULL;
	if (!service || !is_discovery_of(s, r->owner, service->name))
		return refuse(s, RCODE_REFUSED, "a PTR does not lead to a service of the update");
	service->has_ptr |= r->class == CLASS_IN;
	return 0;
}

static int note_of_service(struct registering *s, const struct update_record *r)
{
	struct service *service = find(s, r->owner);
	if (!service)
		return refuse(s, RCODE_REFUSED, "a service is not cleared first");
	if (r->type == RR_TXT) {
		service->has_txt = true;
		return 0;
	}
	if (service->has_srv || !name_equal(r->rdata.bytes + SRV_HEAD, s->host))
		return refuse(s, RCODE_REFUSED, "a service has two SRV, or one to another host");
	service->has_srv = true;
	return 0;
}

static int note_record(struct registering *s, const struct update_record *r)
{
	const bool is_of_host = name_equal(r->owner, s->host);
	if (r->class == CLASS_ANY)
		return 0; /* seen before */
	if (r->type == RR_PTR && (r->class == CLASS_IN || r->class == CLASS_NONE))
		return note_ptr(s, r);
	if (r->class != CLASS_IN)
		return refuse(s, RCODE_REFUSED, "a record is deleted, which no registration does");
	switch (r->type) {
	case RR_SRV:
	case RR_TXT: return note_of_service(s, r);
	case RR_A:
	case RR_AAAA:
		if (is_of_host)
			return 0;
		return refuse(s, RCODE_REFUSED, "an address is not the host's");
	case RR_KEY:
		if ((is_of_host || find(s, r->owner)) && r->rdata.len == s->srp->key.len &&
			memcmp(r->rdata.bytes, s->srp->key.bytes, r->rdata.len) == 0)
			return 0;
		return refuse(s, RCODE_REFUSED, "there is more than one key");
	default: return refuse(s, RCODE_REFUSED, "no registration has records of such a type");
	}
}

static int judge_services(struct registering *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct service *service = &s->services[i];
		if (service->has_srv != service->has_txt)
			return refuse(s, RCODE_REFUSED, "a service has SRV or TXT, and not both");
		if (service->has_srv && !service->has_ptr)
			return refuse(s, RCODE_REFUSED, "no PTR leads to a service");
		if (service->has_ptr && !service->has_srv)
			return refuse(s, RCODE_REFUSED, "a PTR leads to a service without SRV");
	}
	return 0;
}

static int judge_form(struct registering *s)
{
	const struct update_message *m = s->m;
	int rcode = 0;
	if (m->prerequisite_count > 0)
		return refuse(s, RCODE_REFUSED, "no registration has prerequisites");
	for (size_t i = 0; i < m->count && !rcode; i++)
		if (m->records[i].class == CLASS_ANY)
			rcode = note_cleared(s, &m->records[i]);
		else if (m->records[i].rdata.len == 0)
			rcode = refuse(s, RCODE_FORMERR, "a record has no data");
	for (size_t i = 0; i < m->count && !rcode; i++)
		rcode = note_record(s, &m->records[i]);
	if (!rcode && !s->has_host)
		return refuse(s, RCODE_REFUSED, "its host is not cleared first");
	return rcode ? rcode : judge_services(s);
}

/* --- who has a name (§3.2.5) --------------------------------------------------------------- */

/* What updates have at the name, if it belongs to a key. */
static const struct added_set *key_of(const struct added *a, const uint8_t *name)
{
	const struct added_owner *o = added_find(a, name);
	return o ? added_owner_set(o, RR_KEY) : NULL;
}

static int judge_name(struct registering *s, const uint8_t *in_message)
{
	struct name name;
	size_t at = 0;
	if (!move(s, in_message, &name))
		return refuse(s, RCODE_REFUSED, "a name is too long");
	if (s->srp->is_of_other && s->srp->is_of_other(s->srp->arg, name.wire))
		return refuse(s, RCODE_YXDOMAIN, "a name is that of a key whose host is collected");
	const struct added_owner *o = added_find(s->draft->added, name.wire);
	const struct added_set *keys = o ? added_owner_set(o, RR_KEY) : NULL;
	const struct rdata key = keys ? added_set_next(keys, &at) : (struct rdata){0};
	if ((o && !keys) || served_others_have(s->ground.zone, name.wire, RR_ANY))
		return refuse(s, RCODE_YXDOMAIN, "a name is there, and was not registered");
	if (!keys)
		return 0;
	if (keys->count != 1 || added_set_until(keys, 0) == 0 || key.len != s->srp->key.len ||
		memcmp(key.bytes, s->srp->key.bytes, key.len) != 0)
		return refuse(s, RCODE_YXDOMAIN, "a name belongs to another key");
	/* A device that has a clock goes on to have one: without times, anybody could repeat what it has sent. */
	if (in_message == s->host && s->srp->signed_s < keys->when_s)
		return refuse(s, RCODE_REFUSED, "it was signed before one that was taken");
	return 0;
}

static int judge_names(struct registering *s)
{
	int rcode = judge_name(s, s->host);
	for (size_t i = 0; i < s->count && !rcode; i++)
		rcode = judge_name(s, s->services[i].name);
	return rcode;
}

/* --- what it does -------------------------------------------------------------------------- */

/* Returns the draft's copy of an owner of the message. NULL: out of memory; a name that is too long was refused. */
static struct added_owner *owner_of(struct registering *s, const uint8_t *in_message)
{
	struct name name;
	return move(s, in_message, &name) ? added_draft_owner(s->draft, name.wire) : NULL;
}

static struct added_by lent(const struct registering *s, uint32_t lease_s)
{
	struct added_by by = s->ground.by;
	by.until_s = lease_s > 0 ? (uint32_t)(by.when_s + lease_s) : 0;
	return by;
}

/* Removes what was registered at the owner, and renews the lease of its key, or ends it. */
static int clear(struct registering *s, struct added_owner *o)
{
	static const uint16_t types[] = {RR_A, RR_AAAA, RR_SRV, RR_TXT};
	const struct srp *srp = s->srp;
	struct added_by by = lent(s, srp->lease.key_lease_s);
	int err = o ? 0 : ERR_NOMEM;
	/* The name stays the key's while this message might be repeated. */
	if (by.until_s < srp->valid_s)
		by.until_s = (uint32_t)srp->valid_s;
	by.when_s = srp->signed_s;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types) && !err; i++)
		err = added_owner_put(o, types[i], 0, NULL, NULL, 0, by);
	return err ? err : added_owner_put(o, RR_KEY, 0, &srp->key, NULL, by.until_s != 0, by);
}

/* Copies the rdata, with its name moved to the domain. False: that is too long. */
static bool move_rdata(const struct registering *s, const struct update_record *r,
	uint8_t out[SRV_HEAD + NAME_CAP], struct rdata *ret)
{
	const size_t lead = r->type == RR_SRV ? SRV_HEAD : 0;
	struct name name;
	*ret = r->rdata;
	if (r->type != RR_SRV && r->type != RR_PTR)
		return true;
	if (!move(s, r->rdata.bytes + lead, &name))
		return false;
	memcpy(out, r->rdata.bytes, lead);
	memcpy(out + lead, name.wire, name.len);
	*ret = (struct rdata){out, (uint16_t)(lead + name.len)};
	return true;
}

static int change(struct registering *s, const struct update_record *r)
{
	uint8_t room[SRV_HEAD + NAME_CAP];
	struct rdata rdata;
	const uint32_t lease_s = s->srp->lease.lease_s;
	if (r->class == CLASS_ANY || r->type == RR_KEY)
		return 0;
	struct added_owner *o = owner_of(s, r->owner);
	if (!o || !move_rdata(s, r, room, &rdata))
		return o ? ERR_RANGE : ERR_NOMEM;
	if (r->class == CLASS_NONE || lease_s == 0)
		return added_owner_drop(o, r->type, rdata, s->ground.by);
	return added_owner_add(
		o, r->type, r->ttl < lease_s ? r->ttl : lease_s, rdata, lent(s, lease_s));
}

/* --- removal of all that a host has (§3.2.5.5) ----------------------------------------------- */

struct removal {
	struct registering *s;
	int err;
};

/* True if the name was registered by the host that the message is from. */
static bool is_of_host(const struct registering *s, const uint8_t *name)
{
	const struct added_set *keys = key_of(s->draft->added, name);
	const uint8_t *by = keys && added_set_until(keys, 0) ? added_set_key(keys) : NULL;
	return by && name_equal(by, s->ground.by.key);
}

static int drop_ptrs(
	struct registering *s, const struct added_owner *o, const struct added_set *set)
{
	size_t at = 0;
	int err = 0;
	for (unsigned i = 0; i < set->count && !err; i++) {
		const struct rdata target = added_set_next(set, &at);
		if (!is_of_host(s, target.bytes))
			continue;
		struct added_owner *copy = added_draft_owner(s->draft, o->name);
		err = copy ? added_owner_drop(copy, RR_PTR, target, s->ground.by) : ERR_NOMEM;
	}
	return err;
}

static void remove_owner(void *arg, const struct added_owner *o)
{
	struct removal *r = arg;
	const struct added_set *ptr = added_owner_set(o, RR_PTR);
	if (!r->err && ptr)
		r->err = drop_ptrs(r->s, o, ptr);
	if (!r->err && is_of_host(r->s, o->name))
		r->err = clear(r->s, added_draft_owner(r->s->draft, o->name));
}

static int remove_all(struct registering *s)
{
	struct removal r = {s, 0};
	added_each(s->draft->added, remove_owner, &r);
	return r.err;
}

/* --- all together -------------------------------------------------------------------------- */

static int make_draft(struct registering *s)
{
	int err = clear(s, owner_of(s, s->host));
	for (size_t i = 0; i < s->count && !err; i++)
		err = clear(s, owner_of(s, s->services[i].name));
	for (size_t i = 0; i < s->m->count && !err; i++)
		err = change(s, &s->m->records[i]);
	return err || s->srp->lease.lease_s != 0 ? err : remove_all(s);
}

int srp_judge(const struct update_ground *ground, const struct srp *srp,
	const struct update_message *m, struct added_draft *draft, struct update_outcome *ret)
{
	struct registering s = {.ground = *ground,
		.srp = srp,
		.m = m,
		.draft = draft,
		.outcome = ret,
		.host = ground->by.key};
	*ret = (struct update_outcome){.reason = NULL};
	s.ground.by.key = s.host_name.wire;
	if (m->zone_type != RR_SOA || m->zone_class != CLASS_IN)
		return refuse(&s, RCODE_FORMERR, "the zone section has no SOA");
	if (!srp_is_for(m->zone.wire, ground->domain))
		return refuse(&s, RCODE_NOTAUTH, "no host can be registered in that zone");
	if (!is_host(&s, s.host) || !move(&s, s.host, &s.host_name))
		return refuse(&s, RCODE_REFUSED, "that is no name of a host in the domain");
	int rcode = judge_form(&s);
	if (!rcode)
		rcode = judge_names(&s);
	if (rcode)
		return rcode;
	int err = make_draft(&s);
	return err ? update_refuse_err(ret, err) : update_end_draft(&s.ground, draft, ret);
}
