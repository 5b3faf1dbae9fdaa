/* SPDX-License-Identifier: ISC */
/*
 * Owns the index of services by target: which records of zone files for mDNS lead to a host of ours, so that they
 * are said only where that host has an address.
 * Never puts a record itself: local.c does.
 *
 * An instance is an owner with SRV records. It is withheld on a link if all their targets are names that the name
 * layer has, or had since the index was first made, and none of them has an address there. A target that only others
 * may have, or that a zone file gives an address, withholds nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "pipeline/inside.h"

/* A name that services lead to: LABEL.local. */
struct target {
	char label[LABEL_CAP + 1];
	bool is_ours; /* the name layer has it, or had it */
	bool has_news;
};

/* An owner in zone files whose records depend on where the target has addresses. */
struct dependant {
	/* Its name, our own copy: what is kept of the files may change before the next index. */
	uint8_t *owner;
	size_t target;
};

static bool is_addr(uint16_t type)
{
	return type == RR_A || type == RR_AAAA || type == RR_CNAME;
}

static bool has_own_addr(const struct static_owner *owner)
{
	for (size_t i = 0; owner && i < owner->count; i++)
		if (is_addr(owner->sets[i].type))
			return true;
	return false;
}

static const struct rrset *set_of(const struct static_owner *owner, uint16_t type)
{
	for (size_t i = 0; i < owner->count; i++)
		if (owner->sets[i].type == type)
			return &owner->sets[i];
	return NULL;
}

static const uint8_t *target_of(const struct rrset *set, uint16_t i)
{
	return set->rdata[i].bytes + rr_layout(set->type).lead;
}

/* Copies the label of a name that the name layer may have. */
static bool host_label(const uint8_t *name, char ret[LABEL_CAP + 1])
{
	return name[0] && name_equal(name_parent(name), name_local) && label_of(name, ret);
}

static struct target *find(const struct services *s, const char *label)
{
	size_t low = 0, high = s->target_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int diff = strcasecmp(s->targets[middle].label, label);
		if (diff == 0)
			return &s->targets[middle];
		*(diff < 0 ? &low : &high) = diff < 0 ? middle + 1 : middle;
	}
	return NULL;
}

static struct target *find_name(const struct services *s, const uint8_t *name)
{
	char label[LABEL_CAP + 1];
	return s->target_count && host_label(name, label) ? find(s, label) : NULL;
}

/* True if the record that leads there is of use on that link. */
static bool is_of_use(const struct pipeline *p, const uint8_t *name, uint32_t link)
{
	const struct target *t = find_name(&p->services, name);
	return !t || !(t->is_ours || names_has(p->names, t->label)) ||
	       names_has_on(p->names, t->label, link);
}

bool services_withhold(const struct pipeline *p, const struct static_owner *owner, uint32_t link)
{
	const struct rrset *srv = p->services.target_count ? set_of(owner, RR_SRV) : NULL;
	if (!srv)
		return false;
	for (uint16_t i = 0; i < srv->count; i++)
		if (is_of_use(p, target_of(srv, i), link))
			return false;
	return true;
}

int services_filter(struct pipeline *p, struct rrset *ptr, uint32_t link)
{
	struct services *s = &p->services;
	uint16_t kept = 0;
	if (s->target_count == 0)
		return 0;
	int err = ARRAY_RESERVE(s->room, s->room_cap, ptr->count);
	if (err)
		return err;
	for (uint16_t i = 0; i < ptr->count; i++) {
		const struct static_owner *instance = statics_find(p, target_of(ptr, i));
		if (!instance || !instance->is_local || !services_withhold(p, instance, link))
			s->room[kept++] = ptr->rdata[i];
	}
	ptr->rdata = s->room;
	ptr->count = kept;
	return 0;
}

/* Making the index */

static int target_cmp(const void *a, const void *b)
{
	const struct target *x = a, *y = b;
	return strcasecmp(x->label, y->label);
}

static int add_target(struct pipeline *p, const uint8_t *name)
{
	struct services *s = &p->services;
	char label[LABEL_CAP + 1];
	if (!host_label(name, label) || has_own_addr(statics_find(p, name)))
		return 0;
	int err = ARRAY_RESERVE(s->targets, s->target_cap, s->target_count + 1);
	if (err)
		return err;
	struct target *t = &s->targets[s->target_count++];
	*t = (struct target){0};
	strcpy(t->label, label);
	return 0;
}

struct indexing {
	struct pipeline *pipeline;
	int err;
};

