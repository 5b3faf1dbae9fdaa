/* SPDX-License-Identifier: ISC */
/* The writers of the formats. Each has its own file in this directory. */
#pragma once

#include "export/erecord.h"

void export_tinydns(
	struct erecords r, const struct export_options *options, struct buf *out) NONNULL;
/* ERR_ABSENT: no SOA at the apex. */
int export_zone(struct erecords r, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
/* ERR_NOMEM. */
int export_hosts(struct erecords r, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
void export_json(struct erecords r, const struct export_options *options, struct buf *out) NONNULL;
