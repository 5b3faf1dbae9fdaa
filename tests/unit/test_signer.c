/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of the signer as a process: what it says and signs, and what its files are after it was killed between
 * any two of their changes.
 * Never checks what it may not do: tests/net/test_signer.py does. Run by `make check`.
 */
#include "ontap-zone/signer.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "dnssec/date.h"
#include "dnssec/key_file.h"
#include "ontap-zone/signer_store.h"
#include "unit.h"
#include "wire/msg.h"
#include "wire/rr.h"

static const uint8_t zone[] = "\7example\3org";

/* What the process does to its files: it ends before the change number `die_at`, or right after it. */
static struct {
	unsigned changes, die_at;
	bool is_after;
} fate;

int __real_signer_store_write(int dir, const char *name, const struct buf *text);
int __wrap_signer_store_write(int dir, const char *name, const struct buf *text);
void __real_signer_store_remove(int dir, const char *name);
void __wrap_signer_store_remove(int dir, const char *name);

/* How far the clock is from the right time, for all processes. */
static volatile int64_t *clock_off_s;

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int err = __real_clock_gettime(clock, ret);
	if (clock == CLOCK_REALTIME && clock_off_s)
		ret->tv_sec += *clock_off_s;
	return err;
}

static void live_or_die(bool is_after)
{
	if (!is_after)
		fate.changes++;
	if (fate.changes == fate.die_at && fate.is_after == is_after)
		_exit(9);
}

int __wrap_signer_store_write(int dir, const char *name, const struct buf *text)
{
	live_or_die(false);
	int err = __real_signer_store_write(dir, name, text);
	live_or_die(true);
	return err;
}

void __wrap_signer_store_remove(int dir, const char *name)
{
	live_or_die(false);
	__real_signer_store_remove(dir, name);
	live_or_die(true);
}

/* A signer, and what it has said. */
struct test {
	char dir[64];
	struct conf conf;
	struct log log;
	struct signer *signer;
	bool has_ended;
	struct keyset keys;
	unsigned keys_count, failed_count, reply_count;
	struct buf reply;
	struct signing_result result;
	unsigned result_count;
	const uint8_t *host; /* whose key signs packets */
	unsigned host_tag;
	struct sig0_rdata sig;
	unsigned sig_count;
};

static void on_signed(void *arg, const struct signing_result *result)
{
	struct test *t = arg;
	t->result = *result;
	t->result_count++;
}

static void on_packet(void *arg, uint64_t ticket, const uint8_t *rdata, size_t len)
{
	struct test *t = arg;
	assert_int_equal(ticket, 43);
	assert_int_equal(rdata == NULL, len == 0);
	t->sig.len = (uint16_t)len;
	if (rdata)
		memcpy(t->sig.bytes, rdata, len);
	t->sig_count++;
}

static void on_keys(void *arg, const struct keyset *keys)
{
	struct test *t = arg;
	t->keys = *keys;
	t->keys_count++;
}

static void on_failed(void *arg, const uint8_t *name)
{
	struct test *t = arg;
	assert_true(name_equal(name, zone));
	t->failed_count++;
}

static void on_reply(void *arg, uint64_t ticket, const char *lines)
{
	struct test *t = arg;
	assert_int_equal(ticket, 42);
	buf_clear(&t->reply);
	buf_puts(&t->reply, lines);
	t->reply_count++;
}

/* Starts the process. Returns what signer_wait() does. */
static int start(struct test *t)
{
	const struct signer_config config = {.conf = &t->conf,
		.log = &t->log,
		.host = t->host,
		.sink = {on_signed, on_packet, on_keys, on_failed, on_reply, t}};
	t->has_ended = false;
	t->signer = signer_start(&config);
	assert_non_null(t->signer);
	return signer_wait(t->signer);
}

