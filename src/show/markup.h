/* SPDX-License-Identifier: ISC */
/* Text that others have written, as content of an element of XML, or of dot's labels. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"

/* Appends the text so that it is no markup, and without characters that XML forbids. */
void markup_put(struct buf *out, const char *text) NONNULL;
