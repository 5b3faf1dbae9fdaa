/* SPDX-License-Identifier: ISC */
/*
 * Owns the comparison of src/collect with a naive collector (collect_model.h), under random packets, goodbyes, replays,
 * forgeries, updates, restarts and clocks that jump. Run by `make check`; a seed as argument: that one only, with a trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "collect_model.h"
#include "collect_rig.h"
#include "unit.h"

enum { SEEDS = 120, EVENTS = 120, KEPT = 64 };

/* A packet that was sent. */
struct sent {
	struct model_packet says;
	struct rig_packet m;
};

static struct rig rig;
static struct model model;
static struct rig_host hosts[M_KEYS];
static struct sent sent[KEPT];
static size_t sent_count;
static uint64_t state_of_random;
static bool has_trace;

static unsigned random_below(unsigned n)
{
	state_of_random = state_of_random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state_of_random >> 33) % n;
}

/* Both are the same. */

static void take_name(void *arg, const struct collect_name *name)
{
	struct collect_name *ret = arg;
	*ret = *name;
}

static int owner_of(void *arg, int label)
{
	struct collect_name name;
	(void)arg;
	if (!collect_find(rig.c, model_names[label], take_name, &name))
		return -1;
	for (int k = 0; k < M_KEYS; k++)
		if (name_equal(hosts[k].signer.wire, name.signer))
			return k;
	return -1;
}

static void check_addrs(const struct model_label *l, const struct addr *addrs, size_t count)
{
	size_t expected = 0;
	for (int i = 0; i < M_ADDRS; i++) {
		const struct addr a = rig_addr(model_addrs[i]);
		bool is_there = false;
		for (size_t j = 0; j < count; j++)
			is_there |= addr_equal(&addrs[j], &a);
		assert_int_equal(is_there, l->addrs[i]);
		expected += l->addrs[i];
	}
	assert_int_equal(count, expected);
}

static void check_put(const struct model_label *l, const char *text)
{
	const struct rig_put *p = rig_find(&rig, text);
	if (!l->is_there || l->word != COLLECT_LINK) {
		assert_null(p);
		return;
	}
	assert_non_null(p);
	assert_int_equal(
		p->ttl_s, l->state == COLLECT_HERE ? COLLECT_TTL_HERE_S : COLLECT_TTL_GONE_S);
	if (l->state == COLLECT_AWAY && model.away == COLLECT_WITHDRAW)
		assert_int_equal(p->count, 0);
	else
		check_addrs(l, p->addrs, p->count);
}

static void check(void)
{
	for (int i = 0; i < M_NAMES; i++) {
		const struct model_label *l = &model.labels[i];
		struct collect_name name;
		const bool is_there = collect_find(rig.c, model_names[i], take_name, &name);
		if (has_trace && (is_there || l->is_there))
			printf("    %s: state %d (model %d) word %d (%d) since %llu (%llu)\n",
				model_names[i], is_there ? (int)name.state : -1,
				l->is_there ? (int)l->state : -1, name.word, l->word,
				(unsigned long long)name.since_s, (unsigned long long)l->since_s);
		assert_int_equal(is_there, l->is_there);
		if (is_there) {
			assert_int_equal(owner_of(NULL, i), l->key);
			assert_int_equal(name.state, l->state);
			assert_int_equal(name.word, l->word);
			assert_int_equal(name.since_s, l->since_s);
			check_addrs(l, name.addrs, name.addr_count);
		}
		check_put(l, model_names[i]);
	}
}

/* What the file says is what is there: the same names, keys and addresses. */

static void is_in_again(void *arg, const struct collect_name *name)
{
	struct collect_name other;
	assert_true(collect_find(arg, name->label, take_name, &other));
	assert_true(name_equal(name->signer, other.signer));
	assert_int_equal(name->tag, other.tag);
	assert_int_equal(name->word, other.word);
	assert_int_equal(name->addr_count, other.addr_count);
	assert_memory_equal(name->addrs, other.addrs, name->addr_count * sizeof(struct addr));
	if (name->state != COLLECT_HERE) {
		assert_int_equal(name->state, other.state);
		assert_int_equal(name->since_s, other.since_s);
	}
}

static void ignore_ask(void *arg, uint32_t link, const uint8_t *name, uint16_t type, bool is_wanted)
{
	(void)arg;
	(void)link;
	(void)name;
	(void)type;
	(void)is_wanted;
}

