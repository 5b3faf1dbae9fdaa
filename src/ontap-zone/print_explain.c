/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of `explain`: what this client gets, and the reason for each address.
 * Never finds a reason itself: the daemon does.
 */
#include <string.h>

#include "io/exit.h"
#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/table.h"

static const struct table_column addr_columns[] = {
	{.title = "", .cut = TEXT_WHOLE}, /* only indents */
	{.title = "", .cut = TEXT_WHOLE},
	{.title = "", .cut = TEXT_WHOLE},
	{.title = "", .cut = TEXT_CUT_MIDDLE, .rank = 0, .least = 9},
	{.title = "", .cut = TEXT_CUT_MIDDLE, .rank = 1, .least = 6},
	{.title = "", .cut = TEXT_WHOLE, .is_optional = true},
	{.title = "", .cut = TEXT_WHOLE},
};

static void put_style(struct buf *out, const struct look *look, enum text_style style, bool is_end)
{
	if (look->has_colour)
		buf_puts(out, is_end ? text_style_end(style) : text_style_begin(style));
}

static void put_client(struct buf *out, const json_t *line)
{
	const json_t *rule = json_object_get(line, "rule");
	buf_puts(out, "client  ");
	text_put(out, answer_text(line, "client"));
	buf_puts(out, " is ");
	text_put(out, answer_text(line, "view"));
	buf_puts(out, ": ");
	text_put(out, answer_text(rule, "reason"));
	if (*answer_text(rule, "detail")) {
		buf_puts(out, " ");
		text_put(out, answer_text(rule, "detail"));
	}
	if (*answer_text(rule, "prefix")) {
		buf_puts(out, " (");
		text_put(out, answer_text(rule, "prefix"));
		buf_puts(out, ")");
	}
	buf_puts(out, "\n");
}

static bool is_local(const json_t *line)
{
	return answer_is(line, "rcode", "MDNS");
}

/* Returns the code of the answer in words. */
static const char *rcode_words(const json_t *line)
{
	if (answer_is(line, "rcode", "REFUSED"))
		return "REFUSED: the name is in no zone of ours";
	if (answer_is(line, "rcode", "NXDOMAIN"))
		return answer_is_true(line, "claimed")
			       ? "NXDOMAIN: a workload has the name, but no address that is served"
			       : "NXDOMAIN: there is no such name";
	if (answer_is(line, "rcode", "NODATA"))
		return "NODATA: the name is there, but has no address for this client";
	if (is_local(line))
		return json_array_size(json_object_get(line, "local")) > 0
			       ? "over multicast DNS"
			       : "over multicast DNS: none, the name is on no link";
	return answer_text(line, "rcode");
}

static enum text_style rcode_style(const json_t *line)
{
	return print_explain_code(line) == EXIT_DONE ? TEXT_GOOD : TEXT_BAD;
}

static void put_answers(struct buf *out, const struct look *look, const json_t *line)
{
	json_t *item;
	size_t i;
	buf_puts(out, "answer  ");
	put_style(out, look, rcode_style(line), false);
	text_put(out, rcode_words(line));
	put_style(out, look, rcode_style(line), true);
	buf_puts(out, "\n");
	json_array_foreach(json_object_get(line, "answers"), i, item)
	{
		buf_puts(out, "        ");
		text_put(out, answer_text(item, "name"));
		buf_printf(out, " %lld ", answer_number(item, "ttl"));
		text_put(out, answer_text(item, "type"));
		buf_puts(out, " ");
		text_put(out, answer_text(item, "data"));
		buf_puts(out, "\n");
	}
}

/* Prints a name of .local, link by link. */
static void put_local(struct buf *out, const json_t *line)
{
	json_t *local;
	size_t i;
	json_array_foreach(json_object_get(line, "local"), i, local)
	{
		bool is_ours = answer_is(local, "state", "established");
		buf_puts(out, "        ");
		text_put(out, answer_text(local, "link"));
		buf_puts(out, " ");
		text_put(out, is_ours ? "announced" : answer_text(local, "state"));
		if (json_object_get(local, "renamed")) {
			buf_puts(out, " as ");
			text_put(out, answer_text(local, "renamed"));
		}
		buf_printf(out, ", for %lld s", answer_number(local, "seconds"));
		if (json_object_get(local, "against")) {
			buf_puts(out, "; ");
			text_put(out, answer_text(local, "against"));
			buf_puts(out, " has it or claims it");
		}
		buf_puts(out, "\n");
	}
}

