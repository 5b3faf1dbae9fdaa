/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of `keys`: what each key does, what comes next, and the lines for the parent.
 * Never computes a record: they are in the answer.
 */
#include <stdio.h>
#include <time.h>

#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/table.h"

enum { TIME_CAP = 32, COLUMNS = 6 };

static const char *time_text(long long time_s, char out[TIME_CAP])
{
	const time_t time = (time_t)time_s;
	struct tm tm;
	if (!gmtime_r(&time, &tm) || strftime(out, TIME_CAP, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		out[0] = '\0';
	return out;
}

static const char *algorithm_text(long long alg)
{
	return alg == 13 ? "ECDSAP256SHA256" : alg == 15 ? "ED25519" : "?";
}

static void put_keys(const struct look *look, const json_t *keys, struct buf *out)
{
	static const struct table_column columns[COLUMNS] = {{.title = "TAG"},
		{.title = "ALGORITHM"}, {.title = "STATE"}, {.title = "SINCE"}, {.title = "SIGNS"},
		{.title = "DS"}};
	struct table table;
	char text[TIME_CAP];
	const json_t *key;
	size_t i;
	table_init(&table, columns, COLUMNS);
	json_array_foreach(keys, i, key)
	{
		snprintf(text, sizeof(text), "%lld", answer_number(key, "tag"));
		table_put(&table, TEXT_PLAIN, text);
		table_put(&table, TEXT_PLAIN, algorithm_text(answer_number(key, "algorithm")));
		table_put(&table, TEXT_PLAIN, answer_text(key, "state"));
		table_put(&table, TEXT_PLAIN, time_text(answer_number(key, "since"), text));
		table_put(&table, TEXT_PLAIN,
			answer_is_true(key, "signs")       ? "all"
			: answer_is_true(key, "published") ? "keys"
							   : "-");
		table_put(&table, TEXT_PLAIN, answer_is_true(key, "submitted") ? "asked for" : "-");
	}
	if (json_array_size(keys) > 0)
		table_write(&table, out, look->width, look->has_colour);
	table_fini(&table);
}

/* What is next, and who does it. */
static void put_next(const json_t *line, struct buf *out)
{
	char text[TIME_CAP];
	const char *zone = answer_text(line, "zone");
	if (answer_is(line, "mode", "failed"))
		buf_puts(out, "The keys could not be read: see the log.\n");
	if (answer_is(line, "mode", "waiting"))
		buf_puts(out, "Nothing is signed until the clock is right: see the log.\n");
	if (answer_is_true(line, "asks_parent") && answer_is(line, "mode", "unsigning")) {
		buf_puts(out, "When the parent has no DS any more: ontap-zone keys ds-seen ");
		text_put(out, zone);
		buf_puts(out, "\n");
	} else if (answer_is_true(line, "asks_parent")) {
		buf_puts(out, "The parent needs a DS: ontap-zone keys ds ");
		text_put(out, zone);
		buf_puts(out, "\nWhen it has it: ontap-zone keys ds-seen ");
		text_put(out, zone);
		buf_puts(out, "\n");
	}
	if (answer_is_true(line, "at_next_start") && answer_is(line, "mode", "ds-gone"))
		buf_printf(out, "It has no signatures when the daemon is started again%s%s.\n",
			answer_number(line, "unsigned_from") ? " after " : "",
			answer_number(line, "unsigned_from")
				? time_text(answer_number(line, "unsigned_from"), text)
				: "");
	else if (answer_is_true(line, "at_next_start"))
		buf_puts(out, "It is signed when the daemon is started again.\n");
	if (json_object_get(line, "next"))
		buf_printf(out, "The next step is at %s.\n",
			time_text(answer_number(line, "next"), text));
}

static void put_zone(const struct look *look, const json_t *line, struct buf *out)
{
	text_put(out, answer_text(line, "zone"));
	buf_printf(out, ": ");
	text_put(out, answer_text(line, "mode"));
	buf_puts(out, "\n");
	put_keys(look, json_object_get(line, "keys"), out);
	put_next(line, out);
}

/* The key that the parent is to have; while none is asked for, the first one that will be. */
static const json_t *find_wanted(const json_t *line)
{
	const json_t *key, *wanted = NULL, *keys = json_object_get(line, "keys");
	size_t i;
	json_array_foreach(keys, i, key)
	{
		if (answer_is_true(key, "submitted"))
			return key;
		if (!wanted && answer_is_true(key, "signs"))
			wanted = key;
	}
	return wanted;
}

/* Lines to paste. What is not for the parent is a comment. */
static void put_ds(const json_t *line, struct buf *out)
{
	const char *zone = answer_text(line, "zone");
	const json_t *key = find_wanted(line);
	char text[TIME_CAP];
	if (answer_is(line, "mode", "unsigning") || answer_is(line, "mode", "ds-gone") || !key) {
		buf_puts(out, "; ");
		text_put(out, zone);
		buf_puts(out, ": the parent must have no DS\n");
	} else {
		if (!answer_is_true(key, "submitted") && json_object_get(line, "next"))
			buf_printf(out, "; not yet: wait until %s\n",
				time_text(answer_number(line, "next"), text));
		text_put(out, answer_text(key, "ds"));
		buf_puts(out, "\n; where the parent asks for the key instead:\n; ");
		text_put(out, answer_text(key, "dnskey"));
		buf_puts(out, "\n");
	}
	buf_puts(out, "; what the parent has:  dig +short DS ");
	text_put(out, zone);
	buf_puts(out, "\n");
	if (answer_is_true(line, "asks_parent")) {
		buf_puts(out, "; when that is right:   ontap-zone keys ds-seen ");
		text_put(out, zone);
		buf_puts(out, "\n");
	}
}

/* The record to give to others, as in a file of keys. */
static void put_host(const json_t *line, struct buf *out)
{
	char tag[32];
	snprintf(tag, sizeof(tag), "%lld", answer_number(line, "tag"));
	text_put(out, answer_text(line, "key"));
	buf_printf(out, "\n; %s, tag %s\n; in ", algorithm_text(answer_number(line, "algorithm")),
		tag);
	text_put(out, answer_text(line, "files"));
	buf_puts(out, ".key and .private\n"
		      "; A collector believes it: put the line above into the file of its "
		      "--trust=FILE\n");
}

void print_keys(const struct look *look, const json_t *lines, struct buf *out)
{
	const json_t *line;
	size_t i;
	json_array_foreach(lines, i, line)
	{
		if (i > 0)
			buf_puts(out, "\n");
		if (json_object_get(line, "host"))
			put_host(line, out);
		else if (look->keys_verb == CONF_KEYS_DS)
			put_ds(line, out);
		else
			put_zone(look, line, out);
	}
	if (json_array_size(lines) == 0)
		buf_puts(out, "No zone is signed.\n");
}
