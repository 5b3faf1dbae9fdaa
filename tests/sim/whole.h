/* SPDX-License-Identifier: ISC */
/*
 * The whole daemon in one process and in virtual time: rtnetlink bytes of a simulated kernel and mDNS packets
 * of simulated hosts in; answers to DNS questions and mDNS packets out. What runs is the product's:
 * watch/kernel.c with the parser and the automaton behind it, the pipeline, the answer path, the mDNS
 * engine. Only the processes and the sockets between them are left out.
 *
 * Checked at each step:
 *	- no deadline is past while there is nothing to do
 *	- what is sent over mDNS with a lifetime is what was put last; an address that is sent under a name of
 *	  the kernel's is answered over unicast DNS at that moment
 *	- all that simnet.h checks: probes before claims, goodbyes, rates
 * and when all has come to rest (whole_check): the model is what the kernel has; what is answered over unicast
 * DNS, and what is put for mDNS, is what the naive model (naive.h) says.
 *
 * Everything goes by link numbers: link i of our own namespace is the daemon's port i + 1, on wire i.
 */
#pragma once

#include "naive.h"
#include "pipeline/pipeline.h"
#include "simnet.h"
#include "watch/kernel.h"

enum { WHOLE_WIRES = 2, WHOLE_PUTS = 256, WHOLE_HOST = 0 };

/* What was put last for one name on one link. */
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
	unsigned file; /* which of naive_files */
	bool has_new_self;
	uint32_t serial;
	struct whole_put puts[WHOLE_PUTS];
	size_t put_count;
	unsigned long goodbyes; /* to addresses */
	unsigned long packets;  /* that the daemon has sent */
};

/* A daemon with an empty kernel, which has not looked at it yet. False: `net.failure` says why. */
bool whole_init(struct whole *w, uint64_t seed);
void whole_fini(struct whole *w);

/* The zone file of that number is read from now on. */
void whole_reload(struct whole *w, unsigned file);

/* Lets the daemon do what it has to do now. */
void whole_turn(struct whole *w);

/* Lets time pass. */
void whole_run(struct whole *w, ns_t until);

/* Where a client is: with a private address, on nobody's wire; with one that is on-link as long as somebody has a neighbour of
 * it; or elsewhere. */
enum whole_client { WHOLE_LAN, WHOLE_NEAR, WHOLE_WAN, WHOLE_CLIENTS };
struct addr whole_client(enum whole_client which);

/* The reply to that query of that client; its length. */
size_t whole_answer(struct whole *w, enum whole_client client, const uint8_t *query,
	size_t query_len, uint8_t *reply, size_t cap);
size_t whole_ask(struct whole *w, enum whole_client client, const char *name, uint16_t type,
	uint8_t *reply, size_t cap);

/* Lets it come to rest, which takes ten seconds at most, and compares all that is said with the naive model. */
void whole_check(struct whole *w);

/* One thing that happens, to the kernel, the files or the peers: which, and three operands, all of any value.
 * The daemon gets its turn after, unless WHOLE_NO_TURN is set in `what`. */
enum { WHOLE_NO_TURN = 0x80 };
void whole_step(struct whole *w, const uint8_t step[4]);
enum { WHOLE_STEP_LEN = 4 };
