/* SPDX-License-Identifier: ISC */
/* A doubly linked ring with its links inside the elements. The head is an element without an
 * owner. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/steps.h"

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

/* Adds `item`, which must be in no list, at the end. */
static inline void list_append(struct list *head, struct list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* Removes `item` and makes it a ring of its own, so that a second removal does no harm. */
static inline void list_remove(struct list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	list_init(item);
}

/* Returns the element that contains `item` at that offset; NULL for the head. */
static inline void *list_owner(const struct list *item, const struct list *head, size_t offset)
{
	return item == head ? NULL : (char *)(uintptr_t)item - offset;
}

/* Loops over the elements: `p` is each element in turn, a `type` with its links in `member`. The
 * body may remove and free `p`, but not its neighbours. */
#define LIST_EACH(p, head, type, member)                                                           \
	for (type *p = list_owner((head)->next, head, offsetof(type, member)),                     \
		  *p##_next = p ? list_owner(p->member.next, head, offsetof(type, member)) : NULL; \
		p; STEPS(1), p = p##_next,                                                         \
		  p##_next = p ? list_owner(p->member.next, head, offsetof(type, member)) : NULL)

/* The first element, or NULL. */
#define LIST_FIRST(head, type, member)                                                             \
	((type *)list_owner((head)->next, head, offsetof(type, member)))

/* The last element, or NULL. */
#define LIST_LAST(head, type, member)                                                              \
	((type *)list_owner((head)->prev, head, offsetof(type, member)))
