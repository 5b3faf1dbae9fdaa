/* SPDX-License-Identifier: ISC */
/*
 * Owns the block in which the records of an owner are published: its layout, building, and reading.
 * Never changes a block once built.
 */
#include "zone/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/ends.h"
#include "base/err.h"
#include "base/slabs.h"

enum { SET_RECORDS_MAX = (1 << 12) - 1, SETS_MAX = UINT8_MAX, NODE_BYTES_MAX = UINT16_MAX };

/* A node while it is made. */
struct building {
	struct node_form form;
	const struct name *name; /* in lower case */
	bool is_cut;
	size_t sets, bytes;
	struct node *node;
	struct wr w;
};

/* A run of facts of one type that is written as one set, for `view`. */
struct run {
	const struct fact *at;
	size_t count; /* number of facts; those with `view` count */
	unsigned view;
	unsigned ttl_of; /* bit number of the view whose TTL is used */
};

/* True if all views see the same: then one set serves them all. */
static bool is_for_all(const struct fact *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i].view != VIEW_ANY || at[i].ttl[0] != at[i].ttl[1])
			return false;
	return true;
}

/* Splits the facts of one type into one run, or one per view. Returns their number. */
static size_t split_runs(const struct fact *at, size_t count, struct run runs[VIEW_COUNT])
{
	size_t n = 0;
	if (is_for_all(at, count)) {
		runs[0] = (struct run){at, count, VIEW_ANY, 0};
		return 1;
	}
	for (unsigned v = 0; v < VIEW_COUNT; v++) {
		bool has_any = false;
		for (size_t i = 0; i < count; i++)
			has_any |= at[i].view & 1 << v;
		if (has_any)
			runs[n++] = (struct run){at, count, 1u << v, v};
	}
	return n;
}

static bool is_private(const struct fact *fact)
{
	struct addr a = addr_make(fact->len == 4 ? ADDR_V4 : ADDR_V6, fact->bytes);
	return addr_scope(&a) == ADDR_SCOPE_LAN;
}

/* True if clients may get only some of the addresses. */
static bool is_near_run(const struct run *run, size_t records)
{
	bool has_private = false;
	uint16_t len = run->at->type == RR_A ? 4 : run->at->type == RR_AAAA ? 16 : 0;
	for (size_t i = 0; i < run->count && len > 0 && records > 1; i++)
		if (run->at[i].view & run->view && run->at[i].len == len)
			has_private |= is_private(&run->at[i]);
	return has_private;
}

/* True if a set of that type gets signatures. At a cut only what the parent zone says with authority does (RFC
 * 4035 §2.2). For what the signer refuses it is not asked: the others would wait for that. */
static bool is_to_sign(const struct building *b, uint16_t type)
{
	const bool is_apex = b->form.is_apex;
	return b->form.key_count > 0 && (!b->is_cut || type == RR_DS || type == RR_NSEC) &&
	       (rr_type_is_signable(type, is_apex) || (is_apex && rr_type_is_of_signer(type)));
}

/* Returns what a link does not store of the name that it leads to. */
static struct node_next next_of(const struct name *owner, const uint8_t *name)
{
	const unsigned parent = owner->len - 1u - owner->wire[0], most = NODE_HAS_LAST - 1;
	const struct ends e = ends_of(owner->wire, owner->len, name, name_len(name));
	struct node_next next = {.first = e.first < most ? (unsigned)e.first : most,
		.last = e.last < parent ? (unsigned)e.last : parent};
	next.own = name + next.first;
	next.own_len = (unsigned)name_len(name) - next.first - next.last;
	return next;
}

static bool is_sibling(const struct building *b, const struct node_next *next)
{
	return next->last == b->name->len - 1u - b->name->wire[0];
}

/* Returns how many bytes a link takes. */
static unsigned link_len(const struct building *b, const uint8_t *name)
{
	const struct node_next next = next_of(b->name, name);
	return 1u + !is_sibling(b, &next) + next.own_len;
}

