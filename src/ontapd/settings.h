/* SPDX-License-Identifier: ISC */
/* What ontapd was told on its command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "io/log.h"

struct settings {
	char **parents; /* of the command line; borrowed from argv */
	size_t parent_count;
	const char *socket_dir;
	const char *group;      /* NULL: the socket's group is ours */
	const char *state_dir;
	const char *rules_file; /* NULL: whoever may connect may have all */
	unsigned max_user, max_parent;
	unsigned rate;          /* requests a second of one user, 0: no limit */
	int ready_fd;           /* -1: none */
	enum log_level verbosity;
	bool is_help, is_version;
};

/* Reads the command line. ERR_SYNTAX, which has been told. */
int settings_parse(struct settings *ret, int argc, char **argv, const struct log *log)
	NONNULL MUSTCHECK;

extern const char settings_help[];
