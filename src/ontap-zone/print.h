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

/* How it is to look. */
struct look {
	size_t width; /* columns; 0: unlimited */
	bool has_colour;
	bool has_all;           /* names: also what is of no use to most people */
	bool is_brief;          /* names: one line for each */
	enum conf_graph format; /* graph; CONF_GRAPH_DEFAULT is text */
};

typedef void print_fn(const struct look *look, const json_t *lines, struct buf *out);

print_fn print_names, print_status, print_explain, print_graph;

/* The lines are those that came since the last call. */
print_fn print_watch;

/* The exit code for an answer of `explain`: EXIT_NO (io/exit.h) if there is no record. */
int print_explain_code(const json_t *line) NONNULL;
