/* SPDX-License-Identifier: ISC */
/*
 * Owns the question of `explain`: asks the answer path in the same way as a client.
 * Never answers by itself, so the result is what is really served.
 */
#include "pipeline/explain.h"

#include <string.h>

#include "base/err.h"
#include "pipeline/inside.h"
#include "serve/answer.h"
#include "wire/msg.h"
#include "wire/pack.h"

/* Finds the label of the workload: N in N.DOMAIN, N.wan.DOMAIN, N.local. */
static void find_label(const struct pipeline *p, const uint8_t *name, char ret[LABEL_CAP + 1])
{
	static const char *const branches[] = {"", "wan", "lan"};
	const uint8_t *above = name_parent(name);
	bool is_ours = name[0] > 0 && name_equal(above, name_local);
	for (size_t i = 0; i < ARRAY_LEN(branches) && !is_ours; i++) {
		struct name branch;
		name_copy(&branch, p->config.policy.domain.wire);
		if (*branches[i] &&
			name_prepend(branches[i], strlen(branches[i]), branch.wire, &branch))
			continue;
		is_ours = name[0] > 0 && name_equal(above, branch.wire);
	}
	if (!is_ours || !label_of(name, ret))
		ret[0] = '\0';
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
	if (read_name(p, name, &ret->name))
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
	find_label(p, ret->name.wire, ret->label);
	ret->rcode = ret->is_local ? "MDNS" : find_rcode(p, ret);
	return NULL;
}

static void note_served(void *arg, const struct names_addr *addr)
{
	*(bool *)arg |= addr->verdict == ADDR_SERVED;
}

bool explain_hidden_alias(const struct pipeline *p, const struct explained *e, struct rdata *ret)
{
	if (!e->is_local)
		return zone_hidden_alias(p->zone, e->name.wire, ret);
	const struct static_owner *owner = collection_find(p->files, e->name.wire);
	bool is_served = false;
	if (!owner || owner->sets[0].type != RR_CNAME)
		return false;
	(void)!names_explain(p->names, e->label, note_served, &is_served);
	*ret = owner->sets[0].rdata[0];
	return is_served;
}

static void each_in(const uint8_t *bytes, size_t len,
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
		if (r.err || rr_rdata_expand(&r, &rr, &out))
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
		each_in(e->reply, ask(p, e, asked_types[i]), visit, arg);
}

void explain_each_addr(const struct pipeline *p, const struct explained *e,
	void (*visit)(void *arg, const struct names_addr *addr), void *arg)
{
	if (e->label[0])
		(void)!names_explain(p->names, e->label, visit, arg);
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
