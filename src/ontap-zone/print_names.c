/* SPDX-License-Identifier: ISC */
/*
 * Owns the table of `names`: a row for each address, or with --brief a line for each name.
 * Never hides a name: at most its useless addresses.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/natural.h"
#include "show/table.h"

static const struct table_column columns[] = {
	{.title = "NAME", .cut = TEXT_WHOLE},
	{.title = "SCOPE", .cut = TEXT_WHOLE, .is_optional = true},
	{.title = "ADDRESS", .cut = TEXT_WHOLE, .is_optional = true},
	{.title = "NETNS", .cut = TEXT_CUT_MIDDLE, .rank = 0, .least = 6},
	{.title = "LINK", .cut = TEXT_CUT_MIDDLE, .rank = 1, .least = 4},
	{.title = "ORIGIN", .cut = TEXT_WHOLE, .is_optional = true},
	{.title = "LOCAL", .cut = TEXT_CUT_END, .rank = 1, .least = 9, .is_optional = true},
	{.title = "NOT SERVED BECAUSE",
		.cut = TEXT_CUT_END,
		.rank = 0,
		.least = 8,
		.is_optional = true},
};

static const struct table_column brief_columns[] = {
	{.title = "", .cut = TEXT_WHOLE},
	{.title = "", .cut = TEXT_WHOLE},
	{.title = "", .cut = TEXT_CUT_END, .least = 20},
};

static bool is_rejected(const json_t *line)
{
	return json_object_get(line, "rejected") != NULL;
}

static bool is_updated(const json_t *line)
{
	return json_object_get(line, "updated") != NULL;
}

static bool is_collected(const json_t *line)
{
	return json_object_get(line, "collected") != NULL;
}

static int compare(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
	int order = natural_cmp(answer_name(x), answer_name(y));
	return order ? order : is_rejected(x) - is_rejected(y);
}

/* Returns the word for a state of mDNS. */
static const char *state_word(const json_t *local)
{
	return answer_is(local, "state", "established") ? "announced" : answer_text(local, "state");
}

static bool is_same_state(const json_t *a, const json_t *b)
{
	return strcmp(answer_text(a, "state"), answer_text(b, "state")) == 0 &&
	       strcmp(answer_text(a, "renamed"), answer_text(b, "renamed")) == 0;
}

/* True if an item before number `end` has the same state. */
static bool is_told(const json_t *list, size_t end)
{
	for (size_t i = 0; i < end; i++)
		if (is_same_state(json_array_get(list, i), json_array_get(list, end)))
			return true;
	return false;
}

/* Prints the state of item `first`: "web-2 announced"; with `has_links` also the links:
 * "announced eth0,br0". */
static void put_state(struct buf *out, const json_t *list, size_t first, bool has_links)
{
	const json_t *local = json_array_get(list, first);
	const char *renamed = answer_text(local, "renamed"), *separator = " ";
	buf_puts(out, out->len > 0 ? "; " : "");
	if (*renamed)
		buf_printf(out, "%.*s ", (int)strcspn(renamed, "."), renamed);
	buf_puts(out, state_word(local));
	for (size_t i = first; has_links && i < json_array_size(list); i++) {
		if (!is_same_state(json_array_get(list, i), local))
			continue;
		buf_printf(out, "%s%s", separator, answer_text(json_array_get(list, i), "link"));
		separator = ",";
	}
}

static void put_local(struct buf *out, const json_t *line, bool has_links)
{
	const json_t *list = json_object_get(line, "local");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!is_told(list, i))
			put_state(out, list, i, has_links);
}

/* Returns the style of NAME.local: that of its worst state. */
static enum text_style style_of_local(const json_t *line)
{
	static const char *const waiting[] = {"probing", "announcing", "conflict"};
	enum text_style style = TEXT_GOOD;
	json_t *local;
	size_t i;
	json_array_foreach(json_object_get(line, "local"), i, local)
	{
		for (size_t j = 0; j < ARRAY_LEN(waiting); j++)
			if (answer_is(local, "state", waiting[j]))
				return TEXT_WAITING;
		if (json_object_get(local, "renamed"))
			style = TEXT_BAD;
		else if (style == TEXT_GOOD && !answer_is(local, "state", "established"))
			style = TEXT_FAINT;
	}
	return style;
}

static enum text_style style_of_addr(const json_t *addr)
{
	if (answer_is_true(addr, "served"))
		return TEXT_PLAIN;
	if (answer_is(addr, "verdict", "dad-failed"))
		return TEXT_BAD;
	return answer_is(addr, "verdict", "tentative") ? TEXT_WAITING : TEXT_FAINT;
}

