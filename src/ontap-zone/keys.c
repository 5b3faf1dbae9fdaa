/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of key files.
 * Never logs a secret, and keeps only the secrets that it needs. Their form is in key_text.c.
 */
#include "ontap-zone/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "io/file.h"
#include "ontap-zone/key_text.h"

static void warn_of_mode(const char *file, const struct stat *st, const struct log *log)
{
	if (st->st_mode & S_IROTH)
		log_warning(
			log, "keys can be read by everybody: file=\"%s\" note=\"chmod o-r\"", file);
}

/* Reads the whole file as text. ERR_SYNTAX with `*error` filled; ERR_NOMEM. The caller wipes it. */
static int read_file(
	struct buf *text, const char *file, const struct log *log, struct conf_error *error)
{
	struct stat st = {0};
	int err = file_read_regular(file, LIMIT_TSIG_FILE, text, &st);
	warn_of_mode(file, &st, log);
	if (err && err != ERR_NOMEM) {
		snprintf(error->text, sizeof(error->text), "%.200s: %s", file,
			err == ERR_DENIED ? "is not a regular file" : err_text(err));
		err = ERR_SYNTAX;
	}
	return err;
}

static void wipe(struct buf *text)
{
	if (text->bytes)
		explicit_bzero(text->bytes, text->len);
	buf_fini(text);
}

static int read_keys(
	struct conf_keys *keys, const char *file, const struct log *log, struct conf_error *error)
{
	struct buf text = {0};
	int err = read_file(&text, file, log, error);
	if (!err && text.bytes)
		err = key_text_take(keys, file, text.bytes, error);
	wipe(&text);
	return err;
}

static int read_cookies(
	struct cookie_keys *keys, const char *file, const struct log *log, struct conf_error *error)
{
	struct buf text = {0};
	int err = read_file(&text, file, log, error);
	if (!err && text.bytes)
		err = key_text_take_cookies(keys, file, text.bytes, error);
	wipe(&text);
	return err;
}

static int check_key(const struct conf_keys *keys, const char *option, const struct name *name,
	struct conf_error *error)
{
	char text[NAME_TEXT_CAP];
	if (name->len == 0 || tsig_key_find(keys->at, keys->count, name->wire))
		return 0;
	snprintf(error->text, sizeof(error->text), "%s: there is no key %.400s", option,
		name_to_text(name->wire, text));
	return ERR_SYNTAX;
}

static int check_peers(const struct conf_keys *keys, const char *option,
	const struct conf_peers *peers, struct conf_error *error)
{
	int err = 0;
	for (size_t i = 0; i < peers->count && !err; i++)
		err = check_key(keys, option, &peers->at[i].key, error);
	return err;
}

static int check_all(
	const struct conf_keys *keys, const struct conf *conf, struct conf_error *error)
{
	int err = 0;
	for (size_t i = 0; i < conf->transfers.count && !err; i++)
		err = check_key(keys, "allow-transfer", &conf->transfers.at[i].key, error);
	for (size_t i = 0; i < conf->update_rights.count && !err; i++)
		err = conf->update_rights.at[i].is_sig0
			      ? 0
			      : check_key(keys, "allow-update", &conf->update_rights.at[i].key,
					error);
	if (!err)
		err = check_peers(keys, "notify", &conf->notifies, error);
	return err ? err : check_peers(keys, "update", &conf->updates, error);
}

int keys_read(struct conf_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error)
{
	struct conf_keys keys = {0};
	int err = 0;
	for (size_t i = 0; i < conf->keys.count && !err; i++)
		err = key_text_add(&keys, &conf->keys.at[i]);
	for (size_t i = 0; i < conf->key_files.count && !err; i++)
		err = read_keys(&keys, conf->key_files.at[i], log, error);
	if (!err)
		err = check_all(&keys, conf, error);
	if (err)
		tsig_keys_free(keys.at, keys.count);
	else
		*ret = keys;
	return err;
}

int cookie_keys_read(struct cookie_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error)
{
	struct cookie_keys keys = {0};
	int err = conf->cookie_file ? read_cookies(&keys, conf->cookie_file, log, error) : 0;
	if (!err && conf->cookie_file && keys.count == 0) {
		snprintf(error->text, sizeof(error->text), "%.200s: there is no secret",
			conf->cookie_file);
		err = ERR_SYNTAX;
	}
	if (!err)
		*ret = keys;
	explicit_bzero(&keys, sizeof(keys));
	return err;
}
