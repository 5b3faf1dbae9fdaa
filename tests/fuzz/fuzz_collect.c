/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of the collector (src/collect): packets, which it signs with keys that are trusted or not, so that what
 * is behind the signature is reached; time that passes, clocks that jump, updates, links that come and go, restarts;
 * and the text of the state. Whatever comes, nothing is put but addresses within the prefixes, the work is in
 * proportion, and what is written is read again.
 * Never forges: random bytes are no signature. Run by a fuzzer, and its replay.
 *
 * The input: a byte; 0: text of a file follows, whose checksums are made right; 8: they are not. Otherwise its bits are options, and commands follow (enum command).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/siphash.h"
#include "collect/collect.h"
#include "dnssec/sig0.h"
#include "require.h"
#include "steps.h"
#include "wire/msg.h"
#include "wire/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { COMMANDS_MAX = 24, STEPS_A_BYTE = 400, STEPS_FIXED = 20000, NOW_S = 1700000000, LINK = 1 };
enum { KEYS = 4, IN_ZONE = 2, STRANGER = 3 };

/* The lowest three bits; of COMMAND_SIGNED, the next two are the key. Behind it are two bytes of length and a message, or one
 * byte: seconds, what to do, hours. */
enum command { COMMAND_SIGNED = 3, COMMAND_UNSIGNED = 4, COMMAND_PASS, COMMAND_DO, COMMAND_JUMP };

struct host {
	struct key_pair key;
	struct name signer;
	uint8_t rdata[DNSKEY_CAP];
	size_t len;
};

struct fuzz {
	struct collect *c;
	struct collect_config config;
	struct collect_trust trust[2];
	struct host hosts[KEYS];
	struct name at; /* the name of each host on the link */
	ns_t now;
	uint64_t true_s, now_s;
	int asks;
	bool has_link;
};

static const char *const labels[] = {"a", "b", "web", "x"};

/* The sink. */

static int put(void *arg, const char *label, const struct addr *addrs, size_t count, uint32_t ttl_s,
	bool exists)
{
	(void)arg;
	require(strlen(label) < COLLECT_LABEL_CAP && !strpbrk(label, "._* \n") && label[0]);
	require(ttl_s == COLLECT_TTL_HERE_S || ttl_s == COLLECT_TTL_GONE_S);
	require(count <= LIMIT_HOST_ADDRS && (exists || count == 0));
	for (size_t i = 0; i < count; i++) {
		require(addr_scope(&addrs[i]) >= ADDR_SCOPE_LAN);
		require(i == 0 || addr_cmp(&addrs[i - 1], &addrs[i]) < 0);
	}
	return 0;
}

static bool is_taken(void *arg, const char *label)
{
	(void)arg;
	return strcmp(label, "x") == 0;
}

static size_t find_keys(void *arg, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF])
{
	const struct fuzz *f = arg;
	const struct host *h = &f->hosts[IN_ZONE];
	if (!name_equal(h->signer.wire, signer))
		return 0;
	ret[0] = (struct rdata){h->rdata, (uint16_t)h->len};
	return 1;
}

static void ask(void *arg, uint32_t link, const uint8_t *name, uint16_t type, bool is_wanted)
{
	struct fuzz *f = arg;
	require(link == LINK && name_len(name) <= NAME_CAP && type != 0);
	f->asks += is_wanted ? 1 : -1;
	require(f->asks >= 0);
}

static void on_news(void *arg, const struct collect_news *news)
{
	(void)arg;
	require(news->type < COLLECT_NEWS_COUNT && news->signer);
}

/* Life. */

static struct collect *make(struct fuzz *f)
{
	const struct collect_sink sink = {put, is_taken, find_keys, ask, on_news, f, NULL, NULL};
	struct collect *c = collect_new(5, &sink, &f->config);
	require(c != NULL);
	return c;
}

static void add_link(struct fuzz *f)
{
	const uint8_t v4[] = {10, 0, 0, 0}, v6[16] = {0x20, 0x01, 0x0d, 0xb8};
	const struct addr a = addr_make(ADDR_V4, v4), b = addr_make(ADDR_V6, v6);
	const struct prefix prefixes[] = {prefix_make(&a, 8), prefix_make(&b, 32)};
	require(collect_link(f->c, f->now, f->now_s, LINK, prefixes, 2) == 0);
	f->has_link = true;
}

