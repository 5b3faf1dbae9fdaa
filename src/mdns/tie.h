/* SPDX-License-Identifier: ISC */
/*
 * Handles probes of peers for names that are claimed here (RFC 6762 §8.2).
 */
#pragma once

#include "mdns/message.h"

/* Processes the records that a probe proposes (§8.2): notes which mnames it concerns, breaks
 * ties, yields to workloads. `r` must be at the authority section. */
void probe_input(struct query *q, struct rd *r) NONNULL;
