/* SPDX-License-Identifier: ISC */
/* One question of DNS at a time, for commands: waits for the answer, at most some seconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "wire/msg.h"

/* The resolvers of this machine, from resolv.conf(5). Returns their number, at most `cap`; if there are none, it is
 * 127.0.0.1. */
size_t dns_ask_resolvers(struct addr *ret, size_t cap) NONNULL;

/* Asks the server at port 53, over UDP, and over TCP if the answer is cut. Returns the length of the answer in `reply`
 * (MSG_CAP bytes); -ETIMEDOUT: there was none; -errno. */
int dns_ask(const struct addr *server, const uint8_t *name, uint16_t type, bool is_recursive,
	uint8_t *reply) NONNULL MUSTCHECK;