static void write_link(struct building *b, const uint8_t *name)
{
	const struct node_next next = next_of(b->name, name);
	const bool has_last = !is_sibling(b, &next);
	wr_u8(&b->w, (uint8_t)(next.first | (has_last ? NODE_HAS_LAST : 0)));
	if (has_last)
		wr_u8(&b->w, (uint8_t)next.last);
	wr_bytes(&b->w, next.own, next.own_len);
}

/* Computes the length of the run's rdata and signatures. Fills in `*set` except its offset. ERR_RANGE. */
static int measure_run(
	const struct building *b, const struct run *run, struct node_set *set, size_t *bytes)
{
	size_t records = 0, sum = 0;
	unsigned len = 0;
	bool is_even = true;
	const bool is_signed = is_to_sign(b, run->at->type);
	const bool is_chain = is_signed && run->at->type == RR_NSEC;
	for (size_t i = 0; i < run->count; i++) {
		const struct fact *fact = &run->at[i];
		if (!(fact->view & run->view))
			continue;
		const unsigned fact_len = is_chain ? link_len(b, fact->bytes) : fact->len;
		is_even &= records == 0 || fact_len == len;
		len = fact_len;
		sum += fact_len;
		records++;
	}
	if (records > SET_RECORDS_MAX)
		return ERR_RANGE;
	is_even &= len > 0;
	*set = (struct node_set){
		.type = run->at->type,
		.len = (uint16_t)(is_even ? len : 0),
		.count = records & SET_RECORDS_MAX,
		.is_signed = is_signed,
		.is_near = is_even && !b->form.sends_all && is_near_run(run, records),
		.view = run->view & VIEW_ANY,
		.ttl = 0,
	};
	for (size_t i = 0; i < run->count; i++)
		if (run->at[i].view & run->view)
			set->ttl = run->at[i].ttl[run->ttl_of];
	*bytes = sum + (is_even ? 0 : 2 * records);
	if (set->is_signed)
		*bytes += b->form.key_count * sizeof(struct node_sig);
	return 0;
}

static void write_run(struct building *b, const struct run *run, const struct node_set *set)
{
	struct wr *w = &b->w;
	for (size_t i = 0; i < run->count; i++) {
		const struct fact *fact = &run->at[i];
		if (!(fact->view & run->view))
			continue;
		if (node_is_chain(set)) {
			write_link(b, fact->bytes);
			continue;
		}
		if (set->len == 0)
			wr_u16(w, fact->len);
		wr_bytes(w, fact->bytes, fact->len);
	}
}

/* Leaves room for the signatures of a set. */
static void write_blanks(struct building *b)
{
	for (unsigned i = 0; i < b->form.key_count; i++) {
		const struct node_sig blank = {
			.stamp = i & 63, .has_more = i + 1 < b->form.key_count, .is_blank = true};
		wr_bytes(&b->w, &blank, sizeof(blank));
	}
}

/* Calls a function for each run of the facts, in order; stops at an error. */
static int each_run(const struct facts *facts,
	int (*visit)(struct building *b, const struct run *run), struct building *b)
{
	for (size_t i = 0, n; i < facts->count; i += n) {
		struct run runs[VIEW_COUNT];
		n = facts_of_type(facts, i);
		size_t run_count = split_runs(&facts->at[i], n, runs);
		for (size_t r = 0; r < run_count; r++) {
			int err = visit(b, &runs[r]);
			if (err)
				return err;
		}
	}
	return 0;
}

static int add_size(struct building *b, const struct run *run)
{
	struct node_set set;
	size_t bytes;
	int err = measure_run(b, run, &set, &bytes);
	b->sets++;
	b->bytes += err ? 0 : bytes;
	return err;
}

static int fill_set(struct building *b, const struct run *run)
{
	struct node *n = b->node;
	struct node_set *set = &n->sets[n->set_count++];
	size_t bytes;
	int err = measure_run(b, run, set, &bytes);
	if (err)
		return err;
	set->off = (uint16_t)wr_len(&b->w);
	write_run(b, run, set);
	if (set->is_signed)
		write_blanks(b);
	if (set->view != VIEW_ANY)
		n->flags |= NODE_VIEWS;
	return 0;
}

static uint8_t flags_of_type(uint16_t type, bool is_apex)
{
	if (type == RR_NS && !is_apex)
		return NODE_CUT;
	return type == RR_DNAME ? NODE_DNAME : type == RR_CNAME ? NODE_CNAME : 0;
}

