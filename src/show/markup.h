/* SPDX-License-Identifier: ISC */
/* Escapes untrusted text for the content of an XML element, or for dot's labels. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"

/* Appends the text so that it contains no markup, and without characters that XML forbids. */
void markup_put(struct buf *out, const char *text) NONNULL;
