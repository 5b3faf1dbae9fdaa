/* SPDX-License-Identifier: ISC */
/*
 * What peers' probes propose for names that are claimed here (RFC 6762 §8.2).
 */
#pragma once

#include "mdns/message.h"

/* Looks at the records that a probe proposes (§8.2): notes which mnames it is about, breaks ties,
 * yields to workloads. `r` stands at the authority section. */
void probe_input(struct query *q, struct rd *r) NONNULL;