/* "signed  by example.org. (key 4711) until 2026-12-14 17:07:24 UTC" */
static void put_signature(struct buf *out, const json_t *line)
{
	const json_t *signature = json_object_get(line, "signature");
	const char *until = signature ? answer_text(signature, "until") : "";
	if (strlen(until) != 14)
		return;
	buf_puts(out, "signed  by ");
	text_put(out, answer_text(signature, "zone"));
	buf_printf(out, " (key %lld) until %.4s-%.2s-%.2s %.2s:%.2s:%.2s UTC\n",
		answer_number(signature, "key"), until, until + 4, until + 6, until + 8, until + 10,
		until + 12);
}

static void put_hidden(struct buf *out, const json_t *line)
{
	const json_t *hidden = json_object_get(line, "hidden");
	if (!hidden)
		return;
	buf_puts(out, "hidden  ");
	text_put(out, answer_text(hidden, "type"));
	buf_puts(out, " ");
	text_put(out, answer_text(hidden, "data"));
	buf_puts(out, ": ");
	text_put(out, answer_text(hidden, "reason"));
	buf_puts(out, "\n");
}

/* Returns the reason against an address. An older daemon has no reason for this client, but one
 * for all clients. */
static const char *reason_of(const json_t *addr)
{
	if (json_object_get(addr, "told"))
		return answer_text(addr, "withheld");
	return answer_is_true(addr, "served") ? "" : answer_text(addr, "reason");
}

static void put_addr(struct table *t, const json_t *addr)
{
	struct buf workload = {0}, reason = {0}, origin = {0};
	const char *why = reason_of(addr);
	enum text_style style = *why ? TEXT_FAINT : TEXT_PLAIN;
	answer_workload(&workload, addr);
	answer_origin(&origin, addr);
	buf_printf(&reason, "%s%s", *why ? "withheld: " : "told", why);
	table_put(t, TEXT_PLAIN, "      ");
	table_put(t, style, answer_text(addr, "address"));
	table_put(t, style, answer_text(addr, "scope"));
	table_put(t, style, buf_text(&workload));
	table_put(t, style, answer_text(addr, "link"));
	table_put(t, style, buf_text(&origin));
	table_put(t, *why ? TEXT_WAITING : TEXT_GOOD, buf_text(&reason));
	buf_fini(&workload);
	buf_fini(&reason);
	buf_fini(&origin);
}

static void put_addrs(struct buf *out, const struct look *look, const json_t *line)
{
	const json_t *addrs = json_object_get(line, "addresses");
	struct table t;
	json_t *addr;
	size_t i;
	if (json_array_size(addrs) == 0)
		return;
	table_init(&t, addr_columns, ARRAY_LEN(addr_columns));
	json_array_foreach(addrs, i, addr) put_addr(&t, addr);
	buf_puts(out, "addresses of the workload\n");
	table_write(&t, out, look->width, look->has_colour);
	table_fini(&t);
}

/* "TITLE WORKLOAD LINK" for each place in the list. */
static void put_places(struct buf *out, const json_t *list, const char *title)
{
	json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
	{
		struct buf workload = {0};
		answer_workload(&workload, item);
		buf_puts(out, title);
		text_put(out, buf_text(&workload));
		buf_puts(out, " ");
		text_put(out, answer_text(item, "link"));
		buf_puts(out, "\n");
		buf_fini(&workload);
	}
}

static void put_rejected(struct buf *out, const json_t *line)
{
	json_t *item;
	size_t i;
	json_array_foreach(json_object_get(line, "rejected"), i, item)
	{
		struct buf workload = {0};
		answer_workload(&workload, item);
		buf_puts(out, "no name ");
		text_put(out, answer_text(item, "name"));
		buf_puts(out, " of ");
		text_put(out, buf_text(&workload));
		buf_puts(out, " ");
		text_put(out, answer_text(item, "link"));
		buf_puts(out, ": it ");
		text_put(out, answer_text(item, "reason"));
		buf_puts(out, "\n");
		buf_fini(&workload);
	}
}

