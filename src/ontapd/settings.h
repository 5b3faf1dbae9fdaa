/* SPDX-License-Identifier: ISC */
/* What ontapd was told, on its command line and in its configuration file. */
#pragma once

#include "io/log.h"
#include "options/options.h"

#define SETTINGS_DEFAULT_STATE "/var/lib/ontap/device"

struct settings {
	struct options_texts parents;
	char *socket_dir;
	char *group; /* NULL: the socket's group is ours */
	char *state_dir;
	char *rules_file; /* NULL: whoever may connect may have all */
	uint32_t max_user, max_parent;
	uint32_t rate; /* requests a second of one user, 0: no limit */
	int ready_fd;  /* -1: none */
	enum log_level verbosity;
};

/* The options; their values are a struct settings. */
extern const struct options_table settings_table;
