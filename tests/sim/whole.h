/* SPDX-License-Identifier: ISC */
/*
 * The whole daemon in one process and in virtual time. In: rtnetlink bytes of a simulated kernel,
 * and mDNS packets of simulated hosts. Out: answers to DNS questions, and mDNS packets. The code is
 * the product's: watch/kernel.c with the parser and the automaton behind it, the pipeline, the
 * answer path, the mDNS engine. Only the processes and the sockets between them are left out.
 *
 * Checked at each step:
 *	- no deadline is in the past while there is nothing to do
 *	- mDNS packets with a lifetime have the records of the last put; an address that is sent under a
 *	  name of the kernel is also in the unicast answers at that moment
 *	- everything that simnet.h checks: probes before claims, goodbyes, rates
 *
 * When everything has settled (whole_check), and there is room for all, the model equals the kernel, and the unicast answers
 * and the records for mDNS equal the naive model (naive.h).
 *
 * Everything goes by link numbers: link i of our own namespace is the daemon's port i + 1, on wire
 * i.
 */
#pragma once

#include "naive.h"
#include "pipeline/pipeline.h"
#include "simnet.h"
#include "watch/kernel.h"

enum { WHOLE_WIRES = 2, WHOLE_PUTS = 256, WHOLE_HOST = 0 };

/* The last put for one name on one link. */
struct whole_put {
	uint32_t link;
	struct name owner;
	bool is_alias; /* a CNAME is among its sets */
	struct naive_set addrs;
};

struct whole {
	struct simkernel kernel;
	struct sim net; /* the daemon is host WHOLE_HOST; its failure is the run's */
	struct kernel *watcher;
	struct pipeline *pipeline;
	struct pipeline_config config;
	bool is_narrow; /* the model has room for little, but for everything during whole_check() */
	unsigned file;  /* index in naive_files */
	bool has_new_self;
	uint32_t serial;
	struct whole_put puts[WHOLE_PUTS];
	size_t put_count;
	unsigned long goodbyes; /* for addresses */
	unsigned long packets;  /* sent by the daemon */
	/* Called with true before the watcher or the pipeline works, and with false afterwards, for a test in
	 * which its allocations fail. NULL: none fails, and a flush leaves nothing undone. */
	void (*on_work)(bool is_working);
};

/* Makes a daemon with an empty kernel that it has not looked at yet. False:
 * `net.failure` has the reason. */
bool whole_init(struct whole *w, uint64_t seed);
void whole_fini(struct whole *w);

/* From now on, is_narrow. */
void whole_make_narrow(struct whole *w);

/* From now on, the zone file of that number is read. */
void whole_reload(struct whole *w, unsigned file);

/* Lets the daemon do its present work. */
void whole_turn(struct whole *w);

/* Lets time pass. */
void whole_run(struct whole *w, ns_t until);

/* Where a client is: at a private address, on nobody's wire; at an address that is on-link while
 * somebody has a neighbour of it; or elsewhere. */
enum whole_client { WHOLE_LAN, WHOLE_NEAR, WHOLE_WAN, WHOLE_CLIENTS };
struct addr whole_client(enum whole_client which);

/* Answers a client's query. Returns the length of the reply. */
size_t whole_answer(struct whole *w, enum whole_client client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t cap);
size_t whole_ask(struct whole *w, enum whole_client client, const char *name, uint16_t type,
	uint8_t *reply, size_t cap);

/* Lets the daemon settle, which takes at most ten seconds, and compares everything with
 * the naive model. */
void whole_check(struct whole *w);

/* One event of the kernel, the files or the peers: its kind, and three operands, all of any value.
 * Afterwards the daemon gets a turn, unless WHOLE_NO_TURN is set in `what`. */
enum { WHOLE_NO_TURN = 0x80 };
void whole_step(struct whole *w, const uint8_t step[4]);
enum { WHOLE_STEP_LEN = 4 };
