/* SPDX-License-Identifier: ISC */
/* A question to the running ontap-zone, from the process that has loaded the module. */
#pragma once

#include "base/compiler.h"
#include "nss/answer.h"

#define ASK_SOCKET_PATH "/run/ontap-zone/resolve.sock"
/* Another path, for tests. Ignored in a program with more privileges than its user (AT_SECURE). */
#define ASK_SOCKET_ENVIRON "ONTAP_RESOLVE_SOCKET"

/* Asks "VERB OPERAND" and waits for the whole answer, at most a second. ERR_SYNTAX, ERR_RANGE: the
 * bytes received are not an answer; -errno: -ENOENT, -ECONNREFUSED (no daemon), -EAGAIN (no answer
 * in time), … Leaves no descriptor open, but may change errno. */
int ask(const char *verb, const char *operand, struct answer *ret) NONNULL MUSTCHECK;