static bool has_asterisk(const uint8_t *name)
{
	for (; name[0]; name = name_parent(name))
		if (name[0] == 1 && name[1] == '*')
			return true;
	return false;
}

/* The number of labels that a signature says: without the root and without "*" at the beginning (RFC 4034
 * §3.1.3). */
static uint8_t labels_to_sign(const uint8_t *name)
{
	return (uint8_t)(name_labels(name) - (name[0] == 1 && name[1] == '*'));
}

static void write_stamps(struct building *b)
{
	const struct node_stamp stamp = {
		.labels = labels_to_sign(b->name->wire), .signer_len = (uint8_t)b->form.signer_len};
	for (unsigned i = 0; i < b->form.stamp_count; i++)
		wr_bytes(&b->w, &stamp, sizeof(stamp));
}

static bool has_type(const struct facts *facts, uint16_t type)
{
	for (size_t i = 0; i < facts->count; i++)
		if (facts->at[i].type == type)
			return true;
	return false;
}

/* Writes names and sets into the empty node. */
static int fill(struct building *b, const uint8_t *name, const struct facts *facts, bool is_cased)
{
	struct node *n = b->node;
	n->name_len = b->name->len;
	n->flags = (uint8_t)((b->form.is_apex ? NODE_APEX : 0) | (is_cased ? NODE_CASED : 0) |
			     (b->form.key_count ? NODE_SIGNED : 0) |
			     (b->form.key_count && b->form.is_apex ? NODE_SIGNED_ZONE : 0));
	n->is_wildcard = has_asterisk(name);
	n->source = b->form.source & 7;
	wr_room(&b->w, sizeof(*n) + b->sets * sizeof(struct node_set));
	wr_bytes(&b->w, b->name->wire, b->name->len);
	if (is_cased)
		wr_bytes(&b->w, name, b->name->len);
	write_stamps(b);
	int err = each_run(facts, fill_set, b);
	for (unsigned i = 0; i < n->set_count; i++)
		n->flags |= flags_of_type(n->sets[i].type, b->form.is_apex);
	return err ? err : b->w.err ? ERR_RANGE : 0;
}

static struct node *node_alloc(struct slabs *slabs, size_t size)
{
	const bool is_in_slab = slabs && slabs_have(size);
	struct node *n = is_in_slab ? slabs_take(slabs, size) : calloc(1, size);
	if (n)
		n->is_in_slab = is_in_slab;
	return n;
}

int node_new(
	const uint8_t *name, const struct facts *facts, struct node_form form, struct node **ret)
{
	struct name lower;
	name_copy(&lower, name);
	name_lower(&lower);
	struct building b = {
		.form = form, .name = &lower, .is_cut = !form.is_apex && has_type(facts, RR_NS)};
	int err = each_run(facts, add_size, &b);
	if (err)
		return err;
	bool is_cased = memcmp(lower.wire, name, lower.len) != 0;
	size_t head = sizeof(struct node) + b.sets * sizeof(struct node_set);
	size_t size = head + lower.len + (is_cased ? lower.len : 0u) +
		      form.stamp_count * sizeof(struct node_stamp) + b.bytes;
	if (b.sets > SETS_MAX || size > NODE_BYTES_MAX)
		return ERR_RANGE;
	b.node = node_alloc(form.slabs, size);
	if (!b.node)
		return ERR_NOMEM;
	b.w = wr_init(b.node, size);
	err = fill(&b, name, facts, is_cased);
	if (err)
		node_free(b.node);
	else
		*ret = b.node;
	return err;
}

void node_free(struct node *n)
{
	if (n && n->is_in_slab)
		slabs_give(n);
	else
		free(n);
}

/* Returns the end of the set with its signatures. */
static const uint8_t *set_end(const struct node *n, const struct node_set *set)
{
	const struct node_sig *sig = node_sigs(n, set);
	if (!set->is_signed)
		return (const uint8_t *)sig;
	while (sig->has_more)
		sig++;
	return (const uint8_t *)(sig + 1);
}

