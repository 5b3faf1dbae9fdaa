/* SPDX-License-Identifier: ISC */
/* Answers requests on the control socket with lines of JSON. */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "collect/collect.h"
#include "io/sandbox.h"
#include "net/dns.h"
#include "watch/kernel.h"
#include "mdns/mdns.h"
#include "ontap-zone/guests.h"
#include "ontap-zone/listening.h"
#include "ontap-zone/peers.h"
#include "ontap-zone/places.h"
#include "ontap-zone/signer.h"
#include "ontap-zone/spoken.h"
#include "ontap-zone/updates.h"
#include "pipeline/pipeline.h"

/* The sources of the reports; all are borrowed during the call. */
struct report {
	const struct pipeline *pipeline;
	struct kernel_stats kernel;
	const struct dns *dns; /* NULL: not open yet */
	const struct listening *listening;
	const struct mdns *mdns;
	const struct peers *peers; /* NULL: not open yet */
	const struct updates *updates;
	const struct added *added;     /* of `updates`; NULL: none */
	const struct collect *collect; /* NULL: nothing is collected */
	bool is_collecting_failing;
	const struct guests *guests;
	const struct spoken *spoken;
	const struct signer_host *host; /* NULL: it has no key */
	const struct sandbox_report *server_sandbox, *keeper_sandbox, *watcher_sandbox;
	const struct sandbox_report *remover_sandbox, *signer_sandbox, *asker_sandbox,
		*sleeper_sandbox; /* NULL: none */
	ns_t now, started;
	bool is_ready;
};

/* Answers one request ("names", "status", "explain NAME [ADDR]", "graph", "resolver"). Appends
 * lines to `out`; the answer to an unknown request is {"error": …}. */
void report_answer(const struct report *r, const char *request, struct buf *out) NONNULL;

/* Append the answer to a command: that it is refused; that the daemon stops; the log lines about
 * a reload, and whether it was done. */
void report_refusal(struct buf *out) NONNULL;
void report_stopping(struct buf *out) NONNULL;
void report_reloaded(const char *log_lines, bool is_done, struct buf *out) NONNULL;

/* Reads the words of "forget": a name, relative to the domain without a dot at its end, and a type, 0: none. False: an
 * error was appended. */
bool report_read_forget(const uint8_t *domain, const char *words, struct name *ret_name,
	uint16_t *ret_type, struct buf *out) NONNULL MUSTCHECK;
/* Append the outcome of "forget", or why it is not done. */
void report_forgotten(bool is_done, struct buf *out) NONNULL;
void report_not_forgotten(const char *reason, struct buf *out) NONNULL;

/* Appends the line that reports that something may have changed. */
void report_news(struct buf *out) NONNULL;

/* Appends the line for watchers about one record that was added or removed. `places` has the
 * addresses that the kernel has just removed. */
void report_change(const struct pipeline *p, const struct places *places,
	const struct zone_change *change, struct buf *out) NONNULL;
/* Appends the line for watchers about an event of mDNS. */
void report_notice(
	const struct pipeline *p, const struct mdns_notice *notice, struct buf *out) NONNULL;
/* Appends the line for watchers about what the collector has heard. */
void report_collect_news(const struct collect_news *news, struct buf *out) NONNULL;
