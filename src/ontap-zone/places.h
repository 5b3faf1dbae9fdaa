/* SPDX-License-Identifier: ISC */
/*
 * The places of addresses that the kernel has just removed. For `watch`, which reports a removed
 * record when its address is no longer in the model.
 */
#pragma once

#include "base/compiler.h"
#include "model/model.h"

struct place {
	struct addr addr;
	nsid_t nsid;
	char netns[NETNS_NAME_CAP];
	char hostname[HOSTNAME_CAP]; /* "": none */
	char link[IF_NAMESIZE];
};

/* All zero at first. */
struct places {
	struct place *list;
	size_t count, cap;
};

/* Notes the places of the addresses that the event will remove. Call it before the model has the
 * event. If there are very many, or if out of memory, some are not noted. */
void places_note(struct places *p, const struct model *model, const struct event *ev) NONNULL;

/* Returns the place where the address was, or NULL. */
const struct place *places_find(const struct places *p, const struct addr *addr) NONNULL;

/* Forgets all. */
void places_clear(struct places *p) NONNULL;