size_t node_size(const struct node *n)
{
	const uint8_t *end = node_spelling(n) + n->name_len;
	if (n->set_count > 0)
		end = set_end(n, &n->sets[n->set_count - 1]);
	return (size_t)(end - (const uint8_t *)n);
}

size_t node_records(const struct node *n)
{
	size_t records = 0;
	for (unsigned i = 0; i < n->set_count; i++)
		records += n->sets[i].count;
	return records;
}

static bool set_equal(const struct node *a, const struct node_set *x, const struct node *b,
	const struct node_set *y)
{
	const uint8_t *from = node_rdata(a, x);
	size_t len = (size_t)(node_rdata_end(a, x) - from);
	return x->type == y->type && x->view == y->view && x->ttl == y->ttl && x->len == y->len &&
	       x->count == y->count && x->is_near == y->is_near &&
	       len == (size_t)(node_rdata_end(b, y) - node_rdata(b, y)) &&
	       memcmp(from, node_rdata(b, y), len) == 0;
}

/* Returns the next set from number `*i` on that a source says, and moves `*i` behind it. NULL: none. */
static const struct node_set *next_said(const struct node *n, unsigned *i)
{
	while (*i < n->set_count) {
		const struct node_set *set = &n->sets[(*i)++];
		if (!node_is_chain(set))
			return set;
	}
	return NULL;
}

bool node_equal(const struct node *a, const struct node *b)
{
	if (memcmp(node_spelling(a), node_spelling(b), a->name_len) != 0)
		return false;
	for (unsigned i = 0, j = 0;;) {
		const struct node_set *x = next_said(a, &i), *y = next_said(b, &j);
		if (!x || !y)
			return x == y;
		if (!set_equal(a, x, b, y))
			return false;
	}
}

/* A cut has no other types with authority: RFC 4035 §2.3. */
static bool is_in_link(
	const struct node *n, const struct node_set *link, const struct node_set *set)
{
	return set->view & link->view &&
	       (!(n->flags & NODE_CUT) || set == link || set->type == RR_NS || set->type == RR_DS);
}

static void collect_types(
	const struct node *n, const struct node_set *link, struct nsec_types *types)
{
	types->count = 0;
	for (unsigned i = 0; i < n->set_count; i++)
		if (is_in_link(n, link, &n->sets[i]))
			nsec_add_type(types, n->sets[i].type);
	nsec_add_type(types, RR_RRSIG);
}

/* Writes the types if all are below 256, as nearly always: one window. */
static bool write_low_types(const struct node *n, const struct node_set *link, struct wr *w)
{
	uint8_t window[2 + 32] = {0}, *bits = window + 2;
	unsigned last = RR_NSEC >> 3;
	bits[RR_RRSIG >> 3] = 0x80 >> (RR_RRSIG & 7);
	for (unsigned i = 0; i < n->set_count; i++) {
		const unsigned type = n->sets[i].type;
		if (!is_in_link(n, link, &n->sets[i]))
			continue;
		if (type > 255)
			return false;
		bits[type >> 3] |= (uint8_t)(0x80 >> (type & 7));
		last = type >> 3 > last ? type >> 3 : last;
	}
	window[1] = (uint8_t)(last + 1);
	wr_bytes(w, window, 2 + window[1]);
	return true;
}

unsigned node_write_link(
	const struct node *n, const struct node_set *link, uint8_t *out, size_t room)
{
	const struct node_next next = node_next(n, link);
	uint8_t name[NODE_NEXT_ROOM];
	struct wr w = wr_init(out, room);
	node_write_next(n, &next, name);
	wr_bytes(&w, name, node_next_len(&next));
	if (!write_low_types(n, link, &w)) {
		struct nsec_types types;
		collect_types(n, link, &types);
		nsec_write_types(&types, &w);
	}
	return w.err ? 0 : (unsigned)wr_len(&w);
}

bool node_same_link(const struct node *a, const struct node_set *x, const struct node *b,
	const struct node_set *y)
{
	struct nsec_types one, other;
	collect_types(a, x, &one);
	collect_types(b, y, &other);
	return one.count == other.count &&
	       memcmp(one.at, other.at, one.count * sizeof(one.at[0])) == 0 && x->len == y->len &&
	       memcmp(node_rdata(a, x), node_rdata(b, y), x->len) == 0;
}

