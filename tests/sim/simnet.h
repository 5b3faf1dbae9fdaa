/* SPDX-License-Identifier: ISC */
/*
 * A network of mDNS engines in virtual time: hosts with ports on wires. Each host answers, and may ask, too. Wires lose, delay,
 * duplicate, reorder and reflect packets, and are joined and parted. The invariants are checked at
 * each step; the first violation is kept as `failure`, and ends the run.
 *
 * The same seed makes the same run.
 */
#pragma once

#include <stdio.h>

#include "base/heap.h"
#include "base/list.h"
#include "mdns/mdns.h"
#include "querier/querier.h"

enum {
	SIM_HOSTS = 8,
	SIM_PORTS = 4,
	SIM_WIRES = 6,
	SIM_NAMES = 32,
	SIM_RECORDS = 192,
	SIM_OWED = 64,
	SIM_RATE_WINDOW = 512
};

struct sim_faults {
	unsigned loss_percent, duplicate_percent;
	ns_t delay_min, delay_max; /* different ones reorder */
};

struct sim_wire {
	struct sim_faults faults;
	unsigned segment;   /* joined wires have the same */
	bool has_reflector; /* repeats each multicast packet from its own address */
};

/* The checks' data about a name on a port, by its current spelling. */
struct sim_name {
	struct name current;
	unsigned probes; /* unanswered ones in a row */
	ns_t last_probe;
	bool is_held;
};

/* A record that a host has or had under any name. */
struct sim_record {
	unsigned port;
	struct name owner; /* as put */
	uint16_t type, len;
	uint8_t rdata[256];
	bool is_unique, is_known, was_sent;
	ns_t until; /* NS_NEVER while it is put */
};

/* A goodbye that is due. */
struct sim_owed {
	struct name owner;
	uint16_t type, len;
	uint8_t rdata[256];
	ns_t before; /* 0: none */
};

struct sim_port {
	unsigned wire;
	bool is_up;
	struct addr v4, v6;
	struct sim_name names[SIM_NAMES];
	unsigned name_count;
	struct sim_owed owed[SIM_OWED];
	ns_t sent[SIM_RATE_WINDOW]; /* a ring of the times of multicast packets on IPv4 */
	unsigned sent_next;
	unsigned long packets;
};

struct sim_host {
	char name[16];
	struct mdns *m;
	struct querier *q; /* or NULL */
	uint64_t kept;     /* records of its cache, as it has reported them */
	struct sim_port ports[SIM_PORTS];
	unsigned port_count;
	struct sim_record records[SIM_RECORDS];
	unsigned record_count;
	unsigned renames;
};

struct sim {
	ns_t now;
	uint64_t seed, random_state;
	struct sim_host hosts[SIM_HOSTS];
	unsigned host_count;
	struct sim_wire wires[SIM_WIRES];
	unsigned wire_count;
	struct heap events;
	unsigned max_rate; /* multicast packets per second, port and family */
	unsigned replies;  /* unicast packets to strangers */
	bool is_rude;      /* strangers send anything: names with objections are not followed */
	FILE *trace;       /* or NULL */
	/* Called for each packet that a host sends. NULL: none. */
	size_t signature_room; /* of hosts that are added from now on: mdns_set_signature() */
	void (*on_sent)(void *arg, unsigned host, const struct mdns_path *to, const uint8_t *packet,
		size_t len);
	void *arg;
	char failure[512]; /* "" while no check has failed */
};

void sim_init(struct sim *sim, uint64_t seed);
void sim_fini(struct sim *sim);
uint64_t sim_random(struct sim *sim, uint64_t below);
void sim_fail(struct sim *sim, const char *format, ...) PRINTFLIKE(2, 3);

/* Each function returns an index; for ports, the id of the link. */
unsigned sim_add_wire(struct sim *sim, struct sim_faults faults);
unsigned sim_add_host(struct sim *sim, const char *name);
/* The host gets a querier: before its ports. It trusts everybody. */
void sim_add_querier(struct sim *sim, unsigned host, bool wants_signed);
unsigned sim_add_port(
	struct sim *sim, unsigned host, unsigned wire, const char *v4, const char *v6);

/* `link` is the number of the port, from 1. Records are text as for rig_put(); NULL: none. */
void sim_put(struct sim *sim, unsigned host, unsigned link, const char *owner, const char *records);
void sim_set_link(struct sim *sim, unsigned host, unsigned link, bool is_up);
void sim_goodbye(struct sim *sim, unsigned host);
void sim_restart(struct sim *sim, unsigned host);
/* Interest of the host's querier. */
void sim_ask(struct sim *sim, unsigned host, unsigned link, const uint8_t *name, uint16_t type);
void sim_stop(struct sim *sim, unsigned host, unsigned link, const uint8_t *name, uint16_t type);
/* Actions of a host's owner without text; nothing is sent before sim_drain(). A link may differ
 * from before; then set the port's addresses. Errors of mdns_put(). */
int sim_put_sets(struct sim *sim, unsigned host, unsigned link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count);
void sim_put_link(struct sim *sim, unsigned host, const struct mdns_link *link);
void sim_remove_link(struct sim *sim, unsigned host, unsigned link);
void sim_drain(struct sim *sim, unsigned host);
/* From now on packets pass between the wires; or no longer between `wire` and all others. */
void sim_join(struct sim *sim, unsigned a, unsigned b);
void sim_part(struct sim *sim, unsigned wire);

/* A stranger on the wire sends bytes to the group. */
void sim_send(struct sim *sim, unsigned wire, const struct addr *peer, uint16_t port,
	const uint8_t *packet, size_t len);
void sim_say(struct sim *sim, unsigned wire, const char *peer, uint16_t port, const char *message);

/* Lets time pass. */
void sim_run(struct sim *sim, ns_t until);

/* Checks the state after the last event and some quiet time: every name is held or yielded, no two
 * hosts have different records of one name, and no host has anything to do within a minute. */
void sim_check_settled(struct sim *sim);

/* simcheck.c: reports to the checks */
void sim_note_sent(struct sim *sim, struct sim_host *host, struct sim_port *port,
	const struct mdns_path *to, const uint8_t *packet, size_t len);
void sim_note_received(struct sim *sim, struct sim_host *host, struct sim_port *port,
	const uint8_t *packet, size_t len);
void sim_note_states(struct sim *sim, struct sim_host *host);
void sim_note_put(struct sim *sim, struct sim_host *host, unsigned link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count);
void sim_note_removed(
	struct sim *sim, struct sim_host *host, unsigned link, const uint8_t *owner, bool is_gone);
void sim_check_owed(struct sim *sim);
