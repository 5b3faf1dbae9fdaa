/* SPDX-License-Identifier: ISC */
/*
 * Exports records as files for other programs. Collect records, then write as often as needed:
 *
 *	struct export *e = export_new();
 *	zone_each_record(zone, name_root, export_add, e);   more: export_add(e, &record)
 *	err = export_write(e, &options, &buf);
 *
 * The same records give the same bytes, regardless of the order in which they were added.
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

/* Copies one record. The signature is that of zone_each_record()'s visitor; `arg` is the struct
 * export. Of equal records one is kept. A failure is stored and reported by export_write(). */
void export_add(void *arg, const struct zone_change *record) NONNULL;

/* Notes that a record could not be added for lack of memory. */
void export_fail(struct export *e) NONNULL;

/* Returns the number of records so far, equal ones included. */
size_t export_count(const struct export *e) NONNULL;

struct export_options {
	enum export_format format;
	/* VIEW_LAN, VIEW_WAN, or 0 for the default of the format: zone the wan view (private
	 * addresses are exported only on request), hosts the lan view, json both. tinydns always
	 * has both. */
	unsigned view;
	const uint8_t *apex;           /* zone: its apex; ignored otherwise */
	const struct view_rule *rules; /* tinydns: the views of clients, as for view_table_new() */
	size_t rule_count;
};

/* Appends the file to `out`. ERR_NOMEM; ERR_ABSENT: format zone, but `apex` has no SOA. */
int export_write(struct export *e, const struct export_options *options, struct buf *out) NONNULL
	MUSTCHECK;
