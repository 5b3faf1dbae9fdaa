/* SPDX-License-Identifier: ISC */
/*
 * The mark that ontapd leaves on each of its links, as an alternative name: all that its next start
 * has to know. There is no database: the kernel's own state is the state.
 *
 *	ontapd-UID-LIFE-PID-START-INSTANCE-SERIAL-SEAL-PARENT
 *	ontapd-1000-p-4711-81234-0-9f3a01c2-0b6d8f5e7a13c294-eth0
 *
 * LIFE is k (kept) or p (goes with process PID, which began at START, so that a number that is used
 * again is not taken for it). SEAL tells it from what the owner of a namespace may write on his links: a
 * mark of somebody else, say, or more of them (device_seal() in secret.h).
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* ALTIFNAMSIZ of linux/if.h, whose other names clash with those of net/if.h. */
enum { DEVICE_MARK_CAP = 128 };

struct device_mark {
	uint32_t uid;
	bool is_kept;
	uint32_t pid;        /* 0: not known here */
	uint64_t start_time; /* of that process, in clock ticks since boot */
	uint32_t instance;   /* of struct device_identity */
	uint32_t serial;     /* makes it the only one of its name in a namespace */
	uint64_t seal;
	char parent[IF_NAMESIZE];
};

/* Writes it to `out`, which has DEVICE_MARK_CAP bytes. Returns `out`. */
const char *device_mark_format(const struct device_mark *mark, char *out) NONNULL;

/* Reads an alternative name. ERR_SYNTAX: it is no mark. */
int device_mark_parse(const char *text, struct device_mark *ret) NONNULL MUSTCHECK;
