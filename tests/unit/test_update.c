/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of src/update: rights, the judgement of messages (RFC 2136 §3), what is kept of them, and the text
 * of its file. Run by `make check`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "dnssec/keys.h"
#include "unit.h"
#include "update/diary.h"
#include "update/judge.h"
#include "update/signer_key.h"
#include "wire/pack.h"
#include "zone/lookup.h"
#include "zone/node.h"
#include "zone/sign.h"
#include "zone_rig.h"

enum { RIGHTS_CAP = 8, NOW = 1764523456 };

struct rig {
	struct zone *zone;
	struct added *added;
	struct update_right rights[RIGHTS_CAP];
	size_t right_count;
	struct update_outcome outcome;
	const struct update_claim *claim;
	enum added_kind kind; /* of the key */
};

static struct rig rig;

static void allow(const char *text)
{
	const char *wrong = update_right_parse(text, &rig.rights[rig.right_count]);
	if (wrong)
		fail_msg("%s: %s", text, wrong);
	rig.right_count++;
}

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.zone = zone_new(1, (struct zone_listener){0});
	rig.added = added_new(2);
	assert_non_null(rig.zone);
	assert_non_null(rig.added);
	rig_apex(rig.zone, "example.");
	rig_apex(rig.zone, "sub.example.");
	rig_put(rig.zone, ZONE_DERIVED, "web.wan.example.", "60 A @wan 192.0.2.1",
		"60 A @lan 10.0.0.1", NULL);
	rig_put(rig.zone, ZONE_STATIC, "mail.example.", "60 MX #000a046d61696c00", NULL);
	rig_put(rig.zone, ZONE_STATIC, "alias.example.", "60 CNAME web.wan.example.", NULL);
	rig_commit(rig.zone, 1);
	allow("key:all:*:ANY");
	allow("key:all:@:ANY");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	added_free(rig.added);
	rig_commit(rig.zone, 1);
	zone_free(rig.zone);
	return 0;
}

/* Messages. A line is "SECTION CLASS OWNER TTL TYPE [RDATA]", with sections "pre" and "upd", and data as in
 * rig_put(). */

static size_t make_rdata(const char *word, uint8_t out[512])
{
	struct addr a;
	if (!word)
		return 0;
	if (word[0] == '#') {
		size_t len = strlen(word + 1) / 2;
		for (size_t i = 0; i < len; i++) {
			char digits[] = {word[1 + 2 * i], word[2 + 2 * i], 0};
			out[i] = (uint8_t)strtoul(digits, NULL, 16);
		}
		return len;
	}
	if (addr_parse(word, &a) == 0) {
		memcpy(out, a.bytes, addr_len(&a));
		return addr_len(&a);
	}
	struct name n = rig_name(word);
	memcpy(out, n.wire, n.len);
	return n.len;
}

static uint16_t class_of(const char *text)
{
	return strcmp(text, "IN") == 0     ? CLASS_IN
	       : strcmp(text, "ANY") == 0  ? CLASS_ANY
	       : strcmp(text, "NONE") == 0 ? CLASS_NONE
					   : CLASS_CH;
}

static void pack_line(struct pack *p, const char *line)
{
	char copy[1024], *rest = NULL;
	uint8_t rdata[512];
	assert_true(strlen(line) < sizeof(copy));
	strcpy(copy, line);
	const bool is_pre = strcmp(strtok_r(copy, " ", &rest), "pre") == 0;
	const uint16_t class = class_of(strtok_r(NULL, " ", &rest));
	struct name owner = rig_name(strtok_r(NULL, " ", &rest));
	const uint32_t ttl = (uint32_t)strtoul(strtok_r(NULL, " ", &rest), NULL, 10);
	const char *type = strtok_r(NULL, " ", &rest);
	size_t len = make_rdata(strtok_r(NULL, " ", &rest), rdata);
	/* Not by pack_rr(): some of the data is malformed, or missing. */
	struct wr w = wr_init(p->start, p->cap);
	uint8_t *counter = p->start + (is_pre ? 6 : 8);
	wr_room(&w, p->len);
	wr_bytes(&w, owner.wire, owner.len);
	wr_u16(&w, update_type_from_text(type, strlen(type)));
	wr_u16(&w, class);
	wr_u32(&w, ttl);
	wr_u16(&w, (uint16_t)len);
	wr_bytes(&w, rdata, len);
	assert_int_equal(w.err, 0);
	put_u16(counter, get_u16(counter) + 1);
	p->len = wr_len(&w);
}

static size_t make(uint8_t msg[MSG_CAP], const char *zone, va_list lines)
{
	struct pack p;
	struct name apex = rig_name(zone);
	pack_init(&p, msg, MSG_CAP, 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
	for (const char *line; (line = va_arg(lines, const char *));)
		pack_line(&p, line);
	return p.len;
}

static int put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_put(arg, ZONE_UPDATED, owner, sets, count);
}

static int try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	return zone_try(arg, ZONE_UPDATED, owner, sets, count);
}

static struct update_ground ground_of(const struct name *domain, const struct name *key)
{
	return (struct update_ground){.zone = rig.zone,
		.domain = domain->wire,
		.rights = rig.rights,
		.right_count = rig.right_count,
		.by = {.key = key->wire, .kind = rig.kind, .when_s = NOW},
		.claim = rig.claim,
		.try = try,
		.try_arg = rig.zone};
}

static int judge(const uint8_t *msg, size_t len, const char *key, struct added_draft *d)
{
	struct update_message m;
	struct name domain = rig_name("example."), name = rig_name(key);
	const struct update_ground ground = ground_of(&domain, &name);
	int rcode = update_message_parse(msg, len, &m);
	if (rcode)
		return rcode;
	rcode = update_judge(&ground, &m, d, &rig.outcome);
	update_message_fini(&m);
	return rcode;
}

/* Sends a message signed by `key`, and publishes what it changes. Returns the rcode. */
static int update(const char *key, const char *zone, ...)
{
	static uint8_t msg[MSG_CAP];
	struct added_draft d;
	va_list lines;
	va_start(lines, zone);
	size_t len = make(msg, zone, lines);
	va_end(lines);
	added_draft_init(&d, rig.added);
	int rcode = judge(msg, len, key, &d);
	if (!rcode)
		assert_int_equal(added_take(&d), 0);
	added_draft_fini(&d);
	assert_int_equal(added_put_all(rig.added, put, rig.zone), 0);
	return rcode;
}

