/* SPDX-License-Identifier: ISC */
/*
 * Owns the blocks of a packed list of names.
 * Never knows what the bytes mean.
 */
#include "pipeline/packed.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/ends.h"
#include "base/err.h"

enum {
	BLOCK_NAMES = 32,
	BLOCK_BYTES = 4096, /* enough: no more names are added then */
	BLOCK_STEP = 256    /* while it grows */
};

struct packed_block {
	uint32_t len, cap; /* of `bytes` */
	uint32_t count;    /* names */
	uint8_t bytes[];
};

void packed_at_fini(struct packed_at *at)
{
	buf_fini(&at->bytes);
}

void packed_fini(struct packed *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->blocks[i]);
	free(p->blocks);
	packed_at_fini(&p->last);
	*p = (struct packed){0};
}

void packed_seek(struct packed_at *at, const uint8_t *behind)
{
	at->name.len = 0;
	if (behind)
		name_copy(&at->name, behind);
	at->changes = UINT64_MAX;
}

/* Reading. */

static void begin_block(struct packed_at *at, size_t block)
{
	at->block = block;
	at->offset = 0;
	at->next = 0;
	at->name.len = 0;
	buf_clear(&at->bytes);
}

/* Reads the next name of the block; there must be one. ERR_NOMEM: as before. */
static int read_one(const struct packed *p, struct packed_at *at)
{
	const struct packed_block *b = p->blocks[at->block];
	const uint8_t *from = b->bytes + at->offset;
	const struct ends_stored name = ends_next(&from), bytes = ends_next(&from);
	const size_t more = ends_len(&bytes);
	if (buf_reserve(&at->bytes, more)) {
		at->bytes.err = 0;
		return ERR_NOMEM;
	}
	ends_apply(&name, at->name.wire, at->name.len);
	ends_apply(&bytes, (uint8_t *)at->bytes.bytes, at->bytes.len);
	at->name.len = (uint8_t)ends_len(&name);
	at->bytes.len = more;
	at->offset = (size_t)(from - b->bytes);
	at->next++;
	return 0;
}

static const uint8_t *first_name(const struct packed *p, size_t block)
{
	const uint8_t *at = p->blocks[block]->bytes;
	return ends_next(&at).own;
}

/* Returns the last block that begins with that name or one before it; else the first one. */
static size_t block_of(const struct packed *p, const uint8_t *name)
{
	size_t first = 0;
	for (size_t left = p->count; left > 1;) {
		const size_t half = left / 2;
		const bool is_before = name_cmp(first_name(p, first + half), name) <= 0;
		first = is_before ? first + half : first;
		left = is_before ? left - half : half;
	}
	return first;
}

/* Reads one name more, of the next block if this one has no more. */
static int step(const struct packed *p, struct packed_at *at)
{
	if (p->count == 0)
		return 0;
	if (at->next == p->blocks[at->block]->count) {
		if (at->block + 1 == p->count)
			return 0;
		begin_block(at, at->block + 1);
	}
	int err = read_one(p, at);
	return err ? err : 1;
}

int packed_next(const struct packed *p, struct packed_at *at)
{
	if (at->changes == p->changes)
		return step(p, at);
	const struct name behind = at->name;
	begin_block(at, behind.len > 0 ? block_of(p, behind.wire) : 0);
	int found;
	do
		found = step(p, at);
	while (found > 0 && behind.len > 0 && name_cmp(at->name.wire, behind.wire) <= 0);
	if (found > 0)
		at->changes = p->changes;
	else
		packed_seek(at, behind.len > 0 ? behind.wire : NULL);
	return found;
}

/* Writing. */

/* Adds a name to a block, NULL: to a new one, whose last name is in `last`. Returns the block, which may have moved; NULL: no
 * memory, and nothing has changed. */
