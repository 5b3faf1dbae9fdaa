/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of `status`: keys and values as the daemon sends them.
 * Never knows one of them, except those of a name in mDNS.
 */
#include <string.h>

#include "ontap-zone/answer.h"
#include "ontap-zone/print.h"
#include "show/text.h"

enum { DEPTH_MAX = 5, KEY_COLUMNS = 22, NAME_COLUMNS = 30, LINK_COLUMNS = 16, STATE_COLUMNS = 12 };

static void put_padded(struct buf *out, const char *text, size_t width)
{
	size_t used = text_columns(text);
	text_put(out, text);
	if (used < width)
		buf_printf(out, "%*s", (int)(width - used), "");
}

/* The state of a name on a link. */
static void put_state(struct buf *out, const json_t *item)
{
	put_padded(out, answer_text(item, "name"), NAME_COLUMNS);
	buf_puts(out, " ");
	put_padded(out, answer_text(item, "link"), LINK_COLUMNS);
	buf_puts(out, " ");
	put_padded(out, answer_text(item, "state"), STATE_COLUMNS);
	buf_printf(out, " %llds", answer_number(item, "seconds"));
	if (json_object_get(item, "renamed")) {
		buf_puts(out, " as ");
		text_put(out, answer_text(item, "renamed"));
	}
	if (json_object_get(item, "against")) {
		buf_puts(out, " against ");
		text_put(out, answer_text(item, "against"));
	}
}

/* Another mDNS responder of this host. */
static void put_neighbour(struct buf *out, const json_t *item)
{
	const char *program = answer_text(item, "program");
	put_padded(out, answer_text(item, "link"), LINK_COLUMNS);
	buf_puts(out, " ");
	text_put(out, *program ? program : "another responder");
	if (json_object_get(item, "pid"))
		buf_printf(out, " (pid %lld)", answer_number(item, "pid"));
	buf_printf(out, " answers for this host, %llds", answer_number(item, "seconds"));
	if (json_object_get(item, "peer")) {
		buf_puts(out, " from ");
		text_put(out, answer_text(item, "peer"));
	}
}

/* A key of another host. */
static void put_key(struct buf *out, const json_t *item)
{
	const char *trust = answer_text(item, "trust");
	text_put(out, answer_text(item, "key"));
	buf_printf(out, " (%s), names %lld, packets accepted %lld, replayed %lld, forged %lld",
		*trust ? trust : "not trusted", answer_number(item, "names"),
		answer_number(item, "accepted"), answer_number(item, "replayed"),
		answer_number(item, "forged"));
}

/* A signed zone. */
static void put_signed(struct buf *out, const json_t *item)
{
	const char *end = answer_text(item, "first_end");
	json_t *key;
	size_t i;
	put_padded(out, answer_text(item, "zone"), NAME_COLUMNS);
	buf_puts(out, " keys");
	json_array_foreach(json_object_get(item, "keys"), i, key)
	{
		buf_printf(out, " %lld", (long long)json_integer_value(key));
	}
	buf_printf(out, ", owners %lld, waiting %lld, signatures made %lld, kept %lld",
		answer_number(item, "owners"), answer_number(item, "waiting"),
		answer_number(item, "signatures_made"), answer_number(item, "signatures_kept"));
	if (strlen(end) == 14)
		buf_printf(out, ", the first ends %.4s-%.2s-%.2s", end, end + 4, end + 6);
}

static void put_scalar(struct buf *out, const json_t *value)
{
	if (json_is_string(value)) {
		buf_puts(out, " ");
		text_put(out, json_string_value(value));
	} else if (json_is_integer(value)) {
		buf_printf(out, " %lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		buf_puts(out, json_is_true(value) ? " yes" : " no");
	} else if (json_is_array(value)) {
		buf_printf(out, " %zu", json_array_size(value));
	}
}

/* Prints one key with its value; objects and lists within it are indented. */
static void put_value(struct buf *out, const char *key, const json_t *value, int depth)
{
	const char *inner;
	json_t *item;
	size_t i;
	buf_printf(out, "%*s", 2 * depth, "");
	put_padded(out, key, (size_t)(KEY_COLUMNS - 2 * depth));
	put_scalar(out, value);
	buf_puts(out, "\n");
	if (depth >= DEPTH_MAX)
		return;
	json_object_foreach((json_t *)value, inner, item) put_value(out, inner, item, depth + 1);
	json_array_foreach(value, i, item)
	{
		buf_printf(out, "%*s", 2 * depth + 2, "");
		if (json_object_get(item, "program"))
			put_neighbour(out, item);
		else if (json_object_get(item, "zone"))
			put_signed(out, item);
		else if (json_object_get(item, "key"))
			put_key(out, item);
		else if (json_is_object(item))
			put_state(out, item);
		else
			text_put(out, json_is_string(item) ? json_string_value(item) : "");
		buf_puts(out, "\n");
	}
}

void print_status(const struct look *look UNUSED, const json_t *lines, struct buf *out)
{
	const char *key;
	json_t *value;
	json_object_foreach(json_array_get(lines, 0), key, value) put_value(out, key, value, 0);
}
