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

/* A search for the key of a zone, or of a host of that name. */
struct search {
	struct signer_process *p;
	const uint8_t *name;
	char prefix[KEY_FILE_NAME_CAP + 4];
	unsigned flags;
	char found[FILE_NAME_CAP];
	struct key_pair pair; /* in that file */
	unsigned count;
	int err;
};

static bool is_named_so(const char *file, const uint8_t *name, const struct key_pair *pair)
{
	const struct dnssec_key_id id = {.tag = pair->tag, .alg = pair->alg};
	char named[FILE_NAME_CAP];
	return file_of(name, id, ".private", named) == 0 && strcmp(named, file) == 0;
}

/* A file of a secret does not say what the key is for, but its tag does. One that has neither tag counts as a zone's, and is
 * refused. */
static void look_into(struct search *s, const char *file)
{
	struct key_pair pair;
	uint64_t created_s;
	s->err = read_pair(s->p, file, &pair, &created_s);
	if (s->err)
		return;
	key_set_flags(&pair, KEY_FLAGS);
	const bool is_of_host = is_named_so(file, s->name, &pair);
	if (is_of_host == (s->flags == KEY_FLAGS)) {
		key_set_flags(&pair, s->flags);
		s->pair = pair;
		s->count++;
		snprintf(s->found, sizeof(s->found), "%s", file);
	}
	key_wipe(&pair);
}

static void look_at(void *arg, const char *file)
{
	static const char suffix[] = ".private";
	struct search *s = arg;
	const size_t len = strlen(file), prefix_len = strlen(s->prefix);
	if (!s->err && strncmp(file, s->prefix, prefix_len) == 0 && len < sizeof(s->found) &&
		len >= prefix_len + sizeof(suffix) &&
		strcmp(file + len - sizeof(suffix) + 1, suffix) == 0)
		look_into(s, file);
}

static int find(struct search *s)
{
	char part[KEY_FILE_NAME_CAP];
	if (key_file_zone(s->name, part))
		return fail(s->p, "", "the name is too long for a file");
	snprintf(s->prefix, sizeof(s->prefix), "K%s%s+", part, s->name[0] ? "." : "");
	int err = signer_store_list(s->p->dir, look_at, s);
	if (err || s->err)
		return err ? fail(s->p, "", err_text(err)) : s->err;
	if (s->count == 0)
		return ERR_ABSENT;
	if (s->count > 1)
		return fail(s->p, s->found,
			"there are several keys of this name, and no file that says what each "
			"does");
	return is_named_so(s->found, s->name, &s->pair)
		       ? 0
		       : fail(s->p, s->found,
				 "its tag is not that of a key with flags 257, as keys for "
				 "everything have");
}

int signer_keys_find(
	struct signer_process *p, const uint8_t *name, unsigned flags, struct key_pair *ret)
{
	struct search search = {.p = p, .name = name, .flags = flags};
	int err = find(&search);
	if (!err)
		*ret = search.pair;
	key_wipe(&search.pair);
	return err;
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
static int adopt(struct signer_process *p, struct signed_zone *z)
{
	char file[FILE_NAME_CAP];
	struct roll next = z->roll;
	int err = signer_keys_find(p, z->roll.zone.wire, DNSKEY_FLAGS, &z->pairs[0]);
	if (err)
		return err == ERR_ABSENT ? 0 : err;
	const struct dnssec_key_id id = {.tag = z->pairs[0].tag, .alg = z->pairs[0].alg};
	z->pair_count = 1;
	err = roll_add(&next, signer_now(), id);
	if (!err)
		err = signer_keys_store(p, &next);
	if (err)
		return file_of(z->roll.zone.wire, id, ".private", file)
			       ? err
			       : fail(p, file, err_text(err));
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
		return adopt(p, z);
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

/* True if there is, or was, a key of that name with that tag, of whichever algorithm: files are found by it, and so are
 * signatures. */
static bool is_taken(struct signer_process *p, const uint8_t *name, unsigned tag)
{
	static const uint8_t algs[] = {DNSSEC_P256, DNSSEC_ED25519};
	char file[FILE_NAME_CAP];
	bool is_there = false;
	for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
		const struct dnssec_key_id id = {.tag = (uint16_t)tag, .alg = algs[i]};
		is_there |=
			file_of(name, id, ".private", file) == 0 && signer_store_has(p->dir, file);
	}
	return is_there;
}

int signer_keys_make(struct signer_process *p, const uint8_t *name, unsigned alg, unsigned flags,
	struct key_pair *ret)
{
	char file[FILE_NAME_CAP];
	uint8_t secret[CRYPT_SECRET_LEN];
	int err = file_of(name, (struct dnssec_key_id){.alg = (uint8_t)alg}, ".private", file);
	for (unsigned i = 0; !err && i < TRIES_MAX; i++) {
		if (getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
			err = -errno;
			break;
		}
		err = key_from_secret(alg, secret, ret);
		if (!err)
			key_set_flags(ret, flags);
		if (!err && !is_taken(p, name, ret->tag))
			break;
		err = i + 1 == TRIES_MAX ? ERR_RANGE : 0;
	}
	explicit_bzero(secret, sizeof(secret));
	return err;
}

int signer_keys_write(struct signer_process *p, const uint8_t *name, const struct key_pair *pair,
	uint64_t created_s)
{
	const struct dnssec_key_id id = {.tag = pair->tag, .alg = pair->alg};
	char secret_file[FILE_NAME_CAP], public_file[FILE_NAME_CAP];
	struct buf text = {0};
	int err = file_of(name, id, ".private", secret_file);
	if (!err)
		err = file_of(name, id, ".key", public_file);
	if (!err)
		err = buf_reserve(&text, KEY_FILE_MAX);
	if (err)
		return err;
	key_file_put_public(&text, pair, name, p->times.dnskey_ttl_s, created_s);
	err = signer_store_write(p->dir, public_file, &text);
	buf_clear(&text);
	key_file_put_secret(&text, pair, created_s);
	if (!err)
		err = signer_store_write(p->dir, secret_file, &text);
	wipe(&text);
	return err;
}
