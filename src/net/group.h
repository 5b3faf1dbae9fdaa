/* SPDX-License-Identifier: ISC */
/*
 * The number of sockets in our network namespace that have joined the mDNS group on a link, by
 * /proc/net/igmp and /proc/net/igmp6. It shows on which links another responder may exist, without
 * its process or its user.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* The content of a line. */
struct group_line {
	uint32_t ifindex;
	unsigned members; /* sockets in the group; 0: the line has another subject */
};

/* Parses a line of /proc/net/igmp (net/ipv4/igmp.c of the kernel, igmp_mc_seq_show): a line for
 * each link, with its ifindex, followed by a line for each of its groups, which begins with tabs.
 * `ret` keeps the ifindex from one line to the next; it must be zero before the first. */
void group_read_v4(const char *line, struct group_line *ret) NONNULL;
/* Parses a line of /proc/net/igmp6 (net/ipv6/mcast.c, igmp6_mc_seq_show): a group on a link. */
void group_read_v6(const char *line, struct group_line *ret) NONNULL;

/* The files, open, because nothing can be opened later. */
struct group_files {
	int v4, v6; /* or -errno */
};

void group_open(struct group_files *f) NONNULL;
void group_close(struct group_files *f) NONNULL;
/* Calls `visit` for each link on which sockets have joined the group now, in one family. Returns 0, or
 * -errno if the file could not be opened. */
int group_each(const struct group_files *f, bool is_v6,
	void (*visit)(void *arg, const struct group_line *line), void *arg) NONNULL_ARGS(1, 3)
	MUSTCHECK;
