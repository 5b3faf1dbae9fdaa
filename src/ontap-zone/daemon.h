/* SPDX-License-Identifier: ISC */
/* The running daemon from inside: what serve.c (the loop) and start.c (its start) share. */
#pragma once

#include "base/compiler.h"
#include "conf/conf.h"
#include "io/control.h"
#include "net/dns.h"
#include "io/loop.h"
#include "net/mdns.h"
#include "io/resume.h"
#include "watch/watcher.h"
#include "mdns/mdns.h"
#include "ontap-zone/files.h"
#include "ontap-zone/peers.h"
#include "ontap-zone/state.h"
#include "ontap-zone/runtime.h"

struct daemon {
	struct loop *loop;
	struct log *log;
	const struct conf_args *args;
	struct runtime runtime;
	struct watcher *watcher;
	struct dns *dns;
	struct peers *peers; /* NULL until the first dump is there */
	struct mdns *mdns;
	struct mdns_net *mdns_net;
	struct control *control;
	struct files files;
	struct loop_watch watcher_watch, signal_watch;
	struct resume resume;
	struct buf watch_lines; /* for `watch`, of the changes of this flush */
	struct cookie_keys cookie_keys;
	uint32_t reserved_serial; /* state_reserve_serial() */
	struct state_names names;
	ns_t started;
	bool is_ready, is_stopping;
	bool has_to_reload; /* as soon as it is ready */
	bool has_failed;
	uint8_t packet[9000];
};

/* start.c */

/* Signals, and the watcher process. It is to be started before the zone files are read: what it is forked with
 * stays in memory as long as it lives, and it looks about while they are read. An exit code, 0 if all is
 * well; what went wrong has been logged. */
int daemon_start_watching(struct daemon *d, const struct conf *conf) NONNULL MUSTCHECK;
/* Ends both, also if they did not start. */
void daemon_stop_watching(struct daemon *d) NONNULL;

/* The engine and its sockets, before the pipeline is told anything. The same. */
int daemon_open_mdns(struct daemon *d, uint64_t seed) NONNULL MUSTCHECK;

/* From the first dump to readiness. The same; also 0 if a signal has ended it (is_stopping). */
int daemon_start(struct daemon *d) NONNULL MUSTCHECK;

/* A secret of our own for cookies. */
struct cookie_keys daemon_new_cookie_seed(void);

/* serve.c */

/* Sees to it that no serial comes again after this daemon is killed. */
void daemon_reserve_serial(struct daemon *d) NONNULL;

/* Publishes what has changed, and tells those who go by it. */
void daemon_flush(struct daemon *d) NONNULL;

/* One turn of the loop, and what follows from what came in. What fails has been logged. */
int daemon_turn(struct daemon *d, ns_t deadline) NONNULL MUSTCHECK;

/* Handlers for what the loop and the sockets tell; `arg` is the daemon. */
void daemon_on_signal(void *arg, uint32_t events);
void daemon_on_watcher(void *arg, uint32_t events);
void daemon_on_packet(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len);
void daemon_on_resume(void *arg, ns_t nap);
bool daemon_answer(void *arg, const char *request, struct buf *out);
