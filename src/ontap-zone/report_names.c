/* SPDX-License-Identifier: ISC */
/*
 * Owns the answer to "names": a line for each name, and for each word that is not a name.
 * Never leaves out names that are not served: it gives the reason.
 */
#include "base/err.h"
#include "ontap-zone/report_part.h"

#include <string.h>

struct names_line {
	const struct report *report;
	struct buf *out;
};

static void write_addr(void *arg, const struct names_addr *addr)
{
	struct jsonw *w = arg;
	jsonw_open(w, NULL, '{');
	report_addr_members(w, addr);
	jsonw_close(w, '}');
}

static void write_addrs(struct jsonw *w, const struct report *r, const char *label)
{
	jsonw_open(w, "addresses", '[');
	(void)!names_explain(pipeline_names(r->pipeline), label, write_addr, w);
	jsonw_close(w, ']');
}

static void write_host(void *arg, const struct names_host *host)
{
	struct names_line *line = arg;
	struct jsonw w = {.out = line->out};
	struct name owner;
	if (host->is_collected)
		return; /* it has a line of its own: report_collected() */
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "name", host->label);
	jsonw_number(&w, "workloads", (int64_t)host->workload_count);
	write_addrs(&w, line->report, host->label);
	if (!name_prepend(host->label, strlen(host->label), name_local, &owner))
		report_local(&w, line->report, owner.wire);
	jsonw_close(&w, '}');
	report_end_line(line->out);
}

static void write_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct names_line *line = arg;
	struct jsonw w = {.out = line->out};
	jsonw_open(&w, NULL, '{');
	jsonw_bytes(&w, "rejected", word, len);
	jsonw_text(&w, "reason", label_verdict_text(verdict));
	report_link(&w, link);
	jsonw_close(&w, '}');
	report_end_line(line->out);
}

void report_names(const struct report *r, struct buf *out)
{
	struct names_line line = {.report = r, .out = out};
	if (names_each_host(pipeline_names(r->pipeline), write_host, &line))
		out->err = ERR_NOMEM;
	names_each_reject(pipeline_names(r->pipeline), write_reject, &line);
	report_collected(r, out);
	report_updates(r, out);
}
