/* SPDX-License-Identifier: ISC */
/*
 * Owns the simulated network: wires, ports, packets in flight, virtual time.
 * Never reads a clock. Called by the scenarios, the random runs and the fuzz target.
 */
#include "simnet.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "msgtext.h"

enum { PACKET_CAP = 9000, SETS = 8, SET_RECORDS = 16 };

/* A packet on its way to one port. */
struct delivery {
	struct heap_node event;
	unsigned host, port;
	struct mdns_path from;
	size_t len;
	uint8_t packet[];
};

void sim_init(struct sim *sim, uint64_t seed)
{
	memset(sim, 0, sizeof(*sim));
	sim->seed = sim->random_state = seed;
	sim->now = 1000 * NS_PER_S;
	sim->max_rate = 60;
}

void sim_fini(struct sim *sim)
{
	for (unsigned i = 0; i < sim->host_count; i++) {
		mdns_free(sim->hosts[i].m);
		querier_free(sim->hosts[i].q);
	}
	for (struct heap_node *n; (n = heap_first(&sim->events)) != NULL;) {
		heap_remove(&sim->events, n);
		free(container_of(n, struct delivery, event));
	}
}

uint64_t sim_random(struct sim *sim, uint64_t below)
{
	uint64_t z = sim->random_state += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return below ? (z ^ z >> 31) % below : 0;
}

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;
	if (sim->failure[0])
		return;
	int used = snprintf(sim->failure, sizeof(sim->failure),
		"at %.3f ms: ", (double)(sim->now - 1000 * NS_PER_S) / 1e6);
	va_start(args, format);
	vsnprintf(sim->failure + used, sizeof(sim->failure) - (size_t)used, format, args);
	va_end(args);
}

static void trace(struct sim *sim, const char *who, const char *verb, const struct mdns_path *path,
	const uint8_t *packet, size_t len)
{
	char text[ADDR_TEXT_CAP];
	if (sim->trace)
		fprintf(sim->trace, "%10.3f %s link %u %s %s: %s\n",
			(double)(sim->now - 1000 * NS_PER_S) / 1e6, who, path->link, verb,
			addr_format(&path->peer, text), msgtext_show(packet, len));
}

/* Building */

unsigned sim_add_wire(struct sim *sim, struct sim_faults faults)
{
	sim->wires[sim->wire_count] =
		(struct sim_wire){.faults = faults, .segment = sim->wire_count};
	return sim->wire_count++;
}

unsigned sim_add_host(struct sim *sim, const char *name)
{
	struct sim_host *host = &sim->hosts[sim->host_count];
	snprintf(host->name, sizeof(host->name), "%s", name);
	host->m = mdns_new(sim_random(sim, UINT64_MAX));
	if (!host->m)
		abort();
	mdns_set_signature(host->m, sim->signature_room);
	return sim->host_count++;
}

static void note_record(void *arg, const struct querier_record *record, bool is_new)
{
	struct sim_host *host = arg;
	(void)record;
	host->kept += is_new;
}

static void note_gone(void *arg, const struct querier_record *record, enum querier_end why)
{
	struct sim_host *host = arg;
	(void)record, (void)why;
	host->kept--;
}

void sim_add_querier(struct sim *sim, unsigned host, bool wants_signed)
{
	static const struct querier_events events = {note_record, note_gone};
	struct sim_host *h = &sim->hosts[host];
	h->q = querier_new(sim_random(sim, UINT64_MAX), wants_signed, &events, h);
	if (!h->q)
		abort();
}

static void link_up(struct sim *sim, struct sim_host *host, unsigned link)
{
	struct sim_port *port = &host->ports[link - 1];
	struct prefix prefixes[2];
	struct addr addrs[2];
	size_t count = 0;
	if (port->v4.family) {
		addrs[count] = port->v4;
		prefixes[count++] = prefix_make(&port->v4, 8);
	}
	if (port->v6.family) {
		addrs[count] = port->v6;
		prefixes[count++] = prefix_make(&port->v6, 16);
	}
	struct mdns_link l = {
		.id = link,
		.mtu = 1500,
		.has_v4 = port->v4.family,
		.has_v6 = port->v6.family,
		.prefixes = prefixes,
		.prefix_count = count,
		.addrs = addrs,
		.addr_count = count,
	};
	if (mdns_link_up(host->m, sim->now, &l) ||
		(host->q && querier_link_up(host->q, sim->now, &l)))
		abort();
	port->is_up = true;
}

unsigned sim_add_port(struct sim *sim, unsigned host, unsigned wire, const char *v4, const char *v6)
{
	struct sim_host *h = &sim->hosts[host];
	struct sim_port *port = &h->ports[h->port_count++];
	*port = (struct sim_port){.wire = wire};
	for (unsigned i = 0; i < SIM_RATE_WINDOW; i++)
		port->sent[i] = -NS_PER_S;
	if (v4 && addr_parse(v4, &port->v4))
		abort();
	if (v6 && addr_parse(v6, &port->v6))
		abort();
	link_up(sim, h, h->port_count);
	return h->port_count;
}

