/* SPDX-License-Identifier: ISC */
/*
 * Owns the way between keys and their files.
 * Never decides what a key does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "dnssec/key_file.h"
#include "ontap-zone/signer_process.h"
#include "ontap-zone/signer_store.h"

enum { FILE_NAME_CAP = KEY_FILE_NAME_CAP + 16, TRIES_MAX = 64 };

static int fail(const struct signer_process *p, const char *file, const char *error)
{
	log_error(p->log, "cannot read keys: file=\"%s/keys/%s\" error=\"%s\"", p->state_dir, file,
		error);
	return ERR_SYNTAX;
}

/* Wipes what a secret has been read to or written from. */
static void wipe(struct buf *text)
{
	if (text->bytes)
		explicit_bzero(text->bytes, text->cap);
	buf_fini(text);
}

static int read_pair(
	struct signer_process *p, const char *file, struct key_pair *ret, uint64_t *ret_created_s)
{
	struct buf text = {0};
	int err = buf_reserve(&text, KEY_FILE_MAX); /* so that it stays in one place */
	if (!err)
		err = signer_store_read(p->dir, file, &text);
	if (err) {
		wipe(&text);
		return fail(p, file, err_text(err));
	}
	err = key_file_parse(buf_text(&text), ret, ret_created_s);
	wipe(&text);
	return err ? fail(p, file, "it is no key of ECDSAP256SHA256 or ED25519") : 0;
}

static int file_of(
	const uint8_t *zone, struct dnssec_key_id id, const char *suffix, char ret[FILE_NAME_CAP])
{
	char name[KEY_FILE_NAME_CAP];
	int err = key_file_name(zone, id.alg, id.tag, name);
	if (!err)
		snprintf(ret, FILE_NAME_CAP, "%s%s", name, suffix);
	return err;
}

/* That of the secret goes last: while it is there, the key is. */
void signer_keys_remove(
	struct signer_process *p, const struct signed_zone *z, struct dnssec_key_id id)
{
	char file[FILE_NAME_CAP];
	if (file_of(z->roll.zone.wire, id, ".key", file) == 0)
		signer_store_remove(p->dir, file);
	if (file_of(z->roll.zone.wire, id, ".private", file) == 0)
		signer_store_remove(p->dir, file);
}

void signer_keys_forget(struct signer_process *p, const struct signed_zone *z)
{
	char part[KEY_FILE_NAME_CAP], file[FILE_NAME_CAP];
	if (key_file_zone(z->roll.zone.wire, part))
		return;
	snprintf(file, sizeof(file), "%s.conf", part);
	signer_store_remove(p->dir, file);
}

/* Reads the key that the state names. One that was not written, or was removed, before the process was killed is left
 * out. */
static int load_pair(struct signer_process *p, struct signed_zone *z, unsigned i, bool *ret_is_none)
{
	char file[FILE_NAME_CAP];
	uint64_t created_s;
	const struct roll_key *key = &z->roll.keys[i];
	struct key_pair *pair = &z->pairs[z->pair_count];
	int err = file_of(z->roll.zone.wire, key->id, ".private", file);
	if (err)
		return err;
	*ret_is_none = (key->state == ROLL_GENERATED || key->state == ROLL_RETIRED) &&
		       !signer_store_has(p->dir, file);
	if (*ret_is_none) {
		signer_keys_remove(p, z, key->id);
		return 0;
	}
	err = read_pair(p, file, pair, &created_s);
	if (err)
		return err;
	if (pair->tag != key->id.tag || pair->alg != key->id.alg)
		return fail(p, file, "it is another key than its name says");
	z->pair_count++;
	return 0;
}

static int load_pairs(struct signer_process *p, struct signed_zone *z)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < z->roll.count; i++) {
		bool is_none;
		int err = load_pair(p, z, i, &is_none);
		if (err)
			return err;
		if (!is_none)
			z->roll.keys[kept++] = z->roll.keys[i];
	}
	z->roll.count = kept;
	return 0;
}

/* A search for a key that somebody has put there. */
struct search {
	char prefix[KEY_FILE_NAME_CAP + 4];
	char found[FILE_NAME_CAP];
	unsigned count;
};

static void look_at(void *arg, const char *name)
{
	static const char suffix[] = ".private";
	struct search *s = arg;
	const size_t len = strlen(name), prefix_len = strlen(s->prefix);
	if (strncmp(name, s->prefix, prefix_len) != 0 || len >= sizeof(s->found) ||
		len < prefix_len + sizeof(suffix) ||
		strcmp(name + len - sizeof(suffix) + 1, suffix) != 0)
		return;
	s->count++;
	memcpy(s->found, name, len + 1);
}

int signer_keys_store(struct signer_process *p, const struct roll *roll)
{
	char part[KEY_FILE_NAME_CAP], file[FILE_NAME_CAP];
	struct buf text = {0};
	int err = key_file_zone(roll->zone.wire, part);
	if (err)
		return err;
	snprintf(file, sizeof(file), "%s.conf", part);
	roll_print(roll, &text);
	err = signer_store_write(p->dir, file, &text);
	buf_fini(&text);
	return err;
}

