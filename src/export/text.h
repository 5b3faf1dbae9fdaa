/* SPDX-License-Identifier: ISC */
/* Rdata as text, as in master files (RFC 1035 §5.1, RFC 3597 §5): for exports and messages. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "wire/rrset.h"

/* Appends the rdata on one line, names with a final dot. Malformed rdata and rdata of unknown
 * types are written as "\# LENGTH HEX". */
void export_rdata_text(struct buf *out, uint16_t type, const uint8_t *rdata, size_t len) NONNULL;

/* Appends a name as text with a final dot. */
void export_name_text(struct buf *out, const uint8_t *name) NONNULL;
