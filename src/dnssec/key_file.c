/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of key files.
 * Never opens a file, and leaves no secret on the stack.
 */
#include "dnssec/key_file.h"

#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/date.h"

enum {
	SECRET_TEXT_LEN = BASE64_ENCODE_RAW_LENGTH(CRYPT_SECRET_LEN),
	PUBLIC_TEXT_CAP = BASE64_ENCODE_RAW_LENGTH(CRYPT_PUBLIC_CAP) + 1,
	/* "K", "+013+12345", ".private", and what is written first and renamed */
	ZONE_PART_MAX = KEY_FILE_NAME_CAP - 32
};

static const char *alg_text(unsigned alg)
{
	return alg == DNSSEC_P256 ? "ECDSAP256SHA256" : "ED25519";
}

/* Names of files. */

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int key_file_zone(const uint8_t *zone, char ret[KEY_FILE_NAME_CAP])
{
	size_t len = 0;
	for (const uint8_t *label = zone; *label; label = name_parent(label)) {
		if (len > 0)
			ret[len++] = '.';
		for (unsigned i = 1; i <= *label; i++) {
			const uint8_t c = byte_lower(label[i]);
			if (len > ZONE_PART_MAX - 4)
				return ERR_RANGE;
			if (is_plain(c))
				ret[len++] = (char)c;
			else
				len += (size_t)snprintf(ret + len, 4, "%%%02X", c);
		}
	}
	if (len == 0)
		ret[len++] = '.';
	ret[len] = '\0';
	return 0;
}

int key_file_name(const uint8_t *zone, unsigned alg, unsigned tag, char ret[KEY_FILE_NAME_CAP])
{
	char part[KEY_FILE_NAME_CAP];
	int err = key_file_zone(zone, part);
	if (!err)
		snprintf(ret, KEY_FILE_NAME_CAP, "K%.*s%s+%03u+%05u", ZONE_PART_MAX, part,
			zone[0] ? "." : "", alg % 1000, tag % 100000);
	return err;
}

/* Text of keys. */

void key_text_dnskey(struct buf *out, const struct key_pair *key)
{
	char text[PUBLIC_TEXT_CAP];
	const size_t len = crypt_public_len(key->alg);
	base64_encode_raw(text, len, key->public_key);
	text[BASE64_ENCODE_RAW_LENGTH(len)] = '\0';
	buf_printf(out, "%u %u %u %s", key->flags, DNSKEY_PROTOCOL, key->alg, text);
}

void key_text_ds(struct buf *out, const struct key_pair *key, const uint8_t *zone)
{
	uint8_t ds[DS_LEN];
	key_ds(key, zone, ds);
	buf_printf(out, "%u %u %u ", key->tag, key->alg, DS_SHA256);
	for (size_t i = 4; i < sizeof(ds); i++)
		buf_printf(out, "%02X", ds[i]);
}

void key_file_put_secret(struct buf *out, const struct key_pair *key, uint64_t created_s)
{
	char text[SECRET_TEXT_LEN + 1], date[DATE_TEXT_CAP];
	base64_encode_raw(text, CRYPT_SECRET_LEN, key->secret);
	text[SECRET_TEXT_LEN] = '\0';
	date_text(created_s, date);
	buf_printf(out,
		"Private-key-format: v1.3\n"
		"Algorithm: %u (%s)\n"
		"PrivateKey: %s\n"
		"Created: %s\n"
		"Publish: %s\n"
		"Activate: %s\n",
		key->alg, alg_text(key->alg), text, date, date, date);
	explicit_bzero(text, sizeof(text));
}

void key_file_put_public(struct buf *out, const struct key_pair *key, const uint8_t *zone,
	uint32_t ttl_s, uint64_t created_s)
{
	char name[NAME_TEXT_CAP], date[DATE_TEXT_CAP];
	name_to_text(zone, name);
	date_text(created_s, date);
	buf_printf(out, "; This is a %skey, keyid %u, for %s\n",
		key->flags == DNSKEY_FLAGS ? "key-signing " : "", key->tag, name);
	buf_printf(out, "; Created: %s\n; Publish: %s\n; Activate: %s\n", date, date, date);
	buf_printf(out, "%s %u IN %s ", name, ttl_s, key->flags == DNSKEY_FLAGS ? "DNSKEY" : "KEY");
	key_text_dnskey(out, key);
	buf_puts(out, "\n");
}

/* Finds the value of the field: behind its name and the blanks after it. NULL: there is none. */
static const char *find_field(const char *text, const char *field)
{
	const size_t len = strlen(field);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, field, len) == 0)
			return line + len + strspn(line + len, " \t");
	}
	return NULL;
}

static bool parse_secret(const char *value, uint8_t ret[CRYPT_SECRET_LEN])
{
	struct base64_decode_ctx ctx;
	uint8_t bytes[BASE64_DECODE_LENGTH(SECRET_TEXT_LEN)];
	size_t len = sizeof(bytes);
	bool is_good = strcspn(value, " \t\r\n") == SECRET_TEXT_LEN;
	base64_decode_init(&ctx);
	is_good = is_good && base64_decode_update(&ctx, &len, bytes, SECRET_TEXT_LEN, value) &&
		  base64_decode_final(&ctx) && len == CRYPT_SECRET_LEN;
	if (is_good)
		memcpy(ret, bytes, CRYPT_SECRET_LEN);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(&ctx, sizeof(ctx));
	return is_good;
}

int key_file_parse(const char *text, struct key_pair *ret, uint64_t *ret_created_s)
{
	uint8_t secret[CRYPT_SECRET_LEN];
	const char *alg = find_field(text, "Algorithm:");
	const char *value = find_field(text, "PrivateKey:");
	const char *created = find_field(text, "Created:");
	uint64_t created_s = 0;
	if (strncmp(text, "Private-key-format: v1.", 23) != 0 || !alg || !value ||
		!parse_secret(value, secret))
		return ERR_SYNTAX;
	if (created && date_parse(created, &created_s))
		created_s = 0;
	int err = key_from_secret((unsigned)strtoul(alg, NULL, 10), secret, ret);
	explicit_bzero(secret, sizeof(secret));
	if (!err)
		*ret_created_s = created_s;
	return err;
}
