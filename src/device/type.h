/* SPDX-License-Identifier: ISC */
/*
 * The types of devices that ontapd makes on a parent, their modes, and the names a device may have:
 * as text for people and as the kernel's numbers.
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
	DEVICE_VETH, /* these two are ports of a bridge, which is their parent */
	DEVICE_TAP,
	DEVICE_TYPE_COUNT
};

/* Length of the hardware address of an Ethernet link (ETH_ALEN). */
enum { DEVICE_HWADDR_LEN = 6 };

/* Size in bytes of the longest mode with its zero byte: "passthru", "l3s,private". */
enum { DEVICE_MODE_CAP = 16 };

/* The smallest MTU that the kernel gives a link (ETH_MIN_MTU). IPv6 needs 1280 (RFC 8200 §5). */
enum { DEVICE_MTU_MIN = 68, DEVICE_MTU_MAX = 65535 };

/* Modes of a veth or tap. DEVICE_PORT_BRIDGE: the port accepts frames from the device's own hardware
 * address only, and the bridge does not learn. DEVICE_PORT_PRIVATE: also no frames from or to other
 * such ports. DEVICE_PORT_OPEN: any hardware address, as at the ports of others. */
enum { DEVICE_PORT_BRIDGE, DEVICE_PORT_PRIVATE, DEVICE_PORT_OPEN };

/* How a device talks to its parent and siblings. */
struct device_mode {
	uint8_t mode; /* MACVLAN_MODE_*, IPVLAN_MODE_* or DEVICE_PORT_* */
	uint8_t flag; /* of an ipvlan: 0 (bridge), IPVLAN_F_PRIVATE, IPVLAN_F_VEPA */
};

/* "ipvlan", "ipvtap", "macvlan", "macvtap", "veth", "tap": the kernel's IFLA_INFO_KIND, but of a
 * tap, which is a "tun" there. Static storage. */
const char *device_type_text(enum device_type type);

/* Parses the name of a type. ERR_SYNTAX. */
int device_type_parse(const char *text, enum device_type *ret) NONNULL MUSTCHECK;

/* The types of a request that let ontapd choose: a device, or a tap. */
#define DEVICE_AUTO     "auto"
#define DEVICE_AUTO_TAP "autotap"

/* True if programs can exchange frames with the device through file descriptors. */
bool device_type_is_tap(enum device_type type);

/* True if it is an ipvlan or ipvtap: it shares the parent's hardware address, and has a flag. */
bool device_type_is_ipvlan(enum device_type type);

/* True if it is a veth or tap: a port of a bridge. */
bool device_type_is_port(enum device_type type);

/* Returns the type of a link of that kind (IFLA_INFO_KIND). ERR_SYNTAX. */
int device_type_of_kind(const char *kind, enum device_type *ret) NONNULL MUSTCHECK;

/* Parses a mode of that type: "bridge" for a macvlan; "l2", "private" or "l3s,private" for an
 * ipvlan; "bridge", "private" or "open" for a port. "" is the default: bridge, or l2 with bridge for
 * an ipvlan. ERR_SYNTAX. */
int device_mode_parse(enum device_type type, const char *text, struct device_mode *ret) NONNULL
	MUSTCHECK;

/* Writes the whole mode, such as "bridge" or "l2,bridge", to `out`, which has DEVICE_MODE_CAP
 * bytes. Returns `out`. */
const char *device_mode_format(enum device_type type, struct device_mode mode, char *out) NONNULL;

/* True if a caller may give that name to a link. It must be valid for the kernel, but must not be a
 * pattern ("%d"), a name that stands for all links ("all", "default"), or a name that we give to
 * unfinished links. */
bool device_is_name(const char *name) NONNULL;

/* True if the six bytes may be a link's hardware address: not a group address, and not zero (the
 * kernel's is_valid_ether_addr). */
bool device_is_hwaddr(const uint8_t *hwaddr) NONNULL;

/* True if the text may be a link's alias: at most 255 bytes, no control characters. */
bool device_is_alias(const char *alias) NONNULL;

/* Prefix of the names of unfinished links. No caller can ask for such a name. */
#define DEVICE_NEW_PREFIX "ontapd-"
