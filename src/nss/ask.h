/* SPDX-License-Identifier: ISC */
/* A question to the running ontap-zone, from whatever process the module is in. */
#pragma once

#include "base/compiler.h"
#include "nss/answer.h"

#define ASK_SOCKET_PATH "/run/ontap/resolve.sock"
/* Another path, for tests: not looked at in a program with more privileges than its user (AT_SECURE). */
#define ASK_SOCKET_ENVIRON "ONTAP_RESOLVE_SOCKET"

/* Asks "VERB OPERAND" and waits for the whole answer, a second at most. ERR_SYNTAX, ERR_RANGE: what came is none;
 * -errno: -ENOENT, -ECONNREFUSED (nobody serves there), -EAGAIN (no answer in time), … Leaves nothing
 * open, and errno changed. */
int ask(const char *verb, const char *operand, struct answer *ret) NONNULL MUSTCHECK;
