/* SPDX-License-Identifier: ISC */
/* The zone files of a configuration, opened and read: all of them, or none of a bad lot. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "zonefile/collection.h"

/* Reads all files; their paths are borrowed until collection_settle(). ERR_SYNTAX with `*error` saying file and
 * line, ERR_NOMEM. The caller owns `*ret`. */
int zones_read(struct collection **ret, const struct options_texts *files,
	const struct name *domain, struct conf_error *error) NONNULL MUSTCHECK;
