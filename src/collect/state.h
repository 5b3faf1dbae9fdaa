/* SPDX-License-Identifier: ISC */
/*
 * What the files of the collector share: its state.
 *
 *	key ──► said: a name of its host, with what was heard of it on each link
 *	  └───► label: a name of the zone, that the key has
 *
 * A `said` that is whole (its instance is known) wants a label, and has it if it may, and the label is its key's. The
 * addresses of a label are those of all that have it.
 */
#pragma once

#include "base/budget.h"
#include "base/heap.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"
#include "collect/collect.h"
#include "dnssec/keys.h"
#include "wire/name.h"

enum { DIGEST_LEN = 16, SLOT_NONE = -1, SILENT_S = 120 };

/* How long a record lasts. ttl_s 0: it is not there. */
struct life {
	ns_t heard_at;
	uint32_t ttl_s;
};

static inline ns_t life_end(const struct life *l)
{
	return l->heard_at + l->ttl_s * NS_PER_S;
}

static inline bool life_is_on(const struct life *l, ns_t now)
{
	return l->ttl_s > 0 && now < life_end(l);
}

/* True if it is worth a signature to hear it again: a quarter is over. */
static inline bool life_is_due(const struct life *l, ns_t now)
{
	return now >= l->heard_at + l->ttl_s * (NS_PER_S / 4);
}

struct heard_addr {
	struct addr addr;
	struct life life;
	uint32_t mark; /* the packet that has said it last */
	bool is_leaving; /* a goodbye: it goes at the end of its life, at once if it is the last one */
};

/* What was said of a name on one link. */
struct heard {
	struct heard *next;
	int slot;        /* of the link; SLOT_NONE: it is gone, or of before the start */
	struct life ptr; /* that there is an instance */
	struct heard_addr *addrs;
	size_t count, cap;
};

enum refusal { REFUSED_NOT, REFUSED_CONFLICT, REFUSED_RIGHT, REFUSED_FULL };

/* A label in wire form, in lower case: a length byte, and bytes. Length 0: none. */
struct wire_label {
	uint8_t bytes[1 + LABEL_CAP];
};

struct said {
	struct map_node in_said;    /* by key and name */
	struct map_node in_wanting; /* by `wanted`, while it is whole */
	struct list of_key, of_label;
	struct list in_touched; /* of the packet that is being taken */
	struct heap_node timer;
	struct ckey *key;
	struct label *label; /* that it wants and has: NULL, if it is not whole, or refused */
	struct heard *heard;
	struct wire_label name, wanted;
	bool has_srv, has_txt, is_whole, counts_as_first;
	enum refusal refusal;
	uint64_t trust_round, free_round; /* of the engine, when that was found */
	struct addr outside;              /* an address that was refused */
	uint64_t asks, asks_instance; /* links where its addresses, its instance are asked for */
};

struct label {
	struct map_node in_labels;
	struct list of_key;
	struct list said; /* struct said.of_label: at most LIMIT_COLLECT_SPOKEN */
	unsigned said_count;
	struct list in_dirty;
	struct heap_node timer;
	struct ckey *key;
	enum collect_state state;
	enum collect_word word;
	bool counts_as_first;
	uint64_t since_s, heard_s;
	uint64_t update_s,
		link_s; /* when the last update, the last packet was signed; 0: there was none */
	ns_t state_at;  /* when it began */
	ns_t until;     /* when it ends; NS_NEVER */
	int slot;       /* where it was said last */
	struct addr *addrs; /* the last ones that links have said, in order */
	size_t count, cap;
	uint64_t conflicts;
	struct name *rival; /* NULL: none */
	/* What was put. */
	bool has_put, put_exists, put_has_addrs;
	uint32_t put_ttl_s;
	struct wire_label wire;
	char text[COLLECT_LABEL_CAP];
};

struct ckey {
	struct map_node in_keys; /* by signer */
	struct list in_order;    /* that which has signed last is the last one */
	struct list said, labels;
	size_t said_count, label_count;
	unsigned pins;             /* it must not be dropped */
	uint8_t rdata[DNSKEY_CAP]; /* of the KEY */
	uint8_t alg;
	uint16_t tag;
	bool is_of_file, is_of_zone, is_first, has_patterns;
	bool is_full_told; /* that there was no room for what it has said, since there was some */
	/* The last inception that was accepted. Packets of that second are in `seen`, or have been forgotten. */
	uint64_t floor_s;
	bool is_floor_spent; /* one that is not in `seen` may have been here */
	uint8_t (*seen)[DIGEST_LEN];
	size_t seen_count, seen_cap;
	struct addr proven[2]; /* by family: where its last good packets came from */
	struct budget budget;
	uint64_t heard_s, accepted, forged, replayed;
	struct name signer;
};