/* Returns the number of records that are served; -1: no such name. */
static int count(const char *owner, uint16_t type)
{
	struct zone_answer answer;
	struct name n = rig_name(owner);
	struct key key;
	key_from_name(&key, n.wire);
	zone_lookup(zone_reader(rig.zone), &key, type, VIEW_WAN, &answer);
	if (answer.outcome == ZONE_NO_NAME)
		return -1;
	return answer.set && answer.set->type == type ? answer.set->count : 0;
}

/* --- rights ------------------------------------------------------------------------------- */

static bool covers(const char *right, const char *key, const char *owner, const char *type)
{
	struct update_right r;
	struct name domain = rig_name("example."), k = rig_name(key), o = rig_name(owner);
	assert_null(update_right_parse(right, &r));
	const struct update_signer signer = {k.wire, strncmp(right, "sig0", 4) == 0};
	return update_rights_allow(
		&r, 1, domain.wire, &signer, o.wire, update_type_from_text(type, strlen(type)));
}

static void a_right_covers_its_names_and_types(void **state)
{
	(void)state;
	assert_true(covers("key:k:web.wan:A", "k", "web.wan.example.", "A"));
	assert_true(covers("key:K:Web.wan:a,AAAA", "k", "WEB.wan.Example.", "AAAA"));
	assert_false(covers("key:k:web.wan:A", "other", "web.wan.example.", "A"));
	assert_false(covers("key:k:web.wan:A", "k", "web.wan.example.", "TXT"));
	assert_false(covers("key:k:web.wan:A", "k", "web.example.", "A"));
	assert_false(covers("key:k:web.wan:A", "k", "x.web.wan.example.", "A"));
	assert_false(covers("key:k:web.wan:A", "k", "web.wan.", "A"));
	assert_true(covers("key:k:w*b.wan:ANY", "k", "wabcb.wan.example.", "TXT"));
	assert_false(covers("key:k:w*b.wan:ANY", "k", "wabc.wan.example.", "TXT"));
	assert_false(covers("key:k:w*:ANY", "k", "web.wan.example.", "TXT"));
	assert_true(covers("key:k:w?b:TYPE65280", "k", "web.example.", "TYPE65280"));
	assert_false(covers("key:k:w?b:TYPE65280", "k", "wb.example.", "TYPE65280"));
	assert_true(covers("key:k:@:A", "k", "example.", "A"));
	assert_false(covers("key:k:@:A", "k", "x.example.", "A"));
	assert_true(
		covers("key:k:1.2.0.192.in-addr.arpa.:PTR", "k", "1.2.0.192.in-addr.arpa.", "PTR"));
}

static void a_first_asterisk_is_any_labels(void **state)
{
	(void)state;
	assert_true(covers("key:k:*:A", "k", "a.example.", "A"));
	assert_true(covers("key:k:*:A", "k", "a.b.c.example.", "A"));
	assert_false(covers("key:k:*:A", "k", "example.", "A"));
	assert_true(covers("key:k:*.wan:A", "k", "a.b.wan.example.", "A"));
	assert_false(covers("key:k:*.wan:A", "k", "wan.example.", "A"));
	assert_false(covers("key:k:*.wan:A", "k", "a.lan.example.", "A"));
	/* A dot in a label is no border of labels. */
	assert_false(covers("key:k:*.wan:A", "k", "evil\\.wan.example.", "A"));
	assert_false(covers("key:k:a.*.wan:A", "k", "a.b.c.wan.example.", "A"));
	assert_true(covers("key:k:a.*.wan:A", "k", "a.b.wan.example.", "A"));
	assert_true(covers("key:k:*.in-addr.arpa.:PTR", "k", "1.2.0.192.in-addr.arpa.", "PTR"));
	assert_false(covers("key:k:*.in-addr.arpa.:PTR", "k", "x.example.", "PTR"));
}

static void without_types_a_right_is_for_challenges(void **state)
{
	(void)state;
	assert_true(covers("key:k:web.wan", "k", "_acme-challenge.web.wan.example.", "TXT"));
	assert_true(covers("key:k:web.wan", "k", "_ACME-challenge.web.wan.example.", "TXT"));
	assert_false(covers("key:k:web.wan", "k", "web.wan.example.", "TXT"));
	assert_false(covers("key:k:web.wan", "k", "_acme-challenge.web.wan.example.", "A"));
	assert_false(covers("key:k:web.wan", "k", "x._acme-challenge.web.wan.example.", "TXT"));
	assert_true(covers("key:k:@", "k", "_acme-challenge.example.", "TXT"));
}

static void the_names_of_a_key_are_told_by_its_name(void **state)
{
	(void)state;
	assert_true(covers("key:web", "web", "_acme-challenge.web.example.", "TXT"));
	assert_true(covers("key:web", "web", "_acme-challenge.web.wan.example.", "TXT"));
	assert_true(covers("key:web", "web", "_acme-challenge.web.lan.example.", "TXT"));
	assert_false(covers("key:web", "web", "_acme-challenge.web.x.example.", "TXT"));
	assert_false(covers("key:web", "web", "_acme-challenge.wob.wan.example.", "TXT"));
	assert_false(covers("key:web", "web", "_acme-challenge.example.", "TXT"));
	assert_true(covers("key:web.wan.example", "web.wan.example.",
		"_acme-challenge.web.wan.example.", "TXT"));
	assert_false(covers(
		"key:web.wan.example", "web.wan.example.", "_acme-challenge.web.example.", "TXT"));
	assert_true(covers("sig0:web.wan.example", "web.wan.example.",
		"_acme-challenge.web.wan.example.", "TXT"));
	/* No pattern. */
	assert_false(covers("key:*", "*", "_acme-challenge.web.example.", "TXT"));
}

static void what_is_no_right_is_told(void **state)
{
	(void)state;
	static const char *const wrong[] = {"web", "key:", "key::a", "key:k:", "key:k::A",
		"key:k:a:", "key:k:a:A,", "key:k:a:,A", "key:k:a:A,B", "key:k:a..b:A",
		"key:k:a:SOA", "key:k:a:RRSIG", "key:k:a:NSEC", "key:k:a:TYPE50", "key:k:a:DNSKEY",
		"key:k:a:CDS", "sig0:", "sig0::a", "sig1:a", "key:k:a:AXFR", "key:k:a:OPT",
		"key:k:a:TYPE0", "key:k:a:TYPE99999", "key:k:a:A:B"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct update_right r;
		if (!update_right_parse(wrong[i], &r))
			fail_msg("%s is taken", wrong[i]);
	}
}

/* --- signatures by key pairs --------------------------------------------------------------- */

