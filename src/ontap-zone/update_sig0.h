/* SPDX-License-Identifier: ISC */
/* Whether an update is signed by a key pair (SIG(0)). */
#pragma once

#include "base/compiler.h"
#include "net/transfers.h"
#include "ontap-zone/runtime.h"
#include "ontap-zone/update_collected.h"
#include "update/signer_key.h"

/* Verifies the signature, with a key that we have; if there is none, the update may be a registration. What is learned goes
 * to where TSIG has it: the name of the key, and what tells two messages apart. Returns NULL, or why not. */
const char *update_sig0_verify(const struct signer_keys *keys,
	const struct update_collected *collected, const struct runtime *runtime,
	struct transfer *update) NONNULL MUSTCHECK;
