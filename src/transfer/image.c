/* SPDX-License-Identifier: ISC */
/*
 * Owns the blocks that a whole zone is sent from.
 * Never knows what is in the zone. Called by the journal and its survey.
 */
#include "transfer/image.h"

#include <stdlib.h>

#include "wire/rr.h"
#include "zone/node.h"

/* Small enough that adding one is done at once, large enough that a zone has few. */
enum { BLOCK_CAP = 64 * 1024 };

struct image *image_new(struct records *soa, uint32_t serial)
{
	struct image *image = calloc(1, sizeof(*image));
	if (!image)
		return NULL;
	image->soa = records_ref(soa);
	image->serial = serial;
	return image;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->count; i++)
		records_unref(image->blocks[i]);
	free(image->blocks);
	records_unref(image->soa);
	free(image);
}

/* Adds an empty block, with room for `len` bytes at least. ERR_NOMEM. */
static int add_block(struct image *image, size_t len)
{
	/* Doubled at each power of two. */
	if ((image->count & (image->count - 1)) == 0) {
		struct records **blocks = reallocarray(
			image->blocks, image->count ? 2 * image->count : 1, sizeof(*blocks));
		if (!blocks)
			return ERR_NOMEM;
		image->blocks = blocks;
	}
	struct records *block = records_alloc(len > BLOCK_CAP ? len : BLOCK_CAP);
	if (!block)
		return ERR_NOMEM;
	image->blocks[image->count++] = block;
	return 0;
}

void image_add(struct image *image, const struct record *r)
{
	size_t len = record_len(r);
	struct records *last = image->count > 0 ? image->blocks[image->count - 1] : NULL;
	if (!image->err && (!last || last->len + len > BLOCK_CAP))
		image->err = add_block(image, len);
	if (image->err)
		return;
	records_put(image->blocks[image->count - 1], r);
	image->len += len;
}

void image_add_node(struct image *image, const struct node *n, uint16_t type)
{
	struct record r = {.owner = node_spelling(n)};
	for (unsigned i = 0; i < n->set_count; i++) {
		const struct node_set *set = &n->sets[i];
		const uint8_t *at = node_rdata(n, set);
		if (set->type == RR_SOA || (type != RR_ANY && set->type != type))
			continue;
		r.type = set->type;
		r.view = set->view;
		r.ttl = set->ttl;
		for (unsigned k = 0; k < set->count; k++) {
			r.rdata = node_next_rdata(set, &at);
			image_add(image, &r);
		}
	}
}
