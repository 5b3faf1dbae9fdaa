/* SPDX-License-Identifier: ISC */
/*
 * Owns the start, the loop and the end of ontapd.
 * Never makes a device itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "io/cmdline.h"
#include "io/exit.h"
#include "io/process.h"
#include "io/ready.h"
#include "ontapd/confine.h"
#include "ontapd/daemon.h"
#include "ontapd/grant.h"
#include "ontapd/resume.h"

struct run {
	struct daemon daemon;
	struct news *news;
	struct loop_watch signals;
	bool is_ready, is_stopping;
	int files_err;                      /* of the last look at the administrator's files */
	ns_t watchdog_period, watchdog_due; /* NS_NEVER: the supervisor wants none */
	char nursery_path[PATH_MAX];
};

static int complain(const struct run *r, const char *what, int err)
{
	log_error(r->daemon.log, "cannot start: step=\"%s\" error=\"%s\"", what, err_text(err));
	return err;
}

static void on_signal(void *arg, uint32_t events UNUSED)
{
	struct run *r = arg;
	int number;
	while ((number = process_signals_next(&r->signals)) != 0) {
		if (number != SIGHUP)
			r->is_stopping = true;
		else
			lookup_ask(&r->daemon.lookup);
	}
}

static void on_files(void *arg, const struct lookup_files *files)
{
	struct run *r = arg;
	r->files_err = permit_take_files(&r->daemon, files);
	if (r->files_err && r->is_ready)
		log_error(r->daemon.log, "not reloaded: note=\"the old rules stay\"");
}

/* Reads the rules and /etc/subuid for the first time. */
static int open_lookup(struct run *r)
{
	struct daemon *d = &r->daemon;
	d->lookup.on_files = on_files;
	d->lookup.arg = r;
	int err = lookup_open(&d->lookup, d->loop, d->log, d->settings->rules_file);
	if (!err)
		err = lookup_ask_and_wait(&d->lookup);
	return err ? complain(r, "users", err) : r->files_err;
}

static int open_signals(struct run *r)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	process_ignore_sigpipe();
	r->signals = (struct loop_watch){.on_ready = on_signal, .arg = r};
	int err = process_signals_open(r->daemon.loop, &r->signals, signals, ARRAY_LEN(signals));
	return err ? complain(r, "signalfd", err) : 0;
}

/* The service manager passes sockets first, then what it has kept for us: a namespace. Takes that one from the
 * `*count` descriptors. -1: there is none. */
static int take_stored(int *count)
{
	int kind = 0, fd = LISTEN_FIRST + *count - 1;
	socklen_t len = sizeof(kind);
	if (*count == 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) == 0)
		return -1;
	(*count)--;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int open_kernel(struct run *r)
{
	struct daemon *d = &r->daemon;
	uint32_t seed = 0;
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return complain(r, "getrandom", -EAGAIN);
	d->creator = (struct creator){.log = d->log,
		.visits = &d->visits,
		.registry = &d->registry,
		.wishes = &d->wishes,
		.autoconf = &d->autoconf,
		.machine_secret = d->machine_secret,
		.next_serial = seed,
		.last_ifindex = seed % DEVICE_IFINDEX_SPREAD};
	int err = netns_visit_open(&d->visits, d->log, seed);
	if (err)
		return complain(r, "netlink", err);
	err = news_open(&r->news, d);
	return err ? complain(r, "netlink notifications", err) : 0;
}

static void on_remove(void *arg, const struct device *dev)
{
	struct daemon *d = arg;
	autoconf_end(&d->autoconf, dev->nsid, dev->ifindex);
}

/* The name of the first parent tells our nursery from that of another ontapd. */
static void open_guests(struct run *r, int stored_fd)
{
	struct daemon *d = &r->daemon;
	struct autoconf *a = &d->autoconf;
	const struct listener *first = LIST_FIRST(&d->listeners, struct listener, in_daemon);
	snprintf(r->nursery_path, sizeof(r->nursery_path), "%s/guests.%s", d->settings->socket_dir,
		first->parent);
	a->path = r->nursery_path;
	a->notify_socket = getenv("NOTIFY_SOCKET");
	d->registry.on_remove = on_remove;
	d->registry.arg = d;
	autoconf_open(a, stored_fd);
}

/* First subscribes to the kernel's notifications, then scans what exists. */
static int start(struct run *r)
{
	struct daemon *d = &r->daemon;
	int fds = ready_listen_fds(getenv("LISTEN_FDS"), getenv("LISTEN_PID"));
	int stored_fd = take_stored(&fds);
	autoconf_init(&d->autoconf, &d->visits, d->loop, d->log); /* before there are secrets */
	process_raise_descriptor_limit();                         /* three descriptors per client */
	if (d->settings->parents.count == 0 && fds == 0) {
		log_error(d->log, "usage: error=\"no parent is named\"");
		return ERR_SYNTAX;
	}
	int err = open_signals(r);
	if (!err && (err = closer_open(&d->closer, d->loop, d->log)))
		err = complain(r, "closer", err);
	if (!err)
		err = open_lookup(r);
	if (!err)
		err = secret_load(d);
	if (!err)
		err = open_kernel(r);
	if (!err)
		err = listener_open_all(d, fds);
	if (!err)
		d->registry.grants_fd = grants_open_dir(d->settings->socket_dir, d->log);
	if (!err)
		err = confine_ontapd(d->log);
	if (!err)
		open_guests(r, stored_fd);
	if (!err)
		err = adopt_all(d);
	if (!err)
		resume_guests(d);
	return err;
}

