/* SPDX-License-Identifier: ISC */
/*
 * Owns the question of `explain`: asks the answer path in the same way as a client.
 * Never answers by itself, so the result is what is really served.
 */
#include "pipeline/explain.h"

#include <string.h>

#include "base/err.h"
#include "pipeline/inside.h"
#include "zone/lookup.h"
#include "serve/answer.h"
#include "wire/msg.h"
#include "wire/pack.h"

/* Finds the label of the workload: N in N.DOMAIN, N.wan.DOMAIN, N.lan.DOMAIN, N.local. */
static enum explain_branch find_label(
	const struct pipeline *p, const uint8_t *name, char ret[LABEL_CAP + 1])
{
	static const char *const branches[] = {
		[EXPLAIN_PLAIN] = "", [EXPLAIN_WAN] = "wan", [EXPLAIN_LAN] = "lan"};
	const uint8_t *above = name_parent(name);
	enum explain_branch found = EXPLAIN_NONE;
	ret[0] = '\0';
	if (name[0] == 0)
		return EXPLAIN_NONE;
	if (name_equal(above, name_local))
		found = EXPLAIN_LOCAL;
	for (size_t i = EXPLAIN_PLAIN; i < ARRAY_LEN(branches) && !found; i++) {
		struct name branch;
		name_copy(&branch, p->config.policy.domain.wire);
		if (*branches[i] &&
			name_prepend(branches[i], strlen(branches[i]), branch.wire, &branch))
			continue;
		if (name_equal(above, branch.wire))
			found = (enum explain_branch)i;
	}
	if (found && !label_of(name, ret))
		ret[0] = '\0';
	return ret[0] ? found : EXPLAIN_NONE;
}

static const uint16_t asked_types[] = {RR_A, RR_AAAA, RR_PTR};

/* Asks the answer path one question, as a client over TCP. Returns the length of e->reply. */
static size_t ask(const struct pipeline *p, struct explained *e, uint16_t type)
{
	uint8_t query[UDP_PAYLOAD_MIN];
	struct pack pack;
	struct serve_ctx ctx = {.zone = zone_reader(p->zone), .views = &p->views};
	struct serve_client client = {.addr = e->client, .port = 1024, .is_tcp = true};
	pack_init(&pack, query, sizeof(query), 0, 0);
	if (pack_question(&pack, e->name.wire, type, CLASS_IN))
		return 0;
	return serve_answer(&ctx, &client, query, pack.len, e->reply, sizeof(e->reply));
}