size_t node_write_rrsig(const struct node *n, const struct node_set *set,
	const struct node_sig *sig, uint8_t out[RRSIG_RDATA_MAX])
{
	struct wr w = wr_init(out, RRSIG_RDATA_MAX);
	const struct node_stamp *stamp = node_stamp(n, sig);
	wr_u16(&w, set->type);
	wr_u8(&w, stamp->alg);
	wr_u8(&w, stamp->labels);
	wr_u32(&w, set->ttl);
	wr_bytes(&w, stamp->times_tag, sizeof(stamp->times_tag));
	wr_bytes(&w, node_signer(n, stamp), stamp->signer_len);
	wr_bytes(&w, sig->bytes, sizeof(sig->bytes));
	return wr_len(&w);
}

struct rrsig node_read_sig(const struct node *n, const struct node_sig *sig)
{
	const struct node_stamp *stamp = node_stamp(n, sig);
	struct rrsig ret = {.key = {.alg = stamp->alg, .tag = get_u16(stamp->times_tag + 8)},
		.labels = stamp->labels,
		.expiration = get_u32(stamp->times_tag),
		.inception = get_u32(stamp->times_tag + 4)};
	memcpy(ret.bytes, sig->bytes, sizeof(ret.bytes));
	return ret;
}

static struct fact fact_of_set(const struct node_set *set)
{
	struct fact fact = {.type = set->type, .view = set->view};
	for (int v = 0; v < VIEW_COUNT; v++)
		fact.ttl[v] = set->view & 1 << v ? set->ttl : 0;
	return fact;
}

/* A link is written to `*to`, which moves behind it. */
static int add_set(
	struct facts *facts, const struct node *n, const struct node_set *set, uint8_t **to)
{
	const uint8_t *at = node_rdata(n, set);
	struct fact fact = fact_of_set(set);
	for (unsigned r = 0; r < set->count; r++) {
		struct rdata rdata = node_read_rdata(n, set, &at, *to);
		if (node_is_chain(set))
			*to += rdata.len;
		fact.bytes = rdata.bytes;
		fact.len = rdata.len;
		int err = facts_add_one(facts, &fact);
		if (err)
			return err;
	}
	return 0;
}

int facts_add_node(struct facts *facts, const struct node *n)
{
	const struct node_set *set;
	uint8_t *unused = NULL; /* no source says a link */
	for (unsigned i = 0; (set = next_said(n, &i));) {
		int err = add_set(facts, n, set, &unused);
		if (err)
			return err;
	}
	return 0;
}

/* Adds the signatures of a set; their rdata is written to `*to`, which moves behind it. */
static int add_sigs(
	struct facts *facts, const struct node *n, const struct node_set *set, uint8_t **to)
{
	struct fact fact = fact_of_set(set);
	fact.type = RR_RRSIG;
	for (const struct node_sig *sig = node_sigs(n, set);; sig++) {
		fact.bytes = *to;
		fact.len = (uint16_t)node_write_rrsig(n, set, sig, *to);
		*to += fact.len;
		int err = facts_add_one(facts, &fact);
		if (err || !sig->has_more)
			return err;
	}
}

/* Makes room for the rdata of all signatures and links of the node. ERR_NOMEM. */
static int reserve_made(struct facts *facts, const struct node *n)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < n->set_count; i++) {
		bytes += n->sets[i].is_signed ? (size_t)RRSIG_KEYS_MAX * RRSIG_RDATA_MAX : 0;
		bytes += node_is_chain(&n->sets[i]) ? NSEC_RDATA_MAX : 0;
	}
	return ARRAY_RESERVE(facts->made, facts->made_cap, bytes);
}

int facts_add_all(struct facts *facts, const struct node *n)
{
	int err = reserve_made(facts, n) ? ERR_NOMEM : 0;
	uint8_t *to = facts->made;
	for (unsigned i = 0; i < n->set_count && !err; i++) {
		err = add_set(facts, n, &n->sets[i], &to);
		if (!err && n->sets[i].is_signed)
			err = add_sigs(facts, n, &n->sets[i], &to);
	}
	return err;
}
