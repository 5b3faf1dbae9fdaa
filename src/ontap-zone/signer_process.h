/* SPDX-License-Identifier: ISC */
/* The inside of the signer, shared by its files. Nobody else includes this. */
#pragma once

#include "dnssec/ds_answer.h"
#include "dnssec/signing.h"
#include "dnssec/time_check.h"
#include "io/channel.h"
#include "ontap-zone/signer.h"
#include "ontap-zone/signer_msg.h"

/* The file of the time up to which inceptions of packets may have been used. */
#define SIGNER_HOST_CLOCK "host-clock"

/* A zone that the server has named since the start. */
struct signed_zone {
	struct roll roll;
	struct key_pair pairs[ROLL_KEYS_MAX]; /* of the keys in `roll`, in any order */
	unsigned pair_count;
	uint32_t ttl_s;   /* its longest */
	bool is_unsigned; /* since before the start */
	bool is_served;   /* the server has it now */
	bool is_loaded;   /* its keys are read, or made */
	bool has_news;    /* the server does not know the keys as they are */
	uint64_t told_s;  /* when the server was told last; 0: never */
	uint64_t ask_s;   /* when the parent is asked; 0: not */
	uint64_t retry_s; /* something has failed: not before */
	uint64_t leapt_s; /* of the leaps of the clock, what `roll` has been told */
};

struct signer_process {
	struct channel channel;
	struct log own_log;
	const struct log *log; /* `own_log` */
	const char *state_dir; /* for messages only */
	const uint8_t
		*domain; /* that of the configuration: its keys are never removed for others */
	unsigned alg;    /* of new keys */
	struct roll_times times;
	int dir;   /* STATE/keys */
	int timer; /* a timerfd(2) of CLOCK_REALTIME */
	struct time_check time_check;
	bool has_told_clock;
	struct signed_zone **zones; /* owned; in the order in which they came */
	size_t count, cap;
	struct buf request, answer;
	struct signing_host host; /* its name has a length of 0: there is none */
	uint64_t host_floor_s;    /* as stored: inceptions up to it may have been used */
	bool has_told_hold;       /* that the host's clock is behind */
	int asker;            /* to the process that asks the parent (asker.h); -1: there is none */
	int listener, client; /* in the directory of the keys; -1: none */
	char line[SIGNER_TEXT_CAP]; /* what the client has said so far */
	size_t line_len;
	uint64_t refusals; /* messages that were not signed */
	struct sandbox_report sandbox;
};

/* Seconds since 1970, as the clock of this machine has it. */
uint64_t signer_now(void);

/* signer_clock.c: true if the clock can be believed (dnssec/time_check.h). Otherwise it logs that, once. Stores the time
 * now and then. `now_s`: signer_now(). */
bool signer_clock_is_good(struct signer_process *p, uint64_t now_s) NONNULL MUSTCHECK;
/* Somebody says that the clock is right. Stores the time: -errno. */
int signer_clock_accept(struct signer_process *p, uint64_t now_s) NONNULL MUSTCHECK;
/* Reads what is stored. */
void signer_clock_read(struct signer_process *p) NONNULL;
/* Reads a time from a file of the directory; 0: there is none. Stores one: -errno, logged. */
uint64_t signer_clock_load(const struct signer_process *p, const char *name) NONNULL;
int signer_clock_store(const struct signer_process *p, const char *name, uint64_t time_s) NONNULL
	MUSTCHECK;

/* signer_zone.c: NULL: the server has not named it. `zone` is in lower case. */
struct signed_zone *signer_zone_find(const struct signer_process *p, const uint8_t *zone) NONNULL;
/* Adds it, if there is room, and does what is due there. */
void signer_zone_add(struct signer_process *p, const struct signer_zone_request *request) NONNULL;
/* At the start: zones that have become unsigned, which the server is told of. */
void signer_zones_begin(struct signer_process *p) NONNULL;
/* Does what is due in all zones: reads keys, steps, tells the server. Returns when to call it again; UINT64_MAX:
 * after the next request. */
uint64_t signer_zones_run(struct signer_process *p) NONNULL;
/* Begins a key that succeeds the present one. ERR_EXISTS, as roll_add(); others: logged. */
int signer_zone_roll(struct signer_process *p, struct signed_zone *z, unsigned alg) NONNULL
	MUSTCHECK;