/* A single key of the zone becomes its first one, so keys of other programs can be brought along. */
static int adopt(struct signer_process *p, struct signed_zone *z, const char *part)
{
	struct search search = {.count = 0};
	char file[FILE_NAME_CAP];
	uint64_t created_s;
	snprintf(search.prefix, sizeof(search.prefix), "K%s%s+", part,
		z->roll.zone.wire[0] ? "." : "");
	int err = signer_store_list(p->dir, look_at, &search);
	if (err)
		return fail(p, "", err_text(err));
	if (search.count == 0)
		return 0;
	if (search.count > 1)
		return fail(p, search.found,
			"there are several keys of this zone, and no file that says what each "
			"does");
	err = read_pair(p, search.found, &z->pairs[0], &created_s);
	if (err)
		return err;
	const struct dnssec_key_id id = {.tag = z->pairs[0].tag, .alg = z->pairs[0].alg};
	if (file_of(z->roll.zone.wire, id, ".private", file) || strcmp(file, search.found) != 0)
		return fail(p, search.found,
			"its tag is not that of a key with flags 257, as keys for everything have");
	z->pair_count = 1;
	struct roll next = z->roll;
	err = roll_add(&next, signer_now(), id);
	if (!err)
		err = signer_keys_store(p, &next);
	if (err)
		return fail(p, search.found, err_text(err));
	z->roll = next;
	return 0;
}

int signer_keys_read_state(struct signer_process *p, const char *file, struct roll *ret)
{
	static const char suffix[] = ".conf";
	const size_t len = strlen(file);
	struct buf text = {0};
	unsigned line;
	if (len < sizeof(suffix) || strcmp(file + len - sizeof(suffix) + 1, suffix) != 0)
		return ERR_ABSENT;
	int err = signer_store_read(p->dir, file, &text);
	if (!err)
		err = roll_parse(buf_text(&text), ret, &line);
	buf_fini(&text);
	return err;
}

int signer_keys_load(struct signer_process *p, struct signed_zone *z)
{
	char part[KEY_FILE_NAME_CAP], file[FILE_NAME_CAP];
	struct buf text = {0};
	struct roll roll;
	unsigned line;
	z->pair_count = 0;
	if (key_file_zone(z->roll.zone.wire, part))
		return fail(p, "", "the name of the zone is too long for a file");
	snprintf(file, sizeof(file), "%s.conf", part);
	int err = signer_store_read(p->dir, file, &text);
	if (err == -ENOENT) {
		buf_fini(&text);
		return adopt(p, z, part);
	}
	const int syntax = err ? 0 : roll_parse(buf_text(&text), &roll, &line);
	buf_fini(&text);
	if (err)
		return fail(p, file, err_text(err));
	if (syntax) {
		log_error(p->log, "cannot read keys: file=\"%s/keys/%s\" line=%u error=\"%s\"",
			p->state_dir, file, line, "this line is not as it was written");
		return syntax;
	}
	if (!name_equal(roll.zone.wire, z->roll.zone.wire))
		return fail(p, file, "it is of another zone");
	z->roll = roll;
	return load_pairs(p, z);
}

/* True if the zone has, or has had, a key with that tag: files are found by it, and so are signatures. */
static bool is_taken(
	struct signer_process *p, const struct signed_zone *z, const struct key_pair *pair)
{
	char file[FILE_NAME_CAP];
	for (unsigned i = 0; i < z->pair_count; i++)
		if (z->pairs[i].tag == pair->tag)
			return true;
	return file_of(z->roll.zone.wire,
		       (struct dnssec_key_id){.tag = pair->tag, .alg = pair->alg}, ".private",
		       file) == 0 &&
	       signer_store_has(p->dir, file);
}

int signer_keys_make(
	struct signer_process *p, const struct signed_zone *z, unsigned alg, struct key_pair *ret)
{
	char file[FILE_NAME_CAP];
	uint8_t secret[CRYPT_SECRET_LEN];
	int err = file_of(
		z->roll.zone.wire, (struct dnssec_key_id){.alg = (uint8_t)alg}, ".private", file);
	for (unsigned i = 0; !err && i < TRIES_MAX; i++) {
		if (getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
			err = -errno;
			break;
		}
		err = key_from_secret(alg, secret, ret);
		if (!err && !is_taken(p, z, ret))
			break;
		err = i + 1 == TRIES_MAX ? ERR_RANGE : 0;
	}
	explicit_bzero(secret, sizeof(secret));
	return err;
}

int signer_keys_write(struct signer_process *p, const struct signed_zone *z,
	const struct key_pair *pair, uint64_t created_s)
{
	const struct dnssec_key_id id = {.tag = pair->tag, .alg = pair->alg};
	char secret_file[FILE_NAME_CAP], public_file[FILE_NAME_CAP];
	struct buf text = {0};
	int err = file_of(z->roll.zone.wire, id, ".private", secret_file);
	if (!err)
		err = file_of(z->roll.zone.wire, id, ".key", public_file);
	if (!err)
		err = buf_reserve(&text, KEY_FILE_MAX);
	if (err)
		return err;
	key_file_put_public(&text, pair, z->roll.zone.wire, p->times.dnskey_ttl_s, created_s);
	err = signer_store_write(p->dir, public_file, &text);
	buf_clear(&text);
	key_file_put_secret(&text, pair, created_s);
	if (!err)
		err = signer_store_write(p->dir, secret_file, &text);
	wipe(&text);
	return err;
}