static void begin(struct fuzz *f, uint8_t options)
{
	static const char *const signers[] = {"a.z.", "b.z.", "c.z.", "d.z."};
	static const char *const patterns[] = {"b*", "web"};
	*f = (struct fuzz){
		.now = NS_PER_S, .true_s = NOW_S, .now_s = NOW_S, .at = name_of("h.local.")};
	for (uint8_t i = 0; i < KEYS; i++) {
		const uint8_t secret[CRYPT_SECRET_LEN] = {7, i};
		struct host *h = &f->hosts[i];
		require(key_from_secret(DNSSEC_ED25519, secret, &h->key) == 0);
		key_set_flags(&h->key, KEY_FLAGS);
		h->len = key_dnskey(&h->key, h->rdata);
		h->signer = name_of(signers[i]);
	}
	for (int i = 0; i < 2; i++)
		f->trust[i] = (struct collect_trust){.signer = f->hosts[i].signer.wire,
			.key = {f->hosts[i].rdata, (uint16_t)f->hosts[i].len}};
	f->trust[1].patterns = patterns;
	f->trust[1].pattern_count = 2;
	f->config = (struct collect_config){.away = options & 2 ? COLLECT_WITHDRAW : COLLECT_KEEP,
		.keep_s = 1000,
		.trusts_first = (options & 4) != 0,
		.trust = f->trust,
		.trust_count = 2};
	f->c = make(f);
	add_link(f);
}

/* What is written is read again. */

static void is_there(void *arg, const struct collect_name *name)
{
	bool *ret = arg;
	*ret = name->word != COLLECT_NOBODY && name->since_s < UINT64_MAX / 2;
}

static void find_again(void *arg, const struct collect_name *name)
{
	bool is_found = false;
	require(name->addr_count <= LIMIT_HOST_ADDRS);
	require(collect_find(arg, name->label, is_there, &is_found) && is_found);
	require(collect_word(arg, name->label) == name->word);
}

static struct collect *read_again(struct fuzz *f)
{
	struct buf text = {0};
	size_t bad = 1;
	const int asks = f->asks;
	collect_write_all(f->c, f->now, f->now_s, &text);
	require(!text.err && collect_whole_len(text.bytes, text.len) == text.len);
	f->asks = 0;
	struct collect *again = make(f);
	require(collect_read(again, f->now, f->now_s, text.bytes, text.len, &bad) == 0 && bad == 0);
	require(collect_stats(again).names == collect_stats(f->c).names);
	collect_each_name(f->c, find_again, again);
	f->asks = asks;
	buf_fini(&text);
	return again;
}

/* Commands. */

static void pass(struct fuzz *f, uint64_t seconds)
{
	f->now += (ns_t)seconds * NS_PER_S;
	f->now_s += seconds;
	f->true_s += seconds;
	collect_poll(f->c, f->now, f->now_s);
	require(collect_deadline(f->c) > f->now);
}

static void input(struct fuzz *f, const uint8_t *msg, size_t len)
{
	const uint8_t peer[] = {10, 1, 1, 1};
	const struct mdns_path from = {
		.link = LINK, .peer = addr_make(ADDR_V4, peer), .peer_port = MDNS_PORT};
	uint8_t *exact = malloc(len + 1);
	require(exact);
	memcpy(exact, msg, len);
	steps_begin();
	const enum collect_verdict v = collect_input(f->c, f->now, f->now_s, &from, exact, len);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	require(v < COLLECT_VERDICT_COUNT);
	free(exact);
}

static void input_signed(struct fuzz *f, const struct host *h, const uint8_t *bytes, size_t len)
{
	static uint8_t msg[LIMIT_MDNS_PACKET];
	struct sig0_rdata rdata;
	if (len < MSG_HEADER_LEN || len > LIMIT_MDNS_PACKET - 200)
		return;
	memcpy(msg, bytes, len);
	msg[2] |= 0x80;
	require(sig0_make(&h->key, h->signer.wire, f->true_s - 60, f->true_s + 120, msg, len,
			&rdata) == 0);
	if (sig0_append(msg, &len, sizeof(msg), f->at.wire, CLASS_IN, rdata.bytes, rdata.len) == 0)
		input(f, msg, len);
}

static void restart(struct fuzz *f)
{
	struct collect *again = read_again(f);
	collect_free(f->c);
	f->c = again;
	f->asks = 0;
	if (f->has_link)
		add_link(f);
	pass(f, 0);
}