/* Takes what the parent has. */
void signer_zone_hear(struct signer_process *p, const struct ds_answer *a) NONNULL;
/* Stores a changed state, and makes it the one in force. Logs a failure: all is as before. */
int signer_zone_store(
	struct signer_process *p, struct signed_zone *z, const struct roll *next) NONNULL MUSTCHECK;

/* signer_keys.c: reads the state of a zone and its keys from files, or finds a key that somebody has put there. 0: there
 * may be no key yet. Logs a failure. */
int signer_keys_load(struct signer_process *p, struct signed_zone *z) NONNULL MUSTCHECK;
/* Reads a state from a file of the directory. ERR_ABSENT: it is another file; ERR_SYNTAX, -errno. */
int signer_keys_read_state(struct signer_process *p, const char *file, struct roll *ret) NONNULL
	MUSTCHECK;
/* Finds the only key of that name with those flags among the files: a zone's, or a host's. ERR_ABSENT: there is none;
 * others, logged: there are several, or one that is none. */
int signer_keys_find(struct signer_process *p, const uint8_t *name, unsigned flags,
	struct key_pair *ret) NONNULL MUSTCHECK;
/* Makes a key that has no like, without storing it. -errno; ERR_RANGE: the name is too long. */
int signer_keys_make(struct signer_process *p, const uint8_t *name, unsigned alg, unsigned flags,
	struct key_pair *ret) NONNULL MUSTCHECK;
/* Writes the state to its file. -errno; ERR_NOMEM. */
int signer_keys_store(struct signer_process *p, const struct roll *roll) NONNULL MUSTCHECK;
/* Writes the files of a key. -errno; ERR_NOMEM. */
int signer_keys_write(struct signer_process *p, const uint8_t *name, const struct key_pair *pair,
	uint64_t created_s) NONNULL MUSTCHECK;
/* Removes the state of the zone: before its keys, so that a state without a key is never left. */
void signer_keys_forget(struct signer_process *p, const struct signed_zone *z) NONNULL;
void signer_keys_remove(
	struct signer_process *p, const struct signed_zone *z, struct dnssec_key_id id) NONNULL;

/* signer_host.c: reads the key of the host, or makes it, and tells the server. An error, logged: there is none. */
int signer_host_begin(struct signer_process *p) NONNULL MUSTCHECK;
/* Answers a request to sign a packet: a ticket, and the packet. `*refused`: why it is not, or SIGNING_DONE. -EBADMSG. */
int signer_host_sign(struct signer_process *p, const struct channel_message *m,
	enum signing_refusal *refused) NONNULL MUSTCHECK;
/* The clock is right, whatever times were used before. */
void signer_host_forget_time(struct signer_process *p) NONNULL;
/* Appends the line of JSON about the key, if there is one. False: there is none. */
bool signer_host_put(const struct signer_process *p, struct buf *out) NONNULL;

/* signer_command.c: answers what `ontap-zone keys` asks: lines of JSON. `may_change`: not only questions. */
void signer_command_run(
	struct signer_process *p, const char *text, bool may_change, struct buf *out) NONNULL;

/* signer_parent.c: asks for the DS of the zone, if that is due. Returns when to call it again; UINT64_MAX: not before the
 * next step. */
uint64_t signer_parent_ask(struct signer_process *p, struct signed_zone *z, uint64_t now_s) NONNULL
	MUSTCHECK;
/* The asker has an answer, or has ended. True: it has one. */
bool signer_parent_read(struct signer_process *p, struct ds_answer *ret) NONNULL MUSTCHECK;
/* True if the parent has what CDS asks for, and nothing else. */
bool signer_parent_has(const struct signed_zone *z, const struct ds_answer *a) NONNULL MUSTCHECK;

/* signer_control.c: listens in the directory of the keys. ERR_EXISTS: another daemon does; -errno; logged. */
int signer_control_open(struct signer_process *p) NONNULL MUSTCHECK;
/* The listener, the client is readable. */
void signer_control_accept(struct signer_process *p) NONNULL;
void signer_control_read(struct signer_process *p) NONNULL;

/* signer_confine.c: from now on the process has no capability, opens files only in its directory, and no socket at
 * all. Fills `p->sandbox`. What the kernel lacks is logged. -errno, ERR_DENIED: it has more than it should;
 * logged. */
int signer_confine(struct signer_process *p) NONNULL MUSTCHECK;
