/* SPDX-License-Identifier: ISC */
/* Reads the public keys of the files of --sig0-file and --trust: KEY or DNSKEY records, as in a zone file. Either all of them
 * are read, or none if one is faulty. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "update/signer_key.h"
#include "zonefile/zonefile.h"

/* ERR_SYNTAX: `*error` says which file and line; ERR_NOMEM. The caller owns `*ret`, which is empty on failure. */
int sig0_files_read(struct signer_keys *ret, const struct conf *conf,
	struct conf_error *error) NONNULL MUSTCHECK;
int trust_files_read(struct signer_keys *ret, const struct conf *conf,
	struct conf_error *error) NONNULL MUSTCHECK;

/* Adds the keys of a text, the content of `file`. `domain` completes names without a final dot. Errors as above; what was
 * added stays. */
int sig0_files_take(struct signer_keys *keys, const char *file, const char *text, size_t len,
	const uint8_t *domain, struct zonefile_error *error) NONNULL MUSTCHECK;
