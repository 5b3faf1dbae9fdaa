/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of scenarios.
 * Never checks more than the text says, except what simcheck.c always checks. Called by sim_mdns.c.
 */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

#include "msgtext.h"

enum { LINE_CAP = 4096, WORD_CAP = 128 };

struct reader {
	struct sim *sim;
	const char *path;
	unsigned line;
	const char *at;
	char wire_names[SIM_WIRES][16];
};

static void bad(struct reader *r, const char *what)
{
	sim_fail(r->sim, "%s:%u: %s: %s", r->path, r->line, what, r->at);
}

/* Reads the next word; "" at the end. It is valid until the second next call. */
static const char *word(struct reader *r)
{
	static char words[4][WORD_CAP];
	static unsigned next;
	char *out = words[next++ % 4];
	r->at += strspn(r->at, " \t");
	size_t len = strcspn(r->at, " \t");
	if (len >= WORD_CAP)
		len = WORD_CAP - 1;
	memcpy(out, r->at, len);
	out[len] = '\0';
	r->at += len;
	return out;
}

static const char *rest(struct reader *r)
{
	return r->at + strspn(r->at, " \t");
}

static int find_wire(const struct reader *r, const char *name)
{
	for (unsigned i = 0; i < r->sim->wire_count; i++)
		if (strcmp(r->wire_names[i], name) == 0)
			return (int)i;
	return -1;
}

/* "HOST" or "HOST:LINK". */
static int find_host(const struct reader *r, const char *text, unsigned *ret_link)
{
	size_t len = strcspn(text, ":");
	*ret_link = text[len] ? (unsigned)atoi(text + len + 1) : 1;
	for (unsigned i = 0; i < r->sim->host_count; i++)
		if (strlen(r->sim->hosts[i].name) == len &&
			strncmp(r->sim->hosts[i].name, text, len) == 0)
			return (int)i;
	return -1;
}

static void read_wire(struct reader *r)
{
	struct sim_faults faults = {0};
	char name[16];
	bool has_reflector = false;
	snprintf(name, sizeof(name), "%s", word(r));
	for (const char *w = word(r); *w; w = word(r)) {
		unsigned low, high;
		if (sscanf(w, "loss=%u", &faults.loss_percent) == 1 ||
			sscanf(w, "duplicate=%u", &faults.duplicate_percent) == 1)
			continue;
		if (sscanf(w, "delay=%u..%u", &low, &high) == 2) {
			faults.delay_min = low * NS_PER_MS;
			faults.delay_max = high * NS_PER_MS;
		} else if (strcmp(w, "reflector") == 0) {
			has_reflector = true;
		} else {
			bad(r, w);
		}
	}
	unsigned wire = sim_add_wire(r->sim, faults);
	r->sim->wires[wire].has_reflector = has_reflector;
	memcpy(r->wire_names[wire], name, sizeof(name));
}

static void read_host(struct reader *r)
{
	unsigned link;
	const char *name = word(r);
	int host = find_host(r, name, &link);
	if (host < 0)
		host = (int)sim_add_host(r->sim, name);
	word(r); /* "on" */
	int wire = find_wire(r, word(r));
	const char *v4 = word(r), *v6 = word(r);
	if (wire < 0)
		bad(r, "no such wire");
	else
		sim_add_port(r->sim, (unsigned)host, (unsigned)wire, strcmp(v4, "-") ? v4 : NULL,
			strcmp(v6, "-") ? v6 : NULL);
}

static const char *const states[MDNS_STATE_COUNT] = {
	[MDNS_PROBING] = "probing",
	[MDNS_ANNOUNCING] = "announcing",
	[MDNS_ESTABLISHED] = "established",
	[MDNS_CONFLICT] = "conflict",
	[MDNS_YIELDED] = "yielded",
	[MDNS_SILENT] = "silent",
	[MDNS_DEFERRED] = "deferred",
};

struct wanted {
	unsigned link;
	struct name owner;
	struct mdns_status status;
	bool is_found;
};

static void look(void *arg, const struct mdns_status *status)
{
	struct wanted *wanted = arg;
	if (status->link == wanted->link && name_equal(status->name.wire, wanted->owner.wire)) {
		wanted->status = *status;
		wanted->is_found = true;
	}
}

static void expect_packets(struct reader *r)
{
	unsigned link, low, high;
	int host = find_host(r, word(r), &link);
	if (host < 0 || sscanf(rest(r), "%u..%u", &low, &high) != 2) {
		bad(r, "expect packets HOST MIN..MAX");
		return;
	}
	unsigned long *count = &r->sim->hosts[host].ports[link - 1].packets;
	if (*count < low || *count > high)
		sim_fail(r->sim, "%s:%u: %lu packets", r->path, r->line, *count);
	*count = 0;
}

