/* SPDX-License-Identifier: ISC */
/*
 * Owns the translation of the configuration for the other layers.
 * Never opens a file, never changes a struct conf that is in use.
 */
#include "conf/conf.h"

#include <string.h>

#include "name/label.h"

void conf_fini(struct conf *c)
{
	options_free(c, &conf_table);
}

struct policy conf_policy(const struct conf *c)
{
	struct policy p = {
		.domain = c->domain,
		.ttl_s = c->ttl_s,
		.source_count = c->names.count,
		.duplicates = c->duplicates,
		.rootless = c->rootless,
		.hides_lan = c->hides_lan,
		.has_temporary = c->has_temporary,
		.has_deprecated = c->has_deprecated,
		.has_self_mdns = c->has_self,
		.ignored = (const char *const *)c->ignored_hostnames.at,
		.ignored_count = (unsigned)c->ignored_hostnames.count,
		.mdns = c->mdns,
		.mdns_links = (const char *const *)c->mdns_ifaces.at,
		.mdns_link_count = (unsigned)c->mdns_ifaces.count,
		.guests = c->guests,
		.guest_links = (const char *const *)c->guest_links.at,
		.guest_link_count = (unsigned)c->guest_links.count,
	};
	memcpy(p.sources, c->names.at, sizeof(p.sources));
	return p;
}

bool conf_publishes(const struct conf *c, const uint8_t *name)
{
	char label[LABEL_CAP + 1];
	return label_in_domain(name, c->domain.wire, label) &&
	       label_is_like(label, (const char *const *)c->published.at, c->published.count);
}

bool conf_has_host_key(const struct conf *c)
{
	bool has_sig0 = c->published.count > 0;
	for (size_t i = 0; i < c->updates.count; i++)
		has_sig0 |= c->updates.at[i].is_sig0;
	return has_sig0;
}

bool conf_has_all_netns(const struct conf *c)
{
	return c->nsid_dir && strcmp(c->nsid_dir, "all") == 0;
}

const char *conf_netns_dir(const struct conf *c)
{
	return conf_has_all_netns(c) ? "/run/netns" : c->nsid_dir;
}

bool conf_has_updates(const struct conf *c)
{
	return c->update_rights.count > 0 || c->has_srp || c->collect != CONF_COLLECT_NONE;
}
