/* SPDX-License-Identifier: ISC */
/*
 * The pipeline (pipeline/pipeline.h) and what it needs from outside of the core: its configuration,
 * the clock, the host's name, zone files, the log, and freeing of memory after its last reader.
 * `serve`, `export` and `check` use the same runtime with different sinks.
 */
#pragma once

#include "base/compiler.h"
#include "base/retry.h"
#include "conf/conf.h"
#include "io/log.h"
#include "name/address_names.h"
#include "pipeline/pipeline.h"

struct runtime {
	struct pipeline *pipeline;
	struct conf conf; /* owned */
	struct address_names
		addresses[2]; /* owned; at `present`: in force, the other one is empty */
	unsigned present;
	const struct log *log;
	struct rdata host_key; /* of the KEY of this host, borrowed; len 0: none */
	uint32_t serial_floor; /* later than all serials served before this start; 0: not known */
	bool has_new_self;
	struct retry flush_retry; /* after a flush that lacked memory */
	struct log_limit apply_limit, reject_limit, alias_limit, static_limit, left_out_limit,
		crowded_limit;
};

/* Makes a pipeline without events of the kernel and without zone files yet. Takes over `conf`, also on
 * failure. Fills in the functions of the sink that only log, and its `arg`, which is the runtime.
 * ERR_NOMEM: `*error` is filled. */
int runtime_init(struct runtime *r, struct conf *conf, const struct log *log,
	struct pipeline_sink sink, struct conf_error *error) NONNULL MUSTCHECK;
/* From now on names are public, as --publish says: before there are any. `key` is borrowed. ERR_NOMEM. */
int runtime_set_host_key(struct runtime *r, struct rdata key) NONNULL MUSTCHECK;
/* Takes over the content of the files of --address-names. ERR_NOMEM: see pipeline_set_config(). */
int runtime_take_addresses(struct runtime *r, struct address_names *address_names) NONNULL
	MUSTCHECK;
/* Reads the zone files and those of --address-names, for a program that serves nobody. ERR_SYNTAX: `*error` says which file and line;
 * ERR_NOMEM, ERR_RANGE: it is filled, too. */
int runtime_read_files(struct runtime *r, struct conf_error *error) NONNULL MUSTCHECK;
/* As pipeline_put_static(). ERR_RANGE is logged. */
int runtime_put_file_owner(struct runtime *r, const uint8_t *owner, const struct rrset *sets,
	size_t count) NONNULL_ARGS(1, 2) MUSTCHECK;
/* Call it after the last reader has ended. */
void runtime_fini(struct runtime *r) NONNULL;

/* Applies an event of the kernel. Errors are those of pipeline_apply(), and are logged. */
int runtime_apply(struct runtime *r, const struct event *ev) NONNULL;

/* True if a flush would do anything. */
bool runtime_is_dirty(const struct runtime *r) NONNULL;
/* True if the last flush has left work only because it would have taken too long. */
bool runtime_has_more(const struct runtime *r) NONNULL;
/* Returns the time of the next flush: there is more to do, the last one lacked memory, or a TTL has to be
 * lowered. NS_NEVER: none is needed. */
ns_t runtime_deadline(const struct runtime *r) NONNULL;

/* Publishes the changes since the last flush. Returns true if readers of the zone see a new
 * state. */
bool runtime_flush(struct runtime *r) NONNULL;

/* Returns the lowest serial that a zone may get if it changes now. */
uint32_t runtime_next_serial(const struct runtime *r) NONNULL;

/* Applies a new configuration and the content of the files of --address-names, and takes both over.
 * Changes only what differs; everything else goes on. ERR_NOMEM: some of it has not been changed, but
 * `conf` is in force. */
int runtime_reload(struct runtime *r, struct conf *conf,
	struct address_names *address_names) NONNULL MUSTCHECK;