static bool has_served(const json_t *line)
{
	json_t *addr;
	size_t i;
	json_array_foreach(json_object_get(line, "addresses"), i,
		addr) if (answer_is_true(addr, "served")) return true;
	return false;
}

static bool is_shown(const struct look *look, const json_t *addr)
{
	return look->has_all || !answer_is(addr, "verdict", "bridge-port");
}

/* A row; the texts of `place` give the place. */
struct row {
	const char *name, *scope, *address, *local, *reason;
	const json_t *place;
	enum text_style name_style, style, local_style;
};

static void put_row(struct table *t, const struct row *row)
{
	struct buf workload = {0}, origin = {0};
	answer_workload(&workload, row->place);
	answer_origin(&origin, row->place);
	table_put(t, row->name_style, row->name);
	table_put(t, row->style, row->scope);
	table_put(t, row->style, row->address);
	table_put(t, row->style, buf_text(&workload));
	table_put(t, row->style, answer_text(row->place, "link"));
	table_put(t, row->style, buf_text(&origin));
	table_put(t, row->local_style, row->local);
	table_put(t, row->style, row->reason);
	buf_fini(&workload);
	buf_fini(&origin);
}

static void put_addr(struct table *t, struct row *row, const json_t *addr)
{
	row->scope = answer_text(addr, "scope");
	row->address = answer_text(addr, "address");
	row->reason = answer_is_true(addr, "served") ? "" : answer_text(addr, "reason");
	row->style = style_of_addr(addr);
	row->place = addr;
	put_row(t, row);
	row->name = row->local = "";
}

static void put_name(struct table *t, const struct look *look, const json_t *line)
{
	struct buf local = {0};
	json_t *addr;
	size_t i, shown = 0;
	put_local(&local, line, true);
	struct row row = {.name = answer_name(line),
		.local = buf_text(&local),
		.name_style = has_served(line) ? TEXT_NAME : TEXT_FAINT,
		.local_style = style_of_local(line)};
	json_array_foreach(json_object_get(line, "addresses"), i, addr)
	{
		if (!is_shown(look, addr))
			continue;
		put_addr(t, &row, addr);
		shown++;
	}
	if (shown == 0) {
		row.scope = "";
		row.address = "(no address)";
		row.style = TEXT_FAINT;
		row.reason = i > 0 ? "link-local ones of ports of bridges only (-a)" : "";
		row.place = json_array_get(json_object_get(line, "addresses"), 0);
		put_row(t, &row);
	}
	buf_fini(&local);
}

static void put_rejected(struct table *t, const json_t *line)
{
	put_row(t, &(struct row){.name = answer_name(line),
			   .scope = "",
			   .address = "",
			   .local = "",
			   .reason = answer_text(line, "reason"),
			   .place = line,
			   .name_style = TEXT_FAINT,
			   .style = TEXT_FAINT});
}

/* On a terminal, what is long is cut: nobody reads it, and explain shows it. */
static void put_data(struct buf *out, const struct look *look, const char *data)
{
	enum { SHOWN = 24 };
	if (look->width == 0 || strlen(data) <= SHOWN)
		buf_puts(out, data);
	else
		buf_printf(out, "%.*s…", SHOWN - 1, data);
}

/* A row for each record that updates have added. */
static void put_updated(struct table *t, const struct look *look, const json_t *line)
{
	const bool is_served = answer_is_true(line, "served");
	const enum text_style style = is_served ? TEXT_PLAIN : TEXT_FAINT;
	const char *name = answer_name(line);
	json_t *record;
	size_t i;
	json_array_foreach(json_object_get(line, "updates"), i, record)
	{
		struct buf key = {0}, origin = {0}, data = {0};
		if (json_object_get(record, "key"))
			buf_printf(&key, "key %s", answer_text(record, "key"));
		buf_puts(&origin, "update ");
		answer_age(&origin, answer_number(record, "seconds"));
		table_put(t, is_served ? TEXT_NAME : TEXT_FAINT, i == 0 ? name : "");
		table_put(t, style, answer_text(record, "type"));
		put_data(&data, look, answer_text(record, "data"));
		table_put(t, style, buf_text(&data));
		table_put(t, style, buf_text(&key));
		table_put(t, style, "");
		table_put(t, style, buf_text(&origin));
		table_put(t, style, "");
		table_put(t, style, is_served ? "" : "no zone of ours has it");
		buf_fini(&key);
		buf_fini(&origin);
		buf_fini(&data);
	}
}

static void put_updated_brief(struct table *t, const json_t *line)
{
	struct buf data = {0};
	json_t *record;
	size_t i;
	json_array_foreach(json_object_get(line, "updates"), i, record) buf_printf(&data, "%s%s %s",
		i > 0 ? " " : "", answer_text(record, "type"), answer_text(record, "data"));
	table_put(t, TEXT_NAME, answer_name(line));
	table_put(t, TEXT_PLAIN, "update");
	table_put(t, TEXT_PLAIN, buf_text(&data));
	buf_fini(&data);
}

