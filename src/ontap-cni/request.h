/* SPDX-License-Identifier: ISC */
/*
 * What a container runtime asks of the plugin (CNI specification 1.1, "Section 2: Execution Protocol"):
 * the environment and the configuration on standard input, as values.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "device/request.h"

enum { CNI_ADDRS_CAP = 16, CNI_TEXT_CAP = 256, CNI_PATH_CAP = 108 };

/* Error codes of the specification; from 100 on, of this plugin. */
enum cni_code {
	CNI_OK = 0,
	CNI_VERSION = 1,      /* incompatible version */
	CNI_ENVIRONMENT = 4,  /* a variable is missing or wrong */
	CNI_IO = 5,           /* the configuration cannot be read */
	CNI_DECODE = 6,       /* it is no JSON object */
	CNI_CONFIG = 7,       /* it has a wrong value */
	CNI_UNAVAILABLE = 50, /* STATUS: ADD would fail */
	CNI_REFUSED = 100,    /* ontapd has refused the request */
	CNI_SYSTEM = 101,     /* the system has */
	CNI_ABSENT = 102      /* CHECK: the device is not there */
};

struct cni_error {
	enum cni_code code;
	char text[CNI_TEXT_CAP];
};

/* Variables of the environment; NULL if not set. Borrowed. */
struct cni_environment {
	const char *command, *container_id, *netns, *ifname, *args;
};

struct cni_request {
	char version[8];
	char socket[CNI_PATH_CAP];
	char type[KIND_CAP];
	char mode[DEVICE_MODE_CAP];
	char alias[ALIAS_CAP]; /* "": none */
	char ifname[IF_NAMESIZE];
	uint8_t hwaddr[DEVICE_HWADDR_LEN];
	bool has_hwaddr, has_dhcp;
	uint32_t mtu; /* 0: the parent's */
	struct device_addr addrs[CNI_ADDRS_CAP];
	size_t addr_count;
	struct addr gateways[2]; /* of IPv4 and IPv6; ADDR_NONE: not given */
	char id[CNI_TEXT_CAP];   /* of the container */
};

/* The versions of the specification that this plugin speaks, oldest first; NULL at the end. */
extern const char *const cni_versions[];

/* Puts together what both say. What the runtime says about this container counts before what the
 * configuration says about all. `config` may be any value. Returns error->code. */
enum cni_code cni_request_read(const json_t *config, const struct cni_environment *env,
	struct cni_request *ret, struct cni_error *error) NONNULL_ARGS(2, 3, 4);

/* Copies the value of `key` in CNI_ARGS ("KEY=VALUE;KEY=VALUE") to `out`. False if it is not there, or
 * has no room. */
bool cni_args_get(const char *args, const char *key, char *out, size_t cap) NONNULL;

/* Sets the error; returns its code. */
enum cni_code cni_fail(struct cni_error *error, enum cni_code code, const char *format, ...)
	PRINTFLIKE(3, 4) NONNULL_ARGS(1, 3);