static void expect(struct reader *r)
{
	struct wanted wanted = {0};
	char text[NAME_TEXT_CAP];
	const char *who = word(r);
	if (strcmp(who, "packets") == 0) {
		expect_packets(r);
		return;
	}
	int host = find_host(r, who, &wanted.link);
	const char *state = word(r);
	wanted.owner = msgtext_name(word(r));
	struct name current = msgtext_name(word(r));
	if (host < 0) {
		bad(r, "no such host");
		return;
	}
	mdns_each_status(r->sim->hosts[host].m, look, &wanted);
	if (!wanted.is_found)
		bad(r, "no such name");
	else if (strcmp(states[wanted.status.state], state) != 0)
		sim_fail(r->sim, "%s:%u: state is %s", r->path, r->line,
			states[wanted.status.state]);
	else if (!name_equal(wanted.status.current.wire, current.wire))
		sim_fail(r->sim, "%s:%u: name is %s", r->path, r->line,
			name_to_text(wanted.status.current.wire, text));
}

static void act_host(struct reader *r, unsigned host, unsigned link)
{
	char verb[WORD_CAP], owner[WORD_CAP];
	snprintf(verb, sizeof(verb), "%s", word(r));
	if (strcmp(verb, "put") == 0) {
		snprintf(owner, sizeof(owner), "%s", word(r));
		sim_put(r->sim, host, link, owner, rest(r));
	} else if (strcmp(verb, "remove") == 0) {
		sim_put(r->sim, host, link, word(r), NULL);
	} else if (strcmp(verb, "down") == 0 || strcmp(verb, "up") == 0) {
		sim_set_link(r->sim, host, link, *verb == 'u');
	} else if (strcmp(verb, "goodbye") == 0) {
		sim_goodbye(r->sim, host);
	} else if (strcmp(verb, "restart") == 0) {
		sim_restart(r->sim, host);
	} else {
		bad(r, "unknown verb");
	}
}

static void act_wire(struct reader *r, unsigned wire)
{
	char peer[WORD_CAP];
	word(r); /* "says" */
	snprintf(peer, sizeof(peer), "%s", word(r));
	uint16_t port = (uint16_t)atoi(word(r));
	sim_say(r->sim, wire, peer, port, rest(r));
}

static void read_at(struct reader *r)
{
	unsigned link;
	ns_t at = (ns_t)(strtod(word(r), NULL) * 1e6) + 1000 * NS_PER_S;
	sim_run(r->sim, at);
	if (r->sim->failure[0])
		return;
	const char *who = word(r);
	int host = find_host(r, who, &link), wire = find_wire(r, who);
	if (strcmp(who, "expect") == 0) {
		expect(r);
	} else if (strcmp(who, "settled") == 0) {
		sim_check_settled(r->sim);
	} else if (strcmp(who, "join") == 0 || strcmp(who, "part") == 0) {
		int a = find_wire(r, word(r)), b = *who == 'j' ? find_wire(r, word(r)) : 0;
		if (a < 0 || b < 0)
			bad(r, "no such wire");
		else if (*who == 'j')
			sim_join(r->sim, (unsigned)a, (unsigned)b);
		else
			sim_part(r->sim, (unsigned)a);
	} else if (host >= 0) {
		act_host(r, (unsigned)host, link);
	} else if (wire >= 0) {
		act_wire(r, (unsigned)wire);
	} else {
		bad(r, "who?");
	}
}

static void read_line(struct reader *r)
{
	const char *verb = word(r);
	if (*verb == '\0' || *verb == '#')
		return;
	if (strcmp(verb, "wire") == 0)
		read_wire(r);
	else if (strcmp(verb, "host") == 0)
		read_host(r);
	else if (strcmp(verb, "limit") == 0)
		r->sim->max_rate = (unsigned)atoi(word(r));
	else if (strcmp(verb, "at") == 0)
		read_at(r);
	else
		bad(r, "unknown statement");
}

bool scenario_run(struct sim *sim, const char *path)
{
	struct reader r = {.sim = sim, .path = path};
	char line[LINE_CAP];
	FILE *file = fopen(path, "r");
	if (!file) {
		sim_fail(sim, "%s: cannot be opened", path);
		return false;
	}
	while (!sim->failure[0] && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		r.line++;
		r.at = line;
		read_line(&r);
	}
	fclose(file);
	return !sim->failure[0];
}
