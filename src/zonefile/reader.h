/* SPDX-License-Identifier: ISC */
/* The records of a master file (RFC 1035 §5.1, RFC 2308 §4), one after the other. */
#pragma once

#include "base/compiler.h"
#include "zonefile/list.h"
#include "zonefile/source.h"

struct zonereader_fault {
	unsigned line; /* where the record or the directive begins; 0: none */
	char text[360];
};

/* Adds all records of the text to the list; names and data are in the list's arena. ERR_SYNTAX:
 * `*ret` is filled; ERR_NOMEM. */
int zonereader_read(struct zonelist *list, const struct zonefile_source *source,
	struct zonereader_fault *ret) NONNULL MUSTCHECK;