static void change_link(struct fuzz *f)
{
	if (f->has_link)
		collect_link_gone(f->c, f->now, f->now_s, LINK);
	else
		add_link(f);
	f->has_link = f->asks > 0;
}

static void update(struct fuzz *f, uint8_t how)
{
	const struct host *h = &f->hosts[how >> 2 & 3];
	const struct collect_statement s = {.signer = h->signer.wire,
		.alg = h->key.alg,
		.tag = h->key.tag,
		.label = labels[how & 3],
		.when_s = f->true_s,
		.lease_s = how & 16 ? 100 : 0,
		.has_addrs = (how & 32) != 0};
	const int err = collect_update(f->c, f->now, f->now_s, &s);
	require(err != 0 || !s.has_addrs || collect_word(f->c, s.label) != COLLECT_NOBODY);
}

static void act(struct fuzz *f, uint8_t how)
{
	if (how < 64)
		update(f, how);
	else if (how < 68)
		(void)!collect_forget(f->c, f->now, f->now_s, labels[how & 3]);
	else if (how < 72)
		(void)!collect_forget_signer(f->c, f->now, f->now_s, f->hosts[how & 3].signer.wire);
	else if (how < 76)
		restart(f);
	else if (how < 80)
		change_link(f);
	else if (how < 84) {
		f->config.trust_count = how & 1 ? 2 : 0;
		require(collect_set_config(f->c, f->now, f->now_s, &f->config) == 0);
	}
	pass(f, 0);
}

static void run(struct fuzz *f, struct rd *r)
{
	for (int i = 0; i < COMMANDS_MAX && rd_left(r) > 1; i++) {
		const uint8_t command = rd_u8(r);
		const unsigned what = command & 7;
		if (what > COMMAND_UNSIGNED) {
			const uint8_t value = rd_u8(r);
			if (what == COMMAND_PASS)
				pass(f, (uint64_t)value * (value > 128 ? 16 : 1));
			else if (what == COMMAND_DO)
				act(f, value);
			else
				f->now_s = f->true_s + 3600u * value - 128 * 3600u;
			continue;
		}
		size_t want = rd_u16(r);
		want = want > rd_left(r) ? rd_left(r) : want;
		const uint8_t *bytes = rd_bytes(r, want);
		if (!bytes)
			return;
		if (what == COMMAND_UNSIGNED)
			input(f, bytes, want);
		else
			input_signed(f, &f->hosts[command >> 3 & 3], bytes, want);
	}
}

/* Makes all checksums right, so that what is behind them is reached. */
static void seal(char *text, size_t len)
{
	static const uint8_t key[SIPHASH_KEY_LEN] = "ontap collected";
	enum { SUM_LEN = 19 };
	const char *start = memchr(text, '\n', len);
	size_t at = start ? (size_t)(start - text) + 1 : len;
	for (size_t from = at; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		const size_t next = end ? (size_t)(end - text) + 1 : len;
		if (next - at == SUM_LEN && text[at] == '=' && text[at + 1] == ' ') {
			char sum[SUM_LEN];
			snprintf(sum, sizeof(sum), "= %016llx",
				(unsigned long long)siphash(key, text + from, at - from));
			memcpy(text + at, sum, SUM_LEN - 1);
			from = next;
		}
		at = next;
	}
}

static void take_text(const uint8_t *bytes, size_t len, bool is_sealed)
{
	struct fuzz f;
	size_t bad;
	char *text = malloc(len + 1);
	require(text);
	memcpy(text, bytes, len);
	if (is_sealed)
		seal(text, len);
	begin(&f, 4);
	const size_t whole = collect_whole_len(text, len);
	require(whole <= len);
	steps_begin();
	const int err = collect_read(f.c, f.now, f.now_s, text, len, &bad);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	require((err == 0) == (whole > 0));
	free(text);
	pass(&f, 0);
	collect_free(read_again(&f));
	pass(&f, 5000);
	collect_free(f.c);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz f;
	if (len == 0)
		return 0;
	if (bytes[0] == 0 || bytes[0] == 8) {
		take_text(bytes + 1, len - 1, bytes[0] == 0);
		return 0;
	}
	struct rd r = rd_init(bytes + 1, len - 1);
	begin(&f, bytes[0]);
	run(&f, &r);
	pass(&f, 0);
	collect_free(read_again(&f));
	collect_free(f.c);
	return 0;
}