/* Makes a message with a SIG(0), valid from `inception` to `expiration`. */
static size_t sign(uint8_t msg[MSG_CAP], const struct key_pair *key, const char *signer,
	uint32_t inception, uint32_t expiration)
{
	struct name name = rig_name(signer), apex = rig_name("example.");
	struct sig0_rdata rdata;
	struct pack p;
	pack_init(&p, msg, MSG_CAP, 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
	size_t len = p.len;
	assert_int_equal(sig0_make(key, name.wire, inception, expiration, msg, len, &rdata), 0);
	assert_int_equal(
		sig0_append(msg, &len, MSG_CAP, name_root, CLASS_ANY, rdata.bytes, rdata.len), 0);
	return len;
}

static int verify(const uint8_t *msg, size_t len)
{
	struct sig0 sig;
	assert_int_equal(sig0_find(msg, len, &sig), 1);
	return signer_keys_verify(&(const struct signer_keys){0}, rig.zone, msg, &sig, NOW);
}

/* Puts the KEY with these flags, and notes its tag. */
static void put_key(const char *owner, struct key_pair *key, uint16_t flags)
{
	uint8_t bytes[DNSKEY_CAP];
	struct name n = rig_name(owner);
	const struct rdata rdata = {bytes, (uint16_t)key_dnskey(key, bytes)};
	const struct rrset set = {RR_KEY, VIEW_ANY, 60, 1, &rdata};
	put_u16(bytes, flags);
	key->tag = key_tag(bytes, rdata.len);
	assert_int_equal(zone_put(rig.zone, ZONE_STATIC, n.wire, &set, 1), 0);
}

static void a_signature_of_a_key_pair_is_verified(void **state)
{
	(void)state;
	static uint8_t msg[MSG_CAP];
	static const uint8_t algs[] = {DNSSEC_P256, DNSSEC_ED25519};
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		uint8_t secret[CRYPT_SECRET_LEN] = {1, 2, 3};
		struct key_pair key;
		assert_int_equal(key_from_secret(algs[i], secret, &key), 0);
		put_key("host.example.", &key, 512);
		size_t len = sign(msg, &key, "Host.example.", NOW - 300, NOW + 300);
		assert_int_equal(verify(msg, len), 0);
		msg[0] ^= 1;
		assert_int_equal(verify(msg, len), ERR_DENIED);
		msg[0] ^= 1;
		msg[len - 1] ^= 1;
		assert_int_equal(verify(msg, len), ERR_DENIED);
		len = sign(msg, &key, "other.example.", NOW - 300, NOW + 300);
		assert_int_equal(verify(msg, len), ERR_ABSENT);
		len = sign(msg, &key, "host.example.", NOW + 1, NOW + 300);
		assert_int_equal(verify(msg, len), ERR_RANGE);
		len = sign(msg, &key, "host.example.", NOW - 300, NOW - 1);
		assert_int_equal(verify(msg, len), ERR_RANGE);
		len = sign(msg, &key, "host.example.", NOW, NOW + LIMIT_SIG0_VALID_S + 1);
		assert_int_equal(verify(msg, len), ERR_RANGE);
		put_key("host.example.", &key, 0x8200); /* it may not authenticate */
		len = sign(msg, &key, "host.example.", NOW - 300, NOW + 300);
		assert_int_equal(verify(msg, len), ERR_ABSENT);
	}
}

static void a_key_of_a_file_is_for_its_name_in_any_case(void **state)
{
	(void)state;
	static uint8_t msg[MSG_CAP];
	uint8_t secret[CRYPT_SECRET_LEN] = {4, 5, 6}, bytes[DNSKEY_CAP];
	struct key_pair key;
	struct signer_keys keys = {0};
	struct sig0 sig;
	assert_int_equal(key_from_secret(DNSSEC_ED25519, secret, &key), 0);
	const struct rdata rdata = {bytes, (uint16_t)key_dnskey(&key, bytes)};
	struct name owner = rig_name("Laptop.elsewhere.");
	assert_int_equal(signer_keys_add(&keys, owner.wire, rdata), 0);
	size_t len = sign(msg, &key, "lapTop.elsewhere.", NOW - 300, NOW + 300);
	assert_int_equal(sig0_find(msg, len, &sig), 1);
	assert_int_equal(signer_keys_verify(&keys, rig.zone, msg, &sig, NOW), 0);
	assert_int_equal(verify(msg, len), ERR_ABSENT);
	msg[0] ^= 1;
	assert_int_equal(signer_keys_verify(&keys, rig.zone, msg, &sig, NOW), ERR_DENIED);
	len = sign(msg, &key, "other.elsewhere.", NOW - 300, NOW + 300);
	assert_int_equal(sig0_find(msg, len, &sig), 1);
	assert_int_equal(signer_keys_verify(&keys, rig.zone, msg, &sig, NOW), ERR_ABSENT);
	signer_keys_fini(&keys);
}

/* Each byte of the head, and the length, is looked at. */
static void a_key_that_can_sign_no_message_is_told(void **state)
{
	(void)state;
	uint8_t bytes[DNSKEY_CAP + 1] = {2, 0, 3, DNSSEC_ED25519};
	static const struct {
		uint8_t at, value;
	} faults[] = {{0, 0x80}, {2, 4}, {3, 8}, {3, DNSSEC_P256}};
	const uint16_t len = DNSKEY_HEAD + 32;
	assert_null(sig0_key_wrong((struct rdata){bytes, len}));
	for (uint16_t i = 0; i <= DNSKEY_CAP + 1; i++)
		assert_true(!sig0_key_wrong((struct rdata){bytes, i}) == (i == len));
	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		uint8_t before = bytes[faults[i].at];
		bytes[faults[i].at] = faults[i].value;
		assert_non_null(sig0_key_wrong((struct rdata){bytes, len}));
		bytes[faults[i].at] = before;
	}
}

static void a_malformed_signature_is_told(void **state)
{
	(void)state;
	static uint8_t msg[MSG_CAP];
	uint8_t secret[CRYPT_SECRET_LEN] = {1, 2, 3};
	struct key_pair key;
	struct sig0 sig;
	assert_int_equal(key_from_secret(DNSSEC_P256, secret, &key), 0);
	size_t len = sign(msg, &key, "host.example.", NOW - 300, NOW + 300);
	for (size_t i = 0; i < len; i++) {
		uint8_t *copy = malloc(i + 1);
		memcpy(copy, msg, i);
		assert_int_equal(sig0_find(copy, i, &sig), ERR_SYNTAX);
		free(copy);
	}
	put_u16(msg + 10, 0);
	assert_int_equal(sig0_find(msg, len, &sig), 0);
	put_u16(msg + 10, 1);
	assert_int_equal(sig0_find(msg, len, &sig), 1);
	msg[sig.off + 12] = 1; /* it covers a type: a signature of records */
	assert_int_equal(sig0_find(msg, len, &sig), ERR_SYNTAX);
}

