/* SPDX-License-Identifier: ISC */
/*
 * The name that people have given to a container. All input is untrusted: the user who starts a
 * container chooses its annotations and its name. Labels of docker do not count, for the image may
 * have them: its author must not choose a name.
 *
 *	1. the annotation ontap.name
 *	2. the name of the container, or of its pod
 *	3. the service of compose; before 2., if that is only "PROJECT-SERVICE-NUMBER"
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/compiler.h"

/* The facts about a container; NULL: unknown. */
struct choose_facts {
	const json_t *state;      /* of the OCI runtime: the input of a hook */
	const json_t *config;     /* config.json of the bundle */
	const json_t *containers; /* podman: list of all containers of its storage */
	const json_t *docker;     /* docker: config.v2.json of the container */
};

struct choose_name {
	const char *text;   /* borrowed from the facts; NULL: nobody has given it a name */
	bool is_label;      /* it can be a name in DNS; false: it must not be used */
	bool is_annotation; /* somebody wants it to be a name in DNS */
};

struct choose_name choose_name(const struct choose_facts *facts) NONNULL MUSTCHECK;

/* Returns the container's id if it can be a part of a path, otherwise NULL. Borrowed from `state`,
 * which may be NULL. */
const char *choose_id(const json_t *state);
