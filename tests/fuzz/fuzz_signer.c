/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of what the signer reads: requests of a server that may be an attacker's, commands, and its own
 * files, which somebody may have edited.
 * Never opens a file. Run by a fuzzer, and its replay.
 *
 * The first byte is the kind: see LLVMFuzzerTestOneInput().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/ds_answer.h"
#include "dnssec/key_file.h"
#include "ontap-zone/signer_process.h"
#include "ontap-zone/signer_store.h"
#include "require.h"
#include "steps.h"
#include "wire/msg.h"
#include "wire/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { NOW = 1800000000, DAY = 86400, STEPS_A_BYTE = 8, STEPS_FIXED = 400 };

static const uint8_t zone[] = "\7example\3org";

static struct key_pair make_key(void)
{
	struct key_pair key;
	uint8_t secret[CRYPT_SECRET_LEN];
	memset(secret, 1, sizeof(secret));
	require(key_from_secret(DNSSEC_ED25519, secret, &key) == 0);
	return key;
}

static const struct key_pair *find(void *arg, const uint8_t *name, unsigned alg, unsigned tag)
{
	const struct key_pair *key = arg;
	require(name_len(name) <= NAME_CAP);
	/* A fuzzer need not find the tag: it is 7. */
	return name_equal(name, zone) && alg == key->alg && tag == 7 ? key : NULL;
}

/* What is signed, whoever asks. */
static void check_signed(const uint8_t *message, size_t len)
{
	struct rd r = rd_init(message, len);
	struct name signer, owner;
	const unsigned type = rd_u16(&r);
	rd_bytes(&r, 6);
	const uint32_t end = rd_u32(&r), begin = rd_u32(&r);
	rd_u16(&r);
	rd_name(&r, &signer);
	rd_name(&r, &owner);
	require(!r.err && type != 0 && type != RR_DNSKEY && type != RR_CDS && type != RR_CDNSKEY &&
		type != RR_RRSIG && rd_u16(&r) == type);
	require((int32_t)(end - NOW) <= 15 * DAY && (int32_t)(begin - NOW) <= 3600);
	require(name_equal(signer.wire, zone) && name_is_below(owner.wire, zone));
}

static void request(const uint8_t *bytes, size_t len)
{
	struct key_pair key = make_key();
	const struct signing_keys keys = {find, &key};
	enum signing_refusal refused;
	struct signing_result result;
	struct buf answer = {0};
	steps_begin();
	int err = signing_answer(&keys, NOW, bytes, len, &answer, &refused);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED * SIGNING_COUNT_MAX);
	if (err) {
		require(err == ERR_SYNTAX && answer.len == 0);
		return;
	}
	require(signing_parse_answer((uint8_t *)answer.bytes, answer.len, &result) == 0);
	struct rd r = rd_init(bytes, len);
	rd_bytes(&r, 8);
	require(rd_u16(&r) == result.count);
	for (size_t i = 0; i < result.count; i++) {
		const size_t message_len = rd_u32(&r);
		const uint8_t *message = rd_bytes(&r, message_len);
		require(message != NULL);
		if (result.is_refused[i])
			continue;
		check_signed(message, message_len);
		require(crypt_verify(
			key.alg, key.public_key, message, message_len, result.signatures[i]));
	}
	buf_fini(&answer);
}

/* What a host signs is whole, and a response or an update; and it has no signature yet. */
static void packet(const uint8_t *bytes, size_t len)
{
	struct signing_host host = {.key = make_key()};
	struct sig0_rdata rdata;
	uint8_t key[DNSKEY_CAP];
	struct sig0 sig;
	key_set_flags(&host.key, KEY_FLAGS);
	name_copy(&host.name, zone);
	steps_begin();
	const enum signing_refusal refusal = signing_sign_packet(&host, NOW, bytes, len, &rdata);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	require((refusal == SIGNING_DONE) == (host.inception_s != 0));
	if (refusal != SIGNING_DONE)
		return;
	const unsigned kind = bytes[2] >> 3; /* QR and opcode */
	require(kind == 16 || kind == OPCODE_UPDATE);
	require(sig0_find(bytes, len, &sig) != 1);
	const size_t cap = len + sig0_room(zone, rdata.len);
	uint8_t *copy = malloc(cap);
	require(copy != NULL);
	memcpy(copy, bytes, len);
	require(sig0_append(copy, &len, cap, zone, CLASS_IN, rdata.bytes, rdata.len) == 0);
	const struct rdata public_key = {key, (uint16_t)key_dnskey(&host.key, key)};
	/* A count of 65535 records has no next one. */
	if (get_u16(copy + 10) > 0) {
		require(sig0_find(copy, len, &sig) == 1 && sig0_is_by(&sig, public_key));
		require(sig0_verify(copy, &sig, public_key) == 0);
	}
	free(copy);
}

static void answer(const uint8_t *bytes, size_t len)
{
	struct signing_result result;
	if (signing_parse_answer(bytes, len, &result) == 0)
		require(result.count <= SIGNING_COUNT_MAX);
}

