/* SPDX-License-Identifier: ISC */
/*
 * Owns the block in which the records of an owner are published: its layout, building, and reading.
 * Never changes a block once built.
 */
#include "zone/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { SET_RECORDS_MAX = (1 << 13) - 1, SETS_MAX = UINT8_MAX, NODE_BYTES_MAX = UINT16_MAX };

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

/* Computes the length of the run's rdata. Fills in `*set` except its offset. ERR_RANGE. */
static int measure_run(const struct run *run, struct node_set *set, size_t *bytes)
{
	size_t records = 0, sum = 0;
	unsigned len = 0;
	bool is_even = true;
	for (size_t i = 0; i < run->count; i++) {
		const struct fact *fact = &run->at[i];
		if (!(fact->view & run->view))
			continue;
		is_even &= records == 0 || fact->len == len;
		len = fact->len;
		sum += fact->len;
		records++;
	}
	if (records > SET_RECORDS_MAX)
		return ERR_RANGE;
	is_even &= len > 0;
	*set = (struct node_set){
		.type = run->at->type,
		.len = (uint16_t)(is_even ? len : 0),
		.count = records & SET_RECORDS_MAX,
		.is_near = is_even && is_near_run(run, records),
		.view = run->view & VIEW_ANY,
		.ttl = 0,
	};
	for (size_t i = 0; i < run->count; i++)
		if (run->at[i].view & run->view)
			set->ttl = run->at[i].ttl[run->ttl_of];
	*bytes = sum + (is_even ? 0 : 2 * records);
	return 0;
}

static void write_run(const struct run *run, const struct node_set *set, struct wr *w)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct fact *fact = &run->at[i];
		if (!(fact->view & run->view))
			continue;
		if (set->len == 0)
			wr_u16(w, fact->len);
		wr_bytes(w, fact->bytes, fact->len);
	}
}

/* Calls a function for each run of the facts, in order; stops at an error. */
static int each_run(
	const struct facts *facts, int (*visit)(void *arg, const struct run *run), void *arg)
{
	for (size_t i = 0, n; i < facts->count; i += n) {
		struct run runs[VIEW_COUNT];
		n = facts_of_type(facts, i);
		size_t run_count = split_runs(&facts->at[i], n, runs);
		for (size_t r = 0; r < run_count; r++) {
			int err = visit(arg, &runs[r]);
			if (err)
				return err;
		}
	}
	return 0;
}

struct sizes {
	size_t sets, bytes;
};

static int add_size(void *arg, const struct run *run)
{
	struct sizes *sizes = arg;
	struct node_set set;
	size_t bytes;
	int err = measure_run(run, &set, &bytes);
	sizes->sets++;
	sizes->bytes += err ? 0 : bytes;
	return err;
}

struct filling {
	struct node *node;
	struct wr w;
};

static int fill_set(void *arg, const struct run *run)
{
	struct filling *f = arg;
	struct node_set *set = &f->node->sets[f->node->set_count++];
	size_t bytes;
	int err = measure_run(run, set, &bytes);
	if (err)
		return err;
	set->off = (uint16_t)wr_len(&f->w);
	write_run(run, set, &f->w);
	if (set->view != VIEW_ANY)
		f->node->flags |= NODE_VIEWS;
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

int node_new(const uint8_t *name, const struct facts *facts, bool is_apex, struct node **ret)
{
	struct sizes sizes = {0};
	int err = each_run(facts, add_size, &sizes);
	if (err)
		return err;
	struct name lower;
	name_copy(&lower, name);
	name_lower(&lower);
	bool is_cased = memcmp(lower.wire, name, lower.len) != 0;
	size_t head = sizeof(struct node) + sizes.sets * sizeof(struct node_set);
	size_t size = head + lower.len + (is_cased ? lower.len : 0u) + sizes.bytes;
	if (sizes.sets > SETS_MAX || size > NODE_BYTES_MAX)
		return ERR_RANGE;
	struct node *n = calloc(1, size);
	if (!n)
		return ERR_NOMEM;
	struct filling f = {.node = n, .w = wr_init(n, size)};
	n->name_len = lower.len;
	n->flags = (uint8_t)((is_apex ? NODE_APEX : 0) | (is_cased ? NODE_CASED : 0) |
			     (has_asterisk(name) ? NODE_WILDCARD : 0));
	wr_room(&f.w, head);
	wr_bytes(&f.w, lower.wire, lower.len);
	if (is_cased)
		wr_bytes(&f.w, name, lower.len);
	err = each_run(facts, fill_set, &f);
	if (err || f.w.err) {
		free(n);
		return err ? err : ERR_RANGE;
	}
	for (unsigned i = 0; i < n->set_count; i++)
		n->flags |= flags_of_type(n->sets[i].type, is_apex);
	*ret = n;
	return 0;
}

void node_free(struct node *n)
{
	free(n);
}

/* Returns the end of the set's rdata. */
static const uint8_t *set_end(const struct node *n, const struct node_set *set)
{
	const uint8_t *at = node_rdata(n, set);
	if (set->len)
		return at + (size_t)set->len * set->count;
	for (unsigned i = 0; i < set->count; i++)
		node_next_rdata(set, &at);
	return at;
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

bool node_equal(const struct node *a, const struct node *b)
{
	size_t skip = offsetof(struct node, name_len), size = node_size(a);
	return size == node_size(b) &&
	       memcmp((const uint8_t *)a + skip, (const uint8_t *)b + skip, size - skip) == 0;
}

int facts_add_node(struct facts *facts, const struct node *n)
{
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		struct fact fact = {.type = set->type, .view = set->view};
		for (int v = 0; v < VIEW_COUNT; v++)
			fact.ttl[v] = set->view & 1 << v ? set->ttl : 0;
		for (unsigned r = 0; r < set->count; r++) {
			struct rdata rdata = node_next_rdata(set, &at);
			fact.bytes = rdata.bytes;
			fact.len = rdata.len;
			int err = facts_add_one(facts, &fact);
			if (err)
				return err;
		}
	}
	return 0;
}
