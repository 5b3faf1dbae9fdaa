/* SPDX-License-Identifier: ISC */
/* Opens and reads the zone files of a configuration: either all of them, or none if one is
 * faulty. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "zonefile/collection.h"

/* Reads all files. Their paths are borrowed until collection_settle(). ERR_SYNTAX: `*error` says
 * which file and line; ERR_NOMEM. The caller owns `*ret`. */
int zones_read(struct collection **ret, const struct options_texts *files,
	const struct name *domain, struct conf_error *error) NONNULL MUSTCHECK;
