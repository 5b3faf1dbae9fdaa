/* SPDX-License-Identifier: ISC */
/* Internals of the pipeline, shared by the files of src/pipeline. No other file includes this. */
#pragma once

#include <string.h>

#include "base/list.h"
#include "base/map.h"
#include "pipeline/packed.h"
#include "pipeline/pipeline.h"
#include "zonefile/owner_bytes.h"

/* This host as a name server. */
struct self {
	struct name name;
	bool is_hostname; /* it is the host's name, not a substitute */
};

/* The services of the zone files by target: services.c. */
struct services {
	struct target *targets; /* sorted by label */
	size_t target_count, target_cap;
	struct dependant *dependants; /* sorted by owner */
	size_t dependant_count, dependant_cap;
	struct rdata *room; /* for the PTR records to put next */
	size_t room_cap;
	bool has_news; /* of a target */
};

/* The public names, by link: public.c. */
struct publics {
	struct public_name *at;
	size_t count, cap;
	struct rdata *room; /* for the PTR records to put next */
	size_t room_cap;
	bool has_news; /* the lists are to be put again */
};

/* What is kept of zone files: statics.c. */
struct statics {
	struct map local;      /* for mDNS, by name */
	struct list in_order;  /* the same, as they came */
	struct packed reverse; /* reverse names, which may be very many: zonefile/owner_bytes.h */
	struct packed_at walk; /* a walk over these */
	struct name passed;    /* the last name that it has passed; len 0: none */
	struct owners_room room;
	struct static_owner next; /* where it is */
	bool has_next;
};

/* Reverse zones that come or go: their records of zone files are put or removed in pieces, for there may
 * be very many. reverse.c */
struct reverse_jobs {
	struct reverse_job *at;
	size_t count, cap;
	bool has_failed; /* for lack of memory */
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
	struct statics statics;
	struct reverse_jobs reverse;
	struct name left; /* the former domain, until the files of the new one are here; or len 0 */
	uint32_t *mdns_links; /* ifindexes of the links that use mDNS */
	size_t mdns_link_count, mdns_link_cap;
	struct mdns_rrset *sets; /* the sets to put next */
	size_t set_count, set_cap;
	struct services services;
	struct publics publics;
	bool has_new_views;
	bool has_old_apex;        /* there was no memory for the SOA of the domain */
	bool has_registrar;       /* the domain tells, or told, where services are registered */
	bool has_new_locals;      /* records of zone files for mDNS, since pipeline_end_statics() */
	bool has_missing_statics; /* records of zone files are to be put on all links again */
	bool has_to_leave;        /* `left` has no records any more */
	bool is_telling;          /* the zone reports its records to the sink */
	uint64_t refused;
};

/* Copies the first label of a name as text. Returns false if there is none or if it has a zero
 * byte. */
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

/* apex.c: the records at the apex of zones, and the name of this host. */
struct self self_find(const uint8_t *domain, const char *hostname);
/* Returns the configured rules for names, including this host's name if it is to be served. */
struct policy pipeline_policy(const struct pipeline *p);
/* Makes it a zone, or puts its SOA and NS anew; and makes it a signed one, if it is to be one (pipeline.h). */
int apex_put(struct pipeline *p, const uint8_t *apex, bool has_place) MUSTCHECK;
/* zone_remove_apex(), also of a signed zone. */
int apex_remove(struct pipeline *p, const uint8_t *apex) NONNULL MUSTCHECK;

/* unicast.c: puts records into the zone, and reports if this hides an alias. */
int unicast_put(struct pipeline *p, enum zone_source source, const uint8_t *owner,
	const struct rrset *sets, size_t count) MUSTCHECK;

/* local.c: the records for mDNS. */

/* From the name layer: a link, and the kernel's records of a name or of a reverse name on one
 * link; `is_of_host` as in struct names_mdns_kind. */
int local_put_link(struct pipeline *p, const struct names_mdns_link *link, bool is_gone) MUSTCHECK;
int local_put_host(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count, bool is_of_host) MUSTCHECK;
int local_put_reverse(struct pipeline *p, uint32_t link, const uint8_t *owner,
	const struct rrset *sets, size_t count, bool is_of_host) MUSTCHECK;
/* Puts what lists public names at that owner, and what zone files have there. */
int local_put_list(struct pipeline *p, uint32_t link, const uint8_t *owner) MUSTCHECK;
/* Puts all records of zone files on all links again. */
void local_put_all_statics(struct pipeline *p);
/* From a zone file: puts its first `count` sets on all links, unless the name layer has that
 * name. */
int local_put_static(struct pipeline *p, const struct static_owner *owner, size_t count) MUSTCHECK;