/* --- the zone section ------------------------------------------------------------------------ */

static void the_zone_must_be_ours_and_the_key_known(void **state)
{
	(void)state;
	assert_int_equal(update("all", "other.", NULL), RCODE_NOTAUTH);
	assert_int_equal(update("all", "wan.example.", NULL), RCODE_NOTAUTH);
	assert_int_equal(update("none", "example.", NULL), RCODE_REFUSED);
	/* Who has no right learns nothing of the zone. */
	assert_int_equal(
		update("none", "example.", "pre NONE web.wan.example. 0 ANY", NULL), RCODE_REFUSED);
	assert_int_equal(update("all", "example.", NULL), RCODE_NOERROR);
	uint8_t msg[64];
	struct pack p;
	struct name apex = rig_name("example.");
	struct added_draft d;
	added_draft_init(&d, rig.added);
	pack_init(&p, msg, sizeof(msg), 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_NS, CLASS_IN), 0);
	assert_int_equal(judge(msg, p.len, "all", &d), RCODE_FORMERR);
	pack_init(&p, msg, sizeof(msg), 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_CH), 0);
	assert_int_equal(judge(msg, p.len, "all", &d), RCODE_NOTAUTH);
	added_draft_fini(&d);
}

/* --- prerequisites ---------------------------------------------------------------------------- */

struct rule {
	const char *line;
	int rcode;
};

static void each_prerequisite_has_its_rcode(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		{"pre ANY web.wan.example. 0 ANY", RCODE_NOERROR},
		{"pre ANY WEB.wan.example. 0 ANY", RCODE_NOERROR},
		{"pre ANY none.example. 0 ANY", RCODE_NXDOMAIN},
		{"pre ANY wan.example. 0 ANY", RCODE_NXDOMAIN}, /* an empty non-terminal */
		{"pre ANY web.wan.example. 0 A", RCODE_NOERROR},
		{"pre ANY web.wan.example. 0 TXT", RCODE_NXRRSET},
		{"pre ANY example. 0 SOA", RCODE_NOERROR},
		{"pre NONE web.wan.example. 0 ANY", RCODE_YXDOMAIN},
		{"pre NONE none.example. 0 ANY", RCODE_NOERROR},
		{"pre NONE web.wan.example. 0 A", RCODE_YXRRSET},
		{"pre NONE web.wan.example. 0 TXT", RCODE_NOERROR},
		{"pre IN mail.example. 0 MX #000a046d61696c00", RCODE_NOERROR},
		{"pre IN mail.example. 0 MX #000a044d41494c00", RCODE_NOERROR},
		{"pre IN mail.example. 0 MX #000b046d61696c00", RCODE_NXRRSET},
		/* Both views together are the set. */
		{"pre IN web.wan.example. 0 A 192.0.2.1", RCODE_NXRRSET},
		{"pre IN none.example. 0 A 192.0.2.1", RCODE_NXRRSET},
		{"pre ANY web.wan.example. 1 A", RCODE_FORMERR},
		{"pre ANY web.wan.example. 0 A 192.0.2.1", RCODE_FORMERR},
		{"pre NONE web.wan.example. 0 A 192.0.2.1", RCODE_FORMERR},
		{"pre CH web.wan.example. 0 A 192.0.2.1", RCODE_FORMERR},
		{"pre IN web.wan.example. 0 ANY", RCODE_FORMERR},
		{"pre ANY other. 0 ANY", RCODE_NOTZONE},
		{"pre ANY x.sub.example. 0 ANY", RCODE_NOTZONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		int rcode = update("all", "example.", rules[i].line, NULL);
		if (rcode != rules[i].rcode)
			fail_msg("%s: rcode %d, not %d", rules[i].line, rcode, rules[i].rcode);
	}
	assert_int_equal(update("all", "example.", "pre IN web.wan.example. 0 A 192.0.2.1",
				 "pre IN web.wan.example. 0 A 10.0.0.1", NULL),
		RCODE_NOERROR);
	/* Others between the records of a set; and one of them twice. */
	assert_int_equal(update("all", "example.", "pre IN web.wan.example. 0 A 192.0.2.1",
				 "pre IN mail.example. 0 MX #000a046d61696c00",
				 "pre IN web.wan.example. 0 A 10.0.0.1",
				 "pre IN web.wan.example. 0 A 10.0.0.1", NULL),
		RCODE_NOERROR);
	/* All are judged before anything is changed, in their order. */
	assert_int_equal(update("all", "example.", "pre NONE web.wan.example. 0 ANY",
				 "pre ANY other. 0 ANY", "upd IN n.example. 60 A 192.0.2.9", NULL),
		RCODE_YXDOMAIN);
	assert_int_equal(count("n.example.", RR_A), -1);
}

/* --- updates ---------------------------------------------------------------------------------- */

static void records_come_and_go(void **state)
{
	(void)state;
	const char *name = "n.example.";
	assert_int_equal(
		update("all", "example.", "upd IN n.example. 60 A 192.0.2.9",
			"upd IN n.example. 30 A 192.0.2.8", "upd IN n.example. 5 TXT #0161", NULL),
		0);
	assert_int_equal(count(name, RR_A), 2);
	assert_int_equal(count(name, RR_TXT), 1);
	assert_int_equal(update("all", "example.", "upd NONE n.example. 0 A 192.0.2.8", NULL), 0);
	assert_int_equal(count(name, RR_A), 1);
	assert_int_equal(update("all", "example.", "upd NONE n.example. 0 A 192.0.2.7", NULL), 0);
	assert_int_equal(count(name, RR_A), 1);
	assert_int_equal(update("all", "example.", "upd ANY n.example. 0 A", NULL), 0);
	assert_int_equal(count(name, RR_A), 0);
	assert_int_equal(update("all", "example.", "upd IN n.example. 60 AAAA ::1", NULL), 0);
	assert_int_equal(update("all", "example.", "upd ANY n.example. 0 ANY", NULL), 0);
	assert_int_equal(count(name, RR_TXT), -1);
	assert_int_equal(added_stats(rig.added).owners, 0);
	assert_int_equal(added_stats(rig.added).sets, 0);
	assert_int_equal(added_stats(rig.added).bytes, 0);
}

