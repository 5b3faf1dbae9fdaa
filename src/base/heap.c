/* SPDX-License-Identifier: ISC */
/*
 * Owns the order of elements by time.
 * Never allocates, never recurses, never owns elements.
 */
#include "base/heap.h"

#include "base/steps.h"

/* Makes one tree of two: the later root becomes the first child of the earlier. */
static struct heap_node *merge(struct heap_node *a, struct heap_node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->at < a->at) {
		struct heap_node *earlier = b;
		b = a;
		a = earlier;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	a->next = NULL;
	return a;
}

/* Makes one tree of a list of siblings: merges pairs from the left, then the results from the
 * right. This order makes the cost logarithmic. */
static struct heap_node *merge_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL, *tree = NULL;
	while (first) {
		STEPS(1);
		struct heap_node *a = first, *b = a->next;
		first = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = merge(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct heap_node *next = pairs->next;
		pairs->next = NULL;
		tree = merge(tree, pairs);
		pairs = next;
	}
	return tree;
}

static void set_root(struct heap *h, struct heap_node *root)
{
	h->root = root;
	if (root)
		root->prev = root;
}

void heap_put(struct heap *h, struct heap_node *n, ns_t at)
{
	heap_remove(h, n);
	*n = (struct heap_node){.at = at};
	set_root(h, merge(h->root, n));
}

void heap_remove(struct heap *h, struct heap_node *n)
{
	if (!heap_has(n))
		return;
	struct heap_node *below = merge_siblings(n->child);
	if (n == h->root) {
		set_root(h, below);
	} else {
		if (n->prev->child == n)
			n->prev->child = n->next;
		else
			n->prev->next = n->next;
		if (n->next)
			n->next->prev = n->prev;
		set_root(h, merge(h->root, below));
	}
	*n = (struct heap_node){.at = n->at};
}
