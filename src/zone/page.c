/* SPDX-License-Identifier: ISC */
/*
 * Owns the layout of the pages of the ordered index, and the search in one of them.
 * Never frees anything, never changes what readers see but by one store.
 */
#include "zone/page.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* Writes a label with bytes 0 or 1 as a part of a key. Returns the end. */
static uint8_t *put_odd_label(uint8_t *to, const uint8_t *label)
{
	for (unsigned i = 1; i <= label[0]; i++) {
		uint8_t c = label[i];
		if (c < 2) {
			*to++ = 1;
			c++;
		}
		*to++ = c;
	}
	*to++ = 0;
	return to;
}

/* Writes a label as a part of a key. Reads and writes up to seven bytes more. */
static inline uint8_t *put_label(uint8_t *to, const uint8_t *label)
{
	const uint64_t ones = UINT64_MAX / UINT8_MAX;
	unsigned len = label[0];
	uint64_t low = 0;
	for (unsigned at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t word = load_word(label + 1 + at);
		memcpy(to + at, &word, sizeof(word));
		if (len - at < sizeof(word)) /* what is behind the label does not count */
			word |= htole64(UINT64_MAX << 8 * (len - at));
		low |= (word - 2 * ones) & ~word & 128 * ones;
	}
	if (UNLIKELY(low))
		return put_odd_label(to, label);
	to[len] = 0;
	return to + len + 1;
}

void page_key_of(struct page_key *key, const struct key *name)
{
	uint8_t labels[NAME_LABELS_MAX];
	const uint8_t *lower = key_lower(name);
	unsigned count = 0;
	uint8_t *to = key->bytes;
	for (unsigned at = 0; lower[at]; at += 1u + lower[at])
		labels[count++] = (uint8_t)at;
	while (count > 0)
		to = put_label(to, lower + labels[--count]);
	memset(to, 0, PAGE_HEAD_LEN);
	key->name = lower;
	key->name_len = name->len;
	key->len = (unsigned)(to - key->bytes);
}

static uint64_t head_at(const uint8_t *bytes)
{
	return be64toh(load_word(bytes));
}

/* A leaf that is full will be two: it needs no room for a tail. */
static unsigned tail_room(unsigned count)
{
	return count < PAGE_ENTRIES_MAX ? PAGE_TAIL_MAX : 0;
}

static const uint8_t *leaf_prefix(const struct page *leaf)
{
	return (const uint8_t *)&leaf->entries[leaf->count + tail_room(leaf->count)];
}

/* Compares the beginning of the key with the prefix. 0: the key begins with it. */
static int prefix_order(const struct page_key *key, const uint8_t *prefix, unsigned len)
{
	int diff = memcmp(key->bytes, prefix, key->len < len ? key->len : len);
	return diff ? diff : key->len < len ? -1 : 0;
}

/* Compares the name of an entry with that of the key; their heads are equal. */
static int name_order(uint64_t word, const struct page_key *key)
{
	const struct node *n = page_node(word);
	const uint8_t *name = node_name(n);
	if (n->name_len == key->name_len && memcmp(name, key->name, key->name_len) == 0)
		return 0;
	return name_cmp(name, key->name);
}

/* Returns the first of the entries in order whose head is above `head`, or is it if `is_below`. */
static unsigned first_above(const struct page *p, uint64_t head, bool is_below)
{
	unsigned first = 0;
	for (unsigned left = p->count; left > 0;) {
		unsigned half = left / 2;
		uint64_t middle = p->entries[first + half].head;
		bool is_over = is_below ? middle >= head : middle > head;
		first = is_over ? first : first + half + 1;
		left = is_over ? half : left - half - 1;
	}
	return first;
}

static unsigned slots_of(const struct page *leaf)
{
	return leaf->count + atomic_load_explicit(&leaf->tail, memory_order_acquire);
}

/* A search in one leaf. */
struct search {
	const struct page *leaf;
	struct page_quest *quest;
	int prefix;    /* how the key compares with the prefix: 0, it begins with it */
	uint64_t head; /* of the key, if it begins with the prefix */
	uint64_t best; /* word of the nearest entry so far */
	uint64_t best_head;
};

/* True if the entry is on the side that is looked at. */
static bool is_on_side(const struct search *s, uint64_t head, uint64_t word)
{
	int order = -s->prefix;
	if (s->prefix == 0)
		order = head != s->head ? (head < s->head ? -1 : 1)
					: name_order(word, s->quest->key);
	return order == 0 ? s->quest->or_at : (order < 0) == (s->quest->side < 0);
}

/* True if the entry is nearer than the best one so far. */
static bool is_nearer(const struct search *s, uint64_t head, uint64_t word)
{
	if (!s->best)
		return true;
	if (head != s->best_head)
		return (head > s->best_head) == (s->quest->side < 0);
	int order = name_cmp(node_name(page_node(word)), node_name(page_node(s->best)));
	return (order > 0) == (s->quest->side < 0);
}

