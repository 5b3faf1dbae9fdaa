/* SPDX-License-Identifier: ISC */
/*
 * Owns the lines that are sent without a request: changes of records, events of mDNS, the result of
 * a command.
 * Never keeps a line: the daemon sends it.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "export/text.h"
#include "ontap-zone/collecting_text.h"
#include "ontap-zone/report_part.h"
#include "pipeline/explain.h"
#include "wire/msg.h"

/* Writes the local time with milliseconds, as in RFC 3339. */
static void write_time(struct jsonw *w)
{
	struct timespec now;
	struct tm tm;
	char text[64], zone[16];
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	size_t len = strftime(text, sizeof(text), "%FT%T", &tm);
	snprintf(text + len, sizeof(text) - len, ".%03ld%.3s:%.2s", now.tv_nsec / (long)NS_PER_MS,
		zone, zone + 3);
	jsonw_text(w, "time", text);
}

/* Writes the place of the address before the kernel removed it. */
static void write_former_place(
	struct jsonw *w, const struct places *places, const struct addr *addr)
{
	const struct place *place = addr->family == ADDR_NONE ? NULL : places_find(places, addr);
	if (!place)
		return;
	jsonw_number(w, "nsid", place->nsid);
	jsonw_text(w, "netns", place->netns);
	if (*place->hostname && place->nsid != NSID_OWN)
		jsonw_text(w, "hostname", place->hostname);
	jsonw_text(w, "link", place->link);
}

void report_change(const struct pipeline *p, const struct places *places,
	const struct zone_change *change, struct buf *out)
{
	struct jsonw w = {.out = out};
	struct buf text = {0};
	struct addr addr;
	char type[RR_TYPE_TEXT_CAP];
	const struct model_link *link = explain_find_link(p, change, &addr);
	export_rdata_text(&text, change->type, change->rdata.bytes, change->rdata.len);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "event", change->is_added ? "added" : "removed");
	write_time(&w);
	report_name(&w, "name", change->owner);
	jsonw_text(&w, "type", rr_type_text(change->type, type));
	jsonw_number(&w, "ttl", change->ttl);
	jsonw_text(&w, "view", report_view_text(change->view));
	jsonw_text(&w, "data", buf_text(&text));
	if (link)
		report_link(&w, link);
	else
		write_former_place(&w, places, &addr);
	jsonw_close(&w, '}');
	report_end_line(out);
	buf_fini(&text);
}

static const char *notice_text(enum mdns_notice_type type)
{
	switch (type) {
	case MDNS_NOTICE_ESTABLISHED: return "mdns-established";
	case MDNS_NOTICE_RENAMED: return "mdns-renamed";
	case MDNS_NOTICE_CONFLICT: return "mdns-conflict";
	case MDNS_NOTICE_YIELDED: return "mdns-yielded";
	case MDNS_NOTICE_NEIGHBOUR: return "mdns-neighbour";
	case MDNS_NOTICE_NEIGHBOUR_GONE: return "mdns-neighbour-gone";
	case MDNS_NOTICE_COUNT: break;
	}
	return "";
}

void report_notice(const struct pipeline *p, const struct mdns_notice *notice, struct buf *out)
{
	struct jsonw w = {.out = out};
	const struct model_link *link = model_link(pipeline_model(p), NSID_OWN, notice->link);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "event", notice_text(notice->type));
	write_time(&w);
	if (notice->name.len > 0)
		report_name(&w, "name", notice->name.wire);
	if (notice->type == MDNS_NOTICE_RENAMED)
		report_name(&w, "current", notice->current.wire);
	jsonw_number(&w, "ifindex", notice->link);
	if (link)
		jsonw_text(&w, "link", link->info.name);
	if (notice->peer.family != ADDR_NONE)
		report_addr(&w, "peer", &notice->peer);
	jsonw_close(&w, '}');
	report_end_line(out);
}

void report_collect_news(const struct collect_news *news, struct buf *out)
{
	struct jsonw w = {.out = out};
	char key[COLLECTING_KEY_CAP];
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "event", collecting_news_text(news->type));
	write_time(&w);
	if (news->label)
		jsonw_text(&w, "name", news->label);
	if (news->type == COLLECT_NEWS_NAME || news->type == COLLECT_NEWS_STATE)
		jsonw_text(&w, "state", collecting_state_text(news->state));
	if (news->signer)
		jsonw_text(&w, "key", collecting_key_text(news->signer, news->alg, news->tag, key));
	if (news->rival)
		report_name(&w, "owner", news->rival);
	if (news->addr.family)
		report_addr(&w, "address", &news->addr);
	jsonw_close(&w, '}');
	report_end_line(out);
}

void report_news(struct buf *out)
{
	buf_puts(out, "{\"event\":\"news\"}\n");
}

/* Commands. */

void report_refusal(struct buf *out)
{
	report_error(out, "only root and the user of the daemon may do that");
}

void report_stopping(struct buf *out)
{
	buf_puts(out, "{\"stopping\":true}\n");
}

void report_reloaded(const char *log_lines, bool is_done, struct buf *out)
{
	struct jsonw w = {.out = out};
	while (*log_lines) {
		size_t len = strcspn(log_lines, "\n");
		jsonw_open(&w, NULL, '{');
		jsonw_bytes(&w, "log", log_lines, len);
		jsonw_close(&w, '}');
		report_end_line(out);
		w.needs_comma = false;
		log_lines += len + (log_lines[len] == '\n');
	}
	jsonw_open(&w, NULL, '{');
	jsonw_bool(&w, "reloaded", is_done);
	jsonw_close(&w, '}');
	report_end_line(out);
}
