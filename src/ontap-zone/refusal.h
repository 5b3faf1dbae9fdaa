/* SPDX-License-Identifier: ISC */
/* The message for a person who may not connect to the control socket. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"

/* Appends a text: who owns the socket at `path`, and what to do. */
void refusal_explain(const char *path, struct buf *out) NONNULL;
