/* SPDX-License-Identifier: ISC */
/*
 * A process that asks the resolver of this system for the DS of a zone, for the signer, which has no network. It has no
 * key, no capability and no file but those that say where the resolver is. What it finds is judged by the signer.
 *
 *	signer                               asker
 *	                  ◄────────────────── struct asker_news, without an answer: it is ready
 *	struct name ────────────────────────► asks, for some seconds
 *	                  ◄────────────────── struct asker_news
 */
#pragma once

#include "base/compiler.h"
#include "dnssec/ds_answer.h"
#include "io/log.h"
#include "io/privilege.h"
#include "io/sandbox.h"

struct asker_news {
	struct sandbox_report sandbox; /* of the process */
	struct ds_answer answer;       /* its zone has a length of 0: there is none */
};

/* Starts it as a child of this process, with the privileges of the start. It becomes that user, unless it is NULL, and ends
 * when the descriptor is closed: one end of a pair of sockets that keep packets apart and do not wait. -errno; logged. */
int asker_start(const struct privilege_user *user, const struct log *log, int *ret_fd)
	NONNULL_ARGS(2, 3) MUSTCHECK;
