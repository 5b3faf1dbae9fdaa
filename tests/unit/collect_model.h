/* SPDX-License-Identifier: ISC */
/*
 * The collector once more, as naively as possible, for a few keys, names and addresses: all is in small arrays, and all is
 * looked at in each second. Time is in seconds; the hosts' clocks are right, ours may be wrong.
 */
#pragma once

#include "collect/collect.h"

enum { M_KEYS = 4, M_NAMES = 5, M_ADDRS = 7, M_ITEMS = 12, M_KEEP_S = 1000 };

/* Key 0: of a file. 1: of a file, with the patterns "b" and "c*". 2: in the zone. 3: comes first. */
enum { M_PATTERNS = 1, M_FIRST = 3 };

/* Names and labels are "a" to "e"; "e" is reserved. */
extern const char *const model_names[M_NAMES];
/* The last two may not be said: link-local, and outside of the prefixes. */
extern const char *const model_addrs[M_ADDRS];

enum model_item_type { M_ADDR, M_INSTANCE, M_KEY };

struct model_item {
	enum model_item_type type;
	int name, addr, wanted;
	uint32_t ttl_s;
};

struct model_packet {
	int id, key;
	uint64_t inception_s;
	int count;
	struct model_item items[M_ITEMS];
};

struct model_addr {
	bool is_there, is_leaving, is_old; /* old: of before a restart */
	uint64_t at;
	uint32_t ttl_s;
};

struct model_said {
	bool is_there, is_whole, has_outside;
	int wanted;
	uint64_t ptr_at;
	uint32_t ptr_ttl_s;
	struct model_addr addrs[M_ADDRS];
};

struct model_label {
	bool is_there;
	int key;
	enum collect_state state;
	enum collect_word word;
	uint64_t since_s, until, update_s,
		link_s; /* since: by our clock; until: UINT64_MAX is never */
	bool addrs[M_ADDRS];
};

struct model_key {
	bool is_known, is_spent;
	uint64_t floor_s;
	int seen[64], seen_count;
};

struct model {
	uint64_t t;     /* the true time */
	int64_t offset; /* of our clock */
	enum collect_away away;
	struct model_key keys[M_KEYS];
	struct model_said said[M_KEYS][M_NAMES];
	struct model_label labels[M_NAMES];
	/* Tells which of several keys has a label that has become free: any of them may. -1: none. */
	int (*owner_of)(void *arg, int label);
	void *arg;
};

void model_begin(struct model *m, uint64_t t, enum collect_away away);
enum collect_verdict model_input(struct model *m, const struct model_packet *p);
int model_update(struct model *m, int key, int label, uint64_t lease_s, bool has_addrs);
bool model_forget(struct model *m, int label);
void model_restart(struct model *m);
/* A second passes. */
void model_tick(struct model *m);
