/* SPDX-License-Identifier: ISC */
/*
 * The pipeline (pipeline/pipeline.h) and what it needs from outside of the core: its configuration,
 * the clock, the host's name, zone files, the log, and memory that readers have to let go of first. `serve`,
 * `export` and `check` differ only in who listens.
 */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/log.h"
#include "pipeline/pipeline.h"

struct runtime {
	struct pipeline *pipeline;
	struct conf conf; /* owned */
	const struct log *log;
	uint32_t serial_floor; /* after all that was served before this start; 0: not known */
	bool has_new_self;
	struct log_limit apply_limit, reject_limit, alias_limit;
};

/* A pipeline without a kernel yet: the zone files are read. `conf` is moved in, also on failure. The sink's
 * functions that only log are filled in here, and its `arg`, which is the runtime. ERR_SYNTAX: `*error`
 * says which file and line, ERR_NOMEM. */
int runtime_init(struct runtime *r, struct conf *conf, const struct log *log,
	struct pipeline_sink sink, struct conf_error *error) NONNULL MUSTCHECK;
/* After the last reader has ended. */
void runtime_fini(struct runtime *r) NONNULL;

/* Applies an event of the kernel: what watch/kernel.h's sink calls. `arg` is the runtime. */
void runtime_apply(void *arg, const struct event *ev) NONNULL;

/* Whether a flush would do anything. */
bool runtime_is_dirty(const struct runtime *r) NONNULL;

/* Publishes what has changed since the last flush. True: readers of the zone see a new state. */
bool runtime_flush(struct runtime *r) NONNULL;

/* The least serial that a zone which changes now gets. */
uint32_t runtime_next_serial(const struct runtime *r) NONNULL;

/* A new configuration and what its zone files say, both moved in: what differs is changed, all else
 * goes on. ERR_NOMEM: some of it has not been changed, but `conf` is in force. */
int runtime_reload(struct runtime *r, struct conf *conf, struct collection *files) NONNULL
	MUSTCHECK;
