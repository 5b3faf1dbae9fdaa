/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of key files.
 * Never logs a secret, and keeps only the secrets that it needs.
 */
#include "ontap-zone/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "io/file.h"

static int fail(struct conf_error *error, const char *file, unsigned line, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%.200s:%u: %s", file, line, what);
	return ERR_SYNTAX;
}

static int add(struct conf_keys *keys, const struct tsig_key *key)
{
	struct tsig_key *at = calloc(keys->count + 1, sizeof(*at));
	if (!at)
		return ERR_NOMEM;
	/* A new block instead of realloc(), which might leave secrets behind. */
	if (keys->count > 0)
		memcpy(at, keys->at, keys->count * sizeof(*at));
	at[keys->count] = *key;
	tsig_keys_free(keys->at, keys->count);
	keys->at = at;
	keys->count++;
	return 0;
}

/* Handles a word, which is alone on its line. `ret` is the result of the whole file. */
typedef int line_fn(
	void *ret, const char *file, unsigned number, const char *word, struct conf_error *error);

static int take_tsig_key(
	void *ret, const char *file, unsigned number, const char *line, struct conf_error *error)
{
	struct conf_keys *keys = ret;
	struct tsig_key key;
	const char *wrong = tsig_key_parse(line, &key);
	if (wrong)
		return fail(error, file, number, wrong);
	int err = tsig_key_find(keys->at, keys->count, key.name.wire)
			  ? fail(error, file, number, "there are two keys of that name")
			  : add(keys, &key);
	explicit_bzero(&key, sizeof(key));
	return err;
}

static void warn_of_mode(const char *file, const struct stat *st, const struct log *log)
{
	if (st->st_mode & S_IROTH)
		log_warning(
			log, "keys can be read by everybody: file=\"%s\" note=\"chmod o-r\"", file);
}

static int read_line(void *ret, const char *file, unsigned number, char *line, line_fn *take,
	struct conf_error *error)
{
	line += strspn(line, " \t");
	line[strcspn(line, " \t\r#")] = '\0';
	return *line ? take(ret, file, number, line, error) : 0;
}

static int read_file(
	void *ret, const char *file, line_fn *take, const struct log *log, struct conf_error *error)
{
	struct buf text = {0};
	struct stat st = {0};
	int err = file_read_regular(file, LIMIT_TSIG_FILE, &text, &st);
	warn_of_mode(file, &st, log);
	unsigned number = 0;
	if (err && err != ERR_NOMEM) {
		snprintf(error->text, sizeof(error->text), "%.200s: %s", file,
			err == ERR_DENIED ? "is not a regular file" : err_text(err));
		err = ERR_SYNTAX;
	}
	char *at = text.bytes;
	for (char *line; !err && (line = strsep(&at, "\n"));)
		err = read_line(ret, file, ++number, line, take, error);
	if (text.bytes)
		explicit_bzero(text.bytes, text.len);
	buf_fini(&text);
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
		err = add(&keys, &conf->keys.at[i]);
	for (size_t i = 0; i < conf->key_files.count && !err; i++)
		err = read_file(&keys, conf->key_files.at[i], take_tsig_key, log, error);
	if (!err)
		err = check_all(&keys, conf, error);
	if (err)
		tsig_keys_free(keys.at, keys.count);
	else
		*ret = keys;
	return err;
}

static bool read_hex(const char *word, uint8_t *to, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	if (strlen(word) != 2 * len)
		return false;
	for (size_t i = 0; i < 2 * len; i++) {
		const char *digit = strchr(digits, byte_lower((uint8_t)word[i]));
		if (!digit)
			return false;
		to[i / 2] = (uint8_t)(to[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static int take_cookie_secret(
	void *ret, const char *file, unsigned number, const char *word, struct conf_error *error)
{
	struct cookie_keys *keys = ret;
	if (keys->count == COOKIE_SECRETS_MAX)
		return fail(error, file, number, "there are more than two secrets");
	if (!read_hex(word, keys->secrets[keys->count].bytes, SIPHASH_KEY_LEN))
		return fail(error, file, number, "a secret is 32 hexadecimal digits");
	keys->count++;
	return 0;
}

int cookie_keys_read(struct cookie_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error)
{
	struct cookie_keys keys = {0};
	int err = conf->cookie_file
			  ? read_file(&keys, conf->cookie_file, take_cookie_secret, log, error)
			  : 0;
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