static void stop(struct test *t)
{
	signer_stop(t->signer);
	t->signer = NULL;
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof(*t));
	assert_non_null(t);
	/* In memory, if possible: each change is synced. */
	snprintf(t->dir, sizeof(t->dir), "%s/test_signer.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(t->dir));
	t->conf.state_dir = t->dir;
	t->conf.dnssec_alg = DNSSEC_P256;
	t->conf.dnssec_ttl_s = 3600;
	t->log = (struct log){.fd = -1, .threshold = LOG_LEVEL_ERROR};
	fate.changes = fate.die_at = 0;
	*clock_off_s = 0;
	*state = t;
	return 0;
}

static void each_file(
	struct test *t, void (*on_file)(int dir, const char *name, void *arg), void *arg)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/keys", t->dir);
	DIR *dir = opendir(path);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			on_file(dirfd(dir), entry->d_name, arg);
	if (dir)
		closedir(dir);
}

static void remove_file(int dir, const char *name, void *arg)
{
	(void)arg;
	unlinkat(dir, name, 0);
}

static int tear_down(void **state)
{
	struct test *t = *state;
	char path[128];
	stop(t);
	each_file(t, remove_file, NULL);
	snprintf(path, sizeof(path), "%s/keys", t->dir);
	rmdir(path);
	rmdir(t->dir);
	buf_fini(&t->reply);
	free(t);
	return 0;
}

/* Waits until the counter has changed, or the process has ended. */
static bool wait_for(struct test *t, const unsigned *counter)
{
	const unsigned before = *counter;
	bool is_pending = true;
	while (!t->has_ended && *counter == before) {
		if (is_pending && signer_flush(t->signer, &is_pending))
			t->has_ended = true;
		if (!t->has_ended && signer_handle(t->signer))
			t->has_ended = true;
		if (!t->has_ended && *counter == before)
			usleep(200);
	}
	return !t->has_ended;
}

static bool get_keys(struct test *t)
{
	signer_zone(t->signer, zone, 0);
	return wait_for(t, &t->keys_count);
}

/* On the socket of the signer's own. False: it has ended. */
static bool change(struct test *t, const char *text)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char answer[4096];
	ssize_t got;
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/keys/control", t->dir);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	buf_clear(&t->reply);
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == 0 &&
		send(fd, text, strlen(text), MSG_NOSIGNAL) > 0 &&
		send(fd, "\n", 1, MSG_NOSIGNAL) > 0)
		while ((got = recv(fd, answer, sizeof(answer), 0)) > 0)
			buf_add(&t->reply, answer, (size_t)got);
	close(fd);
	t->has_ended |= t->reply.len == 0;
	return !t->has_ended;
}

static bool command(struct test *t, const char *text)
{
	if (strncmp(text, "show", 4) != 0 && strncmp(text, "ds ", 3) != 0 &&
		strcmp(text, "host") != 0)
		return change(t, text);
	signer_command(t->signer, 42, text);
	return wait_for(t, &t->reply_count);
}

/* Writes a message for an RRSIG of that key. Returns its length. */
static size_t write_message(const struct test *t, uint8_t *out, size_t cap, uint16_t type,
	unsigned count, size_t rdata_len)
{
	struct wr w = wr_init(out, cap);
	const uint32_t now_s = (uint32_t)time(NULL);
	wr_u16(&w, type);
	wr_u8(&w, t->keys.active[0].alg);
	wr_u8(&w, 2);
	wr_u32(&w, 60);
	wr_u32(&w, now_s + KEYSET_VALIDITY_S);
	wr_u32(&w, now_s - KEYSET_BACK_S);
	wr_u16(&w, t->keys.active[0].tag);
	wr_bytes(&w, zone, sizeof(zone));
	for (unsigned i = 0; i < count; i++) {
		wr_bytes(&w, zone, sizeof(zone));
		wr_u16(&w, type);
		wr_u16(&w, CLASS_IN);
		wr_u32(&w, 60);
		wr_u16(&w, (uint16_t)rdata_len);
		uint8_t *rdata = wr_room(&w, rdata_len);
		assert_non_null(rdata);
		memset(rdata, 0, rdata_len);
		rdata[0] = (uint8_t)(rdata_len - 1);
		rdata[1] = (uint8_t)(i >> 8);
		rdata[2] = (uint8_t)i;
	}
	return wr_len(&w);
}