static void an_equal_record_gets_the_new_ttl(void **state)
{
	(void)state;
	struct name n = rig_name("n.example.");
	assert_int_equal(update("all", "example.", "upd IN n.example. 60 PTR a.b.", NULL), 0);
	assert_int_equal(update("all", "example.", "upd IN n.example. 90 PTR A.b.", NULL), 0);
	const struct added_set *set = added_owner_set(added_find(rig.added, n.wire), RR_PTR);
	assert_int_equal(set->count, 1);
	assert_int_equal(set->ttl, 90);
	assert_int_equal(set->when_s, NOW);
	assert_int_equal(update("all", "example.", "upd NONE n.example. 0 PTR a.B.", NULL), 0);
	assert_null(added_find(rig.added, n.wire));
	/* RFC 2181 §8 */
	assert_int_equal(update("all", "example.", "upd IN n.example. 4294967295 A ::1", NULL), 1);
	assert_int_equal(
		update("all", "example.", "upd IN n.example. 4294967295 AAAA ::1", NULL), 0);
	assert_int_equal(added_owner_set(added_find(rig.added, n.wire), RR_AAAA)->ttl, 0);
}

static void what_others_have_stays(void **state)
{
	(void)state;
	assert_int_equal(update("all", "example.", "upd ANY web.wan.example. 0 ANY",
				 "upd ANY mail.example. 0 MX",
				 "upd NONE web.wan.example. 0 A 192.0.2.1", NULL),
		0);
	assert_int_equal(rig.outcome.not_ours, 3);
	assert_int_equal(count("web.wan.example.", RR_A), 1);
	assert_int_equal(count("mail.example.", RR_MX), 1);
	/* Beside them, records are added and removed. */
	assert_int_equal(
		update("all", "example.", "upd IN web.wan.example. 60 A 192.0.2.5", NULL), 0);
	assert_int_equal(count("web.wan.example.", RR_A), 2);
	assert_int_equal(update("all", "example.", "upd ANY web.wan.example. 0 A", NULL), 0);
	assert_int_equal(count("web.wan.example.", RR_A), 1);
}

static void an_alias_stands_alone(void **state)
{
	(void)state;
	assert_int_equal(
		update("all", "example.", "upd IN web.wan.example. 60 CNAME a.b.", NULL), 0);
	assert_int_equal(rig.outcome.ignored, 1);
	assert_int_equal(
		update("all", "example.", "upd IN alias.example. 60 A 192.0.2.1", NULL), 0);
	assert_int_equal(rig.outcome.ignored, 1);
	assert_int_equal(count("alias.example.", RR_CNAME), 1);
	assert_int_equal(update("all", "example.", "upd IN n.example. 60 CNAME a.b.",
				 "upd IN n.example. 60 CNAME c.d.",
				 "upd IN n.example. 60 A 192.0.2.1", NULL),
		0);
	assert_int_equal(rig.outcome.ignored, 1);
	assert_int_equal(count("n.example.", RR_CNAME), 1);
	assert_int_equal(added_stats(rig.added).records, 1);
	assert_int_equal(update("all", "example.", "upd ANY n.example. 0 CNAME",
				 "upd IN n.example. 60 A 192.0.2.1",
				 "upd IN n.example. 60 CNAME a.b.", NULL),
		0);
	assert_int_equal(count("n.example.", RR_A), 1);
}

