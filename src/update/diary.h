/* SPDX-License-Identifier: ISC */
/*
 * The text in which what updates have added is kept in a file. Each change is one entry, which is whole or
 * not there: it ends with a line that has a checksum of it.
 *
 *	ontap-zone updates 1
 *	N _acme-challenge.www.example.org.
 *	S TXT 120 1764523456 acme. 0b68656c6c6f20776f726c64
 *	= 1a2b3c4d5e6f7081
 *
 * An entry says all that its owners have from then on: N begins one, each S is a set: type, TTL, seconds since
 * 1970, key ("-": none; "sig0@" is in front of the name of a key pair, "srp@" of one that has registered), and the records in
 * hexadecimal ("-": one without bytes), with "@" and seconds since 1970 behind one whose lease ends then. An owner without sets
 * has nothing any more. So an entry that is read twice does no harm.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "update/added.h"

/* Appends the draft as one entry. Errors are those of the buffer. */
void diary_write_draft(struct buf *out, const struct added_draft *d) NONNULL;

/* Appends the first line of a file. */
void diary_write_head(struct buf *out) NONNULL;

/* Appends a whole file that says what is there now. */
void diary_write_all(struct buf *out, const struct added *a) NONNULL;

/* Returns the length of the text up to the end of its last entry, or of its first line: what is behind that is a
 * write that was interrupted. 0: it is no such file. */
size_t diary_whole_len(const char *text, size_t len) NONNULL;

/* Reads all entries of the text into `a`. `*ret_bad` is how many are damaged and were passed over. ERR_SYNTAX: it
 * is no such file; ERR_NOMEM: a part of it was read. */
int diary_read(struct added *a, const char *text, size_t len, size_t *ret_bad) NONNULL MUSTCHECK;
