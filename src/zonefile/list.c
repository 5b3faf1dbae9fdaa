/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of the records that were read from a master file.
 * Never reads text.
 *
 * In files the records of an owner are usually in consecutive lines. Such a run is sorted as a
 * unit. Its key is made once and compared by memcmp(). Records themselves are compared only within
 * an owner.
 */
#include "zonefile/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "wire/name.h"
#include "wire/rr.h"

/* Greatest length of a key: each byte of a label may become two, and each label has an end. */
enum { KEY_CAP = 2 * NAME_CAP };

struct run {
	uint64_t head; /* the first bytes of the key: most comparisons need no more */
	const uint8_t *key;
	uint32_t key_len;
	uint32_t first, count;
};

void zonelist_fini(struct zonelist *list)
{
	arena_fini(&list->arena);
	free(list->at);
}

void zonelist_forget(struct zonelist *list)
{
	free(list->at);
	list->at = NULL;
	list->count = list->cap = 0;
}

int zonelist_add(struct zonelist *list, const struct zonelist_entry *entry)
{
	if (ARRAY_RESERVE(list->at, list->cap, list->count + 1))
		return ERR_NOMEM;
	list->at[list->count++] = *entry;
	return 0;
}

/* Writes the name so that memcmp() gives canonical order: the labels from the root down, in lower
 * case, each followed by a zero. The bytes 0 and 1 in a label become two bytes: 1, and the byte
 * plus one. So the zero is less than all others. Returns the length of the key. */
static size_t make_key(const uint8_t *name, uint8_t key[KEY_CAP])
{
	const uint8_t *labels[NAME_LABELS_MAX];
	unsigned count = 0;
	uint8_t *to = key;
	for (; *name; name = name_parent(name))
		labels[count++] = name;
	while (count-- > 0) {
		const uint8_t *label = labels[count];
		for (unsigned i = 1; i <= label[0]; i++) {
			uint8_t byte = byte_lower(label[i]);
			if (byte < 2) {
				*to++ = 1;
				byte++;
			}
			*to++ = byte;
		}
		*to++ = 0;
	}
	return (size_t)(to - key);
}

static int run_cmp(const void *pa, const void *pb)
{
	const struct run *a = pa, *b = pb;
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	int diff = rdata_cmp(a->key, a->key_len, b->key, b->key_len);
	return diff ? diff : (a->first > b->first) - (a->first < b->first);
}

static bool run_has_owner_of(const struct run *a, const struct run *b)
{
	return a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0;
}

/* Returns the length of the common prefix of all keys: usually the domain. */
static size_t common_len(const struct run *runs, size_t count)
{
	size_t common = runs[0].key_len;
	for (size_t i = 1; i < count; i++) {
		size_t len = 0;
		while (len < common && len < runs[i].key_len &&
			runs[i].key[len] == runs[0].key[len])
			len++;
		common = len;
	}
	return common;
}

static void set_heads(struct run *runs, size_t count)
{
	size_t common = common_len(runs, count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(runs[i].head); k++)
			runs[i].head = runs[i].head << 8 |
				       (common + k < runs[i].key_len ? runs[i].key[common + k] : 0);
}

/* Finds the runs. Their keys are in `arena`. NULL if out of memory. */
static struct run *make_runs(const struct zonelist *list, struct arena *arena, size_t *ret_count)
{
	size_t count = 0;
	struct run *runs = NULL;
	for (size_t i = 0; i < list->count; i++)
		count += i == 0 || list->at[i].owner != list->at[i - 1].owner;
	runs = calloc(count, sizeof(*runs));
	if (!runs)
		return NULL;
	struct run *run = runs;
	for (size_t i = 0; i < list->count; run++) {
		uint8_t key[KEY_CAP];
		run->first = (uint32_t)i;
		run->key_len = (uint32_t)make_key(list->at[i].owner, key);
		run->key = arena_copy(arena, key, run->key_len);
		if (!run->key) {
			free(runs);
			return NULL;
		}
		for (i++; i < list->count && list->at[i].owner == list->at[i - 1].owner;)
			i++;
		run->count = (uint32_t)i - run->first;
	}
	set_heads(runs, count);
	*ret_count = count;
	return runs;
}

