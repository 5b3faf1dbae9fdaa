/* SPDX-License-Identifier: ISC */
/*
 * Owns the slabs: which blocks of each are free.
 * Never moves a block.
 */
#include "base/slabs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLAB_BYTES = 32 * 1024, REGION_SLABS = 32 };

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define HAS_SLABS 0
#elif defined __has_feature
#define HAS_SLABS (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define HAS_SLABS 1
#endif

/* Slabs come from malloc together: one by one, aligned as they are, they would leave gaps. */
struct region {
	struct region *next;
	uint32_t free; /* bits of the slabs that are not used */
};

struct slab {
	struct slabs *slabs;
	struct region *region;
	struct slab *next, *prev; /* with room, of that size */
	uint16_t size;
	uint16_t count; /* blocks that are taken */
	uint16_t end;   /* blocks from here on were never taken */
	uint16_t free;  /* number of the first one of the others that are free, and 1; 0: none */
	uint32_t blocks[];
};

static unsigned room_of(const struct slab *slab)
{
	return (SLAB_BYTES - (unsigned)sizeof(*slab)) / slab->size;
}

static void *block_at(struct slab *slab, unsigned i)
{
	return (char *)slab->blocks + (size_t)i * slab->size;
}

static struct slab *slab_of(void *block)
{
	return (struct slab *)((uintptr_t)block & ~(uintptr_t)(SLAB_BYTES - 1));
}

/* Lists of slabs with room. */

static struct slab **list_of(const struct slab *slab)
{
	return &slab->slabs->partly[slab->size / SLABS_STEP];
}

static void list_slab(struct slab *slab)
{
	struct slab **first = list_of(slab);
	slab->prev = NULL;
	slab->next = *first;
	if (*first)
		(*first)->prev = slab;
	*first = slab;
}

static void unlist_slab(struct slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		*list_of(slab) = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

/* Regions. */

static struct slab *slab_at(struct region *region, unsigned i)
{
	const uintptr_t first = ((uintptr_t)(region + 1) + SLAB_BYTES - 1) / SLAB_BYTES;
	return (struct slab *)((first + i) * SLAB_BYTES);
}

/* Returns a region with a slab that is not used. NULL: no memory. */
static struct region *region_with_room(struct slabs *s)
{
	struct region *region = s->regions;
	while (region && region->free == 0)
		region = region->next;
	if (region)
		return region;
	region = malloc(sizeof(*region) + (REGION_SLABS + 1) * (size_t)SLAB_BYTES);
	if (!region)
		return NULL;
	*region = (struct region){.next = s->regions, .free = UINT32_MAX};
	s->regions = region;
	return region;
}

static struct slab *new_slab(struct slabs *s, size_t size)
{
	struct region *region = region_with_room(s);
	if (!region)
		return NULL;
	const unsigned i = (unsigned)__builtin_ctz(region->free);
	struct slab *slab = slab_at(region, i);
	region->free &= region->free - 1;
	*slab = (struct slab){.slabs = s, .region = region, .size = (uint16_t)size};
	list_slab(slab);
	return slab;
}

static void end_slab(struct slab *slab)
{
	struct region *region = slab->region, **link = &slab->slabs->regions;
	unlist_slab(slab);
	region->free |= 1u << ((unsigned)((char *)slab - (char *)slab_at(region, 0)) / SLAB_BYTES);
	if (region->free != UINT32_MAX)
		return;
	while (*link != region)
		link = &(*link)->next;
	*link = region->next;
	free(region);
}

/* Blocks. */

bool slabs_have(size_t size)
{
	return HAS_SLABS && size <= SLABS_SIZE_MAX;
}

static void put_back(void *block)
{
	struct slab *slab = slab_of(block);
	const unsigned i = (unsigned)((size_t)((char *)block - (char *)slab->blocks) / slab->size);
	if (slab->count == room_of(slab))
		list_slab(slab);
	memcpy(block, &slab->free, sizeof(slab->free));
	slab->free = (uint16_t)(i + 1);
	if (--slab->count == 0)
		end_slab(slab);
}

void slabs_tidy(struct slabs *s)
{
	if (!atomic_load_explicit(&s->returned, memory_order_relaxed))
		return;
	void *block = atomic_exchange_explicit(&s->returned, NULL, memory_order_acquire);
	for (void *next; block; block = next) {
		memcpy(&next, block, sizeof(next));
		put_back(block);
	}
}

void *slabs_take(struct slabs *s, size_t size)
{
	if (!slabs_have(size))
		return NULL;
	size = size < SLABS_SIZE_MIN ? SLABS_SIZE_MIN
				     : (size + SLABS_STEP - 1) / SLABS_STEP * SLABS_STEP;
	slabs_tidy(s);
	struct slab *slab = s->partly[size / SLABS_STEP];
	if (!slab)
		slab = new_slab(s, size);
	if (!slab)
		return NULL;
	void *block = block_at(slab, slab->free ? slab->free - 1u : slab->end);
	if (slab->free)
		memcpy(&slab->free, block, sizeof(slab->free));
	else
		slab->end++;
	if (++slab->count == room_of(slab))
		unlist_slab(slab);
	return memset(block, 0, size);
}

void slabs_give(void *block)
{
	_Atomic(void *) *returned = &slab_of(block)->slabs->returned;
	void *first = atomic_load_explicit(returned, memory_order_relaxed);
	do
		memcpy(block, &first, sizeof(first));
	while (!atomic_compare_exchange_weak_explicit(
		returned, &first, block, memory_order_release, memory_order_relaxed));
}
