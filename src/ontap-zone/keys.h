/* SPDX-License-Identifier: ISC */
/* What is secret: the keys of --tsig and of the files of --tsig-file, and the file of --cookie-secret. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"
#include "serve/cookie.h"

/* Reads them, and checks that each key that the configuration names is there. Warns of a file that
 * others may read. ERR_SYNTAX with `*error` filled; ERR_NOMEM. The caller frees `ret->at` by
 * tsig_keys_free(). */
int keys_read(struct conf_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;

/* Reads the secrets of cookies that other servers have too; `count` is 0 where none are given. The same. */
int cookie_keys_read(struct cookie_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
