/* SPDX-License-Identifier: ISC */
/*
 * A priority queue of points in time with its links inside the elements (a pairing heap: Fredman,
 * Sedgewick, Sleator, Tarjan 1986). It allocates nothing, so no operation can fail. Adding takes
 * one comparison; removing takes logarithmic time (amortised). One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/time.h"

/* All zero bytes: in no heap. */
struct heap_node {
	struct heap_node *child; /* the first child; children are not earlier */
	struct heap_node *next;  /* the next child of the same parent */
	struct heap_node *prev;  /* previous child; a first child: the parent; the root: itself */
	ns_t at;
};

/* All zero bytes are an empty heap. */
struct heap {
	struct heap_node *root;
};

static inline bool heap_has(const struct heap_node *n)
{
	return n->prev != NULL;
}

/* The earliest element, or NULL. */
static inline struct heap_node *heap_first(const struct heap *h)
{
	return h->root;
}

/* When the earliest element is due; NS_NEVER if there is none. */
static inline ns_t heap_deadline(const struct heap *h)
{
	return h->root ? h->root->at : NS_NEVER;
}

/* Adds `n`, or moves it if it is in this heap already. It must not be in another heap. */
void heap_put(struct heap *h, struct heap_node *n, ns_t at) NONNULL;

/* Removes `n` if it is in the heap. */
void heap_remove(struct heap *h, struct heap_node *n) NONNULL;
