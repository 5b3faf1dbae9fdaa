/* SPDX-License-Identifier: ISC */
/* What the daemon tells on its control socket: requests in, lines of JSON out. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "net/dns.h"
#include "watch/kernel.h"
#include "mdns/mdns.h"
#include "ontap-zone/peers.h"
#include "pipeline/pipeline.h"

/* Where the telling comes from; all borrowed for the call. */
struct report {
	const struct pipeline *pipeline;
	struct kernel_stats kernel;
	const struct dns *dns; /* NULL: not open yet */
	const struct mdns *mdns;
	const struct peers *peers; /* NULL: not open yet */
	ns_t now, started;
	bool is_ready;
};

/* Answers one request ("names", "status", "explain NAME [ADDR]", "graph", "watch"). Appends lines to
 * `out`; what it does not understand is answered {"error": …}. True for "watch": changes are to
 * follow, made by report_change(). */
bool report_answer(const struct report *r, const char *request, struct buf *out) NONNULL;

/* Appends the line that tells a watcher of one record that came or went. */
void report_change(const struct zone_change *change, struct buf *out) NONNULL;
/* The line that tells a watcher of something in mDNS. */
void report_notice(const struct mdns_notice *notice, struct buf *out) NONNULL;
