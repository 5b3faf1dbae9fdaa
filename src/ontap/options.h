/* SPDX-License-Identifier: ISC */
/* What ontap was told on its command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/time.h"
#include "device/await.h"
#include "device/request.h"
#include "device/type.h"
#include "io/log.h"

enum { OPTIONS_ADDRS_CAP = 16 };

/* What is done before PROG is run. */
enum task { TASK_CREATE, TASK_OPEN, TASK_REMOVE, TASK_WATCH };

struct options {
	enum task task;
	const char *socket; /* of ontapd */
	char **prog;        /* NULL-terminated; prog[0] NULL: none */

	const char *type, *mode, *ifname, *alias;
	unsigned queues;
	bool has_queues;
	bool is_kept, is_down;

	bool has_netns;       /* a fresh network namespace */
	const char *hostname; /* NULL: no fresh UTS namespace */
	const char *user;     /* NULL: nobody else */
	const char *caps;     /* "+NAME,+NAME", NULL: none */

	struct device_addr addrs[OPTIONS_ADDRS_CAP];
	size_t addr_count;
	bool has_dhcp;
	struct await await; /* --wait */
	ns_t timeout;       /* NS_NEVER: none */

	enum log_level verbosity;
	bool is_help, is_version;
};

/* Reads the command line. ERR_SYNTAX, which has been told. */
int options_parse(struct options *ret, int argc, char **argv, const struct log *log)
	NONNULL MUSTCHECK;

extern const char options_help[];
