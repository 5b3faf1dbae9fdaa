/* SPDX-License-Identifier: ISC */
/*
 * How many sockets of our network namespace have joined the mDNS group on a link, by
 * /proc/net/igmp and /proc/net/igmp6. So it is known where another responder may be, without its
 * process or its user.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* What a line says. */
struct group_line {
	uint32_t ifindex;
	unsigned members; /* sockets in the group; 0: the line is about something else */
};

/* Reads a line of /proc/net/igmp (net/ipv4/igmp.c of the kernel, igmp_mc_seq_show): a link is a line
 * with its ifindex, and its groups are lines below it, which begin with tabs. `ret` keeps the
 * ifindex from one line to the next; to be zero before the first. */
void group_read_v4(const char *line, struct group_line *ret) NONNULL;
/* Reads a line of /proc/net/igmp6 (net/ipv6/mcast.c, igmp6_mc_seq_show): a group on a link. */
void group_read_v6(const char *line, struct group_line *ret) NONNULL;

/* Calls `visit` for each link on which sockets have joined the group in that family; `is_v6` says which.
 * Returns 0, or -errno if the file cannot be read. */
int group_each(bool is_v6, void (*visit)(void *arg, const struct group_line *line), void *arg)
	NONNULL_ARGS(2) MUSTCHECK;
