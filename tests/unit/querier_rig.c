/* SPDX-License-Identifier: ISC */
/*
 * Owns the rig for unit tests of the querier.
 * Never waits in real time. Called by tests/unit/test_querier_*.c.
 */
#include "querier_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sim/msgtext.h"

enum { CHANGES_CAP = 1 << 16, RECORDS_MAX = 256 };

struct querier *q;
static char changes[CHANGES_CAP];

static void note(char sign, const struct querier_record *record, const char *why)
{
	char owner[NAME_TEXT_CAP], type[RR_TYPE_TEXT_CAP];
	size_t used = strlen(changes);
	FILE *f = fmemopen(changes + used, sizeof(changes) - used, "w");
	assert_non_null(f);
	fprintf(f, "%c%s %s", sign, name_to_text(record->owner, owner),
		rr_type_text(record->type, type));
	msgtext_show_rdata(record->type, record->rdata.bytes, record->rdata.len, f);
	fprintf(f, "%s; ", why);
	fclose(f);
}

static void on_record(void *arg, const struct querier_record *record, bool is_new)
{
	(void)arg;
	note(is_new ? '+' : '=', record, "");
}

static void on_gone(void *arg, const struct querier_record *record, enum querier_end why)
{
	static const char *const texts[QUERIER_END_COUNT] = {
		" expired", " goodbye", " flushed", " unconfirmed", " link-down"};
	(void)arg;
	note('-', record, texts[why]);
}

void q_link(uint32_t link, uint32_t mtu, bool has_v4, bool has_v6)
{
	struct prefix prefixes[2];
	struct addr addrs[2];
	assert_int_equal(prefix_parse("10.0.0.0/24", &prefixes[0]), 0);
	assert_int_equal(prefix_parse("2001:db8::/64", &prefixes[1]), 0);
	assert_int_equal(addr_parse("10.0.0.200", &addrs[0]), 0);
	assert_int_equal(addr_parse("fe80::200", &addrs[1]), 0);
	const struct mdns_link l = {
		.id = link,
		.mtu = mtu,
		.has_v4 = has_v4,
		.has_v6 = has_v6,
		.prefixes = prefixes,
		.prefix_count = 2,
		.addrs = addrs,
		.addr_count = 2,
	};
	assert_int_equal(querier_link_up(q, rig.now, &l), 0);
}

void q_init(uint64_t seed, bool wants_signed)
{
	static const struct querier_events events = {.on_record = on_record, .on_gone = on_gone};
	memset(&rig, 0, sizeof(rig));
	rig.now = 1000 * NS_PER_S;
	changes[0] = '\0';
	q = querier_new(seed, wants_signed, &events, NULL);
	assert_non_null(q);
	q_link(RIG_LINK, 1500, true, true);
	q_wait(NS_PER_S); /* what is asked from now on is not asked because the link came up */
}

void q_fini(void)
{
	rig_forget();
	querier_free(q);
}

int q_setup(void **state)
{
	(void)state;
	q_init(17, false);
	return 0;
}

int q_teardown(void **state)
{
	(void)state;
	q_fini();
	return 0;
}

/* Splits "web.local A". */
static struct name question_of(const char *text, uint16_t *ret_type)
{
	char name[NAME_TEXT_CAP];
	const char *space = strchr(text, ' ');
	assert_non_null(space);
	snprintf(name, sizeof(name), "%.*s", (int)(space - text), text);
	*ret_type = rr_type_from_text(space + 1, strlen(space + 1));
	assert_int_not_equal(*ret_type, 0);
	return msgtext_name(name);
}

static void hear(void)
{
	static uint8_t packet[9000];
	struct mdns_path to;
	size_t len;
	while ((len = querier_poll(q, rig.now, &to, packet)) > 0)
		rig_hear(&to, packet, len);
	assert_true(querier_deadline(q) > rig.now);
}

void q_ask_on(uint32_t link, const char *question)
{
	uint16_t type;
	const struct name name = question_of(question, &type);
	assert_int_equal(querier_ask(q, rig.now, link, name.wire, type), 0);
	hear();
}

void q_ask(const char *question)
{
	q_ask_on(RIG_LINK, question);
}

void q_ask_settled(const char *question)
{
	q_ask(question);
	q_wait(NS_PER_S / 2);
	rig_forget();
}

void q_stop(const char *question)
{
	uint16_t type;
	const struct name name = question_of(question, &type);
	querier_stop(q, rig.now, RIG_LINK, name.wire, type);
	hear();
}

void q_reconfirm(const char *question)
{
	uint16_t type;
	const struct name name = question_of(question, &type);
	querier_reconfirm(q, rig.now, RIG_LINK, name.wire, type);
	hear();
}

static void say(uint32_t link, const char *peer, const char *message, bool is_trusted)
{
	static uint8_t packet[9000];
	const struct mdns_path from = rig_path(link, peer);
	querier_input(q, rig.now, &from, packet, msgtext_pack(message, packet), is_trusted);
	hear();
}

void q_say_on(uint32_t link, const char *peer, const char *message)
{
	say(link, peer, message, true);
}

void q_say(const char *peer, const char *message)
{
	q_say_on(RIG_LINK, peer, message);
}

void q_say_untrusted(const char *peer, const char *message)
{
	say(RIG_LINK, peer, message, false);
}

bool q_is_news(const char *peer, const char *message)
{
	static uint8_t packet[9000];
	const struct mdns_path from = rig_path(RIG_LINK, peer);
	return querier_is_news(q, rig.now, &from, packet, msgtext_pack(message, packet));
}

void q_wait(ns_t duration)
{
	ns_t until = rig.now + duration;
	for (ns_t at = querier_deadline(q); at <= until; at = querier_deadline(q)) {
		rig.now = ns_max(at, rig.now);
		hear();
	}
	rig.now = until;
}

const char *q_changes(void)
{
	static char text[CHANGES_CAP];
	memcpy(text, changes, sizeof(text));
	changes[0] = '\0';
	return text;
}

struct found {
	char *texts[RECORDS_MAX];
	unsigned count;
	struct querier_record last;
};

static void find(void *arg, const struct querier_record *record)
{
	struct found *found = arg;
	size_t len;
	assert_true(found->count < RECORDS_MAX);
	FILE *f = open_memstream(&found->texts[found->count++], &len);
	assert_non_null(f);
	if (record->is_leaving)
		fputs(" *", f);
	msgtext_show_rdata(record->type, record->rdata.bytes, record->rdata.len, f);
	fclose(f);
	found->last = *record;
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *q_records_on(uint32_t link, const char *question)
{
	static char text[CHANGES_CAP];
	struct found found = {.count = 0};
	uint16_t type;
	const struct name name = question_of(question, &type);
	querier_each_of(q, link, name.wire, type, find, &found);
	qsort(found.texts, found.count, sizeof(found.texts[0]), text_cmp);
	text[0] = '\0';
	for (unsigned i = 0; i < found.count; i++) {
		strcat(text, found.texts[i]);
		free(found.texts[i]);
	}
	return text;
}

const char *q_records(const char *question)
{
	return q_records_on(RIG_LINK, question);
}

struct querier_record q_record(const char *question)
{
	struct found found = {.count = 0};
	uint16_t type;
	const struct name name = question_of(question, &type);
	querier_each_of(q, RIG_LINK, name.wire, type, find, &found);
	assert_int_equal(found.count, 1);
	free(found.texts[0]);
	return found.last;
}
