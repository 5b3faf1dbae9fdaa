/* SPDX-License-Identifier: ISC */
/* A doubly linked ring with its links inside the elements. The head is an element of no owner. */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

/* Adds `item`, which is in no list, as the last. */
static inline void list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* Takes `item` out and leaves it as a ring of itself, so that a second removal does no harm. */
static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

/* `p` is each element in turn; it may be removed in the body, its neighbours may not. */
#define LIST_FOR_EACH(p, head)                                                                     \
	for (struct list *p = (head)->next, *p##_next = p->next; p != (head);                      \
		p = p##_next, p##_next = p->next)
