/* SPDX-License-Identifier: ISC */
/*
 * Keeps the sockets of unicast DNS equal to the rules of --listen, while addresses come and go. If
 * another program has taken an address, reports that program, and tries again when it has ended or
 * when addresses change. After another failure, or if the program is not known, it tries again after
 * a while (base/retry.h). To have no address at all is not an error, but a state in which to wait.
 *
 * With `auto`, each new address is taken a moment after it has appeared: who made it may want it for a
 * server of its own, as NetworkManager does for a shared connection.
 *
 *	events of our own links ─► is_stale ─► listen_plan_make ─► dns_serve_at ──taken──► the watcher looks
 *	                                            ▲                                          │
 *	                                            └── EV_PORT_FREE (the owner has ended) ◄───┘
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "base/retry.h"
#include "export/jsonw.h"
#include "name/listen.h"
#include "net/dns.h"
#include "watch/watcher.h"

/* A taken place, and the process that the log has named (0: unknown). */
struct listening_told {
	struct dns_listen at;
	int32_t pid;
};

/* A place of the last plan, and when it came into the plan. */
struct listening_seen {
	struct listen_place at;
	ns_t since;
};

struct listening {
	const struct log *log;
	const struct model *model;
	const struct listen_rules *rules;
	const struct watcher *watcher;
	struct dns *dns;         /* NULL until listening_start() */
	bool is_stale;           /* links or addresses of our own namespace have changed */
	bool is_news;            /* the same, and `seen` does not have it yet */
	ns_t due;                /* when something is done about that */
	bool is_asking;          /* the watcher has not answered yet */
	bool has_news;           /* the served places have changed: for STATUS= */
	ns_t retry_at;           /* an owner has ended; NS_NEVER: none */
	struct retry retry;      /* of places whose failure has no owner that is known */
	size_t left_out;         /* of the last plan */
	struct listen_plan plan; /* the last one */
	struct listening_seen seen[LIMIT_DNS_PLACES];
	size_t seen_count;
	struct event_port coming[LIMIT_OWNED_PORTS * LIMIT_PORT_OWNERS];
	struct event_port owners[LIMIT_OWNED_PORTS * LIMIT_PORT_OWNERS];
	size_t coming_count, owner_count;
	struct listening_told told[LIMIT_DNS_PLACES];
	size_t told_count;
};

/* Serves at all possible places. Everything is borrowed until the last call of listening_poll(). */
void listening_start(struct listening *l, struct dns *dns, const struct model *model,
	const struct listen_rules *rules, const struct watcher *watcher, const struct log *log)
	NONNULL_ARGS(1, 2, 3, 4, 5);

/* Handles an event of the watcher. Returns true if it was about ports, and not for the pipeline.
 * Also notes other events that matter here. */
bool listening_hear(struct listening *l, const struct event *ev) NONNULL;

/* Makes the next poll try all places again. */
void listening_retry(struct listening *l) NONNULL;

ns_t listening_deadline(const struct listening *l) NONNULL;
/* Does everything that is due. Call it after each flush, and at the deadline. */
void listening_poll(struct listening *l, ns_t now) NONNULL;

/* True if the reasons for all places that are not served are known. */
bool listening_is_settled(const struct listening *l) NONNULL;

/* True if a requested place is not served. */
bool listening_is_degraded(const struct listening *l) NONNULL;

/* For `status`: the served `addresses`; `degraded`: the places that are not served, and why;
 * `unserved`: the families that no client can use. */
void listening_report(const struct listening *l, struct jsonw *w) NONNULL;

/* Returns a process that has a UDP socket on that port, as of the last look, or NULL. `program`: what
 * the kernel calls it, or NULL for any. Borrowed until the next event. */
const struct event_port *listening_find_owner(
	const struct listening *l, uint16_t port, const char *program) NONNULL_ARGS(1);

/* Adds the same in one line, for STATUS= of sd_notify(3). */
void listening_summary(const struct listening *l, struct buf *out) NONNULL;

/* Warns of links that --listen and --mdns name and that do not exist. */
void listening_warn_absent(const struct model *model, const struct listen_rules *rules,
	const char *const *mdns_links, size_t mdns_link_count, const struct log *log)
	NONNULL_ARGS(1, 2);
