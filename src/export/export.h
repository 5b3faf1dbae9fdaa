/* SPDX-License-Identifier: ISC */
/*
 * The records as files for other programs. Collect, then write as often as wanted:
 *
 *	struct export *e = export_new();
 *	zone_each_record(zone, name_root, export_add, e);   more: export_add(e, &record)
 *	err = export_write(e, &options, &buf);
 *
 * The same records give the same bytes, in whatever order they were added.
 *
 *	tinydns  input of tinydns-data, all zones, views as locations "la" and "ex"
 *	zone     one zone in master format (RFC 1035 §5), as one view sees it
 *	hosts    hosts(5), as one view sees it, an address a line
 *	json     all records with their view, a record a line
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "zone/view.h"
#include "zone/zone.h"

enum export_format { EXPORT_TINYDNS, EXPORT_ZONE, EXPORT_HOSTS, EXPORT_JSON, EXPORT_FORMAT_COUNT };

struct export; /* opaque: the records collected */

/* NULL if out of memory. */
struct export *export_new(void) MUSTCHECK;
void export_free(struct export *e);

/* Copies one record. The signature is zone_each_record()'s visitor; `arg` is the struct export. Of
 * equal records one is kept. A failure is kept too and is export_write()'s to report. */
void export_add(void *arg, const struct zone_change *record) NONNULL;

struct export_options {
	enum export_format format;
	/* Which of the views: VIEW_LAN, VIEW_WAN, or 0 for what the format is mostly for: zone the
	 * wan view (a private address never leaves unasked), hosts the lan view, json both. tinydns
	 * always has both. */
	unsigned view;
	const uint8_t *apex;           /* zone: which one; else not looked at */
	const struct view_rule *rules; /* tinydns: where clients stand, as for view_table_new() */
	size_t rule_count;
};

/* Appends the file to `out`. ERR_NOMEM; ERR_ABSENT: format zone, and there is no SOA at `apex`. */
int export_write(struct export *e, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
