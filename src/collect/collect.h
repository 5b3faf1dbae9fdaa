/* SPDX-License-Identifier: ISC */
/*
 * The collector as a pure engine: what hosts say of their names over Multicast DNS, signed, becomes names of a zone.
 * Packets and time go in; addresses of names, questions for the querier, and a text of its state come out. To the
 * engine a link is a number. It has no sockets and no clock, and its only randomness comes from its seed.
 *
 * A packet counts if it is signed (SIG(0), RFC 2931: the last record, owner below .local, class IN, TTL 0) by a key
 * that is trusted, is valid now, is no older than the last one of its key, and was not here before. It is judged in the
 * order of cost, and the signature is verified only if the packet would change something.
 *
 * The addresses of N.local are those of the name L in the zone if the same key has also said the instance
 * N._ontap._udp.local (RFC 6763): SRV to N.local, and TXT with "d=L", or without it: then L is N. Each name L belongs
 * to one key, the first that has said it and may. It is in one of these states:
 *
 *	               a packet says addresses
 *	      ┌────────────────────┬───────────────────┐
 *	      ▼                    │                   │
 *	    HERE ── TTLs over ─► SILENT ── 120 s ─► AWAY ── keep_s ─► gone
 *	      │                                        ▲
 *	      └──────────── goodbye ───────────────────┤
 *	    MOVED ── lease over, or withdrawn ─────────┘
 *
 * MOVED: the host has said the name by an update (RFC 2136), from elsewhere. Which statement was signed last has the
 * word; a link that goes on to say the name takes the word back. In AWAY the name keeps its last addresses
 * (COLLECT_KEEP), or has none, but stays (COLLECT_WITHDRAW).
 *
 * `now` is the monotonic time, `now_s` the wall clock in seconds since 1970, which may jump: the first one tells how
 * long things last, the second one is compared with signatures and written to the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/time.h"
#include "wire/multicast.h"
#include "wire/rrset.h"

enum {
	COLLECT_LABEL_CAP = 64, /* text of a label, with its zero */
	COLLECT_KEYS_OF = 4,    /* keys of one signer's name that count */
	COLLECT_TTL_HERE_S = 60,
	COLLECT_TTL_GONE_S = 30, /* of SILENT and AWAY */
	/* A packet says that it was made so long before it was: hosts have clocks that differ. */
	COLLECT_BACKDATE_S = 60
};

enum collect_state {
	COLLECT_HERE,
	COLLECT_SILENT,
	COLLECT_AWAY,
	COLLECT_MOVED,
	COLLECT_STATE_COUNT
};

/* Who has the word about a name. */
enum collect_word {
	COLLECT_NOBODY, /* there is no such name */
	COLLECT_LINK, /* the collector puts its addresses; those of updates are not to be served */
	COLLECT_UPDATE, /* the addresses of updates are to be served; the collector puts none */
	COLLECT_WORD_COUNT
};

/* Where the trust in a key comes from. */
enum collect_origin {
	COLLECT_OF_NOTHING, /* it is not trusted (any more) */
	COLLECT_OF_FILE,
	COLLECT_OF_ZONE,
	COLLECT_OF_FIRST, /* it was the first that came */
	COLLECT_ORIGIN_COUNT
};

enum collect_away { COLLECT_KEEP, COLLECT_WITHDRAW };

/* A key of a file. `key` is the rdata of a KEY; a DNSKEY (flags 256, 257) stands for the KEY with the same public key
 * (flags 512), which is what hosts sign with. */
struct collect_trust {
	const uint8_t *signer;
	struct rdata key;
	/* What it may say: labels as in glob(7). None: each name that no other key has or may have by a pattern. */
	const char *const *patterns;
	size_t pattern_count;
};

/* All is copied. */
struct collect_config {
	enum collect_away away;
	uint64_t keep_s;   /* how long a name stays that is AWAY */
	bool trusts_first; /* an unknown key is trusted if no other one has its signer's name */
	/* Addresses that may be said; none: those within the prefixes of the link where they are said. */
	const struct prefix *prefixes;
	size_t prefix_count;
	const struct collect_trust *trust;
	size_t trust_count;
};

enum collect_news_type {
	COLLECT_NEWS_KEY,   /* a key is trusted as the first that came */
	COLLECT_NEWS_NAME,  /* a name is new: `state` */
	COLLECT_NEWS_STATE, /* a name has another `state` */
	COLLECT_NEWS_WORD, /* another one has the `word`: what updates have at the name is to be looked at again */
	COLLECT_NEWS_GONE,     /* a name is gone */
	COLLECT_NEWS_CONFLICT, /* `signer` wants a name that `rival` has */
	COLLECT_NEWS_REFUSED,  /* `signer` wants a name that is reserved, or that it may not say */
	COLLECT_NEWS_FULL,     /* there is no room for a name */
	COLLECT_NEWS_OUTSIDE,  /* `addr` is in none of the prefixes */
	COLLECT_NEWS_COUNT
};