static struct packed_block *append(struct packed_block *b, const struct packed_at *last,
	const uint8_t *name, const void *bytes, size_t len)
{
	const uint8_t *last_name = b ? last->name.wire : NULL,
		      *last_bytes = b ? (const uint8_t *)last->bytes.bytes : NULL;
	const size_t last_name_len = b ? last->name.len : 0, last_len = b ? last->bytes.len : 0;
	const size_t more = ends_put(NULL, last_name, last_name_len, name, name_len(name)) +
			    ends_put(NULL, last_bytes, last_len, bytes, len);
	const size_t used = b ? b->len : 0;
	if (!b || b->cap - used < more) {
		const size_t cap = (used + more + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
		struct packed_block *larger = realloc(b, sizeof(*b) + cap);
		if (!larger)
			return NULL;
		if (!b)
			*larger = (struct packed_block){0};
		b = larger;
		b->cap = (uint32_t)cap;
	}
	uint8_t *to = b->bytes + b->len;
	to += ends_put(to, last_name, last_name_len, name, name_len(name));
	ends_put(to, last_bytes, last_len, bytes, len);
	b->len += (uint32_t)more;
	b->count++;
	return b;
}

static bool is_full(const struct packed_block *b)
{
	return b->count >= BLOCK_NAMES || b->len >= BLOCK_BYTES;
}

/* Gives back what a block that does not grow any more has too much. */
static struct packed_block *trim(struct packed_block *b)
{
	struct packed_block *smaller = realloc(b, sizeof(*b) + b->len);
	if (!smaller)
		return b;
	smaller->cap = smaller->len;
	return smaller;
}

/* Notes what was written last. Without memory, it is to be read again. */
static void note(struct packed_at *at, const uint8_t *name, const void *bytes, size_t len)
{
	name_copy(&at->name, name);
	buf_clear(&at->bytes);
	buf_add(&at->bytes, bytes, len);
}

/* Reads the last name into `p->last`. ERR_NOMEM. */
static int find_last(struct packed *p)
{
	if (p->count == 0 || p->last.changes == p->changes)
		return 0;
	begin_block(&p->last, p->count - 1);
	int found;
	do
		found = step(p, &p->last);
	while (found > 0);
	p->last.changes = found < 0 ? UINT64_MAX : p->changes;
	return found;
}

static int put_last(struct packed *p, const uint8_t *name, const void *bytes, size_t len)
{
	const bool is_new = p->count == 0 || is_full(p->blocks[p->count - 1]);
	if (ARRAY_RESERVE(p->blocks, p->cap, p->count + 1))
		return ERR_NOMEM;
	struct packed_block *b =
		append(is_new ? NULL : p->blocks[p->count - 1], &p->last, name, bytes, len);
	if (!b)
		return ERR_NOMEM;
	b = is_full(b) ? trim(b) : b;
	p->count += is_new;
	p->blocks[p->count - 1] = b;
	p->changes++;
	note(&p->last, name, bytes, len);
	p->last.block = p->count - 1;
	p->last.offset = b->len;
	p->last.next = b->count;
	p->last.changes = p->last.bytes.err ? UINT64_MAX : p->changes;
	p->last.bytes.err = 0;
	return 0;
}

/* A block that is made anew, with one name more or less: one or two, or none. */
struct making {
	struct packed_block *made[2];
	unsigned count, half; /* blocks; names of the first one */
	struct packed_at last;
};

static int add(struct making *m, const uint8_t *name, const void *bytes, size_t len)
{
	const bool is_new = m->count == 0 || (m->count == 1 && m->made[0]->count == m->half);
	struct packed_block *b =
		append(is_new ? NULL : m->made[m->count - 1], &m->last, name, bytes, len);
	if (!b)
		return ERR_NOMEM;
	m->count += is_new;
	m->made[m->count - 1] = b;
	note(&m->last, name, bytes, len);
	return m->last.bytes.err;
}

/* Fills in the blocks. 1: there is a change; 0: there is none; ERR_NOMEM. */
static int make(const struct packed *p, size_t block, struct making *m, const uint8_t *name,
	const void *bytes, size_t len)
{
	struct packed_at from = {.changes = p->changes};
	bool is_put = len == 0, is_changed = len > 0;
	int err = 0;
	begin_block(&from, block);
	for (unsigned left = p->blocks[block]->count; left > 0 && !err; left--) {
		err = read_one(p, &from);
		const int order = err ? 0 : name_cmp(from.name.wire, name);
		if (!err && order >= 0 && !is_put) {
			err = add(m, name, bytes, len);
			is_put = true;
		}
		if (!err && order != 0)
			err = add(m, from.name.wire, from.bytes.bytes, from.bytes.len);
		is_changed |= order == 0;
	}
	if (!err && !is_put)
		err = add(m, name, bytes, len);
	packed_at_fini(&from);
	packed_at_fini(&m->last);
	return err ? err : is_changed;
}

/* Puts the blocks instead of that one. */
static void replace(struct packed *p, size_t block, const struct making *m)
{
	free(p->blocks[block]);
	memmove(&p->blocks[block + m->count], &p->blocks[block + 1],
		(p->count - block - 1) * sizeof(p->blocks[0]));
	for (unsigned i = 0; i < m->count; i++)
		p->blocks[block + i] = trim(m->made[i]);
	p->count = p->count - 1 + m->count;
	p->changes++;
}

static int put_between(struct packed *p, const uint8_t *name, const void *bytes, size_t len)
{
	const size_t block = block_of(p, name);
	const struct packed_block *old = p->blocks[block];
	struct making m = {.half = UINT32_MAX};
	if (old->count >= BLOCK_NAMES || old->len + len > 2 * (size_t)BLOCK_BYTES)
		m.half = (old->count + 1) / 2;
	int err = ARRAY_RESERVE(p->blocks, p->cap, p->count + 1) ? ERR_NOMEM : 0;
	if (!err)
		err = make(p, block, &m, name, bytes, len);
	if (err > 0) {
		replace(p, block, &m);
		return 0;
	}
	for (unsigned i = 0; i < m.count; i++)
		free(m.made[i]);
	return err;
}

int packed_put(struct packed *p, const uint8_t *name, const void *bytes, size_t len)
{
	if (p->count == 0 && len == 0)
		return 0;
	int err = find_last(p);
	if (err)
		return err;
	if (p->count == 0 || name_cmp(p->last.name.wire, name) < 0)
		return len > 0 ? put_last(p, name, bytes, len) : 0;
	return put_between(p, name, bytes, len);
}
