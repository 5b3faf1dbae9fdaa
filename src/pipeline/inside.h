/* SPDX-License-Identifier: ISC */
/* The pipeline from inside: what the files of src/pipeline share. No other file includes it. */
#pragma once

#include <string.h>

#include "pipeline/pipeline.h"

/* This host as a name server. */
struct self {
	struct name name;
	bool is_hostname; /* it is the host's name, and not a substitute */
};

struct pipeline {
	struct model *model;
	struct names *names;
	struct zone *zone;
	struct view_slot views;
	struct pipeline_config config;
	struct pipeline_sink sink;
	struct self self;
	char hostname[HOSTNAME_CAP];
	struct collection *files; /* NULL until they are set */
	uint32_t *mdns_links;     /* ifindexes on which mDNS is spoken */
	size_t mdns_link_count, mdns_link_cap;
	struct mdns_rrset *sets; /* what is put next */
	size_t set_count, set_cap;
	bool has_new_views;
	bool is_telling; /* the zone tells its records to the sink */
	uint64_t refused;
};

/* The first label of a name as text. False: it has none, or a zero byte in it. */
static inline bool label_of(const uint8_t *name, char ret[LABEL_CAP + 1])
{
	if (name[0] == 0 || memchr(name + 1, 0, name[0]))
		return false;
	memcpy(ret, name + 1, name[0]);
	ret[name[0]] = '\0';
	return true;
}

static inline void tell_hidden_alias(
	const struct pipeline *p, const uint8_t *owner, const uint8_t *target)
{
	if (p->sink.on_hidden_alias)
		p->sink.on_hidden_alias(p->sink.arg, owner, target);
}

/* apex.c: what is at the top of zones, and what this host is called. */
struct self self_find(const uint8_t *domain, const char *hostname);
/* The configured rules for names, with this host's name among them where it is to be. */
struct policy pipeline_policy(const struct pipeline *p);
int apex_put(struct pipeline *p, const uint8_t *apex) MUSTCHECK;

/* unicast.c: puts into the zone, and tells if an alias gets out of sight by it. */
int unicast_put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count) MUSTCHECK;

/* local.c: what is said over mDNS. */

/* Of the name layer: a link, and what the kernel says of a name, or of a reverse name, on one. */
int local_put_link(struct pipeline *p, const struct names_mdns_link *link, bool is_gone) MUSTCHECK;
int local_put_host(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count) MUSTCHECK;
int local_put_reverse(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count) MUSTCHECK;
/* Of a zone file: the first `count` sets of it, on all links, unless the name layer says the name. */
int local_put_static(struct pipeline *p, const struct static_owner *owner, size_t count) MUSTCHECK;

/* views.c: builds and publishes the table anew; the one before, or NULL, is returned. */
struct view_table *views_update(struct pipeline *p);
