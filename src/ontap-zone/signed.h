/* SPDX-License-Identifier: ISC */
/* The daemon's side of signed zones: the signer among those who are listened to, and what `keys` asks of it. */
#pragma once

#include "base/compiler.h"
#include "ontap-zone/daemon.h"

/* Starts the signer, if a zone, or what this host says, is to be signed. Call it with the privileges of the start, before there are threads.
 * Returns 0 or an exit code; the reason has been logged. */
int daemon_start_signer(struct daemon *d, const struct conf *conf) NONNULL MUSTCHECK;
/* Waits until it is ready, and listens to it from then on. The same. */
int daemon_wait_signer(struct daemon *d) NONNULL MUSTCHECK;
void daemon_stop_signer(struct daemon *d) NONNULL;
/* Lets signatures be taken from the last run, and be kept for the next one. ERR_NOMEM. */
int daemon_keep_signatures(struct daemon *d) NONNULL MUSTCHECK;

/* Asks for the signature of an update by the key of this host. Returns the ticket of the answer, with which
 * peers_signed() gets it; 0: there is no such key, or the signer has ended. `arg` is the daemon. */
uint64_t daemon_sign_update(void *arg, const uint8_t *msg, size_t len);

/* Before anything else. */
void daemon_init_spoken(struct daemon *d) NONNULL;
/* What is public is said with signatures, if this host has a key: before there are names. Returns 0 or an exit code; the
 * reason has been logged. */
int daemon_say_public(struct daemon *d) NONNULL MUSTCHECK;

/* The pipeline's questions and news (pipeline/pipeline.h); `arg` is the runtime in the daemon. */
bool daemon_is_signed(void *arg, const uint8_t *apex, bool has_place);
void daemon_on_signed_zone(void *arg, const uint8_t *apex, bool is_gone);

/* True if signatures or keys have come: flush. */
bool daemon_has_signatures(const struct daemon *d) NONNULL;

/* Sends what the signer has room for. */
void daemon_pump_signer(struct daemon *d) NONNULL;
/* Returns when to call daemon_on_signer(), apart from the events that the loop sees. */
ns_t daemon_signer_deadline(const struct daemon *d) NONNULL;
void daemon_on_signer(void *arg, uint32_t events);
/* The clock has been set: signatures may be of another time. */
void daemon_on_clock(void *arg);
/* Handles what the loop does not see. */
void daemon_hear_signer(struct daemon *d) NONNULL;

/* Answers "keys ...": `request` is what follows. Returns the stream in which the answer comes. */
unsigned daemon_keys(struct daemon *d, const char *request, struct buf *out) NONNULL;