void sim_join(struct sim *sim, unsigned a, unsigned b)
{
	unsigned from = sim->wires[b].segment, to = sim->wires[a].segment;
	for (unsigned i = 0; i < sim->wire_count; i++)
		if (sim->wires[i].segment == from)
			sim->wires[i].segment = to;
}

void sim_part(struct sim *sim, unsigned wire)
{
	static const unsigned unused = SIM_WIRES;
	unsigned segment = unused;
	for (unsigned i = 0; i < sim->wire_count; i++)
		segment = sim->wires[i].segment >= segment ? sim->wires[i].segment + 1 : segment;
	sim->wires[wire].segment = segment;
}

/* Packets */

static void enqueue(struct sim *sim, unsigned host, unsigned port, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	const struct sim_faults *faults = &sim->wires[sim->hosts[host].ports[port].wire].faults;
	unsigned copies = 1 + (sim_random(sim, 100) < faults->duplicate_percent);
	if (sim_random(sim, 100) < faults->loss_percent)
		return;
	for (unsigned i = 0; i < copies; i++) {
		struct delivery *d = calloc(1, sizeof(*d) + len);
		if (!d)
			abort();
		d->host = host;
		d->port = port;
		d->from = *from;
		d->from.link = port + 1;
		d->len = len;
		memcpy(d->packet, packet, len);
		ns_t delay = faults->delay_min +
			     (ns_t)sim_random(
				     sim, (uint64_t)(faults->delay_max - faults->delay_min) + 1);
		heap_put(&sim->events, &d->event, sim->now + delay);
	}
}

/* Delivers to every port of the segment that has the family, except `except`; or only to the one
 * with address `to`. */
static void transmit(struct sim *sim, unsigned wire, const struct sim_port *except,
	const struct addr *to, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	unsigned segment = sim->wires[wire].segment;
	bool is_taken = false;
	for (unsigned h = 0; h < sim->host_count; h++)
		for (unsigned p = 0; p < sim->hosts[h].port_count; p++) {
			const struct sim_port *port = &sim->hosts[h].ports[p];
			const struct addr *own =
				from->peer.family == ADDR_V4 ? &port->v4 : &port->v6;
			if (port == except || !port->is_up || !own->family ||
				sim->wires[port->wire].segment != segment)
				continue;
			if (to && !addr_equal(to, own))
				continue;
			is_taken = true;
			enqueue(sim, h, p, from, packet, len);
		}
	if (to && !is_taken)
		sim->replies++;
}

static void reflect(struct sim *sim, unsigned wire, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	struct mdns_path reflected = *from;
	unsigned segment = sim->wires[wire].segment;
	for (unsigned i = 0; i < sim->wire_count; i++)
		if (sim->wires[i].has_reflector && sim->wires[i].segment == segment) {
			reflected.peer.bytes[from->peer.family == ADDR_V4 ? 3 : 15] =
				(uint8_t)(250 - i);
			transmit(sim, wire, NULL, NULL, &reflected, packet, len);
		}
}

/* The kernel loops back what is said to the group: our querier hears what we answer, and, if it `comes_back`, our
 * responder what we ask. The responder's own packets do not matter to it. */
static void send_packet(struct sim *sim, struct sim_host *host, const struct mdns_path *to,
	bool comes_back, const uint8_t *packet, size_t len)
{
	struct sim_port *port = &host->ports[to->link - 1];
	struct mdns_path from = *to;
	trace(sim, host->name, "sends", to, packet, len);
	from.peer = to->peer.family == ADDR_V4 ? port->v4 : port->v6;
	from.peer_port = MDNS_PORT;
	if (host->q && !comes_back && to->is_multicast)
		querier_input(host->q, sim->now, &from, packet, len, true);
	transmit(sim, port->wire, comes_back ? NULL : port, to->is_multicast ? NULL : &to->peer,
		&from, packet, len);
	if (to->is_multicast)
		reflect(sim, port->wire, &from, packet, len);
}

/* Sends the questions that a host has now. */
static void drain_querier(struct sim *sim, struct sim_host *host)
{
	static uint8_t packet[PACKET_CAP];
	struct mdns_path to;
	size_t len;
	while ((len = querier_poll(host->q, sim->now, &to, packet)) > 0) {
		if (!host->ports[to.link - 1].is_up)
			sim_fail(sim, "%s asks on a link that is down", host->name);
		send_packet(sim, host, &to, true, packet, len);
	}
	if (querier_deadline(host->q) <= sim->now)
		sim_fail(sim, "%s has a deadline that is past, and nothing to ask", host->name);
	if (querier_stats(host->q).records != host->kept)
		sim_fail(sim, "%s has not reported all changes of its cache", host->name);
}

