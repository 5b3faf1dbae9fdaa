/* SPDX-License-Identifier: ISC */
/* `check --delegation`: whether the parent of the domain leads to us. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"

/* Asks the running daemon what the parent should have, and the parent's servers, which it finds by the resolver of this
 * machine. Prints what is there, and the lines that are missing. Returns EXIT_DONE, EXIT_NO if something is missing or
 * wrong, or EXIT_SYSTEM. */
int delegation_check(const struct conf *conf) NONNULL;