/* "here 5 min ago" */
static void put_collected_state(struct buf *out, const json_t *line)
{
	buf_puts(out, answer_text(line, "state"));
	buf_puts(out, " ");
	answer_age(out, answer_number(line, "seconds"));
}

/* A row for each address that another host says. */
static void put_collected(struct table *t, const json_t *line)
{
	const bool is_served = answer_is_true(line, "served");
	const enum text_style style = is_served ? TEXT_PLAIN : TEXT_FAINT;
	const json_t *addrs = json_object_get(line, "addresses");
	const size_t count = json_array_size(addrs);
	struct buf state = {0};
	put_collected_state(&state, line);
	for (size_t i = 0; i < count + (count == 0); i++) {
		const char *addr = json_string_value(json_array_get(addrs, i));
		table_put(t, is_served ? TEXT_NAME : TEXT_FAINT, i == 0 ? answer_name(line) : "");
		table_put(t, style, "");
		table_put(t, style, addr ? addr : "(no address)");
		table_put(t, style, answer_text(line, "key"));
		table_put(t, style, answer_text(line, "link"));
		table_put(t, style, buf_text(&state));
		table_put(t, style, "");
		table_put(t, style, answer_text(line, "reason"));
	}
	buf_fini(&state);
}

static void put_collected_brief(struct table *t, const json_t *line)
{
	struct buf addrs = {0};
	json_t *addr;
	size_t i;
	json_array_foreach(json_object_get(line, "addresses"), i, addr)
		buf_printf(&addrs, "%s%s", i > 0 ? " " : "", json_string_value(addr));
	table_put(t, TEXT_NAME, answer_name(line));
	table_put(t, TEXT_PLAIN, answer_text(line, "state"));
	table_put(t, TEXT_PLAIN, buf_text(&addrs));
	buf_fini(&addrs);
}

/* Prints the most important fact in one word: the state in mDNS, or why there is no address. */
static void put_summary(struct buf *out, const json_t *line)
{
	const json_t *first = json_array_get(json_object_get(line, "addresses"), 0);
	if (is_rejected(line))
		buf_puts(out, "no-label");
	else if (!has_served(line))
		buf_puts(out, first ? answer_text(first, "verdict") : "no-address");
	else
		put_local(out, line, false);
	if (out->len == 0)
		buf_puts(out, "served");
}

static void put_brief(struct table *t, const struct look *look, const json_t *line)
{
	struct buf summary = {0}, addrs = {0};
	bool is_served = has_served(line);
	json_t *addr;
	size_t i;
	put_summary(&summary, line);
	json_array_foreach(json_object_get(line, "addresses"), i, addr)
	{
		if (!is_shown(look, addr) || (is_served && !answer_is_true(addr, "served")))
			continue;
		buf_puts(&addrs, addrs.len > 0 ? " " : "");
		buf_puts(&addrs, answer_text(addr, "address"));
	}
	table_put(t, is_served ? TEXT_NAME : TEXT_FAINT, answer_name(line));
	table_put(t, is_served ? style_of_local(line) : TEXT_FAINT, buf_text(&summary));
	table_put(t, is_served ? TEXT_PLAIN : TEXT_FAINT, buf_text(&addrs));
	buf_fini(&summary);
	buf_fini(&addrs);
}

static void put_line(struct table *t, const struct look *look, const json_t *line)
{
	if (is_collected(line) && look->is_brief)
		put_collected_brief(t, line);
	else if (is_collected(line))
		put_collected(t, line);
	else if (is_updated(line) && look->is_brief)
		put_updated_brief(t, line);
	else if (is_updated(line))
		put_updated(t, look, line);
	else if (look->is_brief)
		put_brief(t, look, line);
	else if (is_rejected(line))
		put_rejected(t, line);
	else
		put_name(t, look, line);
}

void print_names(const struct look *look, const json_t *lines, struct buf *out)
{
	struct table t;
	size_t count = json_array_size(lines);
	const json_t **sorted = calloc(count + 1, sizeof(*sorted));
	if (!sorted) {
		out->err = ERR_NOMEM;
		return;
	}
	if (look->is_brief)
		table_init(&t, brief_columns, ARRAY_LEN(brief_columns));
	else
		table_init(&t, columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < count; i++)
		sorted[i] = json_array_get(lines, i);
	qsort(sorted, count, sizeof(*sorted), compare);
	for (size_t i = 0; i < count; i++)
		put_line(&t, look, sorted[i]);
	table_write(&t, out, look->width, look->has_colour);
	table_fini(&t);
	free(sorted);
}