static int ignore_put(void *arg, const char *label, const struct addr *addrs, size_t count,
	uint32_t ttl_s, bool exists)
{
	(void)arg;
	(void)label;
	(void)addrs;
	(void)count;
	(void)ttl_s;
	(void)exists;
	return 0;
}

static bool never_taken(void *arg, const char *label)
{
	(void)arg;
	(void)label;
	return false;
}

static size_t no_keys(void *arg, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF])
{
	(void)arg;
	(void)signer;
	(void)ret;
	return 0;
}

static void ignore_news(void *arg, const struct collect_news *news)
{
	(void)arg;
	(void)news;
}

static struct collect *read_again(const struct rig *r, size_t len)
{
	static const struct collect_sink sink = {
		ignore_put, never_taken, no_keys, ignore_ask, ignore_news, NULL, NULL, NULL};
	struct collect *again = collect_new(9, &sink, &r->config);
	size_t bad = 1;
	assert_non_null(again);
	assert_int_equal(collect_read(again, r->now, r->now_s, r->text.bytes, len, &bad), 0);
	assert_int_equal(bad, 0);
	return again;
}

static void check_text(void)
{
	if (rig.text.len == 0)
		return;
	struct collect *again = read_again(&rig, rig.text.len);
	collect_each_name(rig.c, is_in_again, again);
	assert_int_equal(collect_stats(again).names, collect_stats(rig.c).names);
	collect_free(again);
}

/* Events. */

static void pass(unsigned seconds)
{
	for (; seconds > 0; seconds--) {
		rig_pass(&rig, 1);
		model_tick(&model);
	}
}

static void add_items(struct sent *s)
{
	struct model_packet *p = &s->says;
	const int name = (int)random_below(M_NAMES);
	const uint32_t ttl_s = random_below(4) == 0 ? 0 : random_below(4) == 0 ? 20 : 120;
	const unsigned which = random_below(4);
	if (which != 0) {
		const int wanted = random_below(3) == 0 ? (int)random_below(M_NAMES) : name;
		p->items[p->count++] = (struct model_item){M_INSTANCE, name, 0, wanted, ttl_s};
		packet_add_instance(&s->m, model_names[name],
			wanted == name && random_below(2) ? NULL : model_names[wanted], ttl_s);
	}
	for (int i = 0; which != 1 && i < M_ADDRS && p->count < M_ITEMS; i++) {
		if (random_below(3) == 0) {
			const struct addr a = rig_addr(model_addrs[i]);
			p->items[p->count++] = (struct model_item){M_ADDR, name, i, 0, ttl_s};
			packet_add_addr(&s->m, model_names[name], &a, ttl_s);
		}
	}
}

static struct sent *make_packet(void)
{
	struct sent *s = &sent[sent_count % KEPT];
	const int key = (int)random_below(M_KEYS);
	const int id = (int)++sent_count;
	s->says = (struct model_packet){.id = id, .key = key, .inception_s = model.t - 60};
	packet_begin(&s->m);
	add_items(s);
	if (key == M_FIRST && random_below(2)) {
		s->says.items[s->says.count++] = (struct model_item){.type = M_KEY, .ttl_s = 120};
		packet_add_key(&s->m, &hosts[key]);
	}
	/* The number tells two packets apart that say the same. */
	put_u16(s->m.bytes, (uint16_t)id);
	packet_sign(&s->m, &hosts[key], s->says.inception_s);
	return s;
}

static void send_packet(const struct sent *s)
{
	const enum collect_verdict expected = model_input(&model, &s->says);
	const enum collect_verdict v = packet_send(&rig, RIG_LINK, &s->m);
	if (has_trace) {
		printf("  packet %d of key %d, t %llu inception %llu: verdict %d, model %d\n",
			s->says.id, s->says.key, (unsigned long long)model.t,
			(unsigned long long)s->says.inception_s, v, expected);
		for (int i = 0; i < s->says.count; i++)
			printf("    type %d name %d addr %d wanted %d ttl %u\n",
				s->says.items[i].type, s->says.items[i].name, s->says.items[i].addr,
				s->says.items[i].wanted, s->says.items[i].ttl_s);
	}
	assert_int_equal(v, expected);
}

/* One byte of it is another one. Never is anything taken. */
static void send_forged(const struct sent *s)
{
	static struct rig_packet m;
	m = s->m;
	m.bytes[random_below((unsigned)m.len)] ^= (uint8_t)(1 + random_below(255));
	assert_int_not_equal(packet_send(&rig, RIG_LINK, &m), COLLECT_ACCEPTED);
}

