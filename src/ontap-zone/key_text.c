/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of the files with secrets: a word on a line, and comments.
 * Never opens a file, and never tells a secret in a message.
 */
#include "ontap-zone/key_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static int fail(struct conf_error *error, const char *file, unsigned line, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%.200s:%u: %s", file, line, what);
	return ERR_SYNTAX;
}

int key_text_add(struct conf_keys *keys, const struct tsig_key *key)
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
			  : key_text_add(keys, &key);
	explicit_bzero(&key, sizeof(key));
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

static int read_line(void *ret, const char *file, unsigned number, char *line, line_fn *take,
	struct conf_error *error)
{
	line += strspn(line, " \t");
	line[strcspn(line, " \t\r#")] = '\0';
	return *line ? take(ret, file, number, line, error) : 0;
}

static int take_lines(
	void *ret, const char *file, char *text, line_fn *take, struct conf_error *error)
{
	unsigned number = 0;
	int err = 0;
	for (char *line; !err && (line = strsep(&text, "\n"));)
		err = read_line(ret, file, ++number, line, take, error);
	return err;
}

int key_text_take(struct conf_keys *keys, const char *file, char *text, struct conf_error *error)
{
	return take_lines(keys, file, text, take_tsig_key, error);
}

int key_text_take_cookies(
	struct cookie_keys *keys, const char *file, char *text, struct conf_error *error)
{
	return take_lines(keys, file, text, take_cookie_secret, error);
}