static const char *find_rcode(const struct pipeline *p, struct explained *e)
{
	static const char *const texts[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
	unsigned rcode = RCODE_REFUSED, answers = 0;
	for (size_t i = 0; i < ARRAY_LEN(asked_types); i++) {
		struct rd r = rd_init(e->reply, ask(p, e, asked_types[i]));
		struct msg_header header;
		rd_header(&r, &header);
		if (r.err)
			continue;
		rcode = msg_rcode(&header);
		answers += header.count[SECTION_ANSWER];
	}
	if (rcode == RCODE_NOERROR && answers == 0)
		return "NODATA";
	return rcode < ARRAY_LEN(texts) ? texts[rcode] : "SERVFAIL";
}

/* Parses the name. It is relative to the domain if it has no dot. */
static int read_name(const struct pipeline *p, const char *text, struct name *ret)
{
	const uint8_t *origin = strchr(text, '.') ? NULL : p->config.policy.domain.wire;
	return name_from_text(text, origin, ret);
}

const char *explain_start(const struct pipeline *p, const char *words, struct explained *ret)
{
	char name[NAME_TEXT_CAP];
	size_t len = strcspn(words, " ");
	if (len >= sizeof(name))
		return "the name is too long";
	memcpy(name, words, len);
	name[len] = '\0';
	ret->asked = (struct addr){0};
	if (addr_parse(name, &ret->asked) == 0)
		name_reverse(&ret->asked, (unsigned)addr_len(&ret->asked) * 8, &ret->name);
	else if (read_name(p, name, &ret->name))
		return "the name is malformed";
	if (words[len] == '\0') {
		static const uint8_t loopback[] = {127, 0, 0, 1};
		ret->client = addr_make(ADDR_V4, loopback);
	} else if (addr_parse(words + len + 1, &ret->client)) {
		return "the client's address is malformed";
	}
	const struct view_table *views = atomic_load(&p->views.table);
	if (!views)
		return "not ready yet";
	ret->rule = view_table_match(views, &ret->client);
	ret->is_local = name_is_mdns(ret->name.wire);
	ret->branch = find_label(p, ret->name.wire, ret->label);
	ret->rcode = ret->is_local ? "MDNS" : find_rcode(p, ret);
	return NULL;
}

static void note_served(void *arg, const struct names_addr *addr)
{
	*(bool *)arg |= addr->verdict == ADDR_SERVED;
}

bool explain_signature(const struct pipeline *p, const struct explained *e, struct rrsig *ret,
	const uint8_t **ret_zone)
{
	struct key key;
	key_from_name(&key, e->name.wire);
	const struct node *n = zone_node(zone_reader(p->zone), &key);
	for (unsigned i = 0; n && !e->is_local && i < n->set_count; i++) {
		if (!n->sets[i].is_signed)
			continue;
		const struct node_sig *sig = node_sigs(n, &n->sets[i]);
		*ret = node_read_sig(n, sig);
		*ret_zone = node_signer(n, node_stamp(n, sig));
		return true;
	}
	return false;
}

bool explain_hidden_alias(const struct pipeline *p, const struct explained *e, struct rdata *ret)
{
	if (!e->is_local)
		return zone_hidden_alias(p->zone, e->name.wire, ret);
	const struct static_owner *owner = statics_find(p, e->name.wire);
	bool is_served = false;
	if (!owner || owner->sets[0].type != RR_CNAME)
		return false;
	(void)!names_explain(p->names, e->label, note_served, &is_served);
	*ret = owner->sets[0].rdata[0];
	return is_served;
}

/* Calls `visit` for the records of the answer to the question for that type. The aliases on the way are
 * the same for each type: only the first question tells them. */
static void each_in(const uint8_t *bytes, size_t len, uint16_t type,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
{
	struct rd r = rd_init(bytes, len);
	struct msg_header header;
	struct question question;
	rd_header(&r, &header);
	rd_question(&r, &question);
	for (unsigned i = 0; i < header.count[SECTION_ANSWER] && !r.err; i++) {
		struct rr rr;
		uint8_t rdata[UDP_PAYLOAD_MIN];
		struct wr out = wr_init(rdata, sizeof(rdata));
		rd_rr(&r, &rr);
		bool is_told = rr.type != type && type != asked_types[0];
		if (r.err || is_told || rr_rdata_expand(&r, &rr, &out))
			continue;
		visit(arg, &(struct zone_change){.is_added = true,
				   .owner = rr.owner.wire,
				   .type = rr.type,
				   .view = VIEW_ANY,
				   .ttl = rr.ttl,
				   .rdata = {rdata, (uint16_t)wr_len(&out)}});
	}
}

void explain_each_answer(const struct pipeline *p, struct explained *e,
	void (*visit)(void *arg, const struct zone_change *record), void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(asked_types) && !e->is_local; i++)
		each_in(e->reply, ask(p, e, asked_types[i]), asked_types[i], visit, arg);
}

void explain_each_addr(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg)
{
	if (e->label[0])
		(void)!names_explain(p->names, e->label, visit, arg);
}

/* The search for an address among those that the client gets. */

struct search {
	const struct addr *addr;
	const struct view_table *views;
	uint64_t wire;   /* of the client's link; 0: none */
	bool is_found;   /* the address itself */
	bool has_nearer; /* an address on the client's own link */
};

static void search_rdata(struct search *s, uint16_t type, const struct rdata *rdata)
{
	if (type != RR_A && type != RR_AAAA)
		return;
	struct addr told = addr_make(type == RR_A ? ADDR_V4 : ADDR_V6, rdata->bytes);
	s->is_found |= addr_equal(&told, s->addr);
	s->has_nearer |= s->wire != 0 && view_table_match(s->views, &told)->wire == s->wire;
}

static void search_record(void *arg, const struct zone_change *record)
{
	search_rdata(arg, record->type, &record->rdata);
}

static void search_held(void *arg, const struct mdns_held *held)
{
	search_rdata(arg, held->type, &held->rdata);
}

/* On a link, our records have the current name there. */
static void search_status(void *arg, const struct mdns_status *status)
{
	*(struct name *)arg = status->current;
}

static void search_local(const struct mdns *mdns, const struct explained *e, struct search *s)
{
	struct name current = e->name;
	mdns_each_status_of(mdns, e->name.wire, search_status, &current);
	mdns_each_held(mdns, current.wire, search_held, s);
}

/* True if a zone file has records of the address's type under that name: they stand in its place. */
static bool is_replaced(
	const struct pipeline *p, const struct explained *e, const struct names_addr *na)
{
	const uint16_t type = na->addr->info.addr.family == ADDR_V4 ? RR_A : RR_AAAA;
	const struct static_owner *owner = statics_find(p, e->name.wire);
	for (size_t i = 0; owner && i < owner->count; i++)
		if (owner->sets[i].type == type)
			return true;
	return false;
}

/* Finds the reason against an address, by the rules of name/host.c and zone/view.h. */
static const char *withheld_reason(
	const struct explained *e, const struct names_addr *na, const struct search *s)
{
	if (e->branch == EXPLAIN_LOCAL)
		return "on no link where the name is ours";
	if (na->scope == ADDR_SCOPE_LOCAL)
		return "a link-local address; only multicast DNS tells it";
	if (e->branch == EXPLAIN_WAN)
		return "a lan address; names below wan have none";
	if (e->branch == EXPLAIN_LAN)
		return "a wan address; names below lan have none";
	if (na->scope == ADDR_SCOPE_LAN && e->rule->view == VIEW_WAN)
		return "a lan address, and the client is wan";
	if (na->scope == ADDR_SCOPE_WAN)
		return "a wan address; a lan client is told the lan ones";
	if (s->has_nearer)
		return "another address is on the client's own link";
	if (view_table_match(s->views, &na->addr->info.addr)->is_inner)
		return "behind a bridge that has only containers and guests";
	return "not in the answer";
}

const char *explain_withheld(const struct pipeline *p, const struct mdns *mdns, struct explained *e,
	const struct names_addr *na)
{
	struct search s = {.addr = &na->addr->info.addr,
		.views = atomic_load(&p->views.table),
		.wire = e->rule->wire};
	if (na->verdict != ADDR_SERVED)
		return addr_verdict_text(na->verdict);
	if (e->is_local)
		search_local(mdns, e, &s);
	else
		explain_each_answer(p, e, search_record, &s);
	if (s.is_found)
		return NULL;
	return is_replaced(p, e, na) ? "a zone file has records in its place"
				     : withheld_reason(e, na, &s);
}

static void ignore_addr(void *arg UNUSED, const struct names_addr *addr UNUSED)
{
}

bool explain_is_claimed(const struct pipeline *p, const struct explained *e)
{
	return e->label[0] && names_explain(p->names, e->label, ignore_addr, NULL) != ERR_ABSENT;
}

/* Finds the links with the address that was asked for. */

struct holders {
	const struct addr *addr;
	void (*visit)(void *arg, const struct model_addr *addr);
	void *arg;
};

static void visit_holders(void *arg, const struct model_ns *ns)
{
	const struct holders *h = arg;
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		if (!link->is_present)
			continue;
		LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
			if (addr->is_present && addr_equal(&addr->info.addr, h->addr))
				h->visit(h->arg, addr);
	}
}