/* services.c: services of zone files, where their targets have addresses. */

/* Makes the index anew from what is kept of zone files. To be called when that has changed, and before
 * local_put_all_statics(). ERR_NOMEM: services that are missing in it are said everywhere. */
int services_index(struct pipeline *p) MUSTCHECK;
void services_fini(struct services *s);
/* True if the SRV and TXT records at `owner` are not to be said on that link. */
bool services_withhold(const struct pipeline *p, const struct static_owner *owner, uint32_t link);
/* Leaves out of `ptr`, a set of a zone file, what leads to withheld owners. The records are in p->services until
 * the next call. ERR_NOMEM. */
int services_filter(struct pipeline *p, struct rrset *ptr, uint32_t link) MUSTCHECK;
/* The records of the name layer at that owner have changed: a part of the present flush. */
void services_note(struct pipeline *p, const uint8_t *owner);
/* Calls `put`, which is local_put_static(), for what depends on the owners noted since the last call. */
typedef int services_put_fn(struct pipeline *p, const struct static_owner *owner, size_t count);
int services_put(struct pipeline *p, services_put_fn *put) MUSTCHECK;
/* public.c: public names. */

/* True if the owner is a name of one label in local. that is public. */
bool public_is(const struct pipeline *p, const uint8_t *owner);
/* Marks the sets to put next, of a public name. True: it has addresses. */
bool public_mark(struct pipeline *p);
/* Puts the instance of the public name at `owner` on that link; without addresses: removes it. ERR_NOMEM; ERR_RANGE:
 * there are too many. */
int public_put(struct pipeline *p, uint32_t link, const uint8_t *owner, bool has_addrs) MUSTCHECK;
/* Adds to the sets to put next at `owner` what lists public names on that link, if it is such an owner. Its records are
 * in p->publics until the next call. ERR_NOMEM. */
int public_add_list(struct pipeline *p, uint32_t link, const uint8_t *owner) MUSTCHECK;
/* Calls `put`, which is local_put_list(), for these owners on all links, if there are news since the last call. */
typedef int public_put_fn(struct pipeline *p, uint32_t link, const uint8_t *owner);
int public_put_lists(struct pipeline *p, public_put_fn *put) MUSTCHECK;
/* The link has gone, and with it what was said there. */
void public_forget_link(struct pipeline *p, uint32_t link);
void public_fini(struct publics *s);

/* statics.c: what is kept of zone files. */

/* Returns the records for mDNS of that name; NULL: none. */
const struct static_owner *statics_find(const struct pipeline *p, const uint8_t *name);
/* Visits all owners for mDNS, in the order of their last change. The visit may remove that owner. */
void statics_each_local(const struct pipeline *p,
	void (*visit)(void *arg, const struct static_owner *owner), void *arg);
/* Visits all reverse names. The visit may remove that name. ERR_NOMEM: not all were visited. */
int statics_each_reverse(const struct pipeline *p, void (*visit)(void *arg, const uint8_t *name),
	void *arg) MUSTCHECK;
void statics_init(struct statics *s);
void statics_fini(struct pipeline *p);
/* A walk over the reverse names which may be interrupted by changes: statics_rewind() begins it,
 * statics_next() returns where it is, in `*ret`: NULL: at the end; statics_pass() goes on. ERR_NOMEM. */
void statics_rewind(struct pipeline *p);
int statics_next(struct pipeline *p, const struct static_owner **ret) MUSTCHECK;
void statics_pass(struct pipeline *p);
/* Replaces what is kept of the owner; count 0: nothing is. ERR_NOMEM: nothing has changed. */
int statics_keep(struct pipeline *p, const struct static_owner *owner) MUSTCHECK;

/* files.c: puts what a zone file says. ERR_NOMEM, ERR_RANGE. */
int files_put_owner(struct pipeline *p, const struct static_owner *owner) MUSTCHECK;
/* True if a zone file has records at N.DOMAIN, N.wan.DOMAIN, N.lan.DOMAIN or N.local, for that label N. */
bool files_have_label(const struct pipeline *p, const char *label);

/* reverse.c: a reverse zone becomes ours, or is not ours any more. What zone files say in it follows. Errors
 * as for zone_add_apex() and zone_remove_apex(), and ERR_EXISTS of struct names_sink. */
int reverse_put_zone(struct pipeline *p, const uint8_t *apex, enum names_zone what) MUSTCHECK;
/* Does a piece of what is to be done, if anything. Without memory, `has_failed` is set. */
void reverse_go_on(struct pipeline *p);
void reverse_fini(struct reverse_jobs *jobs);

/* views.c: builds and publishes a new table. Returns the previous table, or NULL. */
struct view_table *views_update(struct pipeline *p);
