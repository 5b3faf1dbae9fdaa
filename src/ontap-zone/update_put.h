/* SPDX-License-Identifier: ISC */
/*
 * From what updates have added to the zone. Sets that no update may add at such a name (update_right_is_for_none()) are
 * left out: addresses of hosts that a link has said later, and those of an old file, or of a time when the name was not the apex of a zone. A name that the zone does
 * not take, since files have filled it up, is told; what was added there is kept.
 */
#pragma once

#include "base/compiler.h"
#include "io/log.h"
#include "ontap-zone/runtime.h"
#include "ontap-zone/update_collected.h"

struct update_put {
	const struct runtime *runtime;
	const struct update_collected *collected;
	const struct log *log;
	struct log_limit left_out_limit, no_room_limit;
};

/* Puts the records of an owner; asks whether they could be put. As pipeline_put_update() and
 * pipeline_try_update(); `arg` is a struct update_put. */
int update_put(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
	NONNULL_ARGS(1, 2) MUSTCHECK;
int update_put_try(void *arg, const uint8_t *owner, const struct rrset *sets, size_t count)
	NONNULL_ARGS(1, 2) MUSTCHECK;
