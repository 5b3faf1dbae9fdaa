/* SPDX-License-Identifier: ISC */
/*
 * The directory STATE/keys, which only the signer opens:
 *
 *	example.org.conf                  what each key of that zone does (dnssec/roll.h)
 *	Kexample.org.+013+55648.private   a key, in the form of BIND's programs (dnssec/key_file.h)
 *	Kexample.org.+013+55648.key       its DNSKEY
 *	Kh.example.org.+013+12345.*       the same of the host: with a KEY
 *	clock                             when the signer last knew the time
 *	host-clock                        up to when the host may have signed packets
 *	control                           the socket on which keys are changed
 *
 * It belongs to the user of the signer, root if possible, and nobody else may read it. The user that the other
 * processes run as owns the directory above: he can remove the keys, but cannot read them, and cannot pass others off
 * as ours.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "io/log.h"
#include "io/privilege.h"

/* Opens the directory, and makes it if it does not exist. Returns a descriptor. -errno; ERR_DENIED: others have
 * access to it, or own it. Logged. */
int signer_store_open(const char *state_dir, const struct privilege_user *owner,
	const struct log *log) NONNULL_ARGS(1, 3) MUSTCHECK;

/* Appends the file. -errno; ERR_RANGE: it is too long; ERR_DENIED: no regular file; ERR_NOMEM. */
int signer_store_read(int dir, const char *name, struct buf *out) NONNULL MUSTCHECK;
/* Replaces the file in one step, mode 0600: after a crash there is the old or the new one. -errno: it is as
 * before. */
int signer_store_write(int dir, const char *name, const struct buf *text) NONNULL MUSTCHECK;
bool signer_store_has(int dir, const char *name) NONNULL;
/* It is no error if there is none. */
void signer_store_remove(int dir, const char *name) NONNULL;

/* Calls `on_name` for each file in the directory. -errno. */
int signer_store_list(int dir, void (*on_name)(void *arg, const char *name), void *arg)
	NONNULL_ARGS(2) MUSTCHECK;
