/* SPDX-License-Identifier: ISC */
/* The keys of --tsig and of the files of --tsig-file, put together. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"

/* Reads them, and checks that each key that the configuration names is there. Warns of a file that
 * others may read. ERR_SYNTAX with `*error` filled; ERR_NOMEM. The caller frees `ret->at` by
 * tsig_keys_free(). */
int keys_read(struct conf_keys *ret, const struct conf *conf, const struct log *log,
	struct conf_error *error) NONNULL_ARGS(1, 2, 4) MUSTCHECK;
