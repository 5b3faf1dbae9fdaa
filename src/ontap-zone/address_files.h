/* SPDX-License-Identifier: ISC */
/* Opens and reads the files of --address-names: either all of them, or none if one is faulty. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "name/address_names.h"

/* ERR_SYNTAX: `*error` says which file and line; ERR_NOMEM. The caller owns `*ret`, which is empty
 * on failure. */
int address_files_read(struct address_names *ret, const struct options_texts *files,
	struct conf_error *error) NONNULL MUSTCHECK;
