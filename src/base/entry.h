/* SPDX-License-Identifier: ISC */
/*
 * Text files to which changes are appended. Behind a first line there are entries: lines "X WORD WORD...", and a last one,
 * "= " and a checksum of the others. So an entry is whole or not there, and a write that was interrupted is found. The
 * checksum finds damage, not an attacker: who can write the file can write anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/siphash.h"

struct entry_form {
	const char *head; /* the first line, with its end */
	uint8_t checksum_key[SIPHASH_KEY_LEN];
};

/* A part of a text. */
struct words {
	const char *at;
	size_t len;
};

/* Ends the entry that begins at `start` of the buffer. */
void entry_end(const struct entry_form *form, struct buf *out, size_t start) NONNULL;

/* Returns the length of the text up to the end of its last entry, or of its first line. 0: it is no such file. */
size_t entry_whole_len(const struct entry_form *form, const char *text, size_t len) NONNULL;

/* Reads the next entry at `*at`, which is 0 for the first one, and moves `*at` behind it. 1: `*ret` has its lines
 * without the checksum; 0: it is damaged; ERR_ABSENT: there is none; ERR_SYNTAX: it is no such file. */
int entry_next(const struct entry_form *form, const char *text, size_t len, size_t *at,
	struct words *ret) NONNULL MUSTCHECK;

/* Takes the next line of an entry: its letter and what is behind the blank. 1: there is one; 0: there is none;
 * ERR_SYNTAX. */
int words_next_line(struct words *entry, char *ret_letter, struct words *ret) NONNULL MUSTCHECK;
/* Takes the next word of a line. False: there is none. */
bool words_next(struct words *line, struct words *ret) NONNULL MUSTCHECK;
/* Takes the next word, a decimal number up to `max`. False: it is none. */
bool words_next_number(struct words *line, uint64_t max, uint64_t *ret) NONNULL MUSTCHECK;
/* True if the word is that text. */
bool words_are(const struct words *word, const char *text) NONNULL;
/* Copies the word as a string. False: it has a zero byte, or no room in `cap` bytes. */
bool words_copy(const struct words *word, char *out, size_t cap) NONNULL MUSTCHECK;

/* Appends a blank and the bytes in hexadecimal; "-": there are none. */
void words_put_hex(struct buf *out, const uint8_t *bytes, size_t len) NONNULL_ARGS(1);
/* Reads such a word to `out`, which has room for half of it. False: it is none. */
bool words_take_hex(const struct words *word, uint8_t *out, size_t *ret_len) NONNULL MUSTCHECK;