/* Takes an entry if it is the nearest so far. */
static void consider(struct search *s, unsigned i)
{
	uint64_t head = s->leaf->entries[i].head, word = page_word(s->leaf, i);
	if (word == 0 || word & s->quest->skip)
		s->quest->has_passed = true;
	else if (is_on_side(s, head, word) && is_nearer(s, head, word)) {
		s->best = word;
		s->best_head = head;
	}
}

uint64_t page_nearest(const struct page *leaf, struct page_quest *quest)
{
	const struct page_key *key = quest->key;
	struct search s = {.leaf = leaf, .quest = quest};
	bool is_before = quest->side < 0;
	unsigned slots = slots_of(leaf), i;
	s.prefix = prefix_order(key, leaf_prefix(leaf), leaf->prefix_len);
	if (s.prefix == 0) {
		s.head = head_at(key->bytes + leaf->prefix_len);
		i = first_above(leaf, s.head, !is_before);
	} else {
		i = s.prefix < 0 ? 0 : leaf->count;
	}
	if (is_before)
		while (i > 0 && !s.best)
			consider(&s, --i);
	else
		while (i < leaf->count && !s.best)
			consider(&s, i++);
	for (i = leaf->count; i < slots; i++)
		consider(&s, i);
	return s.best;
}

/* Where each separator of a branch ends, counted from the first one's beginning. */
static const uint16_t *ends_of(const struct page *branch)
{
	return (const uint16_t *)&branch->entries[branch->count];
}

static const uint8_t *separator_of(const struct page *branch, unsigned i, unsigned *ret_len)
{
	const uint16_t *ends = ends_of(branch);
	unsigned begin = i > 0 ? ends[i - 1] : 0;
	*ret_len = ends[i] - begin;
	return (const uint8_t *)&ends[branch->count] + begin;
}

unsigned page_child_of(const struct page *branch, const struct page_key *key)
{
	unsigned first = 1, left = branch->count - 1u, len;
	if (left == 0)
		return 0;
	int order = prefix_order(key, separator_of(branch, 1, &len), branch->prefix_len);
	if (order)
		return order < 0 ? 0 : left;
	uint64_t head = head_at(key->bytes + branch->prefix_len);
	while (left > 0) {
		unsigned half = left / 2, middle = first + half;
		uint64_t other = branch->entries[middle].head;
		bool is_over = other > head;
		if (other == head) {
			const uint8_t *separator = separator_of(branch, middle, &len);
			is_over = prefix_order(key, separator, len) < 0;
		}
		first = is_over ? first : middle + 1;
		left = is_over ? half : left - half - 1;
	}
	return first - 1;
}

int page_find(const struct page *leaf, const struct page_key *key)
{
	if (prefix_order(key, leaf_prefix(leaf), leaf->prefix_len))
		return -1;
	uint64_t head = head_at(key->bytes + leaf->prefix_len);
	unsigned slots = slots_of(leaf);
	for (unsigned i = first_above(leaf, head, true); i < slots; i++) {
		uint64_t word = page_word(leaf, i);
		bool is_same = leaf->entries[i].head == head;
		if (is_same && word && name_order(word, key) == 0)
			return (int)i;
		if (!is_same && i < leaf->count)
			i = leaf->count - 1u; /* no more among those in order */
	}
	return -1;
}

/* Returns the index of a removed entry that can be used for a key with that head: the only one in
 * order with it, so its place among the others is right. -1: there is none. */
static int find_removed(const struct page *leaf, uint64_t head)
{
	unsigned i = first_above(leaf, head, true);
	bool is_it = i < leaf->count && leaf->entries[i].head == head && page_word(leaf, i) == 0;
	bool is_only = i + 1u >= leaf->count || leaf->entries[i + 1].head != head;
	return is_it && is_only ? (int)i : -1;
}

bool page_put(struct page *leaf, const struct page_key *key, uint64_t word)
{
	if (prefix_order(key, leaf_prefix(leaf), leaf->prefix_len))
		return false;
	uint64_t head = head_at(key->bytes + leaf->prefix_len);
	uint8_t tail = atomic_load_explicit(&leaf->tail, memory_order_relaxed);
	int i = find_removed(leaf, head);
	if (i < 0 && tail == tail_room(leaf->count))
		return false;
	leaf->live++;
	if (i >= 0) {
		page_store(leaf, (unsigned)i, word);
		return true;
	}
	leaf->entries[leaf->count + tail].head = head;
	page_store(leaf, leaf->count + tail, word);
	atomic_store_explicit(&leaf->tail, tail + 1, memory_order_release);
	return true;
}

static bool is_item_before(const struct page_item *a, const struct page_item *b)
{
	if (a->head != b->head)
		return a->head < b->head;
	return name_cmp(node_name(page_node(a->word)), node_name(page_node(b->word))) < 0;
}

/* Inserts the item in order. Returns its index. */
static unsigned insert(struct page_item *items, unsigned count, struct page_item item)
{
	unsigned at = 0;
	for (unsigned left = count; left > 0;) {
		unsigned half = left / 2;
		bool is_over = is_item_before(&item, &items[at + half]);
		at = is_over ? at : at + half + 1;
		left = is_over ? half : left - half - 1;
	}
	memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
	items[at] = item;
	return at;
}

