/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer: the records of each section for each outcome of the lookup.
 * Never allocates or waits, and keeps only counts.
 */
#include "serve/answer.h"

#include "base/limits.h"
#include "serve/extension.h"
#include "serve/chaos.h"
#include "serve/common.h"
#include "serve/near.h"
#include "serve/query.h"
#include "serve/fastpath.h"
#include "serve/proof.h"
#include "serve/reply.h"
#include "wire/rr.h"
#include "zone/lookup.h"
#include "zone/orders.h"

/* A query while it is answered. */
struct task {
	struct serve_ctx *ctx;
	const struct query *query;
	struct reply reply;
	size_t head_len; /* length of header and question */
	struct extension extension;
	unsigned view;        /* of the client */
	struct prefix client; /* or the prefix that contains it, as far as known */
	struct key key;       /* the name to look up: the question's, or the target of an alias */
	unsigned name_off;    /* offset of that name in the reply */
	uint16_t flags;       /* AA */
	uint16_t rcode;
	enum extended_error why; /* the reason for the rcode */
	enum serve_count result;
	bool is_full;       /* a required record did not fit */
	struct proof proof; /* for the authority section */
};

/* True if the client gets the signatures of the set. */
static bool is_with_sigs(const struct task *t, const struct node_set *set)
{
	return UNLIKELY(t->query->has_do) && set->is_signed;
}

/* Adds a set as it is, with its signatures if the client wants them. */
static bool add_whole_set(struct task *t, enum msg_section section, unsigned owner_off,
	const struct node *n, const struct node_set *set, uint32_t ttl)
{
	if (is_with_sigs(t, set))
		return reply_add_signed_set(&t->reply, section, owner_off, n, set, ttl);
	return reply_add_set(&t->reply, section, owner_off, n, set, ttl);
}

/* Adds the proofs that were noted. They come before additional records. */
static void add_proofs(struct task *t)
{
	if (t->proof.count > 0 && !proof_add(&t->proof, &t->reply, t->view))
		t->is_full = true;
}

/* Adds the SOA of the zone for a negative answer. Its TTL limits how long the answer is
 * cached (RFC 2308 §5). */
static void add_soa(struct task *t, const struct node *apex)
{
	const struct node_set *set = node_set(apex, RR_SOA, VIEW_ANY);
	unsigned apex_off = t->name_off + t->key.len - apex->name_len;
	uint32_t ttl;
	if (!set)
		return;
	const uint8_t *at = node_rdata(apex, set);
	struct rdata soa = node_next_rdata(set, &at);
	if (soa.len < 4)
		return;
	uint32_t minimum = get_u32(soa.bytes + soa.len - 4);
	ttl = set->ttl < minimum ? set->ttl : minimum;
	if (!add_whole_set(t, SECTION_AUTHORITY, apex_off, apex, set, ttl))
		t->is_full = true;
}

/* Returns the offset in rdata of a name whose addresses are additional records, or -1. */
static int target_off(uint16_t type)
{
	return rr_type_has(type, RR_HAS_ADDRS) ? rr_layout(type).lead : -1;
}

/* Returns the type that is additional besides addresses: a SVCB in AliasMode refers to others of
 * its type (RFC 9460 §4.1). 0: none. */
static uint16_t follower(const uint8_t *rr)
{
	uint16_t type = get_u16(rr + 2);
	return (type == RR_SVCB || type == RR_HTTPS) && get_u16(rr + RR_HEAD_LEN) == 0 ? type : 0;
}

/* Adds a set; of several addresses, those chosen for this client, unless it gets their signature, which is of
 * all. */
static bool add_set(struct task *t, enum msg_section section, unsigned owner_off,
	const struct node *n, const struct node_set *set)
{
	if (LIKELY(!near_matters(set)) || is_with_sigs(t, set))
		return add_whole_set(t, section, owner_off, n, set, set->ttl);
	return near_add_set(
		&t->reply, section, owner_off, n, set, near_choose(t->ctx, &t->client, n, set));
}

