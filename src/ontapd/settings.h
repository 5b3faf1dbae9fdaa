/* SPDX-License-Identifier: ISC */
/* The settings from ontapd's command line and its configuration file. */
#pragma once

#include "io/log.h"
#include "options/options.h"

#define SETTINGS_DEFAULT_STATE "/var/lib/ontap/device"

struct settings {
	struct options_texts parents;
	char *socket_dir;
	char *group; /* NULL: the sockets have our own group */
	char *state_dir;
	char *rules_file; /* NULL: anyone allowed to connect may have any device */
	uint32_t max_user, max_parent;
	uint32_t rate; /* requests per second of one user, 0: no limit */
	int ready_fd;  /* -1: none */
	enum log_level verbosity;
};

/* The options; their values go into a struct settings. */
extern const struct options_table settings_table;
