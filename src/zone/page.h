/* SPDX-License-Identifier: ISC */
/*
 * The pages of the ordered index (zone/order.h). A page is one block. Its entries have 16 bytes: a
 * *head*, which is eight bytes of the entry's key, and a word. Only where heads are equal is a name
 * looked at.
 *
 *	leaf    entries in order | entries that came later (the tail) | prefix
 *	branch  entries in order | where each separator ends | separators
 *
 * The key of a name is its labels from the root on, in lower case, each closed by a zero byte. The
 * bytes 0 and 1 of a label are written as 1 1 and 1 2. So memcmp() gives the canonical order of
 * names (RFC 4034 §6.1). All keys of a page begin with its *prefix*; a head begins behind that.
 *
 * The word of a leaf's entry is a node, with the bits of enum order_state. A word of 0 is an entry
 * that was removed: its head stays, because searches go by it. The word of a branch's entry is a
 * page, which has the keys from its separator up to the next one. The first needs no separator.
 *
 * A page that readers may see changes in two ways only, each by one store with release: the word
 * of an entry, and the length of the tail, whose entries are complete by then. All other changes
 * make a new page.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "wire/key.h"
#include "zone/node.h"

enum {
	PAGE_ENTRIES_MAX = 64, /* in order */
	PAGE_TAIL_MAX = 8,
	PAGE_SLOTS_MAX = PAGE_ENTRIES_MAX + PAGE_TAIL_MAX,
	PAGE_KEY_CAP = 2 * NAME_CAP,
	PAGE_HEAD_LEN = 8,
	PAGE_STATES = 3 /* bits of a word that are no address */
};

/* A name as the index compares it. */
struct page_key {
	const uint8_t *name; /* in lower case; borrowed */
	unsigned name_len;
	unsigned len;
	uint8_t bytes[PAGE_KEY_CAP + PAGE_HEAD_LEN]; /* zero bytes follow the key */
};

struct page_entry {
	uint64_t head;
	_Atomic uint64_t word;
};

struct page {
	uint32_t bytes;      /* of the whole page */
	uint16_t prefix_len; /* in bytes of keys */
	uint8_t level;       /* 0: a leaf */
	uint8_t count;       /* entries in order */
	_Atomic uint8_t tail;
	uint8_t live; /* writer only, leaves: entries that are not removed */
	struct page_entry entries[];
};

/* An entry of a leaf, while leaves are made anew. */
struct page_item {
	uint64_t head;
	uint64_t word;
};

/* A page and its separator: the least key that belongs to it. */
struct page_child {
	struct page *page;
	const uint8_t *separator; /* borrowed */
	unsigned separator_len;
};

static inline struct node *page_node(uint64_t word)
{
	return (struct node *)(uintptr_t)(word & ~(uint64_t)PAGE_STATES);
}

static inline uint64_t page_word(const struct page *p, unsigned i)
{
	return atomic_load_explicit(&p->entries[i].word, memory_order_acquire);
}

static inline struct page *page_child(const struct page *p, unsigned i)
{
	return (struct page *)(uintptr_t)page_word(p, i);
}

static inline void page_store(struct page *p, unsigned i, uint64_t word)
{
	atomic_store_explicit(&p->entries[i].word, word, memory_order_release);
}

/* Makes the key of a name, which must stay while the key is used. */
void page_key_of(struct page_key *key, const struct key *name) NONNULL;

/* What is looked for in a leaf: the entry nearest to a key. */
struct page_quest {
	const struct page_key *key;
	int side;        /* -1: before the key, 1: behind it */
	bool or_at;      /* an entry with that very key is the nearest */
	uint64_t skip;   /* entries with one of these bits are passed by, as those removed are */
	bool has_passed; /* set if one was passed by */
};

/* Returns the word of the nearest entry in this leaf, 0 if there is none on that side. */
uint64_t page_nearest(const struct page *leaf, struct page_quest *quest) NONNULL;

/* Returns the index of the child whose range has the key. */
unsigned page_child_of(const struct page *branch, const struct page_key *key) NONNULL;

/* Everything below is for the writer only. */

/* Returns the index of the entry with that name. -1: there is none. */
int page_find(const struct page *leaf, const struct page_key *key) NONNULL;

/* Adds an entry to the leaf as it is, for readers at once. False if the leaf must be made anew for
 * it. */
bool page_put(struct page *leaf, const struct page_key *key, uint64_t word) NONNULL MUSTCHECK;

/* Writes the entries that are not removed, in order, and returns their number. */
unsigned page_items(const struct page *leaf, struct page_item items[PAGE_SLOTS_MAX]) NONNULL;

/* Inserts an entry whose name is not there into the items of the leaf. Returns its index. */
unsigned page_insert(const struct page *leaf, struct page_item *items, unsigned count,
	const struct page_key *key, uint64_t word) NONNULL;

/* Makes a leaf of items, of which there must be one. Computes their heads anew. NULL if out of
 * memory. */
struct page *page_leaf(const struct page_item *items, unsigned count) NONNULL MUSTCHECK;

/* Makes a branch above `count` pages. NULL if out of memory. */
struct page *page_branch(const struct page_child *children, unsigned count) NONNULL MUSTCHECK;

/* Writes the children of a branch and returns their number. */
unsigned page_children(
	const struct page *branch, struct page_child children[PAGE_ENTRIES_MAX]) NONNULL;

/* Returns the length of the shortest beginning of the key of the second word's node that is behind
 * the first one's. `*ret` is that key. */
unsigned page_separate(uint64_t before, uint64_t behind, struct page_key *ret) NONNULL;