/* Borrowed during the call. What does not belong to the type is zero. */
struct collect_news {
	enum collect_news_type type;
	const char *label;
	enum collect_state state;
	enum collect_word word;
	const uint8_t *signer;
	uint8_t alg;
	uint16_t tag;
	const uint8_t *rival; /* a signer's name */
	struct addr addr;
};

/* What the collector needs of its owner. These functions must not change the engine. */
struct collect_sink {
	/* The addresses of that name are these from now on, in order, each once. None: the name has none, but exists.
	 * `exists` is false: there is no such name, or it is not the collector's. An error is tried again. */
	int (*put)(void *arg, const char *label, const struct addr *addrs, size_t count,
		uint32_t ttl_s, bool exists);
	/* True if no key may say that name: it is of a zone file, a workload of this host, the zone itself. Always
	 * refused, without asking: what is no host name (RFC 1123 §2.1), "localhost", "wan", "lan", "ns…". */
	bool (*is_taken)(void *arg, const char *label);
	/* Finds the KEY records that our own zones have at the signer's name. Returns how many. */
	size_t (*find_keys)(void *arg, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF]);
	/* Begins or ends a continuous query on a link. */
	void (*ask)(void *arg, uint32_t link, const uint8_t *name, uint16_t type, bool is_wanted);
	void (*on_news)(void *arg, const struct collect_news *news);
	void *arg;
	/* True if the querier would learn from the packet: then it is verified, even if it changes nothing here. NULL: it never
	 * would. */
	bool (*is_wanted)(
		void *arg, const struct mdns_path *from, const uint8_t *packet, size_t len);
	/* True if no key may come first with that signer's name: somebody else is known by it. NULL: nobody is. */
	bool (*is_known)(void *arg, const uint8_t *signer);
};

struct collect; /* opaque */

/* NULL if out of memory. Then read the state (collect_read), and add the links. */
struct collect *collect_new(uint64_t seed, const struct collect_sink *sink,
	const struct collect_config *config) NONNULL MUSTCHECK;
/* Frees the engine. The sink is not called. */
void collect_free(struct collect *c);

/* Replaces the configuration. Names of keys that are not trusted any more go on to SILENT and AWAY. ERR_NOMEM: nothing has
 * changed. */
int collect_set_config(struct collect *c, ns_t now, uint64_t now_s,
	const struct collect_config *config) NONNULL MUSTCHECK;

/* Adds a link, or changes the prefixes that are on it. ERR_RANGE: LIMIT_COLLECT_LINKS, or the id is 0; ERR_NOMEM. */
int collect_link(struct collect *c, ns_t now, uint64_t now_s, uint32_t id,
	const struct prefix *prefixes, size_t prefix_count) NONNULL_ARGS(1) MUSTCHECK;
/* What was said there lasts as long as it was said to. */
void collect_link_gone(struct collect *c, ns_t now, uint64_t now_s, uint32_t id) NONNULL;

/* What became of a packet. */
enum collect_verdict {
	COLLECT_ACCEPTED, /* verified: the querier may believe it, too */
	COLLECT_KNOWN,    /* not verified: it would change nothing */
	COLLECT_UNSIGNED, /* no response, or without a signature of that form */
	COLLECT_MALFORMED,
	COLLECT_OFF_LINK, /* its source is not on that link (RFC 6762 §11) */
	COLLECT_STRANGER, /* the key is not trusted */
	COLLECT_UNTIMELY, /* not valid now, or for too long */
	COLLECT_REPLAYED, /* older than the last one of its key, or the same as one */
	COLLECT_BUSY,     /* not verified: too many were in this second */
	COLLECT_FORGED,   /* the signature is wrong */
	COLLECT_VERDICT_COUNT
};

/* Judges one packet that was received on port 5353, and takes what it says. It may contain any bytes. */
enum collect_verdict collect_input(struct collect *c, ns_t now, uint64_t now_s,
	const struct mdns_path *from, const uint8_t *packet, size_t len) NONNULL;

/* What an update (RFC 2136), signed by a key that the collector trusts, says of the addresses at L, L.wan and L.lan
 * together. */
struct collect_statement {
	const uint8_t *signer;
	uint8_t alg;
	uint16_t tag;
	const char *label;
	uint64_t
		when_s; /* when it was signed, by the host's clock: with what it says it was back-dated, if it is */
	uint64_t lease_s; /* how long it is valid without another one; 0: for ever */
	bool has_addrs;   /* false: the name has no addresses by updates any more */
	struct addr from; /* the source of the update; ADDR_NONE: any */
};

/* Takes such a statement; collect_word() tells then who has the word. What comes from the link where the host is heard
 * changes nothing: it says there what it has there, which may be more. ERR_ABSENT: the key is not trusted; ERR_DENIED: it
 * may not say that name; ERR_EXISTS: another key has it; ERR_NOMEM, ERR_RANGE (a limit). */
int collect_update(struct collect *c, ns_t now, uint64_t now_s,
	const struct collect_statement *statement) NONNULL MUSTCHECK;
/* The same errors, for a name that the key would say now: so rights of updates are those of packets. Labels of
 * any spelling. */
