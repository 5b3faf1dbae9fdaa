/* SPDX-License-Identifier: ISC */
/* The settings from ontap's command line. */
#pragma once

#include "base/compiler.h"
#include "base/time.h"
#include "device/await.h"
#include "device/request.h"
#include "device/type.h"
#include "io/log.h"
#include "options/options.h"

enum { SETTINGS_ADDRS_CAP = 16 };

/* Values of --type besides those of enum device_type. */
enum { SETTINGS_TYPE_AUTO = DEVICE_TYPE_COUNT, SETTINGS_TYPE_MISSING };

/* What ontap does before it runs PROG. */
enum task { TASK_CREATE, TASK_OPEN, TASK_REMOVE, TASK_WATCH, TASK_LIST };

struct settings {
	enum task task;
	char *socket;      /* of ontapd */
	char *const *prog; /* borrowed from argv, NULL at the end; prog[0] NULL: none */

	unsigned type;         /* enum device_type, or one of the two above */
	const char *type_text; /* of the request; static storage */
	char *mode, *ifname, *alias;
	uint32_t queues;
	uint32_t mtu; /* 0: the parent's */
	struct settings_hwaddr {
		uint8_t bytes[DEVICE_HWADDR_LEN];
		bool is_given;
	} hwaddr;
	bool is_kept, is_down;
	bool has_autoconf; /* the guest of the tap configures itself */

	bool has_netns; /* run PROG in a new network namespace */
	char *hostname; /* NULL: no new UTS namespace */
	char *user;     /* NULL: do not change the user */
	char *caps;     /* "+NAME,+NAME", NULL: none */

	struct settings_addrs {
		struct device_addr at[SETTINGS_ADDRS_CAP];
		size_t count;
	} addrs;
	struct settings_gateways {
		struct addr v4, v6; /* ADDR_NONE: not given */
	} gateways;
	bool has_dhcp;
	struct await await; /* --wait */
	ns_t timeout;       /* NS_NEVER: none */

	char *opened, *removed; /* existing links; NULL: another task */
	bool is_watching;
	bool is_listing, has_json;
	enum log_level verbosity;
};

/* True if the link gets its addresses by an option: --addr, --gateway, --dhcp. */
bool settings_has_own_addrs(const struct settings *s) NONNULL;

/* True if an option is about the link itself: --addr, --gateway, --dhcp, --wait. */
bool settings_needs_link(const struct settings *s) NONNULL;

/* Why a tap on a bridge cannot have these. */
#define SETTINGS_NO_LINK_TEXT                                                                      \
	"--addr, --gateway, --dhcp and --wait are for a link that this machine uses itself: the "  \
	"guest on a tap of a bridge configures itself"

/* The options; their values go into a struct settings. */
extern const struct options_table settings_table;