unsigned page_items(const struct page *leaf, struct page_item items[PAGE_SLOTS_MAX])
{
	unsigned slots = slots_of(leaf), count = 0;
	for (unsigned i = 0; i < slots; i++) {
		struct page_item item = {leaf->entries[i].head, page_word(leaf, i)};
		if (item.word && i < leaf->count)
			items[count++] = item;
		else if (item.word)
			insert(items, count++, item);
	}
	return count;
}

unsigned page_insert(const struct page *leaf, struct page_item *items, unsigned count,
	const struct page_key *key, uint64_t word)
{
	struct page_item item = {0, word};
	int order = prefix_order(key, leaf_prefix(leaf), leaf->prefix_len);
	if (order == 0) {
		item.head = head_at(key->bytes + leaf->prefix_len);
		return insert(items, count, item);
	}
	unsigned at = order < 0 ? 0 : count;
	memmove(&items[at + 1], &items[at], (count - at) * sizeof(*items));
	items[at] = item;
	return at;
}

static unsigned common_len(const uint8_t *a, unsigned a_len, const uint8_t *b, unsigned b_len)
{
	unsigned len = 0;
	while (len < a_len && len < b_len && a[len] == b[len])
		len++;
	return len;
}

/* Makes the key of a node, without a name to compare others with. */
static void key_of_word(struct page_key *ret, uint64_t word)
{
	struct key key;
	key_from_name(&key, node_name(page_node(word)));
	page_key_of(ret, &key);
	ret->name = NULL;
}

static struct page *new_page(unsigned level, unsigned count, size_t bytes)
{
	struct page *p = malloc(bytes);
	if (!p)
		return NULL;
	p->bytes = (uint32_t)bytes;
	p->level = (uint8_t)level;
	p->count = p->live = (uint8_t)count;
	p->prefix_len = 0;
	atomic_init(&p->tail, 0);
	return p;
}

struct page *page_leaf(const struct page_item *items, unsigned count)
{
	struct page_key first, key;
	key_of_word(&first, items[0].word);
	key_of_word(&key, items[count - 1].word);
	unsigned len = count > 1 ? common_len(first.bytes, first.len, key.bytes, key.len) : 0;
	size_t entries = (size_t)(count + tail_room(count)) * sizeof(struct page_entry);
	struct page *leaf = new_page(0, count, sizeof(*leaf) + entries + len);
	if (!leaf)
		return NULL;
	leaf->prefix_len = (uint16_t)len;
	memcpy(&leaf->entries[count + tail_room(count)], first.bytes, len);
	for (unsigned i = 0; i < count; i++) {
		key_of_word(&key, items[i].word);
		leaf->entries[i].head = head_at(key.bytes + len);
		atomic_init(&leaf->entries[i].word, items[i].word);
	}
	return leaf;
}

/* Returns the head of a separator: behind it are no zero bytes to be read. */
static uint64_t separator_head(const struct page_child *child, unsigned skip)
{
	uint8_t bytes[PAGE_HEAD_LEN] = {0};
	unsigned left = child->separator_len - skip;
	memcpy(bytes, child->separator + skip, left < sizeof(bytes) ? left : sizeof(bytes));
	return head_at(bytes);
}

struct page *page_branch(const struct page_child *children, unsigned count)
{
	size_t bytes = 0, fixed = count * (sizeof(struct page_entry) + sizeof(uint16_t));
	for (unsigned i = 1; i < count; i++)
		bytes += children[i].separator_len;
	struct page *p = new_page(children[0].page->level + 1u, count, sizeof(*p) + fixed + bytes);
	if (!p)
		return NULL;
	const struct page_child *first = &children[1], *last = &children[count - 1];
	if (count > 1)
		p->prefix_len = (uint16_t)common_len(first->separator, first->separator_len,
			last->separator, last->separator_len);
	uint16_t *ends = (uint16_t *)&p->entries[count];
	uint8_t *begin = (uint8_t *)&ends[count], *to = begin;
	for (unsigned i = 0; i < count; i++) {
		const struct page_child *child = &children[i];
		p->entries[i].head = i > 0 ? separator_head(child, p->prefix_len) : 0;
		atomic_init(&p->entries[i].word, (uintptr_t)child->page);
		if (i > 0)
			to = mempcpy(to, child->separator, child->separator_len);
		ends[i] = (uint16_t)(to - begin);
	}
	return p;
}

unsigned page_children(const struct page *branch, struct page_child children[PAGE_ENTRIES_MAX])
{
	for (unsigned i = 0; i < branch->count; i++) {
		struct page_child *child = &children[i];
		child->page = page_child(branch, i);
		child->separator = separator_of(branch, i, &child->separator_len);
	}
	return branch->count;
}

unsigned page_separate(uint64_t before, uint64_t behind, struct page_key *ret)
{
	struct page_key key;
	key_of_word(&key, before);
	key_of_word(ret, behind);
	return common_len(key.bytes, key.len, ret->bytes, ret->len) + 1;
}