/* What the parent has, by the word of a resolver. */
static void parent(const uint8_t *bytes, size_t len)
{
	struct key_pair key = make_key();
	struct name name;
	struct ds_answer a;
	name_copy(&name, zone);
	steps_begin();
	ds_answer_parse(bytes, len, &name, &a);
	steps_check(len, 200, STEPS_FIXED);
	require(a.count <= DS_ANSWER_MAX);
	for (uint32_t i = 0; i < a.count; i++)
		require(a.ds[i].len >= 4 && a.ds[i].len <= DS_ANSWER_LEN);
	require(!ds_answer_is_of(&a, &key) || (a.is_known && a.count > 0));
}

static void state_file(const char *text)
{
	struct roll r, again;
	unsigned line = 0;
	struct buf out = {0};
	if (roll_parse(text, &r, &line)) {
		require(line > 0);
		return;
	}
	roll_print(&r, &out);
	require(roll_parse(buf_text(&out), &again, &line) == 0);
	require(again.count == r.count && again.mode == r.mode && again.fresh_s == r.fresh_s &&
		memcmp(again.keys, r.keys, sizeof(r.keys)) == 0);
	/* A state that nobody has made ends, too. */
	for (unsigned i = 0; roll_step(&r, UINT64_MAX / 2); i++)
		require(i < 100);
	buf_fini(&out);
}

static void key_file(const char *text)
{
	struct key_pair key, again;
	uint64_t created, created_again;
	struct buf out = {0};
	if (key_file_parse(text, &key, &created))
		return;
	key_file_put_secret(&out, &key, created);
	require(key_file_parse(buf_text(&out), &again, &created_again) == 0);
	require(memcmp(&key, &again, sizeof(key)) == 0 && created == created_again);
	buf_fini(&out);
}

/* In place of the files: there are none, and what is written is gone. */

int signer_store_read(int dir UNUSED, const char *name UNUSED, struct buf *out UNUSED)
{
	return -ENOENT;
}

int signer_store_write(int dir UNUSED, const char *name, const struct buf *text UNUSED)
{
	require(name[0] != '.' && !strchr(name, '/'));
	return 0;
}

bool signer_store_has(int dir UNUSED, const char *name)
{
	require(!strchr(name, '/'));
	return false;
}

void signer_store_remove(int dir UNUSED, const char *name)
{
	require(!strchr(name, '/'));
}

int signer_store_list(
	int dir UNUSED, void (*on_name)(void *arg, const char *name) UNUSED, void *arg UNUSED)
{
	return 0;
}

uint64_t signer_clock_load(const struct signer_process *p UNUSED, const char *name UNUSED)
{
	return 0;
}

int signer_clock_store(
	const struct signer_process *p UNUSED, const char *name UNUSED, uint64_t time_s UNUSED)
{
	return 0;
}

uint64_t signer_now(void)
{
	return NOW;
}

bool signer_clock_is_good(struct signer_process *p UNUSED, uint64_t now_s UNUSED)
{
	return true;
}

int signer_clock_accept(struct signer_process *p UNUSED, uint64_t now_s UNUSED)
{
	return 0;
}

/* Lines, each a command, to a signer that has a zone. */
static void commands(char *text)
{
	struct log log = {.fd = -1, .threshold = LOG_LEVEL_ERROR};
	struct signer_process p = {.log = &log,
		.state_dir = "",
		.alg = DNSSEC_ED25519,
		.times = {.dnskey_ttl_s = 0},
		.asker = -1,
		.channel = {.fd = -1}};
	struct signer_zone_request request = {.ttl_s = 0};
	struct ds_answer none = {.is_known = 1};
	char *rest;
	name_copy(&request.zone, zone);
	none.zone = request.zone;
	signer_zone_add(&p, &request);
	unsigned lines = 0;
	for (char *line = strtok_r(text, "\n", &rest); line && lines++ < 16;
		line = strtok_r(NULL, "\n", &rest)) {
		struct buf out = {0};
		signer_zones_run(&p);
		signer_command_run(&p, line, true, &out);
		require(!out.err && (out.len == 0 || out.bytes[out.len - 1] == '\n'));
		buf_fini(&out);
		signer_zone_hear(&p, &none); /* after "unsign", that is what is waited for */
		require(p.zones[0]->roll.count <= ROLL_KEYS_MAX &&
			p.zones[0]->pair_count <= ROLL_KEYS_MAX);
		buf_clear(&p.channel.out);
	}
	free(p.zones[0]);
	free(p.zones);
	channel_fini(&p.channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	const uint8_t kind = *bytes++;
	len--;
	if (kind == 'q')
		request(bytes, len);
	if (kind == 'p')
		packet(bytes, len);
	if (kind == 'a')
		answer(bytes, len);
	if (kind == 'd')
		parent(bytes, len);
	if (kind != 's' && kind != 'k' && kind != 'c')
		return 0;
	char *text = malloc(len + 1);
	require(text != NULL);
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (kind == 's')
		state_file(text);
	else if (kind == 'k')
		key_file(text);
	else
		commands(text);
	free(text);
	return 0;
}