/* A file that a program has written may be sorted already: then nothing is moved. */
static void sort_runs(struct run *runs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (run_cmp(&runs[i - 1], &runs[i]) > 0) {
			qsort(runs, count, sizeof(*runs), run_cmp);
			return;
		}
}

/* Compares records of one owner: by type and rdata; of equal records, by TTL and then line. */
static int entry_cmp(const void *pa, const void *pb)
{
	const struct zonelist_entry *a = pa, *b = pb;
	int diff = a->type - b->type;
	if (!diff)
		diff = rdata_cmp(a->rdata, a->rdata_len, b->rdata, b->rdata_len);
	if (!diff)
		diff = (a->ttl > b->ttl) - (a->ttl < b->ttl);
	return diff ? diff : (a->line > b->line) - (a->line < b->line);
}

static bool is_sorted(const struct zonelist_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (entry_cmp(&entries[i - 1], &entries[i]) > 0)
			return false;
	return true;
}

/* Sorts the entries of one owner and removes duplicates. Returns how many are left. */
static size_t settle_owner(struct zonelist_entry *entries, size_t count)
{
	size_t kept = 1;
	for (size_t i = 1; i < count; i++)
		entries[i].owner = entries[0].owner;
	if (!is_sorted(entries, count))
		qsort(entries, count, sizeof(*entries), entry_cmp);
	for (size_t i = 1; i < count; i++) {
		const struct zonelist_entry *last = &entries[kept - 1], *e = &entries[i];
		if (last->type != e->type ||
			rdata_cmp(last->rdata, last->rdata_len, e->rdata, e->rdata_len) != 0)
			entries[kept++] = *e;
	}
	return kept;
}

/* Returns the entries of the first `count` runs, which have the same owner, in one piece. That is
 * in place if there is only one run, as usual; otherwise in `*scratch`. NULL if out of memory. */
static struct zonelist_entry *gather(const struct zonelist *list, const struct run *runs,
	size_t count, struct zonelist_entry **scratch, size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		*ret_count += runs[i].count;
	if (count == 1)
		return &list->at[runs->first];
	struct zonelist_entry *all = reallocarray(*scratch, *ret_count, sizeof(*all)), *to = all;
	if (!all)
		return NULL;
	*scratch = all;
	for (size_t i = 0; i < count; to += runs[i++].count)
		memcpy(to, &list->at[runs[i].first], runs[i].count * sizeof(*to));
	return all;
}

static int visit_runs(const struct zonelist *list, const struct run *runs, size_t count,
	int (*visit)(void *arg, const struct zonelist_entry *entries, size_t count), void *arg)
{
	struct zonelist_entry *scratch = NULL;
	int err = 0;
	for (size_t i = 0, same; i < count && !err; i += same) {
		size_t entry_count;
		for (same = 1; i + same < count && run_has_owner_of(&runs[i], &runs[i + same]);)
			same++;
		struct zonelist_entry *entries =
			gather(list, &runs[i], same, &scratch, &entry_count);
		err = entries ? visit(arg, entries, settle_owner(entries, entry_count)) : ERR_NOMEM;
	}
	free(scratch);
	return err;
}

int zonelist_each_owner(struct zonelist *list,
	int (*visit)(void *arg, const struct zonelist_entry *entries, size_t count), void *arg)
{
	struct arena keys = {0};
	size_t count = 0;
	if (list->count == 0)
		return 0;
	struct run *runs = make_runs(list, &keys, &count);
	int err = runs ? 0 : ERR_NOMEM;
	if (!err) {
		sort_runs(runs, count);
		err = visit_runs(list, runs, count, visit, arg);
	}
	free(runs);
	arena_fini(&keys);
	return err;
}
