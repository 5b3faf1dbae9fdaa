/* SPDX-License-Identifier: ISC */
/*
 * What ontap-zone knows and says, put together: events of the kernel in at one end, the published
 * zone and the records of mDNS out at the other. `serve` and `export` differ only in who listens.
 */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"
#include "model/model.h"
#include "name/names.h"
#include "zone/lookup.h"
#include "zone/view.h"
#include "zone/zone.h"

/* What the world tells as it changes. Each may be NULL; all is borrowed for the call. */
struct world_hooks {
	void (*on_record)(void *arg, const struct zone_change *change); /* unicast */
	void (*on_published)(void *arg); /* readers see a new state; after its records */
	void (*on_views)(void *arg); /* clients may stand elsewhere than before, see world_rules() */
	void (*on_mdns_link)(void *arg, const struct names_mdns_link *link, bool is_gone);
	int (*put_mdns)(void *arg, uint32_t ifindex, const uint8_t *owner,
		const struct rrset *sets, size_t count, bool is_reverse);
	void *arg;
};

struct world {
	struct model *model;
	struct names *names;
	struct zone *zone;
	struct view_slot views;
	struct conf conf;             /* owned */
	const struct log *log;
	struct world_hooks hooks;
	struct collection *statics;      /* what the zone files say */
	uint32_t *mdns_links;         /* ifindexes on which mDNS is spoken */
	size_t mdns_link_count;
	uint32_t serial_floor;        /* after all that was served before this start; 0: not known */
	bool has_new_views;
	bool has_new_self;
	char self[LABEL_CAP + 1];     /* this host's name, as it was last */
	struct log_limit apply_limit, reject_limit, alias_limit;
	uint64_t events, refused;     /* events applied; and not, for a limit or memory */
};

/* A world without a kernel yet: zone files are read, apexes made. `conf` is moved in, also on
 * failure. ERR_SYNTAX: `*error` says which file and line, ERR_NOMEM. */
int world_init(struct world *w, struct conf *conf, const struct log *log, uint64_t seed,
	struct world_hooks hooks, struct conf_error *error) NONNULL MUSTCHECK;
/* After the last reader has ended. */
void world_fini(struct world *w) NONNULL;

/* Applies an event of the kernel: what watch/kernel.h's sink calls. `arg` is the world. */
void world_apply(void *arg, const struct event *ev) NONNULL;

/* Publishes what has changed since the last flush. */
void world_flush(struct world *w) NONNULL;

/* The least serial that a zone which changes now gets. */
uint32_t world_serial_floor(const struct world *w) NONNULL;

/* A new configuration and what its zone files say, both moved in: what differs is changed, all else
 * goes on. ERR_NOMEM: some of it has not been changed, but `conf` is in force. */
int world_reload(struct world *w, struct conf *conf, struct collection *statics) NONNULL MUSTCHECK;

/* Where clients stand, beside what is built in: on-link prefixes, and those of --lan. The caller frees
 * `list`. ERR_NOMEM. */
struct world_rules {
	struct view_rule *list;
	size_t count, cap;
	int err;
};
int world_rules(const struct world *w, struct world_rules *ret) NONNULL MUSTCHECK;