/* Adds an additional set. Signatures that do not fit are left out (RFC 4035 §3.1.1). */
static bool add_additional(
	struct task *t, unsigned owner_off, const struct node *n, const struct node_set *set)
{
	return add_set(t, SECTION_ADDITIONAL, owner_off, n, set) ||
	       (is_with_sigs(t, set) &&
		       reply_add_set(&t->reply, SECTION_ADDITIONAL, owner_off, n, set, set->ttl));
}

/* Adds the additional records of a record whose target is the name at `off` in the reply. False if
 * some did not fit. */
static bool add_target(struct task *t, unsigned off, uint16_t also)
{
	const uint16_t types[] = {RR_A, RR_AAAA, also};
	const uint8_t *name = t->reply.start + off;
	struct key key;
	key_from_message(&key, name, (unsigned)name_len(name));
	const struct node *n = zone_node_or_wildcard(t->ctx->zone, &key);
	if (!n || off > POINTER_OFFSET_MAX)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct node_set *set = types[i] ? node_set(n, types[i], t->view) : NULL;
		if (set && !add_additional(t, off, n, set))
			return false;
	}
	return true;
}

/* True if the record is a SVCB in ServiceMode that names its own owner as target, by a root name
 * (RFC 9460 §2.5.2). */
static bool has_own_target(const uint8_t *rr)
{
	enum { PRIORITY_LEN = 2 };
	uint16_t type = get_u16(rr + 2);
	return (type == RR_SVCB || type == RR_HTTPS) && get_u16(rr + RR_HEAD_LEN) != 0 &&
	       rr[RR_HEAD_LEN + PRIORITY_LEN] == 0;
}

/* Adds the addresses of the owner of the answer. False if some did not fit. */
static bool add_own_addresses(struct task *t, const struct node *owner)
{
	static const uint16_t types[] = {RR_A, RR_AAAA};
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		const struct node_set *set = node_set(owner, types[i], t->view);
		if (set && !add_additional(t, t->name_off, owner, set))
			return false;
	}
	return true;
}

/* True if the name at `offs[i]` in the reply also occurs at one of the offsets before. */
static bool is_repeated(const uint8_t *start, const unsigned *offs, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (name_equal(start + offs[j], start + offs[i]))
			return true;
	return false;
}

/* Adds the additional records for the records from offset `off` on, once per target. Those records
 * are one set of `owner` and were written by us, so they are well formed. False if some did not
 * fit. */
static bool add_targets(
	struct task *t, const struct node *owner, unsigned off, unsigned count, int target)
{
	unsigned names[LIMIT_SERVE_TARGETS];
	for (unsigned i = 0; i < count && i < LIMIT_SERVE_TARGETS; i++) {
		const uint8_t *rr = t->reply.start + off;
		names[i] = off + RR_HEAD_LEN + (unsigned)target;
		if (!is_repeated(t->reply.start, names, i) &&
			!(has_own_target(rr) ? add_own_addresses(t, owner)
					     : add_target(t, names[i], follower(rr))))
			return false;
		off += RR_HEAD_LEN + get_u16(rr + RR_HEAD_LEN - 2);
	}
	return true;
}

/* Adds the set that was asked for. */
static void add_answer(struct task *t, const struct zone_answer *found)
{
	unsigned off = reply_off(&t->reply);
	int target = target_off(found->set->type);
	t->result = SERVE_NOERROR;
	if (!add_set(t, SECTION_ANSWER, t->name_off, found->node, found->set))
		t->is_full = true;
	add_proofs(t);
	if (UNLIKELY(target >= 0) && !t->is_full)
		/* Additional records that do not fit are left out: the client can ask for
		 * them (RFC 2181 §9). */
		(void)!add_targets(t, found->node, off, found->set->count, target);
}

/* The name is in a delegated zone: adds its name servers, and those of their
 * addresses that we have. */
