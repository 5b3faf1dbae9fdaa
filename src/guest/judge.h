/* SPDX-License-Identifier: ISC */
/* Whether a claim counts, and until when. */
#pragma once

#include "guest/state.h"

/* -1: it counts; else the enum guest_refusal. */
int judge(const struct guest *g, const struct holding *h, ns_t now) NONNULL;

/* Until when a claim that counts does so: to the end of the lease; without one, for the time
 * since it was seen, but an IPv6 address not longer than its prefix. */
ns_t judge_until(const struct guest *g, const struct holding *h, ns_t now) NONNULL;
