/* SPDX-License-Identifier: ISC */
/*
 * Owns the answers about names and keys that are collected.
 * Never changes anything.
 */
#include <time.h>

#include "ontap-zone/collecting_text.h"
#include "ontap-zone/report_part.h"

struct collected_lines {
	const struct report *report;
	struct buf *out;
};

static void write_age(struct jsonw *w, const char *key, uint64_t then_s)
{
	const int64_t now = time(NULL);
	if (then_s > 0)
		jsonw_number(w, key, now > (int64_t)then_s ? now - (int64_t)then_s : 0);
}

/* Why it is not served; "": it is. */
static const char *hidden_text(const struct report *r, const struct collect_name *n)
{
	if (n->word == COLLECT_UPDATE)
		return ""; /* by an update */
	switch (names_judge_collected(pipeline_names(r->pipeline), n->label)) {
	case COLLECTED_SERVED: break;
	case COLLECTED_WORKLOAD: return "a workload has the name";
	case COLLECTED_FILE: return "a zone file has the name";
	}
	return "";
}

static void write_key(struct jsonw *w, const uint8_t *signer, uint8_t alg, uint16_t tag,
	enum collect_origin origin)
{
	char text[COLLECTING_KEY_CAP];
	jsonw_text(w, "key", collecting_key_text(signer, alg, tag, text));
	jsonw_text(w, "trust", collecting_origin_text(origin));
}

static void write_members(const struct report *r, struct jsonw *w, const struct collect_name *n)
{
	const char *hidden = hidden_text(r, n);
	const int64_t now = time(NULL);
	jsonw_text(w, "state", collecting_state_text(n->state));
	write_age(w, "seconds", n->since_s);
	write_age(w, "heard_seconds", n->heard_s);
	if (n->until_s > 0)
		jsonw_number(w, "left_seconds",
			(int64_t)n->until_s > now ? (int64_t)n->until_s - now : 0);
	write_key(w, n->signer, n->alg, n->tag, n->origin);
	jsonw_open(w, "addresses", '[');
	for (size_t i = 0; i < n->addr_count; i++)
		report_addr(w, NULL, &n->addrs[i]);
	jsonw_close(w, ']');
	if (n->link)
		report_ifname(r, w, n->link);
	jsonw_bool(w, "served", *hidden == '\0');
	if (*hidden)
		jsonw_text(w, "reason", hidden);
	if (n->conflicts > 0)
		jsonw_number(w, "conflicts", (int64_t)n->conflicts);
	if (n->rival)
		report_name(w, "rival", n->rival);
}

static void write_line(void *arg, const struct collect_name *n)
{
	const struct collected_lines *lines = arg;
	struct jsonw w = {.out = lines->out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "collected", n->label);
	write_members(lines->report, &w, n);
	jsonw_close(&w, '}');
	report_end_line(lines->out);
}

void report_collected(const struct report *r, struct buf *out)
{
	struct collected_lines lines = {r, out};
	if (r->collect)
		collect_each_name(r->collect, write_line, &lines);
}

struct collected_member {
	const struct report *report;
	struct jsonw *w;
};

static void write_member(void *arg, const struct collect_name *n)
{
	const struct collected_member *m = arg;
	jsonw_open(m->w, "collected", '{');
	write_members(m->report, m->w, n);
	jsonw_close(m->w, '}');
}

void report_collected_of(const struct report *r, struct jsonw *w, const char *label)
{
	struct collected_member member = {r, w};
	if (r->collect && *label)
		(void)!collect_find(r->collect, label, write_member, &member);
}

/* status */

static void write_status_key(void *arg, const struct collect_key *key)
{
	struct jsonw *w = arg;
	const uint8_t alg = key->key.len > 3 ? key->key.bytes[3] : 0; /* RFC 2535 §3.1 */
	jsonw_open(w, NULL, '{');
	write_key(w, key->signer, alg, key->tag, key->origin);
	jsonw_number(w, "names", (int64_t)key->names);
	write_age(w, "heard_seconds", key->heard_s);
	jsonw_number(w, "accepted", (int64_t)key->accepted);
	jsonw_number(w, "forged", (int64_t)key->forged);
	jsonw_number(w, "replayed", (int64_t)key->replayed);
	jsonw_close(w, '}');
}

static void write_packets(struct jsonw *w, const struct collect_stats *stats)
{
	static const char *const words[COLLECT_VERDICT_COUNT] = {
		[COLLECT_ACCEPTED] = "accepted",
		[COLLECT_KNOWN] = "known",
		[COLLECT_UNSIGNED] = "unsigned",
		[COLLECT_MALFORMED] = "malformed",
		[COLLECT_OFF_LINK] = "off_link",
		[COLLECT_STRANGER] = "stranger",
		[COLLECT_UNTIMELY] = "untimely",
		[COLLECT_REPLAYED] = "replayed",
		[COLLECT_BUSY] = "busy",
		[COLLECT_FORGED] = "forged",
	};
	jsonw_open(w, "packets", '{');
	for (size_t i = 0; i < COLLECT_VERDICT_COUNT; i++)
		jsonw_number(w, words[i], (int64_t)stats->packets[i]);
	jsonw_close(w, '}');
}

void report_collector(const struct report *r, struct jsonw *w)
{
	if (!r->collect)
		return;
	const struct collect_stats stats = collect_stats(r->collect);
	jsonw_open(w, "collector", '{');
	jsonw_number(w, "names", (int64_t)stats.names);
	jsonw_number(w, "said", (int64_t)stats.said);
	jsonw_number(w, "verified", (int64_t)stats.verified);
	jsonw_number(w, "conflicts", (int64_t)stats.conflicts);
	jsonw_number(w, "refused", (int64_t)stats.refused);
	jsonw_number(w, "outside", (int64_t)stats.outside);
	jsonw_number(w, "full", (int64_t)stats.full);
	jsonw_bool(w, "failing", r->is_collecting_failing);
	write_packets(w, &stats);
	jsonw_open(w, "keys", '[');
	collect_each_key(r->collect, write_status_key, w);
	jsonw_close(w, ']');
	jsonw_close(w, '}');
}