static void add_referral(struct task *t, const struct zone_answer *found)
{
	unsigned off = reply_off(&t->reply);
	unsigned cut_off = t->name_off + t->key.len - found->node->name_len;
	t->result = SERVE_REFERRAL;
	const struct node_set *ds = node_set(found->node, RR_DS, t->view);
	t->is_full = !reply_add_set(
		&t->reply, SECTION_AUTHORITY, cut_off, found->node, found->set, found->set->ttl);
	/* RFC 4035 §3.1.4: DS, or the proof that there is none. */
	if (ds && is_with_sigs(t, ds))
		t->is_full |=
			!add_whole_set(t, SECTION_AUTHORITY, cut_off, found->node, ds, ds->ttl);
	add_proofs(t);
	/* RFC 9471 §3.1: a referral without its glue is useless, so it is truncated. */
	if (!t->is_full)
		t->is_full = !add_targets(t, found->node, off, found->set->count, 0);
}

/* True if the answer has that set already: the chain of aliases is a loop. Each owner is a
 * compression pointer that we wrote, to a name without pointers. */
static bool has_answer(const struct task *t, unsigned owner_off, uint16_t type)
{
	const uint8_t *start = t->reply.start, *rr = start + t->head_len;
	for (unsigned i = 0; i < t->reply.count[SECTION_ANSWER]; i++) {
		if (get_u16(rr + 2) == type &&
			name_equal(start + (get_u16(rr) & POINTER_OFFSET_MAX), start + owner_off))
			return true;
		rr += RR_HEAD_LEN + get_u16(rr + RR_HEAD_LEN - 2);
	}
	return false;
}

/* Continues with the target of the CNAME at `off` in the reply. It is `len` bytes long. */
static void follow(struct task *t, unsigned off, unsigned len)
{
	t->name_off = off + RR_HEAD_LEN;
	key_from_message(&t->key, t->reply.start + t->name_off, len);
}

/* Adds the CNAME. False if the chain ends there. */
static bool add_alias(struct task *t, const struct zone_answer *found)
{
	const uint8_t *at = node_rdata(found->node, found->set);
	unsigned len = node_next_rdata(found->set, &at).len;
	unsigned off = reply_off(&t->reply);
	t->result = SERVE_NOERROR;
	if (has_answer(t, t->name_off, RR_CNAME))
		return false;
	if (!add_whole_set(
		    t, SECTION_ANSWER, t->name_off, found->node, found->set, found->set->ttl)) {
		t->is_full = true;
		return false;
	}
	follow(t, off, len);
	return true;
}

/* Adds the DNAME, unless the answer has it already. False if it does not fit. */
static bool add_dname(struct task *t, const struct zone_answer *found, unsigned owner_off)
{
	return has_answer(t, owner_off, RR_DNAME) ||
	       add_whole_set(
		       t, SECTION_ANSWER, owner_off, found->node, found->set, found->set->ttl);
}

/* Adds the DNAME and the CNAME made from it (RFC 6672 §3.1). False if the chain ends there. */
static bool add_renaming(struct task *t, const struct zone_answer *found)
{
	uint8_t name[NAME_CAP];
	unsigned prefix_len = t->key.len - found->node->name_len;
	const uint8_t *at = node_rdata(found->node, found->set);
	struct rdata target = node_next_rdata(found->set, &at);
	unsigned len = prefix_len + target.len;

	t->result = SERVE_NOERROR;
	if (has_answer(t, t->name_off, RR_CNAME))
		return false;
	if (!add_dname(t, found, t->name_off + prefix_len)) {
		t->is_full = true;
		return false;
	}
	if (len > NAME_CAP) {
		t->rcode = RCODE_YXDOMAIN;
		t->result = SERVE_OTHER;
		return false;
	}
	memcpy(name, t->reply.start + t->name_off, prefix_len);
	memcpy(name + prefix_len, target.bytes, target.len);
	unsigned off = reply_off(&t->reply);
	if (!reply_add_rr(
		    &t->reply, SECTION_ANSWER, t->name_off, RR_CNAME, found->set->ttl, name, len)) {
		t->is_full = true;
		return false;
	}
	/* A query for CNAME does not follow it (RFC 1034 §4.3.2, step 3a). */
	if (t->query->type == RR_CNAME)
		return false;
	follow(t, off, len);
	return true;
}