/* What updates have added at the name. */
static void put_updates(struct buf *out, const json_t *line)
{
	json_t *record;
	size_t i;
	json_array_foreach(json_object_get(line, "updates"), i, record)
	{
		buf_printf(out, "update  %s %lld ", answer_text(record, "type"),
			answer_number(record, "ttl"));
		text_put(out, answer_text(record, "data"));
		if (json_object_get(record, "key")) {
			buf_puts(out, " by key ");
			text_put(out, answer_text(record, "key"));
		}
		buf_puts(out, ", ");
		answer_age(out, answer_number(record, "seconds"));
		buf_puts(out, "\n");
	}
}

/* "host    here, 5 min ago, by key lap.example.org./13/4711 (trusted: first): 192.0.2.7" */
static void put_collected(struct buf *out, const json_t *line)
{
	const json_t *collected = json_object_get(line, "collected");
	json_t *addr;
	size_t i;
	if (!collected)
		return;
	buf_printf(out, "host    %s, ", answer_text(collected, "state"));
	answer_age(out, answer_number(collected, "seconds"));
	buf_puts(out, ", by key ");
	text_put(out, answer_text(collected, "key"));
	buf_printf(out, " (trusted: %s)", answer_text(collected, "trust"));
	json_array_foreach(json_object_get(collected, "addresses"), i, addr)
	{
		buf_puts(out, i == 0 ? ": " : " ");
		text_put(out, json_string_value(addr));
	}
	if (json_object_get(collected, "reason")) {
		buf_puts(out, "; not served: ");
		text_put(out, answer_text(collected, "reason"));
	}
	if (json_object_get(collected, "rival")) {
		buf_puts(out, "; wanted by ");
		text_put(out, answer_text(collected, "rival"));
	}
	buf_puts(out, "\n");
}

static bool is_reverse(const char *zone)
{
	return strstr(zone, ".in-addr.arpa.") || strstr(zone, ".ip6.arpa.");
}

/* Prints the zones, one per line, those of names before those of addresses. */
static void put_zones(struct buf *out, const json_t *list)
{
	const char *title = "zones   ";
	for (size_t i = 0; i < 2 * json_array_size(list); i++) {
		const json_t *zone = json_array_get(list, i % json_array_size(list));
		const char *text = json_string_value(zone);
		bool is_second_pass = i >= json_array_size(list);
		if (!text || is_reverse(text) != is_second_pass)
			continue;
		buf_puts(out, title);
		text_put(out, text);
		buf_puts(out, "\n");
		title = "        ";
	}
}

static void put_meant(struct buf *out, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		buf_puts(out, i == 0 ? "did you mean " : " or ");
		text_put(out, text ? text : "");
	}
	buf_puts(out, json_array_size(list) > 0 ? "?\n" : "");
}

static bool is_held(const json_t *line)
{
	json_t *local;
	size_t i;
	json_array_foreach(json_object_get(line, "local"), i, local)
	{
		if (answer_is(local, "state", "established") ||
			answer_is(local, "state", "announcing") ||
			answer_is(local, "state", "yielded"))
			return true;
	}
	return false;
}

int print_explain_code(const json_t *line)
{
	bool has_answer = is_local(line) ? is_held(line) : answer_is(line, "rcode", "NOERROR");
	return has_answer ? EXIT_DONE : EXIT_NO;
}

void print_explain(const struct look *look, const json_t *lines, struct buf *out)
{
	const json_t *line = json_array_get(lines, 0);
	buf_puts(out, "name    ");
	text_put(out, answer_text(line, "name"));
	buf_puts(out, "\n");
	put_client(out, line);
	put_answers(out, look, line);
	put_local(out, line);
	put_hidden(out, line);
	put_updates(out, line);
	put_collected(out, line);
	put_signature(out, line);
	put_places(out, json_object_get(line, "held"), "address ");
	put_addrs(out, look, line);
	put_rejected(out, line);
	put_zones(out, json_object_get(line, "zones"));
	put_meant(out, json_object_get(line, "nearest"));
}