static bool is_right(const struct test *t, const struct signing_message *m, size_t i)
{
	const uint8_t *dnskey = t->keys.dnskey.rdata[0].bytes;
	return !t->result.is_refused[i] && crypt_verify(dnskey[3], dnskey + DNSKEY_HEAD, m->bytes,
						   m->len, t->result.signatures[i]);
}

static void a_new_zone_gets_a_key_that_signs(void **state)
{
	struct test *t = *state;
	enum { LONG = 600000 };
	static uint8_t bytes[3 * LONG];
	struct signing_message messages[4];
	for (unsigned alg = DNSSEC_P256; alg <= DNSSEC_ED25519; alg += 2) {
		t->conf.dnssec_alg = alg;
		assert_int_equal(start(t), 0);
		assert_true(get_keys(t));
		assert_int_equal(t->keys.active_count, 1);
		assert_int_equal(t->keys.active[0].alg, alg);
		assert_int_equal(t->keys.dnskey.ttl_s, 3600);
		/* One that fits, one in many pieces, a type of the signer's own, and one that fits. */
		messages[0] = (struct signing_message){
			bytes, write_message(t, bytes, LONG, RR_TXT, 1, 10)};
		messages[1] = (struct signing_message){
			bytes + LONG, write_message(t, bytes + LONG, LONG, RR_TXT, 2000, 250)};
		messages[2] = (struct signing_message){bytes + 2 * LONG,
			write_message(t, bytes + 2 * LONG, LONG, RR_DNSKEY, 1, 36)};
		messages[3] = messages[0];
		assert_true(messages[1].len > 500000);
		assert_int_equal(signer_ask(t->signer, 7, messages, 4), 0);
		assert_true(wait_for(t, &t->result_count));
		assert_int_equal(t->result.ticket, 7);
		assert_int_equal(t->result.count, 4);
		assert_true(is_right(t, &messages[0], 0) && is_right(t, &messages[1], 1) &&
			    is_right(t, &messages[3], 3));
		assert_true(t->result.is_refused[2]);
		assert_int_equal(signer_ask(t->signer, 8, messages, 0), ERR_RANGE);
		/* A zone that it has left has no keys. */
		signer_leave(t->signer, zone);
		assert_int_equal(signer_ask(t->signer, 9, messages, 1), 0);
		assert_true(wait_for(t, &t->result_count));
		assert_true(t->result.is_refused[0]);
		stop(t);
		each_file(t, remove_file, NULL);
	}
}

static void keys_outlive_the_process(void **state)
{
	struct test *t = *state;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	const struct keyset first = t->keys;
	stop(t);
	t->conf.dnssec_alg = DNSSEC_ED25519; /* of new keys */
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	assert_memory_equal(&t->keys.dnskey.rdata, &first.dnskey.rdata, sizeof(first.dnskey.rdata));
	assert_int_equal(t->keys.active[0].tag, first.active[0].tag);
}

