/* SPDX-License-Identifier: ISC */
/*
 * A process that asks the resolver of this system for the DS of a zone, for the signer, which has no network. It has no
 * key, no capability and no file but those that say where the resolver is. What it finds is judged by the signer.
 *
 *	signer                               asker
 *	struct name ────────────────────────► asks, for some seconds
 *	struct ds_answer ◄────────────────── 
 */
#pragma once

#include "base/compiler.h"
#include "dnssec/ds_answer.h"
#include "io/log.h"
#include "io/privilege.h"

/* Starts it as a child of this process, with the privileges of the start. It becomes that user, unless it is NULL, and ends
 * when the descriptor is closed: one end of a pair of sockets that keep packets apart and do not wait. -errno; logged. */
int asker_start(const struct privilege_user *user, const struct log *log, int *ret_fd)
	NONNULL_ARGS(2, 3) MUSTCHECK;