static void malformed_changes_are_told_before_any_is_made(void **state)
{
	(void)state;
	static const struct rule rules[] = {
		{"upd CH n.example. 60 A 192.0.2.9", RCODE_FORMERR},
		{"upd IN n.example. 60 ANY", RCODE_FORMERR},
		{"upd IN n.example. 60 AXFR #00", RCODE_FORMERR},
		{"upd IN n.example. 60 A #000102", RCODE_FORMERR},
		{"upd IN n.example. 60 A", RCODE_FORMERR},
		{"upd IN n.example. 60 TXT", RCODE_FORMERR},
		{"upd ANY n.example. 1 A", RCODE_FORMERR},
		{"upd ANY n.example. 0 A 192.0.2.9", RCODE_FORMERR},
		{"upd ANY n.example. 0 AXFR", RCODE_FORMERR},
		{"upd NONE n.example. 1 A 192.0.2.9", RCODE_FORMERR},
		{"upd NONE n.example. 0 ANY", RCODE_FORMERR},
		{"upd NONE n.example. 0 A", RCODE_FORMERR},
		{"upd IN n.other. 60 A 192.0.2.9", RCODE_NOTZONE},
		{"upd IN n.sub.example. 60 A 192.0.2.9", RCODE_NOTZONE},
		{"upd IN n.example. 60 DNSKEY #0101030d00", RCODE_REFUSED},
		{"upd IN n.example. 60 NSEC #0000", RCODE_REFUSED},
		{"upd IN n.example. 60 TYPE51 #00", RCODE_REFUSED},
		{"upd ANY n.example. 0 RRSIG", RCODE_REFUSED},
		{"upd IN example. 60 NS ns.n.", RCODE_REFUSED},
		{"upd ANY example. 0 SOA", RCODE_REFUSED},
		{"upd IN *.n.example. 60 NS ns.n.", RCODE_REFUSED},
		{"upd IN *.example. 60 DNAME n.example.", RCODE_REFUSED},
		{"upd IN example. 60 DS #00010d0200", RCODE_REFUSED},
		{"upd IN n.example. 60 TYPE24 "
		 "#000000000000000000000000000000000000016100",
			RCODE_REFUSED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		int rcode = update("all", "example.", "upd IN good.example. 60 A 192.0.2.9",
			rules[i].line, NULL);
		if (rcode != rules[i].rcode)
			fail_msg("%s: rcode %d, not %d", rules[i].line, rcode, rules[i].rcode);
		assert_non_null(rig.outcome.reason);
	}
	assert_int_equal(count("good.example.", RR_A), -1);
	assert_int_equal(update("all", "example.", "upd IN cut.example. 60 NS ns.n.",
				 "upd IN cut.example. 60 DS #00010d0200", NULL),
		0);
	assert_int_equal(update("all", "example.", "upd IN n.example. 60 TYPE65280", NULL), 0);
	assert_int_equal(count("n.example.", 65280), 1);
	assert_int_equal(update("all", "example.", "upd NONE n.example. 0 TYPE65280", NULL), 0);
	assert_int_equal(count("n.example.", 65280), -1);
}

static void a_key_does_what_it_may_and_nothing_else(void **state)
{
	(void)state;
	allow("key:acme:web.wan");
	allow("key:host:h:A,AAAA");
	assert_int_equal(
		update("acme", "example.", "upd IN _acme-challenge.web.wan.example. 120 TXT #0161",
			"upd IN _acme-challenge.web.wan.example. 120 TXT #0162", NULL),
		0);
	assert_int_equal(count("_acme-challenge.web.wan.example.", RR_TXT), 2);
	assert_int_equal(update("acme", "example.", "upd ANY web.wan.example. 0 ANY", NULL), 5);
	assert_int_equal(
		update("acme", "example.", "upd IN web.wan.example. 120 TXT #0161", NULL), 5);
	/* One that it may not makes all of them fail. */
	assert_int_equal(update("host", "example.", "upd IN h.example. 60 A 192.0.2.9",
				 "upd IN h.example. 60 TXT #0161", NULL),
		5);
	assert_int_equal(count("h.example.", RR_A), -1);
	assert_int_equal(update("all", "example.", "upd IN h.example. 60 TXT #0161", NULL), 0);
	assert_int_equal(update("host", "example.", "upd IN h.example. 60 A 192.0.2.9", NULL), 0);
	/* All types, among them one that it may not touch. */
	assert_int_equal(update("host", "example.", "upd ANY h.example. 0 ANY", NULL), 5);
	assert_int_equal(update("all", "example.", "upd ANY h.example. 0 TXT", NULL), 0);
	assert_int_equal(update("host", "example.", "upd ANY h.example. 0 ANY", NULL), 0);
	assert_int_equal(count("h.example.", RR_A), -1);
}

/* Adds `records` records of a type to n.example. in one message. */
static int add_many(const char *owner, unsigned records, uint8_t first)
{
	static uint8_t msg[MSG_CAP];
	struct pack p;
	struct added_draft d;
	struct name apex = rig_name("example."), n = rig_name(owner);
	pack_init(&p, msg, MSG_CAP, 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
	for (unsigned i = 0; i < records; i++) {
		const uint8_t rdata[] = {first, 0, (uint8_t)(i >> 8), (uint8_t)i};
		assert_int_equal(pack_rr(&p, SECTION_AUTHORITY,
					 &(struct pack_rr){n.wire, RR_A, CLASS_IN, 60, rdata, 4}),
			0);
	}
	added_draft_init(&d, rig.added);
	int rcode = judge(msg, p.len, "all", &d);
	if (!rcode)
		assert_int_equal(added_take(&d), 0);
	added_draft_fini(&d);
	return rcode;
}

static void there_is_a_limit_of_each_kind(void **state)
{
	(void)state;
	assert_int_equal(add_many("n.example.", LIMIT_UPDATE_RECORDS + 1, 1), RCODE_REFUSED);
	for (unsigned i = 0; i < LIMIT_UPDATE_SET / LIMIT_UPDATE_RECORDS; i++)
		assert_int_equal(add_many("n.example.", LIMIT_UPDATE_RECORDS, (uint8_t)i), 0);
	assert_int_equal(add_many("n.example.", 1, 99), RCODE_REFUSED);
	assert_string_equal(rig.outcome.reason, "a name has as many records as updates may add");
	/* What is there may be said again. */
	assert_int_equal(add_many("n.example.", 1, 0), 0);
	unsigned sets = 1;
	for (; sets < LIMIT_UPDATE_KEY_SETS; sets++) {
		char owner[32];
		snprintf(owner, sizeof(owner), "n%u.example.", sets);
		assert_int_equal(add_many(owner, 1, 1), 0);
	}
	assert_int_equal(add_many("more.example.", 1, 1), RCODE_REFUSED);
	assert_int_equal(add_many("n1.example.", 2, 1), 0);
	/* Another kind of a key may have the same name. */
	rig.kind = ADDED_BY_REGISTRATION;
	assert_int_equal(add_many("n1.example.", 2, 1), 0);
	rig.kind = ADDED_BY_PAIR;
	assert_int_equal(add_many("more.example.", 1, 1), 0);
	rig.kind = ADDED_BY_SECRET;
	assert_int_equal(add_many("least.example.", 1, 1), RCODE_REFUSED);
	allow("key:second:*:A");
	assert_int_equal(
		update("second", "example.", "upd IN more.example. 60 A 192.0.2.9", NULL), 0);
	assert_int_equal(update("all", "example.", "upd ANY n.example. 0 ANY", NULL), 0);
	assert_int_equal(add_many("again.example.", 1, 1), 0);
}

static void a_name_that_files_fill_has_no_room(void **state)
{
	(void)state;
	struct rdata rdata[250];
	static uint8_t bytes[250][250];
	struct name n = rig_name("full.example.");
	for (unsigned i = 0; i < ARRAY_LEN(rdata); i++) {
		bytes[i][0] = 249;
		bytes[i][1] = (uint8_t)i;
		rdata[i] = (struct rdata){bytes[i], 250};
	}
	const struct rrset set = {RR_TXT, VIEW_ANY, 60, ARRAY_LEN(rdata), rdata};
	assert_int_equal(zone_put(rig.zone, ZONE_STATIC, n.wire, &set, 1), 0);
	assert_int_equal(update("all", "example.", "upd IN full.example. 60 A 192.0.2.1", NULL), 0);
	assert_int_equal(add_many("full.example.", 1024, 1), RCODE_REFUSED);
	assert_string_equal(rig.outcome.reason, "a name has no room for that");
}

/* Records that fit into a node, but not together with their signatures. */
static void what_a_signed_zone_does_not_take_is_refused(void **state)
{
	(void)state;
	struct name apex = rig_name("example."), n = rig_name("n.example.");
	unsigned have = 0;
	int rcode = 0;
	assert_int_equal(zone_sign(rig.zone, apex.wire), 0);
	while (!rcode && have < 300) {
		char line[64];
		snprintf(line, sizeof(line), "upd IN n.example. 60 TYPE%u #00", 1000 + have);
		rcode = update("all", "example.", line, NULL);
		have += !rcode;
		const struct node *said = zone_said(rig.zone, ZONE_UPDATED, n.wire);
		assert_int_equal(said ? said->set_count : 0, have);
	}
	assert_int_equal(rcode, RCODE_REFUSED);
	assert_string_equal(rig.outcome.reason, "a name has no room for that");
}

static void malformed_messages_are_refused(void **state)
{
	(void)state;
	static uint8_t msg[MSG_CAP];
	struct pack p;
	struct name apex = rig_name("example."), n = rig_name("n.example.");
	pack_init(&p, msg, MSG_CAP, 7, OPCODE_UPDATE << 11);
	assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
	assert_int_equal(
		pack_rr(&p, SECTION_AUTHORITY,
			&(struct pack_rr){n.wire, RR_A, CLASS_IN, 60, (const uint8_t *)"abcd", 4}),
		0);
	for (size_t len = 0; len < p.len; len++) {
		struct update_message m;
		uint8_t *copy = malloc(len + 1);
		memcpy(copy, msg, len);
		assert_int_equal(update_message_parse(copy, len, &m), RCODE_FORMERR);
		free(copy);
	}
}

/* --- the file --------------------------------------------------------------------------------- */

static void fill_file(struct buf *out)
{
	diary_write_head(out);
	static const char *const lines[] = {"upd IN n.example. 60 A 192.0.2.9",
		"upd IN a\\032b.example. 60 TXT #0161", "upd IN n.example. 60 TYPE65280",
		"upd IN m.example. 60 MX #000a046d61696c00", "upd ANY a\\032b.example. 0 ANY"};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		static uint8_t msg[MSG_CAP];
		struct added_draft d;
		struct pack p;
		struct name apex = rig_name("example.");
		pack_init(&p, msg, MSG_CAP, 7, OPCODE_UPDATE << 11);
		assert_int_equal(pack_question(&p, apex.wire, RR_SOA, CLASS_IN), 0);
		pack_line(&p, lines[i]);
		added_draft_init(&d, rig.added);
		assert_int_equal(judge(msg, p.len, "all", &d), 0);
		diary_write_draft(out, &d);
		assert_int_equal(added_take(&d), 0);
		added_draft_fini(&d);
	}
	assert_int_equal(out->err, 0);
}

static void compare_owner(void *arg, const struct added_owner *o)
{
	const struct added_owner *other = added_find(arg, o->name);
	assert_non_null(other);
	assert_int_equal(o->set_count, other->set_count);
	for (unsigned i = 0; i < o->set_count; i++) {
		const struct added_set *a = o->sets[i], *b = added_owner_set(other, a->type);
		assert_non_null(b);
		assert_int_equal(a->ttl, b->ttl);
		assert_int_equal(a->when_s, b->when_s);
		assert_int_equal(a->len, b->len);
		assert_int_equal(a->key_len, b->key_len);
		assert_int_equal(a->kind, b->kind);
		assert_memory_equal(a->bytes, b->bytes, a->key_len + a->len);
	}
}

static void assert_same(const struct added *a, struct added *b)
{
	const struct added_stats x = added_stats(a), y = added_stats(b);
	assert_memory_equal(&x, &y, sizeof(x));
	added_each(a, compare_owner, b);
}

static void the_file_says_what_was_added(void **state)
{
	(void)state;
	struct buf text = {0}, all = {0};
	size_t bad = 9;
	fill_file(&text);
	struct added *again = added_new(3);
	assert_int_equal(diary_read(again, text.bytes, text.len, &bad), 0);
	assert_int_equal(bad, 0);
	assert_same(rig.added, again);
	assert_int_equal(diary_whole_len(text.bytes, text.len), text.len);
	diary_write_all(&all, again);
	added_free(again);
	again = added_new(4);
	assert_int_equal(diary_read(again, all.bytes, all.len, &bad), 0);
	assert_int_equal(bad, 0);
	assert_same(rig.added, again);
	added_free(again);
	buf_fini(&text);
	buf_fini(&all);
}

/* Signs the set with that kind of a key, and returns the file. */
static struct buf file_of_kind(enum added_kind kind, const char *key, struct added **ret)
{
	struct buf text = {0};
	struct added_draft d;
	struct name n = rig_name("n.example."), by = rig_name(key);
	*ret = added_new(3);
	added_draft_init(&d, *ret);
	struct added_owner *o = added_draft_owner(&d, n.wire);
	assert_int_equal(added_owner_add(o, RR_A, 60, (struct rdata){(const uint8_t *)"abcd", 4},
				 (struct added_by){.key = by.wire, .kind = kind, .when_s = NOW}),
		0);
	assert_int_equal(added_take(&d), 0);
	added_draft_fini(&d);
	diary_write_all(&text, *ret);
	return text;
}

static void the_file_tells_kinds_of_keys(void **state)
{
	(void)state;
	static const char *const keys[] = {"one.", "sig0@one.", "srp@one."};
	static const char *const words[ADDED_KINDS] = {
		" 1764523456 one. ", " 1764523456 sig0@one. ", " 1764523456 srp@one. "};
	size_t bad = 9;
	for (unsigned kind = 0; kind < ADDED_KINDS; kind++)
		for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
			struct added *a, *again = added_new(4);
			struct buf text = file_of_kind((enum added_kind)kind, keys[i], &a);
			if (i == 0)
				assert_non_null(strstr(buf_text(&text), words[kind]));
			assert_int_equal(diary_read(again, text.bytes, text.len, &bad), 0);
			assert_int_equal(bad, 0);
			assert_same(a, again);
			added_free(a);
			added_free(again);
			buf_fini(&text);
		}
}

