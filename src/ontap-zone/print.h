/* SPDX-License-Identifier: ISC */
/*
 * The daemon's answers as text for people. The functions depend on their arguments only, and all
 * text in the answers is untrusted. `lines` is an array of the objects of the answer. Errors are
 * recorded in `out`.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "conf/conf.h"

/* How to print. */
struct look {
	size_t width; /* columns; 0: unlimited */
	bool has_colour;
	bool has_all;           /* names: also what most people do not need */
	bool is_brief;          /* names: one line per name */
	enum conf_graph format; /* graph; CONF_GRAPH_DEFAULT is text */
	enum conf_keys_verb keys_verb;
};

typedef void print_fn(const struct look *look, const json_t *lines, struct buf *out);

print_fn print_names, print_status, print_explain, print_graph, print_keys;

/* The lines are those since the last call. */
print_fn print_watch;

/* Returns the exit code for an answer of `explain`: EXIT_NO (io/exit.h) if there is no record, or no
 * answer (NULL). */
int print_explain_code(const json_t *line);