/* Sends the packets that a host has now. */
static void drain(struct sim *sim, struct sim_host *host)
{
	static uint8_t packet[PACKET_CAP];
	struct mdns_path to;
	struct mdns_notice notice;
	size_t len;
	sim_note_states(sim, host);
	while ((len = mdns_poll(host->m, sim->now, &to, packet, sizeof(packet))) > 0) {
		sim_note_sent(sim, host, &host->ports[to.link - 1], &to, packet, len);
		if (sim->on_sent)
			sim->on_sent(sim->arg, (unsigned)(host - sim->hosts), &to, packet, len);
		send_packet(sim, host, &to, false, packet, len);
	}
	if (host->q)
		drain_querier(sim, host);
	while (mdns_next_notice(host->m, &notice))
		host->renames += notice.type == MDNS_NOTICE_RENAMED;
	sim_note_states(sim, host);
	if (mdns_deadline(host->m) <= sim->now)
		sim_fail(sim, "%s has a deadline that is past, and nothing to send", host->name);
}

void sim_send(struct sim *sim, unsigned wire, const struct addr *peer, uint16_t port,
	const uint8_t *packet, size_t len)
{
	struct mdns_path from = {.peer = *peer, .peer_port = port, .is_multicast = true};
	trace(sim, "stranger", "says from", &from, packet, len);
	transmit(sim, wire, NULL, NULL, &from, packet, len);
}

void sim_say(struct sim *sim, unsigned wire, const char *peer, uint16_t port, const char *message)
{
	static uint8_t packet[PACKET_CAP];
	struct addr a;
	if (addr_parse(peer, &a))
		abort();
	sim_send(sim, wire, &a, port, packet, msgtext_pack(message, packet));
}

static void deliver(struct sim *sim, struct delivery *d)
{
	struct sim_host *host = &sim->hosts[d->host];
	struct sim_port *port = &host->ports[d->port];
	heap_remove(&sim->events, &d->event);
	if (port->is_up) {
		uint64_t before = mdns_stats(host->m).off_link;
		mdns_input(host->m, sim->now, &d->from, d->packet, d->len);
		if (host->q)
			querier_input(host->q, sim->now, &d->from, d->packet, d->len, true);
		if (mdns_stats(host->m).off_link == before)
			sim_note_received(sim, host, port, d->packet, d->len);
		drain(sim, host);
	}
	free(d);
}

/* Time */

static struct sim_host *next_host(struct sim *sim, ns_t *ret_at)
{
	struct sim_host *next = NULL;
	for (unsigned i = 0; i < sim->host_count; i++) {
		ns_t at = mdns_deadline(sim->hosts[i].m);
		if (sim->hosts[i].q)
			at = ns_min(at, querier_deadline(sim->hosts[i].q));
		if (at < *ret_at) {
			*ret_at = at;
			next = &sim->hosts[i];
		}
	}
	return next;
}

void sim_run(struct sim *sim, ns_t until)
{
	while (!sim->failure[0]) {
		ns_t at = heap_deadline(&sim->events);
		struct sim_host *host = next_host(sim, &at);
		if (at > until)
			break;
		sim->now = at > sim->now ? at : sim->now;
		sim_check_owed(sim);
		if (host)
			drain(sim, host);
		else
			deliver(sim,
				container_of(heap_first(&sim->events), struct delivery, event));
	}
	sim->now = until;
	sim_check_owed(sim);
}

/* Actions of the hosts' owners */

static bool take_word(const char **text, const char *word)
{
	const char *p = *text + strspn(*text, " ");
	size_t len = strlen(word);
	if (strncmp(p, word, len) != 0 || p[len] != ' ')
		return false;
	*text = p + len;
	return true;
}

void sim_put(
	struct sim *sim, unsigned host, unsigned link, const char *owner_text, const char *records)
{
	static uint8_t bytes[SETS][SET_RECORDS][MSGTEXT_RDATA_CAP];
	struct rdata rdata[SETS][SET_RECORDS];
	struct mdns_rrset sets[SETS] = {0};
	struct name owner = msgtext_name(owner_text);
	struct sim_host *h = &sim->hosts[host];
	size_t count = 0;
	while (records) {
		bool is_shared = take_word(&records, "shared"),
		     is_known = take_word(&records, "known"),
		     is_of_host = take_word(&records, "host"),
		     is_public = take_word(&records, "public"),
		     is_quiet = take_word(&records, "quiet");
		uint8_t one[MSGTEXT_RDATA_CAP];
		uint16_t type, len;
		size_t i = 0;
		records = msgtext_rdata(records, owner.wire, &type, one, &len);
		while (i < count && sets[i].set.type != type)
			i++;
		struct mdns_rrset *set = &sets[i];
		if (i == count && count++ < SETS)
			*set = (struct mdns_rrset){
				.set = {.type = type, .ttl = 120, .rdata = rdata[i]},
				.is_unique = !is_shared,
				.is_known_unique = is_known,
				.is_of_host = is_of_host,
				.is_public = is_public,
				.is_quiet = is_quiet,
			};
		memcpy(bytes[i][set->set.count], one, len);
		rdata[i][set->set.count] = (struct rdata){bytes[i][set->set.count], len};
		set->set.count++;
	}
	if (sim_put_sets(sim, host, link, owner.wire, sets, count))
		sim_fail(sim, "%s: put failed", h->name);
	drain(sim, h);
}

