/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to "explain".
 * Never decides anything: pipeline/explain.c does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "export/text.h"
#include "ontap-zone/report_part.h"
#include "pipeline/explain.h"
#include "wire/msg.h"

static void write_answer(void *arg, const struct zone_change *record)
{
	struct jsonw *w = arg;
	struct buf text = {0};
	char type[RR_TYPE_TEXT_CAP];
	export_rdata_text(&text, record->type, record->rdata.bytes, record->rdata.len);
	jsonw_open(w, NULL, '{');
	report_name(w, "name", record->owner);
	jsonw_text(w, "type", rr_type_text(record->type, type));
	jsonw_number(w, "ttl", record->ttl);
	jsonw_text(w, "data", buf_text(&text));
	jsonw_close(w, '}');
	buf_fini(&text);
}

static void write_hidden_alias(const struct report *r, const struct explained *e, struct jsonw *w)
{
	struct rdata alias;
	if (!explain_hidden_alias(r->pipeline, e, &alias))
		return;
	jsonw_open(w, "hidden", '{');
	jsonw_text(w, "type", "CNAME");
	report_name(w, "data", alias.bytes);
	jsonw_text(w, "reason", "an alias gives way to others of its name");
	jsonw_close(w, '}');
}

/* A name that a workload has given itself, but that is not a valid label. */
static void write_rejected(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct jsonw *w = arg;
	jsonw_open(w, NULL, '{');
	jsonw_bytes(w, "name", word, len);
	report_link(w, link);
	jsonw_text(w, "reason", label_verdict_text(verdict));
	jsonw_close(w, '}');
}

struct explaining {
	const struct report *report;
	struct explained *explained;
	struct jsonw *w;
};

/* Writes an address of the workload, and why this client gets it or not. */
static void write_addr(void *arg, const struct names_addr *na)
{
	struct explaining *x = arg;
	const char *withheld =
		explain_withheld(x->report->pipeline, x->report->mdns, x->explained, na);
	jsonw_open(x->w, NULL, '{');
	report_addr_members(x->w, na);
	jsonw_bool(x->w, "told", !withheld);
	jsonw_text(x->w, "withheld", withheld ? withheld : "");
	jsonw_close(x->w, '}');
}

static void write_holder(void *arg, const struct model_addr *addr)
{
	struct jsonw *w = arg;
	jsonw_open(w, NULL, '{');
	report_link(w, addr->link);
	jsonw_close(w, '}');
}

static void write_zone(void *arg, const uint8_t *apex)
{
	report_name(arg, NULL, apex);
}

/* True if no workload has the name, and there are no records of it. */
static bool is_unknown(const struct pipeline *p, const struct explained *e)
{
	return !explain_is_claimed(p, e) && (e->is_local || strcmp(e->rcode, "NXDOMAIN") == 0 ||
						    strcmp(e->rcode, "REFUSED") == 0);
}

/* Writes help if there is no answer: the links that have the address, our zones, similar names. */
static void write_help(struct explaining *x)
{
	const struct pipeline *p = x->report->pipeline;
	struct explained *e = x->explained;
	char nearest[EXPLAIN_NEAREST_MAX][NAME_TEXT_CAP];
	jsonw_open(x->w, "held", '[');
	(void)!explain_each_holder(p, e, write_holder, x->w);
	jsonw_close(x->w, ']');
	jsonw_open(x->w, "zones", '[');
	if (strcmp(e->rcode, "REFUSED") == 0)
		explain_each_zone(p, write_zone, x->w);
	jsonw_close(x->w, ']');
	jsonw_open(x->w, "nearest", '[');
	size_t count = is_unknown(p, e) ? explain_nearest(p, e, nearest) : 0;
	for (size_t i = 0; i < count; i++)
		jsonw_text(x->w, NULL, nearest[i]);
	jsonw_close(x->w, ']');
}

static void write_rule(struct jsonw *w, const struct view_rule *rule)
{
	char prefix[ADDR_TEXT_CAP];
	jsonw_open(w, "rule", '{');
	jsonw_text(w, "prefix",
		rule->reason == VIEW_BY_DEFAULT ? "" : prefix_format(&rule->prefix, prefix));
	jsonw_text(w, "reason", view_reason_text((enum view_reason)rule->reason));
	jsonw_text(w, "detail", rule->detail);
	jsonw_close(w, '}');
}

/* Who has signed it, and until when that holds. */
static void write_signature(const struct report *r, const struct explained *e, struct jsonw *w)
{
	struct rrsig sig;
	const uint8_t *zone;
	char text[DATE_TEXT_CAP];
	if (!explain_signature(r->pipeline, e, &sig, &zone))
		return;
	jsonw_open(w, "signature", '{');
	report_name(w, "zone", zone);
	jsonw_number(w, "algorithm", sig.key.alg);
	jsonw_number(w, "key", sig.key.tag);
	jsonw_text(w, "until", date_text(sig.expiration, text));
	jsonw_close(w, '}');
}

/* Writes what the client gets. */
static void write_outcome(struct explaining *x)
{
	const struct report *r = x->report;
	struct explained *e = x->explained;
	jsonw_text(x->w, "rcode", e->rcode);
	jsonw_open(x->w, "answers", '[');
	explain_each_answer(r->pipeline, e, write_answer, x->w);
	jsonw_close(x->w, ']');
	if (e->is_local)
		report_local(x->w, r, e->name.wire);
	write_hidden_alias(r, e, x->w);
	report_updates_of(r, x->w, e->name.wire);
	report_collected_of(r, x->w, e->label);
	write_signature(r, e, x->w);
}

static void write_explained(struct explaining *x)
{
	const struct report *r = x->report;
	struct explained *e = x->explained;
	struct jsonw *w = x->w;
	jsonw_open(w, NULL, '{');
	report_name(w, "name", e->name.wire);
	if (e->asked.family != ADDR_NONE)
		report_addr(w, "asked", &e->asked);
	report_addr(w, "client", &e->client);
	jsonw_text(w, "view", report_view_text(e->rule->view));
	write_rule(w, e->rule);
	write_outcome(x);
	jsonw_bool(w, "claimed", explain_is_claimed(r->pipeline, e));
	jsonw_open(w, "addresses", '[');
	explain_each_addr(r->pipeline, e, write_addr, x);
	jsonw_close(w, ']');
	jsonw_open(w, "rejected", '[');
	explain_each_reject(r->pipeline, e, write_rejected, w);
	jsonw_close(w, ']');
	write_help(x);
	jsonw_close(w, '}');
}

void report_explain(const struct report *r, const char *words, struct buf *out)
{
	struct explained *e = calloc(1, sizeof(*e));
	struct jsonw w = {.out = out};
	if (!e) {
		out->err = ERR_NOMEM;
		return;
	}
	const char *wrong = explain_start(r->pipeline, words, e);
	if (wrong) {
		report_error(out, wrong);
	} else {
		write_explained(&(struct explaining){r, e, &w});
		report_end_line(out);
	}
	free(e);
}
