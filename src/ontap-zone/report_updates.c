/* SPDX-License-Identifier: ISC */
/*
 * Owns the answers about what updates have added, and the words and the outcome of "forget".
 * Never changes anything.
 */
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "export/text.h"
#include "ontap-zone/report_part.h"
#include "update/added.h"
#include "update/right.h"

static void write_record(struct jsonw *w, const struct added_set *set, struct rdata rdata)
{
	struct buf text = {0};
	char type[RR_TYPE_TEXT_CAP];
	const int64_t now = time(NULL);
	export_rdata_text(&text, set->type, rdata.bytes, rdata.len);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "type", rr_type_text(set->type, type));
	jsonw_number(w, "ttl", set->ttl);
	jsonw_text(w, "data", buf_text(&text));
	if (added_set_key(set))
		report_name(w, "key", added_set_key(set));
	jsonw_number(w, "seconds",
		set->when_s > 0 && now > (int64_t)set->when_s ? now - (int64_t)set->when_s : 0);
	jsonw_close(w, '}');
	buf_fini(&text);
}

static void write_records(struct jsonw *w, const struct added_owner *o)
{
	jsonw_open(w, "updates", '[');
	for (unsigned i = 0; o && i < o->set_count; i++) {
		size_t at = 0;
		for (unsigned r = 0; r < o->sets[i]->count; r++)
			write_record(w, o->sets[i], added_set_next(o->sets[i], &at));
	}
	jsonw_close(w, ']');
}

void report_updates_of(const struct report *r, struct jsonw *w, const uint8_t *name)
{
	write_records(w, r->added ? added_find(r->added, name) : NULL);
}

struct updates_lines {
	const struct report *report;
	struct buf *out;
};

static void write_line(void *arg, const struct added_owner *o)
{
	struct updates_lines *lines = arg;
	struct jsonw w = {.out = lines->out};
	jsonw_open(&w, NULL, '{');
	report_name(&w, "updated", o->name);
	jsonw_bool(&w, "served",
		zone_has(pipeline_zone(lines->report->pipeline), ZONE_UPDATED, o->name));
	write_records(&w, o);
	jsonw_close(&w, '}');
	report_end_line(lines->out);
}

void report_updates(const struct report *r, struct buf *out)
{
	struct updates_lines lines = {r, out};
	if (r->added)
		added_each(r->added, write_line, &lines);
}

/* forget */

bool report_read_forget(const uint8_t *domain, const char *words, struct name *ret_name,
	uint16_t *ret_type, struct buf *out)
{
	char text[NAME_TEXT_CAP];
	const size_t len = strcspn(words, " ");
	const char *type = words[len] ? words + len + 1 : NULL;
	*ret_type = type ? update_type_from_text(type, strlen(type)) : 0;
	if (type && *ret_type == 0) {
		report_error(out, "there is no such type of records");
		return false;
	}
	if (len > 0 && len < sizeof(text)) {
		memcpy(text, words, len);
		text[len] = '\0';
		if (name_from_text(text, domain, ret_name) == 0)
			return true;
	}
	report_error(out, "that is no name");
	return false;
}

void report_forgotten(bool is_done, struct buf *out)
{
	if (is_done)
		buf_puts(out, "{\"forgotten\":true}\n");
	else
		report_error(out, "it could not be written: the log has the reason");
}

void report_not_forgotten(const char *reason, struct buf *out)
{
	report_error(out, reason);
}