int explain_each_holder(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct model_addr *addr), void *arg)
{
	struct holders h = {.addr = &e->asked, .visit = visit, .arg = arg};
	return e->asked.family == ADDR_NONE ? 0 : model_each_ns(p->model, visit_holders, &h);
}

/* The link of a record. */

struct link_search {
	const struct addr *addr;
	const struct model_link *link;
};

static void search_link(void *arg, const struct names_addr *na)
{
	struct link_search *s = arg;
	if (!s->link && addr_equal(&na->addr->info.addr, s->addr))
		s->link = na->addr->link;
}

const struct model_link *explain_find_link(
	const struct pipeline *p, const struct zone_change *record, struct addr *ret_addr)
{
	struct link_search s = {.addr = ret_addr};
	char label[LABEL_CAP + 1] = "";
	*ret_addr = (struct addr){0};
	if (record->type == RR_A || record->type == RR_AAAA) {
		*ret_addr =
			addr_make(record->type == RR_A ? ADDR_V4 : ADDR_V6, record->rdata.bytes);
		find_label(p, record->owner, label);
	} else if (record->type == RR_PTR && name_to_addr(record->owner, ret_addr) == 0) {
		find_label(p, record->rdata.bytes, label);
	}
	if (*label)
		(void)!names_explain(p->names, label, search_link, &s);
	return s.link;
}

/* Passes on the rejected words that equal the name asked for. */
struct reject_filter {
	const uint8_t *domain, *asked;
	explain_reject_fn *visit;
	void *arg;
};

/* True if the word is the name, alone or in the domain. */
static bool is_asked_for(const struct reject_filter *filter, const char *word, size_t len)
{
	char text[NAME_TEXT_CAP];
	struct name name;
	if (len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	return (name_from_text(text, filter->domain, &name) == 0 &&
		       name_equal(name.wire, filter->asked)) ||
	       (name_from_text(text, name_root, &name) == 0 &&
		       name_equal(name.wire, filter->asked));
}

static void pass_asked_for(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	const struct reject_filter *filter = arg;
	if (is_asked_for(filter, word, len))
		filter->visit(filter->arg, link, word, len, verdict);
}

void explain_each_reject(
	const struct pipeline *p, const struct explained *e, explain_reject_fn *visit, void *arg)
{
	struct reject_filter filter = {.domain = p->config.policy.domain.wire,
		.asked = e->name.wire,
		.visit = visit,
		.arg = arg};
	names_each_reject(p->names, pass_asked_for, &filter);
}