static void refuse(struct task *t, enum msg_rcode rcode, enum extended_error why)
{
	t->rcode = (uint16_t)rcode;
	t->why = why;
	t->flags = 0;
	t->result = rcode == RCODE_REFUSED ? SERVE_REFUSED : SERVE_OTHER;
}

/* True if signatures were asked for as records, and the name has some: adds those that fit. */
static bool is_answered_with_sigs(struct task *t, const struct zone_answer *found)
{
	const struct node *n = found->node;
	bool has_any = false, fits = true;
	if (LIKELY(t->query->type != RR_RRSIG) || !n || !(n->flags & NODE_SIGNED) ||
		(found->outcome != ZONE_FOUND && found->outcome != ZONE_ALIAS))
		return false;
	for (unsigned i = 0; i < n->set_count && fits; i++) {
		const struct node_set *set = &n->sets[i];
		if (!set->is_signed || !(set->view & t->view))
			continue;
		fits = reply_add_sigs(&t->reply, SECTION_ANSWER, t->name_off, n, set, set->ttl);
		has_any |= fits;
	}
	t->result = SERVE_NOERROR;
	t->is_full = !has_any;
	t->proof.count = 0; /* it was noted because there is no set of that type */
	return true;
}

/* Acts on the result for one name. True if another name must be looked up. */
static bool act(struct task *t, const struct zone_answer *found, bool is_first)
{
	if (is_answered_with_sigs(t, found))
		return false;
	switch (found->outcome) {
	case ZONE_FOUND:
		if (LIKELY(found->set)) {
			add_answer(t, found);
			return false;
		}
		t->result = SERVE_NODATA;
		add_soa(t, found->apex);
		return false;
	case ZONE_NO_NAME:
		t->rcode = RCODE_NXDOMAIN;
		t->result = SERVE_NXDOMAIN;
		add_soa(t, found->apex);
		return false;
	case ZONE_ALIAS: return add_alias(t, found);
	case ZONE_RENAMED: return add_renaming(t, found);
	case ZONE_DELEGATED:
		/* AA refers to the first name of the answer (RFC 1035 §4.1.1). */
		if (is_first)
			t->flags = 0;
		add_referral(t, found);
		return false;
	case ZONE_OUTSIDE:
		/* The target of an alias may be outside our zones: the alias is the
		 * whole answer then. */
		if (is_first)
			refuse(t, RCODE_REFUSED, EXTENDED_NOT_AUTHORITATIVE);
		return false;
	case ZONE_OUTCOME_COUNT: break;
	}
	return false;
}

/* Looks up the present name, and notes the proof of a negative answer. If the chain is not as it should be,
 * what is there of it goes out: so clients that do not validate are served. */
static void look_up(struct task *t, struct zone_answer *found)
{
	struct zone_denial denial;
	if (LIKELY(!t->query->has_do)) {
		zone_lookup(t->ctx->zone, &t->key, t->query->type, t->view, found);
		return;
	}
	zone_lookup_proved(t->ctx->zone, &t->key, t->query->type, t->view, found, &denial);
	if (denial.count > 0)
		proof_note(&t->proof, &denial, found->apex, &t->key, t->name_off);
}

static void answer_question(struct task *t)
{
	struct zone_answer found;
	/* We have one class only, so an answer for all classes is not authoritative
	 * (RFC 1035 §6.2). */
	t->flags = t->query->class == CLASS_ANY ? 0 : MSG_AA;
	for (int i = 0; i < LIMIT_SERVE_CHAIN; i++) {
		if (common_is_multicast(&t->key)) {
			if (i == 0)
				refuse(t, RCODE_REFUSED, EXTENDED_NOT_AUTHORITATIVE);
			break;
		}
		look_up(t, &found);
		if (UNLIKELY(zone_is_beginning(t->ctx->zone, &t->key)) &&
			!(found.set && found.set->is_signed)) {
			refuse(t, RCODE_SERVFAIL, EXTENDED_NOT_READY);
			break;
		}
		if (LIKELY(!act(t, &found, i == 0)))
			break;
	}
	add_proofs(t);
}

