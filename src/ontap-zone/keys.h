/* SPDX-License-Identifier: ISC */
/* Reads the secrets: the keys of --tsig and of the files of --tsig-file, and the file of
 * --cookie-secret. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"
#include "serve/cookie.h"

/* Reads the TSIG keys, and checks that each key named in the configuration exists. Warns of a file
 * that other users may read. ERR_SYNTAX with `*error` filled; ERR_NOMEM. The caller frees `ret->at`
 * with tsig_keys_free(). */
int keys_read(struct conf_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;

/* Reads the secrets of cookies that other servers share; `count` is 0 if none are given. Warnings
 * and errors as in keys_read(). */
int cookie_keys_read(struct cookie_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