int collect_may_say(struct collect *c, const uint8_t *signer, uint8_t alg, uint16_t tag,
	const char *label) NONNULL MUSTCHECK;
/* Returns the trusted keys of that signer: rdata of KEY records, borrowed until the next call that changes
 * something. Those of the zone are among them only if they have signed a packet. A key that was the first that came
 * has no rights but those that collect_may_say() tells: its signer's name is of its own choice. */
size_t collect_find_keys(
	const struct collect *c, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF]) NONNULL;
/* True if the configuration trusts a key of that signer. */
bool collect_has_signer(const struct collect *c, const uint8_t *signer) NONNULL;
enum collect_word collect_word(const struct collect *c, const char *label) NONNULL;

/* Does what is due. */
void collect_poll(struct collect *c, ns_t now, uint64_t now_s) NONNULL;
/* Returns when to call collect_poll(). NS_NEVER: not before something else happens. */
ns_t collect_deadline(const struct collect *c) NONNULL;

/* A name, borrowed during the call. */
struct collect_name {
	const char *label;
	enum collect_state state;
	enum collect_word word;
	uint64_t since_s; /* of the state */
	uint64_t heard_s; /* when it was said last */
	uint64_t until_s; /* when the state ends, if nothing is said; 0: never */
	const uint8_t *signer;
	uint8_t alg;
	uint16_t tag;
	enum collect_origin origin;
	const struct addr *addrs; /* the last ones that a link has said */
	size_t addr_count;
	uint32_t link;        /* where it was said last; 0: that link is gone */
	uint64_t conflicts;   /* how often another key has begun to want it, since the start */
	const uint8_t *rival; /* the signer's name of the last one; NULL: none */
};
void collect_each_name(const struct collect *c,
	void (*visit)(void *arg, const struct collect_name *name), void *arg) NONNULL_ARGS(1, 2);
/* Calls `visit` for that name. False: there is none. */
bool collect_find(const struct collect *c, const char *label,
	void (*visit)(void *arg, const struct collect_name *name), void *arg) NONNULL_ARGS(1, 2, 3);

/* A key, borrowed during the call. */
struct collect_key {
	const uint8_t *signer;
	struct rdata key; /* of a KEY record */
	uint16_t tag;
	enum collect_origin origin;
	size_t names;
	uint64_t heard_s; /* when its last packet was accepted; 0: none since the start */
	/* Since the start. */
	uint64_t accepted, forged, replayed;
};
void collect_each_key(const struct collect *c,
	void (*visit)(void *arg, const struct collect_key *key), void *arg) NONNULL_ARGS(1, 2);

/* Forgets a name. If its key was trusted as the first that came, and has no other name, that is forgotten, too, so that
 * another key may have its signer's name. ERR_ABSENT: there is no such name. */
int collect_forget(struct collect *c, ns_t now, uint64_t now_s, const char *label) NONNULL
	MUSTCHECK;
/* Forgets the keys of that signer that were trusted as the first that came, and the names of all its keys. The same
 * error. */
int collect_forget_signer(
	struct collect *c, ns_t now, uint64_t now_s, const uint8_t *signer) NONNULL MUSTCHECK;

struct collect_stats {
	uint64_t names, keys,
		said; /* now; `said`: names of hosts, also those that have no name in the zone */
	/* Since the start. */
	uint64_t packets[COLLECT_VERDICT_COUNT];
	uint64_t verified; /* signatures: each takes some 125 µs */
	uint64_t conflicts, refused, outside, full;
};
struct collect_stats collect_stats(const struct collect *c) NONNULL;

/*
 * The state as text, for a file. It begins with a line, and each change is an entry behind it, which is whole or not
 * there: it ends with a checksum. An entry says all of the names in it, so one that is read twice does no harm.
 */

/* True if there is something that the file does not have. Then append the entry, or write the whole file anew
 * if collect_wants_all(): too much has changed. */
bool collect_has_changes(const struct collect *c) NONNULL;
bool collect_wants_all(const struct collect *c) NONNULL;
/* Appends what has changed since one of these was called last. If it cannot be written to the file, write the whole
 * file next time. Errors are those of the buffer. */
void collect_write_changes(struct collect *c, ns_t now, uint64_t now_s, struct buf *out) NONNULL;
/* Appends a whole file. */
void collect_write_all(struct collect *c, ns_t now, uint64_t now_s, struct buf *out) NONNULL;

/* Returns the length of the text up to the end of its last entry, or of its first line: what is behind that is a write
 * that was interrupted. 0: it is no such file. */
size_t collect_whole_len(const char *text, size_t len) NONNULL;
/* Reads the text into a new engine, and puts its names. `*ret_bad` is how many entries are damaged, and how many names
 * have no room, or no key: they were passed over. What was HERE and SILENT is asked for again, for 120 s at least. ERR_SYNTAX: it is no such file;
 * ERR_NOMEM: a part of it was read. */
int collect_read(struct collect *c, ns_t now, uint64_t now_s, const char *text, size_t len,
	size_t *ret_bad) NONNULL MUSTCHECK;