/* Wherever a write was interrupted: what is read are the entries before, whole. */
static void an_interrupted_write_is_passed_over(void **state)
{
	(void)state;
	struct buf text = {0};
	size_t last = 0;
	fill_file(&text);
	for (size_t len = 0; len <= text.len; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, text.bytes, len);
		size_t whole = diary_whole_len(copy, len), bad = 0;
		struct added *a = added_new(3), *b = added_new(4);
		assert_true(whole <= len && whole >= last);
		last = whole;
		if (whole == 0) {
			assert_int_equal(diary_read(a, copy, len, &bad), ERR_SYNTAX);
		} else {
			assert_int_equal(diary_read(a, copy, len, &bad), 0);
			assert_int_equal(bad, 0);
			assert_int_equal(diary_read(b, copy, whole, &bad), 0);
			assert_same(a, b);
		}
		added_free(a);
		added_free(b);
		free(copy);
	}
	assert_int_equal(last, text.len);
	buf_fini(&text);
}

static void damage_costs_one_entry(void **state)
{
	(void)state;
	struct buf text = {0};
	size_t bad;
	fill_file(&text);
	struct added *a = added_new(3);
	char *at = strstr(text.bytes, "MX");
	*at = 'N';
	assert_int_equal(diary_read(a, text.bytes, text.len, &bad), 0);
	assert_int_equal(bad, 1);
	assert_int_equal(added_stats(a).owners, 1);
	added_free(a);
	/* Lines that are no such lines, with a checksum that is right. */
	buf_clear(&text);
	diary_write_head(&text);
	buf_puts(&text, "= ");
	assert_int_equal(diary_whole_len(text.bytes, text.len), strlen("ontap-zone updates 1\n"));
	a = added_new(3);
	assert_int_equal(diary_read(a, "something else\n", 15, &bad), ERR_SYNTAX);
	added_free(a);
	buf_fini(&text);
}

