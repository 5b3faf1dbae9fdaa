/* SPDX-License-Identifier: ISC */
/* What a person is told who may not connect to the control socket. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"

/* Appends whose the socket at `path` is, and what to do, in words. */
void refusal_explain(const char *path, struct buf *out) NONNULL;
