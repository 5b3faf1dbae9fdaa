/* SPDX-License-Identifier: ISC */
/*
 * Owns the records at the apex of zones, SOA and NS, and the name of this host.
 * Never looks up the host's name: the caller passes it.
 */
#include <string.h>

#include "pipeline/inside.h"
#include "zone/sign.h"

/* SOA timers. NOTIFY tells secondaries of changes, so these matter only when it is lost. */
enum { SOA_REFRESH_S = 3600, SOA_RETRY_S = 600, SOA_EXPIRE_S = 604800 };

struct self self_find(const uint8_t *domain, const char *hostname)
{
	struct self self = {.is_hostname = true};
	size_t len = strlen(hostname);
	if (strchr(hostname, '.') && name_from_text(hostname, NULL, &self.name) == 0)
		return self;
	if (label_judge(hostname, len) == LABEL_OK &&
		name_prepend(hostname, len, domain, &self.name) == 0)
		return self;
	self.is_hostname = false;
	if (name_prepend("ns", 2, domain, &self.name))
		name_copy(&self.name, domain);
	return self;
}

/* The name of this host in the zone is the first label of its host name, which may have a domain
 * of its own: so do other responders. As a name server it is used with --no-self too, in unicast
 * DNS: a resolver cannot use an NS without an address. */
struct policy pipeline_policy(const struct pipeline *p)
{
	struct policy policy = p->config.policy;
	const struct name *self = &p->self.name;
	bool is_self = p->self.is_hostname && p->config.has_self;
	policy.has_self_mdns = is_self;
	memset(policy.self, 0, sizeof(policy.self));
	bool is_inside = name_equal(name_parent(self->wire), policy.domain.wire);
	bool is_label = label_judge((const char *)self->wire + 1, self->wire[0]) == LABEL_OK;
	if (is_label && (is_self || (p->config.ns.len == 0 && is_inside)))
		memcpy(policy.self, self->wire + 1, self->wire[0]);
	/* What other programs here call this host in mDNS: the first label (gethostname(2)). */
	memset(policy.host, 0, sizeof(policy.host));
	if (p->self.is_hostname)
		memcpy(policy.host, self->wire + 1, self->wire[0]);
	return policy;
}

/* Makes a new zone a signed one, if it is to be signed. ERR_NOMEM. */
static int sign(struct pipeline *p, const uint8_t *apex, bool has_place)
{
	struct zone_sign_stats stats;
	if (!p->sink.is_signed || !p->sink.is_signed(p->sink.arg, apex, has_place) ||
		zone_sign_stats(p->zone, apex, &stats) == 0)
		return 0;
	int err = zone_sign(p->zone, apex);
	if (!err && p->sink.on_signed_zone)
		p->sink.on_signed_zone(p->sink.arg, apex, false);
	return err;
}

/* Puts one record that is derived; `rdata` NULL: none. */
static int put_derived(
	struct pipeline *p, const uint8_t *owner, uint16_t type, const struct rdata *rdata)
{
	const struct rrset set = {type, VIEW_ANY, p->config.policy.ttl_s, rdata != NULL, rdata};
	return zone_put(p->zone, ZONE_DERIVED, owner, &set, rdata != NULL);
}

/* Says where services are registered (RFC 9665 §3.1.1), and that they are found in the domain (RFC 6763 §11). */
static int put_registrar(struct pipeline *p, const uint8_t *domain, const struct name *ns)
{
	static const char *const browsing[] = {"b._dns-sd._udp", "lb._dns-sd._udp"};
	const bool is_there = p->config.srp_port != 0;
	uint8_t srv[6 + NAME_CAP] = {0};
	struct name owner;
	const struct rdata target = {srv, (uint16_t)(6 + ns->len)},
			   self = {domain, (uint16_t)name_len(domain)};
	put_u16(srv + 4, p->config.srp_port);
	memcpy(srv + 6, ns->wire, ns->len);
	if (!is_there && !p->has_registrar)
		return 0;
	int err = name_from_text("_dnssd-srp._tcp", domain, &owner);
	if (!err)
		err = put_derived(p, owner.wire, RR_SRV, is_there ? &target : NULL);
	for (size_t i = 0; i < ARRAY_LEN(browsing) && !err; i++)
		if (!name_from_text(browsing[i], domain, &owner))
			err = put_derived(p, owner.wire, RR_PTR, is_there ? &self : NULL);
	p->has_registrar |= is_there;
	return err == ERR_NOMEM ? err : 0; /* the domain is too long for that */
}

int apex_put(struct pipeline *p, const uint8_t *apex, bool has_place)
{
	const struct policy *policy = &p->config.policy;
	const struct name *ns = p->config.ns.len ? &p->config.ns : &p->self.name;
	struct name hostmaster = p->config.hostmaster;
	if (hostmaster.len == 0 && name_prepend("hostmaster", 10, policy->domain.wire, &hostmaster))
		name_copy(&hostmaster, policy->domain.wire);
	const struct zone_apex params = {.name = apex,
		.mname = ns->wire,
		.rname = hostmaster.wire,
		.refresh_s = SOA_REFRESH_S,
		.retry_s = SOA_RETRY_S,
		.expire_s = SOA_EXPIRE_S,
		.minimum_s = policy->ttl_s,
		.ttl_s = policy->ttl_s};
	int err = zone_add_apex(p->zone, &params);
	if (!err)
		err = sign(p, apex, has_place);
	return err || !name_equal(apex, policy->domain.wire) ? err : put_registrar(p, apex, ns);
}

int apex_remove(struct pipeline *p, const uint8_t *apex)
{
	struct zone_sign_stats stats;
	const bool was_signed = zone_sign_stats(p->zone, apex, &stats) == 0;
	int err = zone_remove_apex(p->zone, apex);
	if (!err && was_signed && p->sink.on_signed_zone)
		p->sink.on_signed_zone(p->sink.arg, apex, true);
	return err;
}