static void trace_put(const struct sim *sim, const struct sim_host *host, unsigned link,
	const uint8_t *owner, const struct mdns_rrset *sets, size_t count)
{
	char name[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	if (!sim->trace)
		return;
	fprintf(sim->trace,
		"%10.3f %s link %u is to say %s:", (double)(sim->now - 1000 * NS_PER_S) / 1e6,
		host->name, link, name_to_text(owner, name));
	for (size_t i = 0; i < count; i++)
		fprintf(sim->trace, " %u %s", sets[i].set.count,
			rr_type_text(sets[i].set.type, type));
	fprintf(sim->trace, "\n");
}

int sim_put_sets(struct sim *sim, unsigned host, unsigned link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count)
{
	struct sim_host *h = &sim->hosts[host];
	trace_put(sim, h, link, owner, sets, count);
	sim_note_removed(sim, h, link, owner, count == 0);
	sim_note_put(sim, h, link, owner, sets, count);
	return mdns_put(h->m, sim->now, link, owner, sets, count);
}

void sim_put_link(struct sim *sim, unsigned host, const struct mdns_link *link)
{
	struct sim_host *h = &sim->hosts[host];
	if (mdns_link_up(h->m, sim->now, link))
		abort();
	struct sim_port *port = &h->ports[link->id - 1];
	port->is_up = link->has_v4 || link->has_v6;
	if (!port->is_up)
		memset(port->owed, 0, sizeof(port->owed));
}

/* No goodbye is due on it, since it cannot be sent. */
void sim_remove_link(struct sim *sim, unsigned host, unsigned link)
{
	struct sim_host *h = &sim->hosts[host];
	struct sim_port *port = &h->ports[link - 1];
	unsigned kept = 0;
	mdns_link_gone(h->m, sim->now, link);
	if (h->q)
		querier_link_gone(h->q, sim->now, link);
	for (unsigned i = 0; i < h->record_count; i++)
		if (h->records[i].port != link - 1)
			h->records[kept++] = h->records[i];
	h->record_count = kept;
	port->is_up = false;
	port->name_count = 0;
	memset(port->owed, 0, sizeof(port->owed));
}

void sim_drain(struct sim *sim, unsigned host)
{
	drain(sim, &sim->hosts[host]);
}

void sim_set_link(struct sim *sim, unsigned host, unsigned link, bool is_up)
{
	struct sim_host *h = &sim->hosts[host];
	struct sim_port *port = &h->ports[link - 1];
	if (is_up) {
		link_up(sim, h, link);
	} else {
		mdns_link_down(h->m, sim->now, link);
		if (h->q)
			querier_link_down(h->q, sim->now, link);
		port->is_up = false;
		memset(port->owed, 0, sizeof(port->owed));
	}
	drain(sim, h);
}

void sim_goodbye(struct sim *sim, unsigned host)
{
	struct sim_host *h = &sim->hosts[host];
	for (unsigned i = h->record_count; i-- > 0;)
		if (h->records[i].until == NS_NEVER)
			sim_note_removed(
				sim, h, h->records[i].port + 1, h->records[i].owner.wire, true);
	mdns_goodbye(h->m, sim->now);
	drain(sim, h);
}

void sim_restart(struct sim *sim, unsigned host)
{
	mdns_restart(sim->hosts[host].m, sim->now);
	if (sim->hosts[host].q)
		querier_restart(sim->hosts[host].q, sim->now);
	drain(sim, &sim->hosts[host]);
}

void sim_ask(struct sim *sim, unsigned host, unsigned link, const uint8_t *name, uint16_t type)
{
	if (querier_ask(sim->hosts[host].q, sim->now, link, name, type))
		abort();
	drain(sim, &sim->hosts[host]);
}

void sim_stop(struct sim *sim, unsigned host, unsigned link, const uint8_t *name, uint16_t type)
{
	querier_stop(sim->hosts[host].q, sim->now, link, name, type);
	drain(sim, &sim->hosts[host]);
}
