/* SPDX-License-Identifier: ISC */
/*
 * What makes a workload's addresses stable: the secret_key of RFC 7217 §5 for its device, and a
 * hardware address, both derived from a secret of the machine, the parent and the workload's name.
 * The kernel does the rest of RFC 7217 with it: prefix, DAD_Counter, interface identifier.
 */
#pragma once

#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "device/mark.h"

enum { MACHINE_SECRET_LEN = 32, DEVICE_HWADDR_LEN = 6, DEVICE_ID_LEN = 16 };

/* Whose device it is. Two that are alive at one time never have equal ones: `instance` tells those
 * of one name apart. */
struct device_identity {
	const uint8_t *machine; /* MACHINE_SECRET_LEN bytes */
	const char *parent;
	const char *workload; /* the alias, or what stands for it */
	uint32_t instance;
};

/* The secret for net.ipv6.conf.IF.stable_secret, which the kernel wants written as an address. */
struct addr device_secret(const struct device_identity *id) NONNULL;

/* What tells the device from all others, and is the same for a workload that comes again: for a DHCP
 * client identifier, say. */
void device_id(const struct device_identity *id, uint8_t out[DEVICE_ID_LEN]) NONNULL;

/* The seal of a mark, made of all else in it: who does not know the secret can make none. */
uint64_t device_seal(
	const uint8_t machine[MACHINE_SECRET_LEN], const struct device_mark *mark) NONNULL;

/* A locally administered unicast address (IEEE 802: bit 1 of the first byte set, bit 0 clear). */
void device_hwaddr(const struct device_identity *id, uint8_t out[DEVICE_HWADDR_LEN]) NONNULL;
