/* SPDX-License-Identifier: ISC */
/*
 * Owns the order in which an update is judged, and what each of its records does.
 * Never verifies a signature, and never publishes anything.
 */
#include "update/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "update/served.h"

struct judging {
	const struct update_ground *ground;
	const struct update_message *m;
	struct added_draft *draft;
	struct update_outcome *outcome;
};

static int give(struct update_outcome *ret, int rcode, const char *reason)
{
	ret->reason = reason;
	return rcode;
}

static int refuse(struct judging *j, int rcode, const char *reason)
{
	return give(j->outcome, rcode, reason);
}

/* --- zone --------------------------------------------------------------------------------- */

static int judge_zone(struct judging *j)
{
	const struct update_ground *g = j->ground;
	if (j->m->zone_type != RR_SOA)
		return refuse(j, RCODE_FORMERR, "the zone section has no SOA");
	if (j->m->zone_class != CLASS_IN || !zone_has_apex(g->zone, j->m->zone.wire))
		return refuse(j, RCODE_NOTAUTH, "there is no such zone");
	/* Before the prerequisites (§3.3 leaves that open): they would tell what the zone has. */
	const struct update_signer signer = {g->by.key, g->is_sig0};
	if (!g->claim && !update_rights_know(g->rights, g->right_count, &signer))
		return refuse(j, RCODE_REFUSED, "the key may not update anything");
	return RCODE_NOERROR;
}

/* True if the name is in that zone, and in none of ours below it. */
static bool is_in_zone(const struct judging *j, const uint8_t *name)
{
	const uint8_t *apex = zone_apex_of(j->ground->zone, name);
	return apex && name_equal(apex, j->m->zone.wire);
}

/* --- prerequisites (§3.2) ------------------------------------------------------------------ */

static bool exists(const struct judging *j, const struct update_record *r)
{
	const struct update_ground *g = j->ground;
	if (g->claim && g->claim->is_own(g->claim->arg, r->owner))
		return false;
	return r->type == RR_ANY ? served_has_name(g->zone, r->owner)
				 : served_has_set(g->zone, r->owner, r->type);
}

static int judge_existence(struct judging *j, const struct update_record *r)
{
	const bool is_wanted = r->class == CLASS_ANY;
	if (r->rdata.len != 0)
		return refuse(j, RCODE_FORMERR, "a prerequisite has data");
	if (exists(j, r) == is_wanted)
		return RCODE_NOERROR;
	if (r->type == RR_ANY) {
		return refuse(j, is_wanted ? RCODE_NXDOMAIN : RCODE_YXDOMAIN,
			is_wanted ? "a name does not exist" : "a name exists");
	}
	return refuse(j, is_wanted ? RCODE_NXRRSET : RCODE_YXRRSET,
		is_wanted ? "a set does not exist" : "a set exists");
}

static int judge_prerequisite(struct judging *j, const struct update_record *r)
{
	if (r->ttl != 0)
		return refuse(j, RCODE_FORMERR, "a prerequisite has a TTL");
	if (!is_in_zone(j, r->owner))
		return refuse(j, RCODE_NOTZONE, "a prerequisite is outside of the zone");
	if (r->class == CLASS_ANY || r->class == CLASS_NONE)
		return judge_existence(j, r);
	if (r->class != CLASS_IN)
		return refuse(j, RCODE_FORMERR, "a prerequisite has another class");
	return rr_type_is_meta(r->type)
		       ? refuse(j, RCODE_FORMERR, "a prerequisite has no type of records")
		       : RCODE_NOERROR;
}

/* Sets that must be exactly as given (§3.2.3): the records of one set are judged together. */
static int judge_values(struct judging *j)
{
	const struct update_message *m = j->m;
	int err = served_equals(j->ground->zone, m->records, m->prerequisite_count);
	if (err == ERR_NOMEM)
		return refuse(j, RCODE_SERVFAIL, "out of memory");
	return err ? refuse(j, RCODE_NXRRSET, "a set has other records") : RCODE_NOERROR;
}

static int judge_prerequisites(struct judging *j)
{
	int rcode = RCODE_NOERROR;
	for (size_t i = 0; i < j->m->prerequisite_count && !rcode; i++)
		rcode = judge_prerequisite(j, &j->m->records[i]);
	return rcode ? rcode : judge_values(j);
}

/* --- updates (§3.4) ------------------------------------------------------------------------ */

static bool may(const struct judging *j, const uint8_t *owner, uint16_t type)
{
	const struct update_ground *g = j->ground;
	const struct update_signer signer = {g->by.key, g->is_sig0};
	if (type != RR_ANY && update_right_is_for_none(type, owner, j->m->zone.wire))
		return false;
	return update_rights_allow(g->rights, g->right_count, g->domain, &signer, owner, type) ||
	       (g->claim && g->claim->may(g->claim->arg, owner, type));
}

/* §3.4.1.3 */
static bool is_well_formed(const struct update_record *r)
{
	const bool is_meta = rr_type_is_meta(r->type);
	switch (r->class) {
	case CLASS_IN: return !is_meta;
	case CLASS_ANY: return r->ttl == 0 && r->rdata.len == 0 && (!is_meta || r->type == RR_ANY);
	case CLASS_NONE: return r->ttl == 0 && !is_meta;
	default: return false;
	}
}

