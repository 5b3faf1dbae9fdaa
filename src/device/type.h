/* SPDX-License-Identifier: ISC */
/*
 * The kinds of devices that are made on a parent, their modes, and the names a device may have, as
 * text that people write and as the kernel's numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum device_type {
	DEVICE_IPVLAN,
	DEVICE_IPVTAP,
	DEVICE_MACVLAN,
	DEVICE_MACVTAP,
	DEVICE_TYPE_COUNT
};

/* Bytes of the longest mode with its zero: "passthru", "l3s,private". */
enum { DEVICE_MODE_CAP = 16 };

/* How a device talks to its parent and siblings. */
struct device_mode {
	uint8_t mode; /* MACVLAN_MODE_* or IPVLAN_MODE_* */
	uint8_t flag; /* of an ipvlan: 0 (bridge), IPVLAN_F_PRIVATE, IPVLAN_F_VEPA */
};

/* "ipvlan", "ipvtap", "macvlan", "macvtap": the kernel's IFLA_INFO_KIND. Static storage. */
const char *device_type_text(enum device_type type);

/* These words by type, NULL at the end, for tables of options. */
extern const char *const device_type_words[DEVICE_TYPE_COUNT + 1];

/* The type of that name. ERR_SYNTAX. */
int device_type_parse(const char *text, enum device_type *ret) NONNULL MUSTCHECK;

/* Whether programs can exchange frames with it by descriptors. */
bool device_type_is_tap(enum device_type type);

/* Whether it is an ipvlan or ipvtap: shares the parent's hardware address, and has a flag. */
bool device_type_is_ipvlan(enum device_type type);

/* Reads a mode of that type: "bridge" for a macvlan, "l2", "private" or "l3s,private" for an ipvlan.
 * "" is the default: bridge, or l2 with bridge. ERR_SYNTAX. */
int device_mode_parse(enum device_type type, const char *text, struct device_mode *ret) NONNULL
	MUSTCHECK;

/* Writes all its words, "bridge" or "l2,bridge", to `out`, which has DEVICE_MODE_CAP bytes. Returns
 * `out`. */
const char *device_mode_format(enum device_type type, struct device_mode mode, char *out) NONNULL;

/* Whether a link may have that name: what the kernel takes, without what it takes for a pattern
 * ("%d"), for all links at once ("all", "default"), and without what we name links in the making. */
bool device_is_name(const char *name) NONNULL;

/* Whether that may be a link's alias: up to 255 bytes without control characters. */
bool device_is_alias(const char *alias) NONNULL;

/* The name of a link in the making: none that is asked for can be one. */
#define DEVICE_NEW_PREFIX "ontapd-"