/* A pattern, and whose. */
struct pattern {
	struct ckey *key;
	char *text;
};

struct clink {
	uint32_t id; /* 0: the slot is free */
	struct prefix *prefixes;
	size_t prefix_count;
};

/* A host whose KEY is asked for. */
struct asked {
	uint32_t link; /* 0: none */
	ns_t until;
	struct addr source; /* of the packet: nothing proves that it is of the host */
	struct name host;
};

struct collect {
	struct collect_sink sink;
	uint64_t seed;
	ns_t now; /* of the call that is being served */
	uint64_t now_s;
	enum collect_away away;
	uint64_t keep_s;
	bool trusts_first;
	struct prefix *prefixes;
	size_t prefix_count;
	struct pattern *patterns;
	size_t pattern_count;
	struct clink links[LIMIT_COLLECT_LINKS];
	struct map keys, said, wanting, labels;
	size_t first_keys, first_labels, first_said;
	struct list order;   /* of struct ckey.in_order */
	struct list dirty;   /* of struct label.in_dirty */
	struct list touched; /* of struct said.in_touched */
	struct heap said_timers, label_timers;
	uint64_t trust_round; /* since when the trust is as it is */
	uint64_t free_round;  /* since when no name has become free */
	uint32_t mark; /* of the packet that is being taken, and when it says that it was signed */
	uint64_t signed_s;
	struct asked asked[LIMIT_COLLECT_KEYS_ASKED];
	struct budget proven, strangers, sources[LIMIT_COLLECT_SOURCES];
	struct buf gone; /* text about names that are gone */
	bool wants_all;
	struct item *items; /* of the packet that is being judged (packet.h) */
	struct collect_stats stats;
};

/* Begins a call of the owner. */
static inline void collect_enter(struct collect *c, ns_t now, uint64_t now_s)
{
	c->now = now;
	c->now_s = now_s;
	c->mark++;
}

/* Tells the owner. */
static inline void tell(const struct collect *c, const struct collect_news *news)
{
	c->sink.on_news(c->sink.arg, news);
}

static inline struct collect_news news_of_key(enum collect_news_type type, const struct ckey *key)
{
	return (struct collect_news){
		.type = type, .signer = key->signer.wire, .alg = key->alg, .tag = key->tag};
}

static inline bool wire_label_equal(const struct wire_label *a, const struct wire_label *b)
{
	return memcmp(a->bytes, b->bytes, 1 + (size_t)a->bytes[0]) == 0;
}

static inline uint64_t wire_label_hash(uint64_t seed, const struct wire_label *l)
{
	return hash_bytes(seed, l->bytes, 1 + (size_t)l->bytes[0]);
}

/* By key and name. */
static inline uint64_t said_hash(
	const struct collect *c, const struct ckey *key, const struct wire_label *name)
{
	return hash_mix(wire_label_hash(c->seed, name), (uintptr_t)key);
}

/* Takes bytes in capitals or not, LABEL_CAP at most. */
void wire_label_fill(struct wire_label *ret, const void *bytes, size_t len) NONNULL;
/* False: it is no label. */
bool wire_label_from_text(const char *text, struct wire_label *ret) NONNULL MUSTCHECK;
/* Returns the slot of the link with that id; SLOT_NONE. */
int link_slot(const struct collect *c, uint32_t id) NONNULL;
struct label *label_find(const struct collect *c, const struct wire_label *name) NONNULL;
/* The same for text of any spelling. */
struct label *label_find_text(const struct collect *c, const char *text) NONNULL;
struct said *said_find(
	const struct collect *c, const struct ckey *key, const struct wire_label *name) NONNULL;

/* Returns that time by the wall clock. */
uint64_t wall_of(const struct collect *c, ns_t at) NONNULL;
/* Returns when its state ends, in seconds since 1970; 0: never. */
uint64_t state_end_s(const struct collect *c, const struct label *l) NONNULL;
