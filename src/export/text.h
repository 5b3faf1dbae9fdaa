/* SPDX-License-Identifier: ISC */
/* Rdata as text, as in master files (RFC 1035 §5.1, RFC 3597 §5): for exports and for people. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "wire/rrset.h"

/* Appends the rdata on one line, names with a dot at the end. What is not well formed for the type,
 * and types of which only the number is known here, come out as "\# LENGTH HEX". */
void export_rdata_text(struct buf *out, uint16_t type, const uint8_t *rdata, size_t len) NONNULL;

/* Appends a name as text with a dot at the end. */
void export_name_text(struct buf *out, const uint8_t *name) NONNULL;