/* Handles types that exist only in queries, except ANY. True if that was the answer. */
static bool is_answered_as_meta(struct task *t)
{
	struct zone_answer found;
	switch (t->query->type) {
	case RR_AXFR:
	case RR_IXFR:
		zone_lookup(t->ctx->zone, &t->key, RR_SOA, VIEW_ANY, &found);
		if (found.outcome == ZONE_OUTSIDE)
			refuse(t, RCODE_NOTAUTH, EXTENDED_NOT_AUTHORITATIVE);
		else
			refuse(t, RCODE_REFUSED, EXTENDED_PROHIBITED);
		return true;
	case RR_OPT:
	case RR_TSIG:
	case RR_TKEY:
		t->rcode = RCODE_FORMERR;
		t->result = SERVE_FORMERR;
		return true;
	case RR_MAILA:
	case RR_MAILB:
		t->rcode = RCODE_NOTIMP;
		t->result = SERVE_NOTIMP;
		return true;
	default: return false;
	}
}

/* In classes that we do not serve there is at most one name. */
static void answer_other_class(struct task *t)
{
	const struct serve_policy *policy = t->ctx->policy;
	if (!policy || !chaos_is_asked(policy, t->query)) {
		refuse(t, RCODE_REFUSED,
			t->query->class == CLASS_CH ? EXTENDED_PROHIBITED
						    : EXTENDED_NOT_AUTHORITATIVE);
		return;
	}
	t->flags = MSG_AA;
	chaos_add(&t->reply, &policy->identity);
}

static void answer_good(struct task *t, const struct serve_client *client)
{
	if (UNLIKELY(t->query->class != CLASS_IN && t->query->class != CLASS_ANY)) {
		answer_other_class(t);
		return;
	}
	t->view = UNLIKELY(t->extension.has_subnet)
			  ? common_view_of_subnet(t->ctx, &t->extension.subnet)
			  : common_view(t->ctx, client);
	t->client = (struct prefix){client->addr, (uint8_t)(8 * addr_len(&client->addr))};
	if (UNLIKELY(t->extension.has_subnet))
		t->client = t->extension.subnet;
	t->name_off = MSG_HEADER_LEN;
	key_from_message(&t->key, t->query->bytes + MSG_HEADER_LEN, t->query->name_len);
	if (LIKELY(t->query->type < RR_OPT) || !is_answered_as_meta(t))
		answer_question(t);
}

static void take_error(struct task *t, unsigned rcode)
{
	t->rcode = (uint16_t)rcode;
	t->result = rcode == RCODE_FORMERR     ? SERVE_FORMERR
		    : rcode == RCODE_NOTIMP    ? SERVE_NOTIMP
		    : rcode == RCODE_BADCOOKIE ? SERVE_BADCOOKIE
					       : SERVE_OTHER;
}

/* Leaves only the question, and sets TC: the client asks again over TCP. A set is never cut. */
static void truncate(struct task *t)
{
	t->reply.at = t->reply.start + t->head_len;
	memset(t->reply.count, 0, sizeof(t->reply.count));
	t->flags |= MSG_TC;
	common_count(t->ctx, SERVE_TRUNCATED);
}

/* Returns the kind for which rate limiting counts the reply. */
static enum rrl_kind kind_of(enum serve_count result)
{
	return result == SERVE_NOERROR    ? RRL_ANSWER
	       : result == SERVE_REFERRAL ? RRL_REFERRAL
	       : result == SERVE_NODATA   ? RRL_NODATA
	       : result == SERVE_NXDOMAIN ? RRL_NXDOMAIN
					  : RRL_ERROR;
}

/* True if a reply may be sent, though it may have to be a short one. Over TCP, or with a good
 * cookie, the client's address is not forged, and nobody can be flooded. */