static void check_mode(int dir, const char *name, void *arg)
{
	struct stat st;
	unsigned *count = arg;
	if (strcmp(name, "control") == 0)
		return;
	assert_int_equal(fstatat(dir, name, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	++*count;
}

static void nobody_else_may_read_the_files(void **state)
{
	struct test *t = *state;
	unsigned count = 0;
	char path[128];
	struct stat st;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	each_file(t, check_mode, &count);
	assert_int_equal(count, 3); /* the state, and two of the key */
	snprintf(path, sizeof(path), "%s/keys", t->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	stop(t);
	assert_int_equal(chmod(path, 0750), 0);
	assert_int_not_equal(start(t), 0);
	stop(t);
	assert_int_equal(chmod(path, 0700), 0);
}

static void put_file(struct test *t, const char *name, const char *text)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/keys", t->dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/keys/%s", t->dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_key(struct test *t, uint8_t filler, struct key_pair *ret)
{
	char name[KEY_FILE_NAME_CAP], file[KEY_FILE_NAME_CAP + 16];
	uint8_t secret[CRYPT_SECRET_LEN];
	struct buf text = {0};
	memset(secret, filler, sizeof(secret));
	assert_int_equal(key_from_secret(DNSSEC_ED25519, secret, ret), 0);
	assert_int_equal(key_file_name(zone, ret->alg, ret->tag, name), 0);
	snprintf(file, sizeof(file), "%s.private", name);
	key_file_put_secret(&text, ret, 1700000000);
	put_file(t, file, buf_text(&text));
	buf_fini(&text);
}

static void a_key_that_was_brought_along_is_used(void **state)
{
	struct test *t = *state;
	struct key_pair key;
	put_key(t, 1, &key);
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	assert_int_equal(t->keys.active[0].tag, key.tag);
	assert_int_equal(t->keys.active[0].alg, key.alg);
}

/* A zone with two keys and nothing that says which, or with files that nobody has written so, has none: a new key
 * would make it bogus. */
static void what_is_not_clear_is_no_key(void **state)
{
	struct test *t = *state;
	struct key_pair key;
	put_key(t, 1, &key);
	put_key(t, 2, &key);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(start(t), 0);
		signer_zone(t->signer, zone, 0);
		assert_true(wait_for(t, &t->failed_count));
		assert_true(command(t, "show"));
		assert_non_null(strstr(buf_text(&t->reply), "\"mode\":\"failed\""));
		assert_true(command(t, "roll example.org"));
		assert_non_null(strstr(buf_text(&t->reply), "\"error\""));
		stop(t);
		put_file(t, "example.org.conf",
			i ? "ontap-zone keys 1\nzone other.org.\nmode signed 20260101120000\n"
			    "fresh 19700101000000\ntimes 1 2 3 4 5\nnext 1 2 3 4 5 "
			    "20260101120000\n"
			  : "ontap-zone keys 1\nzone\n");
	}
	assert_int_equal(t->keys_count, 0);
}

static void a_state_without_its_key_is_a_failure(void **state)
{
	struct test *t = *state;
	char name[KEY_FILE_NAME_CAP], path[512];
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	stop(t);
	assert_int_equal(
		key_file_name(zone, t->keys.active[0].alg, t->keys.active[0].tag, name), 0);
	snprintf(path, sizeof(path), "%s/keys/%s.private", t->dir, name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(start(t), 0);
	signer_zone(t->signer, zone, 0);
	assert_true(wait_for(t, &t->failed_count));
	assert_int_equal(t->keys_count, 1);
}

static void nothing_is_signed_before_the_time_that_was_known_last(void **state)
{
	struct test *t = *state;
	char date[DATE_TEXT_CAP];
	put_file(t, "clock", date_text((uint64_t)time(NULL) + 7200, date));
	assert_int_equal(start(t), 0);
	signer_zone(t->signer, zone, 0);
	assert_true(command(t, "show"));
	assert_non_null(strstr(buf_text(&t->reply), "\"mode\":\"waiting\""));
	assert_int_equal(t->keys_count + t->failed_count, 0);
	stop(t);
	/* Half an hour may be a clock that was set. */
	put_file(t, "clock", date_text((uint64_t)time(NULL) + 1800, date));
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
}

/* Whether a message of the right time is signed. */
static bool is_signed_now(struct test *t)
{
	uint8_t bytes[512];
	const struct signing_message message = {
		bytes, write_message(t, bytes, sizeof(bytes), RR_TXT, 1, 10)};
	assert_int_equal(signer_ask(t->signer, 7, &message, 1), 0);
	assert_true(wait_for(t, &t->result_count));
	return !t->result.is_refused[0];
}

/* The server asks for what is right then: the signer alone knows that it is not. Keys do not change either. */
static void a_clock_that_is_set_back_signs_nothing(void **state)
{
	struct test *t = *state;
	char date[DATE_TEXT_CAP];
	put_file(t, "clock", date_text((uint64_t)time(NULL) - 7200, date));
	t->conf.dnssec_propagation_s = 1000;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	assert_true(is_signed_now(t));
	*clock_off_s = -86400;
	const bool is_signed_late = is_signed_now(t);
	assert_false(is_signed_late);
	assert_true(command(t, "unsign example.org"));
	assert_non_null(strstr(buf_text(&t->reply), "\"error\":\"the clock is before"));
	/* Unless somebody says that it is right. */
	assert_true(command(t, "clock"));
	assert_non_null(strstr(buf_text(&t->reply), "\"zone\":\"example.org.\""));
	assert_true(command(t, "unsign example.org"));
	assert_non_null(strstr(buf_text(&t->reply), "\"mode\":\"ds-gone\""));
	*clock_off_s = 0;
	assert_true(is_signed_now(t));
}

/* Years ahead, and then right, in one run and in the next one. */
static void a_clock_that_was_ahead_is_forgotten(void **state)
{
	struct test *t = *state;
	char date[DATE_TEXT_CAP];
	for (int is_first = 0; is_first < 2; is_first++) {
		if (!is_first)
			put_file(t, "clock", date_text((uint64_t)time(NULL) - 7200, date));
		*clock_off_s = is_first ? 20 * 365 * 86400ll : 0;
		assert_int_equal(start(t), 0);
		assert_true(get_keys(t));
		*clock_off_s = 20 * 365 * 86400ll;
		assert_true(command(t, "show"));
		*clock_off_s = 0;
		assert_true(is_signed_now(t));
		stop(t);
		assert_int_equal(start(t), 0);
		assert_true(get_keys(t));
		assert_true(is_signed_now(t));
		stop(t);
		each_file(t, remove_file, NULL);
	}
}

/* Caches have what they had. */
static void a_clock_that_leaps_does_not_hurry_a_roll(void **state)
{
	struct test *t = *state;
	t->conf.dnssec_propagation_s = 1000;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	signer_fresh(t->signer, zone, t->keys.active, t->keys.active_count);
	*clock_off_s = 365 * 86400;
	assert_true(command(t, "show"));
	assert_non_null(strstr(buf_text(&t->reply), "\"state\":\"published\""));
	stop(t);
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	assert_true(command(t, "show"));
	assert_non_null(strstr(buf_text(&t->reply), "\"state\":\"published\""));
}

/* The key of a host. */

static const uint8_t host[] = "\1h\7example\3org";

/* True if the signer signs a packet, and the signature is right. `*ret_s`: its inception. */
static bool signs_packet(struct test *t, uint64_t *ret_s)
{
	uint8_t packet[1024];
	static const uint8_t response[MSG_HEADER_LEN] = {[2] = 0x84};
	size_t len = sizeof(response);
	struct sig0 sig;
	memcpy(packet, response, len);
	const struct signer_host *key = signer_host_key(t->signer);
	assert_non_null(key);
	signer_sign_packet(t->signer, 43, packet, len);
	assert_true(wait_for(t, &t->sig_count));
	if (t->sig.len == 0)
		return false;
	assert_int_equal(sig0_append(packet, &len, sizeof(packet), name_local, CLASS_IN,
				 t->sig.bytes, t->sig.len),
		0);
	assert_int_equal(sig0_find(packet, len, &sig), 1);
	const struct rdata rdata = {key->key, key->key_len};
	assert_true(sig0_is_by(&sig, rdata) && name_equal(sig.signer.wire, host));
	assert_int_equal(sig0_verify(packet, &sig, rdata), 0);
	*ret_s = sig.inception;
	return true;
}

static void a_host_has_a_key_that_outlives_the_process(void **state)
{
	struct test *t = *state;
	uint64_t first_s, second_s;
	struct signer_host before;
	for (unsigned alg = DNSSEC_P256; alg <= DNSSEC_ED25519; alg += 2) {
		t->conf.dnssec_alg = alg;
		assert_int_equal(start(t), 0);
		assert_null(signer_host_key(t->signer));
		stop(t);
		t->host = host;
		assert_int_equal(start(t), 0);
		before = *signer_host_key(t->signer);
		assert_int_equal(before.alg, alg);
		assert_memory_equal(before.key, "\2\0\3", 3);
		assert_true(signs_packet(t, &first_s));
		stop(t);
		assert_int_equal(start(t), 0);
		assert_memory_equal(signer_host_key(t->signer), &before, sizeof(before));
		assert_true(signs_packet(t, &second_s));
		assert_true(second_s >= first_s);
		assert_true(command(t, "host"));
		assert_non_null(
			strstr(buf_text(&t->reply), "\"key\":\"h.example.org. IN KEY 512 3 "));
		stop(t);
		each_file(t, remove_file, NULL);
		t->host = NULL;
	}
}

static void remove_state(int dir, const char *name, void *arg)
{
	(void)arg;
	if (strcmp(name, "example.org.conf") == 0)
		unlinkat(dir, name, 0);
}

/* And its state: all but the files of the host. */
static void remove_zones_key(int dir, const char *name, void *arg)
{
	struct test *t = arg;
	char tag[16];
	snprintf(tag, sizeof(tag), "+%05u.", t->host_tag);
	if (!strstr(name, tag))
		unlinkat(dir, name, 0);
}

/* A zone of the same name: the files differ by their tags only. */
static void keys_of_hosts_and_zones_are_not_mixed_up(void **state)
{
	struct test *t = *state;
	t->host = zone;
	assert_int_equal(start(t), 0);
	const struct signer_host first = *signer_host_key(t->signer);
	t->host_tag = first.tag;
	assert_true(get_keys(t));
	const struct keyset keys = t->keys;
	assert_int_not_equal(keys.active[0].tag, first.tag);
	assert_memory_not_equal(keys.dnskey.rdata[0].bytes, first.key, DNSKEY_CAP);
	stop(t);
	each_file(t, remove_state, NULL);
	/* Both are found by their files alone. */
	assert_int_equal(start(t), 0);
	assert_memory_equal(signer_host_key(t->signer), &first, sizeof(first));
	assert_true(get_keys(t));
	assert_int_equal(t->keys.active[0].tag, keys.active[0].tag);
	/* A zone that asks by the tag of the host gets nothing. */
	t->keys.active[0] = (struct dnssec_key_id){.tag = first.tag, .alg = first.alg};
	const bool is_signed = is_signed_now(t);
	assert_false(is_signed);
	stop(t);
	/* The host's key alone is none of the zone, which gets one of its own. */
	each_file(t, remove_zones_key, t);
	assert_int_equal(start(t), 0);
	assert_memory_equal(signer_host_key(t->signer), &first, sizeof(first));
	assert_true(get_keys(t));
	assert_int_not_equal(t->keys.active[0].tag, first.tag);
}

static void packets_wait_for_a_clock_that_was_set_back(void **state)
{
	struct test *t = *state;
	uint64_t first_s, second_s;
	t->host = host;
	assert_int_equal(start(t), 0);
	assert_true(signs_packet(t, &first_s));
	*clock_off_s = -1800;
	const bool is_signed = signs_packet(t, &second_s);
	assert_false(is_signed);
	stop(t);
	/* Nor does a restart make it forget that. */
	assert_int_equal(start(t), 0);
	const bool is_signed_later = signs_packet(t, &second_s);
	assert_false(is_signed_later);
	*clock_off_s = 5;
	assert_true(signs_packet(t, &second_s));
	assert_true(second_s >= first_s);
	*clock_off_s = -1800;
	assert_true(command(t, "clock"));
	assert_true(signs_packet(t, &second_s));
	assert_true(second_s < first_s);
}

static void commands_are_answered(void **state)
{
	struct test *t = *state;
	static const struct {
		const char *text, *answer;
	} cases[] = {{"show", "\"zone\":\"example.org.\""},
		{"show Example.ORG", "\"state\":\"published\""},
		{"ds", "\"ds\":\"example.org. IN DS "},
		{"host", "\"error\":\"this host has no key"},
		{"show other.org", "\"error\":\"there is no such"},
		{"roll", "\"error\":\"which zone"},
		{"roll example.org 8", "\"error\":\"the algorithm"},
		{"roll example.org", "\"error\":\"the keys of this zone are being changed"},
		{"ds-seen example.org", "\"error\":\"nothing is asked"},
		{"ds-seen example.org now", "\"error\":\"the zone is all"},
		{"forget example.org", "\"error\":\"unknown"},
		{"unsign example.org", "\"mode\":\"ds-gone\""},
		{"unsign example.org", "\"error\":\"the keys of this zone are being changed"}};
	t->conf.dnssec_propagation_s = 1000;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(command(t, cases[i].text));
		if (!strstr(buf_text(&t->reply), cases[i].answer))
			fail_msg("%s: %s", cases[i].text, buf_text(&t->reply));
	}
}

/* It may be an attacker's. */
static void the_server_changes_no_key(void **state)
{
	struct test *t = *state;
	static const char *const texts[] = {
		"roll example.org", "ds-seen example.org", "unsign example.org", "clock"};
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		signer_command(t->signer, 42, texts[i]);
		assert_true(wait_for(t, &t->reply_count));
		assert_non_null(strstr(buf_text(&t->reply), "\"error\":\"keys are changed on"));
	}
	assert_int_equal(t->keys_count, 1);
}

static void count_files(int dir, const char *name, void *arg)
{
	unsigned *count = arg;
	(void)dir;
	if (strstr(name, ".new"))
		fail_msg("%s is left", name);
	*count += strcmp(name, "control") != 0;
}

/* Prefixes that come and go take no place for ever, and leave no files without end. */
static void zones_that_have_gone_make_room(void **state)
{
	struct test *t = *state;
	enum { MORE = 20 };
	unsigned count = 0;
	t->conf.dnssec_alg = DNSSEC_ED25519;
	t->conf.dnssec_propagation_s = 100000;
	assert_int_equal(start(t), 0);
	assert_true(get_keys(t)); /* it is served all the time */
	for (unsigned i = 0; i < LIMIT_SIGNED_ZONES + MORE; i++) {
		char text[64];
		struct name name;
		snprintf(text, sizeof(text), "%x.%x.%x.8.b.d.0.1.0.0.2.ip6.arpa.", i & 15,
			i >> 4 & 15, i >> 8);
		assert_int_equal(name_from_text(text, NULL, &name), 0);
		signer_zone(t->signer, name.wire, 0);
		assert_true(wait_for(t, &t->keys_count));
		assert_true(name_equal(t->keys.zone.wire, name.wire));
		signer_leave(t->signer, name.wire);
	}
	each_file(t, count_files, &count);
	assert_int_equal(count, 3 * LIMIT_SIGNED_ZONES);
	assert_true(command(t, "show example.org"));
	assert_non_null(strstr(buf_text(&t->reply), "\"mode\":\"signed\""));
}

static void two_do_not_have_the_same_keys(void **state)
{
	struct test *t = *state;
	assert_int_equal(start(t), 0);
	struct signer *first = t->signer;
	assert_int_not_equal(start(t), 0);
	stop(t);
	t->signer = first;
	assert_true(get_keys(t));
}

/* The whole life of a zone, whose times are all 0. Each command is given as often as it takes: the process may end at any
 * moment, and then the answer is lost. */
struct life {
	struct test *t;
	unsigned deaths;
};

static void begin_again(struct life *l)
{
	l->deaths++;
	stop(l->t);
	fate.die_at = 0;
	assert_int_equal(start(l->t), 0);
}

static void begin(struct life *l)
{
	if (start(l->t))
		begin_again(l);
}

static void keys_again(struct life *l)
{
	if (!get_keys(l->t)) {
		begin_again(l);
		assert_true(get_keys(l->t));
	}
}

static void run_command(struct life *l, const char *text)
{
	if (!command(l->t, text)) {
		begin_again(l);
		if (!signer_is_unsigned(l->t->signer, zone))
			assert_true(get_keys(l->t));
		assert_true(command(l->t, text)); /* it may be done already */
	}
}

/* Asks until the state has the text; tells that all data is signed as it should be. */
static void reach(struct life *l, const char *text)
{
	for (unsigned i = 0;; i++) {
		const struct keyset *k = &l->t->keys;
		signer_fresh(l->t->signer, zone, k->active, k->active_count);
		run_command(l, "show example.org");
		if (strstr(buf_text(&l->t->reply), text))
			return;
		if (i == 20000)
			fail_msg("not \"%s\": %s", text, buf_text(&l->t->reply));
	}
}

/* Of a zone that the server does not have as a signed one. */
static void run_command_unsigned(struct life *l, const char *text)
{
	if (!command(l->t, text)) {
		begin_again(l);
		assert_true(command(l->t, text));
	}
}

static void live(struct life *l)
{
	static const char asked[] = "\"asks_parent\":true", quiet[] = "\"asks_parent\":false";
	unsigned count = 0;
	keys_again(l);
	reach(l, asked);
	run_command(l, "ds-seen example.org");
	reach(l, "\"state\":\"active\"");
	const unsigned first = l->t->keys.active[0].tag;
	run_command(l, "roll example.org 13");
	reach(l, asked);
	run_command(l, "ds-seen example.org");
	reach(l, quiet);
	while (strstr(buf_text(&l->t->reply), "},{"))
		reach(l, quiet); /* until the old one has gone */
	assert_int_not_equal(l->t->keys.active[0].tag, first);
	run_command(l, "roll example.org 15");
	reach(l, asked);
	run_command(l, "ds-seen example.org");
	while (strstr(buf_text(&l->t->reply), "},{") || !strstr(buf_text(&l->t->reply), quiet))
		reach(l, "\"zone\"");
	assert_int_equal(l->t->keys.active_count, 1);
	assert_int_equal(l->t->keys.active[0].alg, DNSSEC_ED25519);
	each_file(l->t, count_files, &count);
	assert_int_equal(count, 3);
	run_command(l, "unsign example.org");
	run_command(l, "ds-seen example.org");
	if (!signer_is_unsigned(l->t->signer, zone)) {
		reach(l, "\"mode\":\"ds-gone\"");
		assert_int_equal(l->t->keys.active_count, 1); /* until the next start */
		stop(l->t);
		begin(l);
	}
	assert_true(signer_is_unsigned(l->t->signer, zone));
	run_command_unsigned(l, "show");
	assert_non_null(strstr(buf_text(&l->t->reply), "\"mode\":\"unsigned\""));
	count = 0;
	each_file(l->t, count_files, &count);
	assert_int_equal(count, 1);
	run_command_unsigned(l, "roll example.org");
	assert_non_null(strstr(buf_text(&l->t->reply), "\"at_next_start\":true"));
	stop(l->t);
	begin(l);
	assert_false(signer_is_unsigned(l->t->signer, zone));
	keys_again(l);
	assert_int_equal(l->t->keys.active_count, 1);
}

static void no_death_loses_a_key(void **state)
{
	struct test *t = *state;
	unsigned changes = 0;
	t->conf.dnssec_ttl_s = 0;
	for (unsigned at = 1;; at++) {
		struct life l = {.t = t};
		fate.changes = 0;
		fate.die_at = (at + 1) / 2;
		fate.is_after = at % 2;
		begin(&l);
		live(&l);
		stop(t);
		each_file(t, remove_file, NULL);
		if (l.deaths == 0)
			break;
		changes = at / 2;
	}
	assert_true(changes > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_new_zone_gets_a_key_that_signs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_outlive_the_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_else_may_read_the_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_key_that_was_brought_along_is_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_clear_is_no_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_state_without_its_key_is_a_failure, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			nothing_is_signed_before_the_time_that_was_known_last, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_that_is_set_back_signs_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_that_was_ahead_is_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_clock_that_leaps_does_not_hurry_a_roll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_host_has_a_key_that_outlives_the_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			keys_of_hosts_and_zones_are_not_mixed_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			packets_wait_for_a_clock_that_was_set_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(commands_are_answered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_server_changes_no_key, set_up, tear_down),
		cmocka_unit_test_setup_teardown(zones_that_have_gone_make_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(two_do_not_have_the_same_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_death_loses_a_key, set_up, tear_down),
	};
	void *shared = mmap(NULL, sizeof(*clock_off_s), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	clock_off_s = shared;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