/* --- publication ------------------------------------------------------------------------------ */

static void what_was_added_comes_back_with_its_zone(void **state)
{
	(void)state;
	struct name sub = rig_name("sub.example."), top = rig_name("example.");
	assert_int_equal(
		update("all", "sub.example.", "upd IN n.sub.example. 60 A 192.0.2.9", NULL), 0);
	assert_int_equal(count("n.sub.example.", RR_A), 1);
	assert_int_equal(zone_remove_apex(rig.zone, sub.wire), 0);
	assert_int_equal(zone_remove_apex(rig.zone, top.wire), 0);
	rig_apex(rig.zone, "example.");
	assert_int_equal(count("n.sub.example.", RR_A), -1);
	added_zones_changed(rig.added);
	assert_int_equal(added_put_all(rig.added, put, rig.zone), 0);
	assert_int_equal(count("n.sub.example.", RR_A), 1);
}

static int put_later(void *arg, const uint8_t *owner, const struct rrset *sets, size_t set_count)
{
	(void)owner;
	(void)sets;
	int *calls = arg;
	assert_int_equal(set_count, *calls == 0 ? 1 : 0);
	return ++*calls == 1 ? 0 : ERR_NOMEM;
}

static void what_could_not_be_put_is_put_again(void **state)
{
	(void)state;
	int calls = 0;
	assert_int_equal(add_many("n.example.", 1, 1), 0);
	assert_int_equal(added_put_all(rig.added, put_later, &calls), 0);
	struct added_draft d;
	struct name n = rig_name("n.example.");
	added_draft_init(&d, rig.added);
	struct added_owner *o = added_draft_owner(&d, n.wire);
	assert_int_equal(added_owner_put(o, RR_A, 0, NULL, NULL, 0, (struct added_by){0}), 0);
	assert_int_equal(added_draft_settle(&d), 1);
	assert_int_equal(added_take(&d), 0);
	assert_int_equal(added_put_all(rig.added, put_later, &calls), ERR_NOMEM);
	assert_int_equal(added_put_all(rig.added, put, rig.zone), 0);
	assert_int_equal(added_put_all(rig.added, put_later, &calls), 0);
	assert_int_equal(calls, 2);
}

static bool may_change_web(void *arg, const uint8_t *owner, uint16_t type)
{
	const struct name web = rig_name("web.wan.example.");
	(void)arg;
	return name_equal(owner, web.wire) && (type == RR_A || type == RR_ANY || type == RR_DS);
}

static bool has_said(void *arg, const uint8_t *owner)
{
	const struct name own = rig_name(arg);
	return name_equal(owner, own.wire);
}

static void a_claim_gives_what_the_list_of_rights_does_not(void **state)
{
	(void)state;
	char own[] = "web.wan.example.";
	const struct update_claim claim = {.may = may_change_web, .is_own = has_said, .arg = own};
	const char *const add = "upd IN web.wan.example. 60 A 192.0.2.9";
	assert_int_equal(update("k", "example.", add, NULL), RCODE_REFUSED);
	rig.claim = &claim;
	assert_int_equal(update("k", "example.", "pre NONE web.wan.example. 0 ANY",
				 "pre NONE web.wan.example. 0 A", add, NULL),
		0);
	assert_int_equal(count(own, RR_A), 2);
	assert_int_equal(update("k", "example.", "pre ANY web.wan.example. 0 ANY", add, NULL),
		RCODE_NXDOMAIN);
	assert_int_equal(update("k", "example.", "upd ANY web.wan.example. 0 ANY", NULL), 0);
	assert_int_equal(count(own, RR_A), 1);
	/* Other names, other types, and what is nobody's. */
	assert_int_equal(
		update("k", "example.", "pre NONE mail.example. 0 ANY", NULL), RCODE_YXDOMAIN);
	assert_int_equal(
		update("k", "example.", "upd IN x.example. 60 A 192.0.2.9", NULL), RCODE_REFUSED);
	assert_int_equal(update("k", "example.", "upd IN web.wan.example. 60 TXT #0178", NULL),
		RCODE_REFUSED);
	assert_int_equal(update("all", "example.", "upd IN x.example. 60 A 192.0.2.9", NULL), 0);
}

static int count_put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t set_count)
{
	(void)owner, (void)sets, (void)set_count;
	++*(int *)arg;
	return 0;
}

static void what_is_touched_is_put_again(void **state)
{
	(void)state;
	int calls = 0;
	const struct name n = rig_name("N.example."), other = rig_name("other.example.");
	assert_int_equal(add_many("n.example.", 1, 1), 0);
	assert_int_equal(add_many("m.example.", 1, 1), 0);
	assert_int_equal(added_put_all(rig.added, put, rig.zone), 0);
	added_touch(rig.added, n.wire);
	added_touch(rig.added, n.wire);
	added_touch(rig.added, other.wire);
	assert_int_equal(added_put_all(rig.added, count_put, &calls), 0);
	assert_int_equal(calls, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_right_covers_its_names_and_types),
		TEST(a_first_asterisk_is_any_labels),
		TEST(without_types_a_right_is_for_challenges),
		TEST(the_names_of_a_key_are_told_by_its_name),
		TEST(what_is_no_right_is_told),
		TEST(a_signature_of_a_key_pair_is_verified),
		TEST(a_key_of_a_file_is_for_its_name_in_any_case),
		TEST(a_key_that_can_sign_no_message_is_told),
		TEST(a_malformed_signature_is_told),
		TEST(the_zone_must_be_ours_and_the_key_known),
		TEST(each_prerequisite_has_its_rcode),
		TEST(records_come_and_go),
		TEST(an_equal_record_gets_the_new_ttl),
		TEST(what_others_have_stays),
		TEST(an_alias_stands_alone),
		TEST(malformed_changes_are_told_before_any_is_made),
		TEST(a_key_does_what_it_may_and_nothing_else),
		TEST(there_is_a_limit_of_each_kind),
		TEST(a_name_that_files_fill_has_no_room),
		TEST(what_a_signed_zone_does_not_take_is_refused),
		TEST(malformed_messages_are_refused),
		TEST(the_file_says_what_was_added),
		TEST(the_file_tells_kinds_of_keys),
		TEST(an_interrupted_write_is_passed_over),
		TEST(damage_costs_one_entry),
		TEST(what_was_added_comes_back_with_its_zone),
		TEST(what_could_not_be_put_is_put_again),
		TEST(a_claim_gives_what_the_list_of_rights_does_not),
		TEST(what_is_touched_is_put_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
