/* SPDX-License-Identifier: ISC */
/*
 * Owns the lines of `watch`.
 * Never waits for a second line to print the first.
 */
#include <stdio.h>
#include <string.h>

#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/text.h"

/* Prints the time of day of an RFC 3339 time: the part between the T and the zone. */
static void put_time(struct buf *out, const json_t *line)
{
	const char *t = strchr(answer_text(line, "time"), 'T');
	char text[16];
	if (!t)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(t + 1, "+-Z"), t + 1);
	text_put(out, text);
	buf_puts(out, " ");
}

/* " (web eth0)": the place of the record. */
static void put_place(struct buf *out, const json_t *line)
{
	struct buf workload = {0};
	const char *link = answer_text(line, "link");
	answer_workload(&workload, line);
	if (workload.len > 0 || *link) {
		buf_puts(out, " (");
		text_put(out, buf_text(&workload));
		buf_puts(out, workload.len > 0 && *link ? " " : "");
		text_put(out, link);
		buf_puts(out, ")");
	}
	buf_fini(&workload);
}

static void put_record(struct buf *out, const json_t *line)
{
	buf_puts(out, answer_is(line, "event", "added") ? "+ " : "- ");
	text_put(out, answer_text(line, "name"));
	buf_printf(out, " %lld ", answer_number(line, "ttl"));
	text_put(out, answer_text(line, "type"));
	buf_puts(out, " ");
	text_put(out, answer_text(line, "data"));
	if (!answer_is(line, "view", "any")) {
		buf_puts(out, " ; ");
		text_put(out, answer_text(line, "view"));
		buf_puts(out, " clients");
	}
}

/* An event of mDNS. */
static void put_notice(struct buf *out, const json_t *line)
{
	static const char *const keys[] = {
		"event", "name", "current", "peer", "state", "key", "owner", "address"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *text = answer_text(line, keys[i]);
		buf_puts(out, i > 0 && *text ? " " : "");
		text_put(out, text);
	}
}

static enum text_style style_of(const json_t *line)
{
	if (answer_is(line, "event", "added"))
		return TEXT_GOOD;
	return answer_is(line, "event", "removed") ? TEXT_BAD : TEXT_WAITING;
}

void print_watch(const struct look *look, const json_t *lines, struct buf *out)
{
	json_t *line;
	size_t i;
	json_array_foreach(lines, i, line)
	{
		bool is_record = json_object_get(line, "data") != NULL;
		put_time(out, line);
		buf_puts(out, look->has_colour ? text_style_begin(style_of(line)) : "");
		if (is_record)
			put_record(out, line);
		else
			put_notice(out, line);
		put_place(out, line);
		buf_puts(out, look->has_colour ? text_style_end(style_of(line)) : "");
		buf_puts(out, "\n");
	}
}