static void add_targets(void *arg, const struct static_owner *owner)
{
	struct indexing *x = arg;
	const struct rrset *srv = owner->is_local ? set_of(owner, RR_SRV) : NULL;
	for (uint16_t j = 0; srv && j < srv->count && !x->err; j++)
		x->err = add_target(x->pipeline, target_of(srv, j));
}

/* Sorts the targets, and leaves one of each. */
static void sort_targets(struct services *s)
{
	size_t kept = 0;
	if (s->target_count)
		qsort(s->targets, s->target_count, sizeof(*s->targets), target_cmp);
	for (size_t i = 0; i < s->target_count; i++)
		if (kept == 0 || target_cmp(&s->targets[kept - 1], &s->targets[i]) != 0)
			s->targets[kept++] = s->targets[i];
	s->target_count = kept;
}

/* What depends on the target: the owner. */
static int add_dependant(struct services *s, const uint8_t *owner, const struct target *t)
{
	int err = ARRAY_RESERVE(s->dependants, s->dependant_cap, s->dependant_count + 1);
	uint8_t *copy = err ? NULL : malloc(name_len(owner));
	if (!copy)
		return ERR_NOMEM;
	memcpy(copy, owner, name_len(owner));
	s->dependants[s->dependant_count++] =
		(struct dependant){.owner = copy, .target = (size_t)(t - s->targets)};
	return 0;
}

static int add_dependants_by(
	struct services *s, const uint8_t *owner, const struct static_owner *instance)
{
	const struct rrset *srv = set_of(instance, RR_SRV);
	int err = 0;
	for (uint16_t i = 0; srv && i < srv->count && !err; i++) {
		const struct target *t = find_name(s, target_of(srv, i));
		err = t ? add_dependant(s, owner, t) : 0;
	}
	return err;
}

/* The instance itself, and the owners of PTR records to instances. */
static void add_dependants_of(void *arg, const struct static_owner *owner)
{
	struct indexing *x = arg;
	struct services *s = &x->pipeline->services;
	if (x->err || !owner->is_local)
		return;
	const struct rrset *ptr = set_of(owner, RR_PTR);
	x->err = add_dependants_by(s, owner->name, owner);
	for (uint16_t i = 0; ptr && i < ptr->count && !x->err; i++) {
		const struct static_owner *instance = statics_find(x->pipeline, target_of(ptr, i));
		if (instance && instance->is_local)
			x->err = add_dependants_by(s, owner->name, instance);
	}
}

static void free_index(struct services *s)
{
	for (size_t i = 0; i < s->dependant_count; i++)
		free(s->dependants[i].owner);
	free(s->dependants);
	free(s->targets);
}

int services_index(struct pipeline *p)
{
	struct services *s = &p->services, old = *s;
	struct indexing x = {.pipeline = p};
	*s = (struct services){
		.room = old.room, .room_cap = old.room_cap, .has_news = old.has_news};
	statics_each_local(p, add_targets, &x);
	sort_targets(s);
	for (size_t i = 0; i < s->target_count; i++) {
		const struct target *before = find(&old, s->targets[i].label);
		s->targets[i].is_ours =
			(before && before->is_ours) || names_has(p->names, s->targets[i].label);
		s->targets[i].has_news = before && before->has_news;
	}
	if (s->target_count > 0)
		statics_each_local(p, add_dependants_of, &x);
	free_index(&old);
	return x.err;
}

void services_fini(struct services *s)
{
	free_index(s);
	free(s->room);
}

/* Changes */

void services_note(struct pipeline *p, const uint8_t *owner)
{
	struct target *t = find_name(&p->services, owner);
	if (!t)
		return;
	t->has_news = p->services.has_news = true;
	t->is_ours = true;
}

int services_put(struct pipeline *p, services_put_fn *put)
{
	struct services *s = &p->services;
	/* An owner may be there for several targets, one after the other. */
	const uint8_t *last = NULL;
	int err = 0;
	if (!s->has_news)
		return 0;
	for (size_t i = 0; i < s->dependant_count; i++) {
		const struct dependant *d = &s->dependants[i];
		if (!s->targets[d->target].has_news || (last && name_equal(d->owner, last)))
			continue;
		last = d->owner;
		const struct static_owner *owner = statics_find(p, last);
		int put_err = owner ? put(p, owner, owner->count) : 0;
		err = put_err ? put_err : err;
	}
	for (size_t i = 0; i < s->target_count; i++)
		s->targets[i].has_news = false;
	s->has_news = false;
	return err;
}