/* Tells the supervisor that this loop still turns, if it wants to know. */
static void feed_watchdog(struct run *r, ns_t now)
{
	if (now < r->watchdog_due)
		return;
	r->watchdog_due = now + r->watchdog_period;
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "WATCHDOG=1");
}

/* Runs one turn, with at most one deletion: each takes the kernel some ten milliseconds, and a
 * request that arrives meanwhile must not wait for all of them. */
static int turn(struct run *r)
{
	struct daemon *d = &r->daemon;
	ns_t now = loop_now();
	ns_t deadline = ns_min(client_expire(d, now), autoconf_deadline(&d->autoconf));
	feed_watchdog(r, now);
	if (r->watchdog_due < deadline)
		deadline = r->watchdog_due;
	if (registry_first_doomed(&d->registry))
		deadline = now;
	int err = loop_turn(d->loop, deadline);
	if (err) {
		log_error(d->log, "cannot wait for events: error=\"%s\"", err_text(err));
		return err;
	}
	struct device *doomed = registry_first_doomed(&d->registry);
	if (doomed)
		create_delete(&d->creator, doomed);
	client_end_idle(d);
	autoconf_turn(&d->autoconf);
	listener_resume(d);
	return 0;
}

/* Devices whose holders still exist are left: the next start takes them over. */
static void stop(struct run *r)
{
	struct daemon *d = &r->daemon;
	struct device *doomed;
	while ((doomed = registry_first_doomed(&d->registry)))
		create_delete(&d->creator, doomed);
	listener_close_all(d);
	autoconf_close(&d->autoconf);
	registry_fini(&d->registry);
	wishes_fini(&d->wishes);
	client_free_all(d);
	news_close(r->news);
	netns_visit_close(&d->visits);
	rules_fini(&d->rules);
	subids_fini(&d->subids);
	rate_fini(&d->rate);
	closer_close(&d->closer);
	lookup_close(&d->lookup);
	process_signals_close(d->loop, &r->signals);
	loop_free(d->loop);
}

static int run(struct run *r)
{
	struct daemon *d = &r->daemon;
	int err = start(r);
	if (!err) {
		r->is_ready = true;
		log_info(d->log, "ready: devices=%zu", d->registry.devices.count);
		int untold = ready_say(d->settings->ready_fd, getenv("NOTIFY_SOCKET"));
		if (untold)
			log_warning(d->log, "ready: error=\"%s\"", err_text(untold));
	}
	while (!err && !r->is_stopping)
		err = turn(r);
	if (r->is_stopping)
		log_info(d->log, "stopping");
	stop(r);
	return err == 0 ? EXIT_DONE : err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
}

static int init_and_run(const struct settings *settings, struct log *log)
{
	struct run *r = calloc(1, sizeof(*r));
	if (!r)
		return EXIT_SYSTEM;
	struct daemon *d = &r->daemon;
	d->settings = settings;
	d->log = log;
	d->visits.asker.fd = d->visits.self.net_fd = d->visits.node_dir_fd = -1;
	list_init(&d->visits.watchers);
	d->closer.fd = d->lookup.watch.fd = -1;
	list_init(&d->closer.children);
	r->signals.fd = -1;
	r->watchdog_period = ready_watchdog_period(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	r->watchdog_due = r->watchdog_period;
	list_init(&d->listeners);
	list_init(&d->clients);
	list_init(&d->idle);
	registry_init(&d->registry);
	wishes_init(&d->wishes);
	rate_init(&d->rate, settings->rate);
	d->loop = loop_new();
	int code = EXIT_SYSTEM;
	if (d->loop)
		code = run(r);
	else
		(void)complain(r, "epoll", -errno);
	free(r);
	return code;
}

int main(int argc, char **argv)
{
	struct log log = {.fd = STDERR_FILENO, .threshold = LOG_LEVEL_INFO};
	struct options_args args;
	struct settings settings;
	int code = cmdline_parse(&args, &settings_table, argc, argv, &log);
	if (code != CMDLINE_GO_ON)
		return code;
	code = cmdline_load(&settings, &settings_table, &args, &log);
	options_args_fini(&args);
	if (code != CMDLINE_GO_ON)
		return code;
	log.threshold = settings.verbosity;
	code = init_and_run(&settings, &log);
	options_free(&settings, &settings_table);
	return code;
}