static bool is_within_limit(struct task *t, const struct serve_client *client)
{
	enum rrl_kind kind = kind_of(t->result);
	if (LIKELY(!t->ctx->rrl) || client->is_tcp || t->extension.is_verified)
		return true;
	enum rrl_verdict verdict = rrl_judge(t->ctx->rrl, &client->addr, kind, t->ctx->now);
	if (verdict == RRL_GIVE)
		return true;
	common_count(t->ctx, SERVE_LIMITED);
	t->is_full = true;
	if (kind != RRL_ERROR)
		t->rcode = RCODE_NOERROR;
	return verdict == RRL_TRUNCATE;
}

/* Starts the reply, and reserves room for OPT. */
static void begin_reply(
	struct task *t, const struct serve_client *client, uint8_t *reply, size_t cap)
{
	const struct query *q = t->query;
	memcpy(reply, q->bytes, t->head_len);
	t->reply = (struct reply){.start = reply,
		.at = reply + t->head_len,
		.end = reply + common_limit(client, q->has_edns ? q->edns_payload : 0, cap)};
	if (q->has_edns) {
		t->reply.end -= OPT_REPLY_LEN + t->extension.reply.len;
		common_count(t->ctx, SERVE_EDNS);
	}
}

static size_t finish_reply(struct task *t)
{
	const struct query *q = t->query;
	if (UNLIKELY(t->is_full))
		truncate(t);
	common_count(t->ctx, t->result);
	if (q->has_edns) {
		if (t->why != EXTENDED_NONE)
			extension_explain(&t->extension, t->why);
		extension_put(&t->extension, &t->reply, t->rcode, q->has_do);
	}
	reply_put_header(&t->reply, common_flags(q->flags) | t->flags | (t->rcode & 15),
		t->head_len > MSG_HEADER_LEN);
	return (size_t)(t->reply.at - t->reply.start);
}

/* Processes the options. False if the answer is known already, by these or by an
 * error in the query. */
static bool heed_options(
	struct task *t, const struct serve_client *client, enum query_verdict verdict)
{
	enum msg_rcode rcode = RCODE_NOERROR;
	extension_init(&t->extension);
	if (verdict != QUERY_GOOD && verdict != QUERY_COOKIE) {
		take_error(t, t->query->rcode);
		return false;
	}
	if (UNLIKELY(t->query->options.are_any))
		rcode = extension_heed(&t->extension, t->ctx, client, t->query);
	if (t->extension.is_verified)
		common_count(t->ctx, SERVE_COOKIES);
	if (rcode != RCODE_NOERROR)
		take_error(t, rcode);
	else if (verdict == QUERY_COOKIE)
		t->result = SERVE_NODATA;
	return rcode == RCODE_NOERROR && verdict == QUERY_GOOD;
}

/* Answers a parsed query; `verdict` is the result of parsing. */
static size_t answer_read(struct serve_ctx *ctx, const struct serve_client *client,
	const struct query *query, enum query_verdict verdict, uint8_t *reply, size_t reply_cap)
{
	struct task t;

	/* A reply to a response or to port 0 would be lost, or start an endless loop. */
	if (verdict == QUERY_DROP || client->port == 0 || reply_cap < UDP_PAYLOAD_MIN) {
		common_count(ctx, SERVE_DROPPED);
		return 0;
	}
	common_count(ctx, client->is_tcp ? SERVE_QUERIES_TCP : SERVE_QUERIES_UDP);
	t.ctx = ctx;
	t.query = query;
	t.head_len = verdict == QUERY_BAD_HEADER ? MSG_HEADER_LEN : query->question_end;
	t.flags = 0;
	t.rcode = RCODE_NOERROR;
	t.why = EXTENDED_NONE;
	t.result = SERVE_NOERROR;
	t.is_full = false;
	t.proof.count = 0;
	bool is_good = heed_options(&t, client, verdict);
	begin_reply(&t, client, reply, reply_cap);
	if (LIKELY(is_good))
		answer_good(&t, client);
	return is_within_limit(&t, client) ? finish_reply(&t) : 0;
}

size_t serve_any(struct serve_ctx *ctx, const struct serve_client *client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t reply_cap)
{
	struct query q;
	enum query_verdict verdict = query_parse(query, query_len, &q);
	return answer_read(ctx, client, &q, verdict, reply, reply_cap);
}