static void send_update(void)
{
	const int key = (int)random_below(M_KEYS);
	const int label = (int)random_below(M_NAMES);
	const bool has_addrs = random_below(4) != 0;
	const struct collect_statement s = {.signer = hosts[key].signer.wire,
		.alg = hosts[key].key.alg,
		.tag = hosts[key].key.tag,
		.label = model_names[label],
		.when_s = model.t,
		.lease_s = random_below(2) ? 200 : 0,
		.has_addrs = has_addrs};
	const int expected = model_update(&model, key, label, s.lease_s, has_addrs);
	const int err = collect_update(rig.c, rig.now, rig.now_s, &s);
	if (has_trace)
		printf("  update of key %d for %d: %d, model %d\n", key, label, err, expected);
	assert_int_equal(err, expected);
	rig_write(&rig);
}

static void forget(void)
{
	const int label = (int)random_below(M_NAMES);
	const int err = collect_forget(rig.c, rig.now, rig.now_s, model_names[label]);
	if (has_trace)
		printf("  forget %d\n", label);
	assert_int_equal(err, model_forget(&model, label) ? 0 : ERR_ABSENT);
	rig_write(&rig);
}

/* Everything is written, and read. */
static void restart(void)
{
	if (has_trace)
		printf("  restart at %llu\n", (unsigned long long)model.t);
	check_text();
	rig.keeps_text = false;
	rig_restart(&rig);
	rig.keeps_text = true;
	rig.text.len = 0;
	model_restart(&model);
	collect_poll(rig.c, rig.now, rig.now_s);
}

static void jump(void)
{
	static const int64_t offsets[] = {0, 0, 0, 100, -100, 1000, -1000, 40 * 86400};
	model.offset = offsets[random_below(sizeof(offsets) / sizeof(offsets[0]))];
	rig.now_s = model.t + (uint64_t)model.offset;
	if (has_trace)
		printf("  jump to %lld\n", (long long)model.offset);
}

static void happen(void)
{
	const unsigned what = random_below(40);
	if (what < 18)
		send_packet(make_packet());
	else if (what < 24 && sent_count > 0)
		send_packet(&sent[random_below((unsigned)(sent_count < KEPT ? sent_count : KEPT))]);
	else if (what < 25 && sent_count > 0)
		send_forged(&sent[random_below((unsigned)(sent_count < KEPT ? sent_count : KEPT))]);
	else if (what < 31)
		pass(random_below(3));
	else if (what < 33)
		pass(1 + random_below(200));
	else if (what < 36)
		send_update();
	else if (what < 37)
		forget();
	else if (what < 38)
		restart();
	else if (what < 39)
		jump();
	else
		pass(1 + random_below(1200));
}

static void live(uint64_t with)
{
	static const char *const patterns[] = {"b", "C*"};
	const struct collect_trust trust[] = {
		{hosts[0].signer.wire, {hosts[0].rdata, (uint16_t)hosts[0].rdata_len}, NULL, 0},
		{hosts[1].signer.wire, {hosts[1].rdata, (uint16_t)hosts[1].rdata_len}, patterns,
			2}};
	state_of_random = with;
	sent_count = 0;
	const enum collect_away away = random_below(2) ? COLLECT_KEEP : COLLECT_WITHDRAW;
	rig_begin(&rig, &(struct collect_config){.away = away,
				.keep_s = M_KEEP_S,
				.trusts_first = true,
				.trust = trust,
				.trust_count = 2});
	rig.taken = "e";
	rig.in_zone = &hosts[2];
	rig.keeps_text = true;
	model_begin(&model, RIG_START_S, away);
	model.owner_of = owner_of;
	for (int i = 0; i < EVENTS; i++) {
		happen();
		check();
	}
	check_text();
	rig_end(&rig);
}

static uint64_t first_seed = 1, last_seed = SEEDS, seed;

static void both_collectors_are_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < M_KEYS; i++)
		hosts[i] = rig_host(i + 1);
	for (seed = first_seed; seed <= last_seed; seed++)
		live(seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(both_collectors_are_the_same)};
	has_trace = argc > 1;
	if (has_trace)
		first_seed = last_seed = strtoull(argv[1], NULL, 10);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (failed)
		printf("it was seed %llu\n", (unsigned long long)seed);
	return failed;
}
