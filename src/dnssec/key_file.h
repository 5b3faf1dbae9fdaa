/* SPDX-License-Identifier: ISC */
/*
 * Keys as files, in the form of BIND's programs, so that these and ldns' read ours, and a key that they have made
 * can be used here. A key has two files: K<zone>+<algorithm>+<tag>.private with the secret, and .key with the
 * DNSKEY record, or the KEY record of a host. Files of one name differ by their tags: those of a host's key are
 * computed with its flags.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "dnssec/keys.h"

enum { KEY_FILE_NAME_CAP = 256, KEY_FILE_MAX = 4096 };

/* Writes the zone's part of names of files: lower case without the last dot, and bytes that are no letter,
 * digit, '-', '_' or '.' as %XX. ERR_RANGE: that is longer than a name of a file may be, with all that comes
 * before and behind it. */
int key_file_zone(const uint8_t *zone, char ret[KEY_FILE_NAME_CAP]) NONNULL MUSTCHECK;

/* Writes the name of the files without .key or .private. The same error. */
int key_file_name(const uint8_t *zone, unsigned alg, unsigned tag,
	char ret[KEY_FILE_NAME_CAP]) NONNULL MUSTCHECK;

/* Appends the file of the secret. `created_s`: seconds since 1970. Wipe the buffer afterwards. */
void key_file_put_secret(struct buf *out, const struct key_pair *key, uint64_t created_s) NONNULL;
/* Appends the file of the DNSKEY or KEY. */
void key_file_put_public(struct buf *out, const struct key_pair *key, const uint8_t *zone,
	uint32_t ttl_s, uint64_t created_s) NONNULL;

/* Reads the file of a secret, as that of a zone: the file does not say what the key is for. `*ret_created_s` becomes 0
 * if it does not tell that. ERR_SYNTAX: it is none; ERR_RANGE: of another algorithm, or the secret is none. */
int key_file_parse(const char *text, struct key_pair *ret, uint64_t *ret_created_s) NONNULL
	MUSTCHECK;

/* Appends the rdata of a DNSKEY or KEY as text: "257 3 13 BASE64". */
void key_text_dnskey(struct buf *out, const struct key_pair *key) NONNULL;
/* Appends the rdata of a DS as text: "TAG ALG 2 HEX". */
void key_text_ds(struct buf *out, const struct key_pair *key, const uint8_t *zone) NONNULL;