/* All types of the owner are deleted: those that updates have added. */
static bool may_delete_all(const struct judging *j, const uint8_t *owner)
{
	const struct added_owner *o = added_find(j->draft->added, owner);
	for (unsigned i = 0; o && i < o->set_count; i++)
		if (!may(j, owner, o->sets[i]->type))
			return false;
	return true;
}

static int prescan(struct judging *j, const struct update_record *r)
{
	if (!is_well_formed(r))
		return refuse(j, RCODE_FORMERR, "a change is malformed");
	if (!is_in_zone(j, r->owner))
		return refuse(j, RCODE_NOTZONE, "a change is outside of the zone");
	/* Records of some types have bytes. Where a whole set is meant, it has none. */
	if (r->class != CLASS_ANY && r->rdata.len == 0 &&
		!rdata_is_valid(r->type, r->rdata.bytes, 0))
		return refuse(j, RCODE_FORMERR, "a change has no data");
	if (!may(j, r->owner, r->type) || (r->type == RR_ANY && !may_delete_all(j, r->owner)))
		return refuse(j, RCODE_REFUSED, "the key may not change that");
	return RCODE_NOERROR;
}

/* True if the record may not be there together with what others have, or with what updates have added
 * (§3.4.2.2). */
static bool is_kept_out(
	const struct judging *j, const struct added_owner *o, const struct update_record *r)
{
	if (r->type != RR_CNAME)
		return added_owner_set(o, RR_CNAME) ||
		       (o->set_count == 0 && served_others_are_alias(j->ground->zone, r->owner));
	return o->set_count > (added_owner_set(o, RR_CNAME) ? 1u : 0u) ||
	       served_others_have(j->ground->zone, r->owner, RR_ANY);
}

static int add(struct judging *j, struct added_owner *o, const struct update_record *r)
{
	/* RFC 2181 §8: a TTL with the top bit set is zero. */
	uint32_t ttl = r->ttl > INT32_MAX ? 0 : r->ttl;
	if (is_kept_out(j, o, r)) {
		j->outcome->ignored++;
		return 0;
	}
	return added_owner_add(o, r->type, ttl, r->rdata, j->ground->by);
}

static int delete_sets(struct judging *j, struct added_owner *o, const struct update_record *r)
{
	int err = 0;
	j->outcome->not_ours += served_others_have(j->ground->zone, r->owner, r->type);
	if (r->type != RR_ANY)
		return added_owner_put(o, r->type, 0, NULL, NULL, 0, j->ground->by);
	while (o->set_count > 0 && !err)
		err = added_owner_put(o, o->sets[0]->type, 0, NULL, NULL, 0, j->ground->by);
	return err;
}

static int delete_record(struct judging *j, struct added_owner *o, const struct update_record *r)
{
	j->outcome->not_ours +=
		served_others_have_record(j->ground->zone, r->owner, r->type, r->rdata);
	return added_owner_drop(o, r->type, r->rdata, j->ground->by);
}

static int change(struct judging *j, const struct update_record *r)
{
	struct added_owner *o = added_draft_owner(j->draft, r->owner);
	if (!o)
		return ERR_NOMEM;
	switch (r->class) {
	case CLASS_IN: return add(j, o, r);
	case CLASS_ANY: return delete_sets(j, o, r);
	default: return delete_record(j, o, r);
	}
}

int update_refuse_err(struct update_outcome *ret, int err)
{
	return err == ERR_RANGE
		       ? give(ret, RCODE_REFUSED, "a name has as many records as updates may add")
		       : give(ret, RCODE_SERVFAIL, "out of memory");
}

int update_end_draft(
	const struct update_ground *g, struct added_draft *draft, struct update_outcome *ret)
{
	if (added_draft_settle(draft) > 0 && !added_draft_fits(draft, g->before, &g->by))
		return give(ret, RCODE_REFUSED,
			"the key, or all updates, have added as much as they may");
	/* What is acknowledged is served: so the zone is asked. */
	switch (added_draft_try(draft, g->try, g->try_arg)) {
	case 0: return RCODE_NOERROR;
	case ERR_NOMEM: return update_refuse_err(ret, ERR_NOMEM);
	default: return give(ret, RCODE_REFUSED, "a name has no room for that");
	}
}

static int judge_updates(struct judging *j)
{
	const struct update_message *m = j->m;
	int rcode = RCODE_NOERROR, err = 0;
	for (size_t i = m->prerequisite_count; i < m->count && !rcode; i++)
		rcode = prescan(j, &m->records[i]);
	for (size_t i = m->prerequisite_count; i < m->count && !rcode && !err; i++)
		err = change(j, &m->records[i]);
	if (rcode)
		return rcode;
	return err ? update_refuse_err(j->outcome, err)
		   : update_end_draft(j->ground, j->draft, j->outcome);
}

int update_judge(const struct update_ground *ground, const struct update_message *m,
	struct added_draft *draft, struct update_outcome *ret)
{
	*ret = (struct update_outcome){.reason = NULL};
	struct judging j = {.ground = ground, .m = m, .draft = draft, .outcome = ret};
	int rcode = judge_zone(&j);
	if (!rcode)
		rcode = judge_prerequisites(&j);
	if (!rcode)
		rcode = judge_updates(&j);
	return rcode;
}
