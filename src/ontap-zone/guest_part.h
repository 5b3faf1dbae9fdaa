/* SPDX-License-Identifier: ISC */
/* A guest that is listened to, as the files for guests share it. */
#pragma once

#include "base/compiler.h"
#include "guest/guest.h"
#include "net/frames.h"
#include "ontap-zone/guests.h"

enum { GUEST_REFUSED_MAX = 8 };

struct guest_link {
	struct map_node node;
	struct heap_node due;
	struct guests *guests;
	struct guest_place at;
	struct guest *guest;
	struct frames frames;
	struct addr refused[GUEST_REFUSED_MAX];
	uint8_t why[GUEST_REFUSED_MAX];
	size_t refused_count;
	bool has_to_judge;
	bool has_left; /* the link has left its namespace since */
	bool is_asked; /* the watcher was asked for the socket */
	bool is_broken; /* there was no memory for an event of it, or its socket has no link: it begins anew */
	ns_t again_at; /* then; NS_NEVER: it need not */
	char name[GUEST_LABEL_CAP];
};

uint64_t guest_part_hash(const struct guest_place *at) NONNULL;

/* NULL: that link is not listened to. */
struct guest_link *guest_part_find(const struct guests *g, const struct guest_place *at) NONNULL;

/* NULL: the link is gone. */
const struct model_link *guest_part_link(const struct guest_link *l) NONNULL;

/* Notes when something is due for the guest: after each call of its automaton. */
void guest_part_schedule(struct guest_link *l) NONNULL;
