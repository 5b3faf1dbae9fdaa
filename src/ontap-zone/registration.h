/* SPDX-License-Identifier: ISC */
/* Registrations of services (update/srp.h): whether an update is one, for whom, and for how long. */
#pragma once

#include "base/compiler.h"
#include "net/transfers.h"
#include "ontap-zone/runtime.h"
#include "ontap-zone/update_collected.h"
#include "update/srp.h"

/* Verifies an update whose signer has no key here, as a registration. Fills in `ask->is_registration` and the option of
 * the reply. Returns NULL; or why it is refused. */
const char *registration_verify(const struct runtime *runtime, const struct serve_client *client,
	struct update_ask *ask, const struct sig0 *sig, uint64_t now_s) NONNULL MUSTCHECK;

/* True if it removes all that its host has: that takes more work than others. */
bool registration_removes_all(const struct update_ask *ask) NONNULL;

/* Judges it: srp_judge(). `ground` needs no rights. */
int registration_judge(const struct update_collected *collected, const struct update_ground *ground,
	const struct update_ask *ask, const struct update_message *m, struct added_draft *draft,
	struct update_outcome *ret) NONNULL MUSTCHECK;
