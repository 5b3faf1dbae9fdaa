/* SPDX-License-Identifier: ISC */
/*
 * The receiver of updates (RFC 2136): judges what the answering threads have verified, and answers when it is on the disk
 * and served.
 *
 *	answering threads ──► waiting ──► judged ──► one entry ──► keeper ──► disk
 *	                  ◄── answered ◄── served ◄───────────────── written ──┘
 *
 * All that wait are judged together and written as one entry, but not two that touch the same name: the later one
 * waits for the next entry. A message that comes twice (a client has sent it again, or somebody repeats it)
 * is done once, and gets the same answer.
 *
 * A write that fails changes nothing, and is answered with SERVFAIL. updates_file.h has the file.
 */
#pragma once

#include "base/budget.h"
#include "base/compiler.h"
#include "export/jsonw.h"
#include "net/transfers.h"
#include "ontap-zone/keeper.h"
#include "ontap-zone/runtime.h"
#include "update/added.h"
#include "update/signer_key.h"

struct updates; /* opaque */
struct collect;
struct update_collected;

struct updates_config {
	struct runtime *runtime;
	struct keeper *const *keeper; /* of the daemon: NULL when it has ended */
	const struct log *log;
	/* Makes the records that were put visible: daemon_flush(). */
	void (*publish)(void *arg);
	/* What updates_forget() has begun is done, or not for lack of disk or memory. */
	void (*on_forgotten)(void *arg, bool is_done);
	void *arg;
};

/* NULL if out of memory. All that is borrowed must outlive it. */
struct updates *updates_new(const struct updates_config *config) NONNULL MUSTCHECK;
/* Call it after the last answering thread has ended, and before transfers_free(). */
void updates_free(struct updates *u);

/* Takes the text of the file, at the start. Returns how many names it has. */
size_t updates_load(struct updates *u, const char *text, size_t len) NONNULL;
/* Call it when answering threads may pass on updates. */
void updates_open(struct updates *u, struct transfers *transfers) NONNULL;

/* From now on, keys that the collector trusts may update (update_collected.h). NULL: nothing is collected any more. */
void updates_set_collect(struct updates *u, struct collect *collect) NONNULL_ARGS(1);
const struct update_collected *updates_collected(const struct updates *u) NONNULL;
/* Another one has the word about a name of the collector's, NULL: of all: updates_put() puts or hides what updates have
 * there. */
void updates_touch(struct updates *u, const char *label) NONNULL_ARGS(1);
void updates_put(struct updates *u) NONNULL;

/* Takes the public keys of files, in place of those before: `signers` is empty then. */
void updates_take_signers(struct updates *u, struct signer_keys *signers) NONNULL;

/* Takes an update, which the answering threads have passed on. */
void updates_take(struct updates *u, struct transfer *ask) NONNULL;
/* The keeper has written an entry, or the file; or not. */
void updates_written(struct updates *u, int err) NONNULL;
/* The state directory is another one: the file is made there. */
void updates_write_again(struct updates *u) NONNULL;

/* Does what is due. */
void updates_poll(struct updates *u, ns_t now) NONNULL;
ns_t updates_deadline(const struct updates *u) NONNULL;

/* Removes what updates have added at that name, of that type (0: all). ERR_ABSENT: there is nothing; ERR_EXISTS: another
 * such command is not done yet. 0: on_forgotten() tells the outcome. */
int updates_forget(struct updates *u, const uint8_t *name, uint16_t type) NONNULL MUSTCHECK;

/* What updates have added, for reports. */
const struct added *updates_added(const struct updates *u) NONNULL;
/* For `status`: adds the member "receiver" to an object. */
void updates_report(const struct updates *u, struct jsonw *w) NONNULL;
