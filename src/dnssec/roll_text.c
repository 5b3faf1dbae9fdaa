/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of the state of keys:
 *
 *	ontap-zone keys 1
 *	zone example.org.
 *	mode signed 20260101120000
 *	fresh 20260101120500
 *	times 3600 86400 86400 3600 1209600
 *	next 3600 86400 86400 3600 1209600 20260101120000
 *	key 13 55648 active 20260101120000 20260102130000
 *
 * Never opens a file.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/crypt.h"
#include "dnssec/date.h"
#include "dnssec/roll.h"

static const char first_line[] = "ontap-zone keys 1";

const char *roll_state_text(enum roll_state state)
{
	static const char *const texts[ROLL_STATE_COUNT] = {
		[ROLL_GENERATED] = "generated",
		[ROLL_SIGNING] = "signing",
		[ROLL_PUBLISHED] = "published",
		[ROLL_SUBMITTED] = "submitted",
		[ROLL_ACTIVE] = "active",
		[ROLL_LEAVING] = "leaving",
		[ROLL_DROPPED] = "dropped",
		[ROLL_RETIRED] = "retired",
	};
	return texts[state];
}

const char *roll_mode_text(enum roll_mode mode)
{
	static const char *const texts[ROLL_MODE_COUNT] = {
		[ROLL_SIGNED] = "signed",
		[ROLL_UNSIGNING] = "unsigning",
		[ROLL_DS_GONE] = "ds-gone",
		[ROLL_UNSIGNED] = "unsigned",
	};
	return texts[mode];
}

static void print_times(struct buf *out, const char *word, const struct roll_times *t)
{
	buf_printf(out, "%s %u %u %u %u %u", word, t->dnskey_ttl_s, t->zone_ttl_s, t->ds_ttl_s,
		t->propagation_s, t->validity_s);
}

void roll_print(const struct roll *r, struct buf *out)
{
	char name[NAME_TEXT_CAP], a[DATE_TEXT_CAP], b[DATE_TEXT_CAP];
	buf_printf(out, "%s\nzone %s\n", first_line, name_to_text(r->zone.wire, name));
	buf_printf(out, "mode %s %s\n", roll_mode_text(r->mode), date_text(r->mode_since_s, a));
	buf_printf(out, "fresh %s\n", date_text(r->fresh_s, a));
	print_times(out, "times", &r->times);
	print_times(out, "\nnext", &r->next);
	buf_printf(out, " %s\n", date_text(r->next_s, a));
	for (unsigned i = 0; i < r->count; i++) {
		const struct roll_key *key = &r->keys[i];
		buf_printf(out, "key %u %u %s %s %s\n", key->id.alg, key->id.tag,
			roll_state_text(key->state), date_text(key->created_s, a),
			date_text(key->since_s, b));
	}
}

/* A reader of words with single blanks, on lines. Its error is sticky. */
struct words {
	const char *at;
	unsigned line;
	bool is_bad;
};

/* Passes over a word, which must be this one. */
static void take(struct words *w, const char *text)
{
	const size_t len = strlen(text);
	w->is_bad = w->is_bad || strncmp(w->at, text, len) != 0;
	if (!w->is_bad)
		w->at += len;
}

/* Passes over a new line. */
static void take_end(struct words *w)
{
	take(w, "\n");
	w->line += !w->is_bad;
}

static uint32_t take_number(struct words *w, uint64_t max)
{
	uint64_t value = 0;
	const char *start = w->at;
	while (!w->is_bad && *w->at >= '0' && *w->at <= '9' && value <= max)
		value = 10 * value + (unsigned)(*w->at++ - '0');
	w->is_bad = w->is_bad || w->at == start || value > max;
	return w->is_bad ? 0 : (uint32_t)value;
}

static uint64_t take_date(struct words *w)
{
	uint64_t ret = 0;
	take(w, " ");
	w->is_bad = w->is_bad || date_parse(w->at, &ret);
	if (!w->is_bad)
		w->at += DATE_TEXT_LEN;
	return ret;
}

static void take_times(struct words *w, const char *word, struct roll_times *ret)
{
	uint32_t *const fields[] = {&ret->dnskey_ttl_s, &ret->zone_ttl_s, &ret->ds_ttl_s,
		&ret->propagation_s, &ret->validity_s};
	take(w, word);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		take(w, " ");
		*fields[i] = take_number(w, INT32_MAX);
	}
}

static void take_zone(struct words *w, struct name *ret)
{
	char text[NAME_TEXT_CAP];
	take(w, "zone ");
	const size_t len = w->is_bad ? 0 : strcspn(w->at, "\n");
	if (len == 0 || len >= sizeof(text)) {
		w->is_bad = true;
		return;
	}
	memcpy(text, w->at, len);
	text[len] = '\0';
	w->is_bad = name_from_text(text, name_root, ret) != 0;
	name_lower(ret);
	w->at += len;
	take_end(w);
}

/* Takes one of `count` words. */
static unsigned take_choice(struct words *w, const char *(*text)(unsigned), unsigned count)
{
	const size_t len = strcspn(w->at, " \n");
	unsigned i = 0;
	while (i < count && (strlen(text(i)) != len || strncmp(text(i), w->at, len) != 0))
		i++;
	w->is_bad = w->is_bad || i == count;
	if (!w->is_bad)
		w->at += len;
	return w->is_bad ? 0 : i;
}

static const char *state_word(unsigned i)
{
	return roll_state_text((enum roll_state)i);
}

static const char *mode_word(unsigned i)
{
	return roll_mode_text((enum roll_mode)i);
}

static void take_key(struct words *w, struct roll_key *ret)
{
	take(w, "key ");
	ret->id.alg = (uint8_t)take_number(w, UINT8_MAX);
	take(w, " ");
	ret->id.tag = (uint16_t)take_number(w, UINT16_MAX);
	take(w, " ");
	ret->state = (enum roll_state)take_choice(w, state_word, ROLL_STATE_COUNT);
	ret->created_s = take_date(w);
	ret->since_s = take_date(w);
	w->is_bad = w->is_bad || !crypt_is_known(ret->id.alg);
	take_end(w);
}

static void take_head(struct words *w, struct roll *r)
{
	take(w, first_line);
	take_end(w);
	take_zone(w, &r->zone);
	take(w, "mode ");
	r->mode = (enum roll_mode)take_choice(w, mode_word, ROLL_MODE_COUNT);
	r->mode_since_s = take_date(w);
	take_end(w);
	take(w, "fresh");
	r->fresh_s = take_date(w);
	take_end(w);
	take_times(w, "times", &r->times);
	take_end(w);
	take_times(w, "next", &r->next);
	r->next_s = take_date(w);
	take_end(w);
}

int roll_parse(const char *text, struct roll *ret, unsigned *ret_line)
{
	struct words w = {.at = text, .line = 1};
	struct roll r = {.count = 0};
	take_head(&w, &r);
	while (!w.is_bad && *w.at) {
		w.is_bad = r.count == ROLL_KEYS_MAX;
		if (!w.is_bad)
			take_key(&w, &r.keys[r.count++]);
	}
	if (w.is_bad) {
		*ret_line = w.line;
		return ERR_SYNTAX;
	}
	*ret = r;
	return 0;
}
