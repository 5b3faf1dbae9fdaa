/* SPDX-License-Identifier: ISC */
/*
 * The mark that ontapd puts on each of its links, as an alternative name. It holds everything that
 * the next start of ontapd has to know. There is no database: the state is in the kernel.
 *
 *	ontapd-UID-LIFE[OPTIONS]-PID-START-INSTANCE-SERIAL-SEAL-PARENT
 *	ontapd-1000-p-4711-81234-0-9f3a01c2-0b6d8f5e7a13c294-eth0
 *
 * LIFE is k (kept) or p (the device is removed when process PID ends). START is the start time of
 * that process, so that another process with the same PID is not mistaken for it. OPTIONS are letters:
 * a (it has the fixed address of its name), i or o (a port of a bridge in mode private or open), hXX
 * (a tap whose hardware address, which was asked for, begins with that byte). SEAL proves that
 * ontapd made the mark: the owner of a namespace can write names on his links too, for example a
 * copy of a mark with another user, or more marks (device_seal() in secret.h).
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
	bool has_fixed;      /* the fixed address of its name (struct rule) */
	uint8_t port_mode;   /* of a veth or tap: DEVICE_PORT_* */
	bool has_first_byte; /* of a tap: its hardware address was asked for, and begins with: */
	uint8_t first_byte;
	uint32_t pid;        /* 0: not known here */
	uint64_t start_time; /* of that process, in clock ticks since boot */
	uint32_t instance;   /* as in struct device_identity */
	uint32_t serial;     /* makes the mark unique in a namespace */
	uint64_t seal;
	char parent[IF_NAMESIZE];
};

/* Writes the mark to `out`, which has DEVICE_MARK_CAP bytes. Returns `out`. */
const char *device_mark_format(const struct device_mark *mark, char *out) NONNULL;

/* Reads an alternative name. ERR_SYNTAX if it is not a mark. */
int device_mark_parse(const char *text, struct device_mark *ret) NONNULL MUSTCHECK;
