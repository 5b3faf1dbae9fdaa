/* SPDX-License-Identifier: ISC */
/*
 * The values that make a workload's addresses stable: the secret_key of RFC 7217 §5 for its device,
 * and a hardware address. Both are derived from a secret of the machine, the parent and the
 * workload's name. The kernel does the rest of RFC 7217: prefix, DAD_Counter, interface identifier.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "device/mark.h"
#include "device/type.h"

enum { MACHINE_SECRET_LEN = 32, DEVICE_ID_LEN = 16 };

/* Identifies a device. Two devices that exist at the same time never have equal identities:
 * `instance` differs between devices with the same names. */
struct device_identity {
	const uint8_t *machine; /* MACHINE_SECRET_LEN bytes */
	const char *parent;
	const char *workload; /* the alias, or its substitute */
	uint32_t instance;
};

/* Returns the secret for net.ipv6.conf.IF.stable_secret. The kernel expects it in the form of an
 * address. */
struct addr device_secret(const struct device_identity *id) NONNULL;

/* Writes an id that is unique to the device, and stays the same when the workload starts again. It
 * can serve as a DHCP client identifier, for example. */
void device_id(const struct device_identity *id, uint8_t out[DEVICE_ID_LEN]) NONNULL;

/* Returns the seal of a mark, computed from all other fields. Nobody can compute it without the
 * secret. */
uint64_t device_seal(
	const uint8_t machine[MACHINE_SECRET_LEN], const struct device_mark *mark) NONNULL;

/* Writes a locally administered unicast address (IEEE 802: bit 1 of the first byte set, bit 0
 * clear). */
void device_hwaddr(const struct device_identity *id, uint8_t out[DEVICE_HWADDR_LEN]) NONNULL;
