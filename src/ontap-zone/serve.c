/* SPDX-License-Identifier: ISC */
/*
 * Owns the running daemon: its one loop, signals, reload and end.
 * Never derives or answers anything: it carries between the parts. Called by main.c.
 *
 *	watcher process ─► runtime_apply ─► (flush) ─► zone ─► dns threads
 *	                                       └─► mdns engine ─► mdns sockets
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/ready.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/daemon.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/report.h"
#include "ontap-zone/zones.h"

/* How long the goodbyes may take at the end. */
#define GOODBYE_PATIENCE (2 * NS_PER_S)

/* What the pipeline tells; `arg` is the runtime in the daemon. */

static struct daemon *daemon_of(void *runtime)
{
	return container_of(runtime, struct daemon, runtime);
}

static void on_record(void *arg, const struct zone_change *change)
{
	struct daemon *d = daemon_of(arg);
	peers_change(d->peers, change);
	if (d->control && change->type != RR_SOA && control_has_watchers(d->control))
		report_change(change, &d->watch_lines);
}

void daemon_reserve_serial(struct daemon *d)
{
	state_reserve_serial(d->runtime.conf.state_dir, d->log,
		zone_latest_serial(pipeline_zone(d->runtime.pipeline)), &d->reserved_serial);
}

void daemon_flush(struct daemon *d)
{
	if (!runtime_flush(&d->runtime))
		return;
	if (d->is_ready)
		daemon_reserve_serial(d);
	peers_published(d->peers);
	files_changed(&d->files, loop_now());
}

/* Exports have in them where clients stand; and after a reload there may be others than before. So
 * have the copies of secondaries. */
static void on_views(void *arg)
{
	struct daemon *d = daemon_of(arg);
	peers_views(d->peers);
	files_changed(&d->files, loop_now());
}

static void put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct daemon *d = daemon_of(arg);
	char name[LOG_TEXT_CAP];
	log_escape(link->name, name);
	if (is_gone || !mdns_net_has_link(d->mdns_net, link->ifindex))
		log_info(d->log, "mdns link: link=%s state=%s", name, is_gone ? "gone" : "up");
	if (is_gone) {
		mdns_link_gone(d->mdns, link->ifindex);
		mdns_net_link_gone(d->mdns_net, link->ifindex);
		return;
	}
	struct mdns_link up = {.id = link->ifindex,
		.mtu = link->mtu,
		.has_v4 = link->has_v4,
		.has_v6 = link->has_v6,
		.prefixes = link->prefixes,
		.prefix_count = link->prefix_count};
	mdns_net_link(d->mdns_net, link->ifindex, link->name, &up.has_v4, &up.has_v6);
	int err = mdns_link_up(d->mdns, loop_now(), &up);
	if (err)
		log_error(d->log, "mdns link: link=%s error=\"%s\"", name, err_text(err));
}

static int put_mdns(
	void *arg, uint32_t link, const uint8_t *owner, const struct mdns_rrset *sets, size_t count)
{
	return mdns_put(daemon_of(arg)->mdns, loop_now(), link, owner, sets, count);
}

/* mDNS. */

static void daemon_send_mdns(struct daemon *d)
{
	struct mdns_path to;
	const ns_t now = loop_now();
	size_t len;
	while ((len = mdns_poll(d->mdns, now, &to, d->packet, sizeof(d->packet))) > 0)
		mdns_net_send(d->mdns_net, &to, d->packet, len);
	mdns_net_flush(d->mdns_net);
}

void daemon_on_packet(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	struct daemon *d = arg;
	if (mdns_is_full(d->mdns))
		daemon_send_mdns(d);
	mdns_input(d->mdns, now, from, packet, len);
}

static void daemon_tell_notice(struct daemon *d, const struct mdns_notice *notice)
{
	char name[NAME_TEXT_CAP], current[NAME_TEXT_CAP], peer[ADDR_TEXT_CAP];
	name_to_text(notice->name.wire, name);
	addr_format(&notice->peer, peer);
	switch (notice->type) {
	case MDNS_NOTICE_ESTABLISHED:
		log_debug(d->log, "mdns established: name=%s ifindex=%u", name, notice->link);
		break;
	case MDNS_NOTICE_RENAMED:
		log_warning(d->log, "mdns renamed: name=%s current=%s peer=%s", name,
			name_to_text(notice->current.wire, current), peer);
		d->names.has_changed = true;
		break;
	case MDNS_NOTICE_CONFLICT:
		log_info(d->log, "mdns conflict: name=%s ifindex=%u peer=%s", name, notice->link,
			peer);
		break;
	case MDNS_NOTICE_YIELDED:
		log_info(d->log, "mdns yielded: name=%s ifindex=%u peer=%s", name, notice->link,
			peer);
		break;
	case MDNS_NOTICE_COUNT: break;
	}
	if (d->control && control_has_watchers(d->control))
		report_notice(notice, &d->watch_lines);
}

/* Sends what the engine has to send, and tells what it has to tell. */
static void daemon_pump_mdns(struct daemon *d)
{
	struct mdns_notice notice;
	daemon_send_mdns(d);
	while (mdns_next_notice(d->mdns, &notice))
		daemon_tell_notice(d, &notice);
	state_names_poll(&d->names, loop_now(), d->runtime.conf.state_dir, d->log, d->mdns);
}

/* Others have forgotten us while the machine slept, and the link may be another (RFC 6762 §8). */
void daemon_on_resume(void *arg, ns_t nap)
{
	struct daemon *d = arg;
	log_info(d->log, "resumed: slept_s=%lld", (long long)(nap / NS_PER_S));
	mdns_restart(d->mdns, loop_now());
}

/* The control socket. */

bool daemon_answer(void *arg, const char *request, struct buf *out)
{
	struct daemon *d = arg;
	struct report report = {.pipeline = d->runtime.pipeline,
		.kernel = watcher_stats(d->watcher),
		.dns = d->dns,
		.mdns = d->mdns,
		.peers = d->peers,
		.now = loop_now(),
		.started = d->started,
		.is_ready = d->is_ready};
	return report_answer(&report, request, out);
}

static void daemon_tell_watchers(struct daemon *d)
{
	if (d->watch_lines.len > 0 && d->control)
		control_broadcast(d->control, d->watch_lines.bytes, d->watch_lines.len);
	buf_fini(&d->watch_lines);
}

/* Reload. */

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_answer_policy(const struct conf *a, const struct conf *b)
{
	return a->cookies == b->cookies && a->rate_limit == b->rate_limit &&
	       is_same_text(a->nsid, b->nsid) && is_same_text(a->identity, b->identity) &&
	       a->trusted.count == b->trusted.count &&
	       (a->trusted.count == 0 || memcmp(a->trusted.at, b->trusted.at,
						 a->trusted.count * sizeof(*a->trusted.at)) == 0);
}

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swapped = (a);                                                       \
		(a) = (b);                                                                         \
		(b) = swapped;                                                                     \
	} while (0)

static void warn_if_fixed(const struct daemon *d, const char *key, bool is_same)
{
	if (!is_same)
		log_warning(d->log,
			"not changed by a reload: key=%s note=\"takes effect at the next start\"",
			key);
}

/* What cannot change while running is said, and kept: `now` gets what is in force. */
static void keep_fixed(const struct daemon *d, struct conf *before, struct conf *now)
{
	warn_if_fixed(d, "listen",
		before->listens.count == now->listens.count &&
			memcmp(before->listens.at, now->listens.at,
				now->listens.count * sizeof(*now->listens.at)) == 0);
	SWAP(before->listens, now->listens);
	warn_if_fixed(d, "threads", before->threads == now->threads);
	SWAP(before->threads, now->threads);
	warn_if_fixed(d, "cookies, rate-limit, nsid, identity, trust-subnet",
		is_same_answer_policy(before, now));
	SWAP(before->cookies, now->cookies);
	SWAP(before->rate_limit, now->rate_limit);
	SWAP(before->nsid, now->nsid);
	SWAP(before->identity, now->identity);
	SWAP(before->trusted, now->trusted);
	warn_if_fixed(d, "socket", is_same_text(before->socket_path, now->socket_path));
	SWAP(before->socket_path, now->socket_path);
	warn_if_fixed(d, "user", is_same_text(before->user, now->user));
	SWAP(before->user, now->user);
	warn_if_fixed(d, "assign-nsid", is_same_text(before->nsid_dir, now->nsid_dir));
	SWAP(before->nsid_dir, now->nsid_dir);
	warn_if_fixed(d, "hostnames-by", before->census == now->census);
	SWAP(before->census, now->census);
	warn_if_fixed(d, "grants", is_same_text(before->grants_dir, now->grants_dir));
	SWAP(before->grants_dir, now->grants_dir);
}

/* A secret of our own goes on where no others are given. */
static void daemon_change_cookies(struct daemon *d, const struct cookie_keys *given)
{
	if (given->count == 0 && d->cookie_keys.is_seed)
		return;
	d->cookie_keys = given->count > 0 ? *given : daemon_new_cookie_seed();
	if (dns_set_cookie_keys(d->dns, &d->cookie_keys))
		log_error(d->log, "cookies: error=\"%s\"", err_text(ERR_NOMEM));
}

/* All that outlives us goes into the new directory, too. */
static void daemon_change_state_dir(struct daemon *d)
{
	d->reserved_serial = 0;
	daemon_reserve_serial(d);
	d->names.has_changed = true;
}

/* Everything that a configuration names is read before anything is changed. */
struct named {
	struct collection *statics;
	struct conf_keys keys;
	struct cookie_keys cookies;
};

/* ERR_SYNTAX, ERR_NOMEM with `*error` filled: there is nothing in `*ret` then. */
static int named_read(const struct daemon *d, const struct conf *conf, struct named *ret,
	struct conf_error *error)
{
	int err = cookie_keys_read(&ret->cookies, conf, d->log, error);
	if (!err)
		err = zones_read(&ret->statics, &conf->zone_files, &conf->domain, error);
	if (err)
		return err;
	err = keys_read(&ret->keys, conf, d->log, error);
	if (err)
		collection_free(ret->statics);
	return err;
}

/* `conf` is moved in. ERR_SYNTAX, ERR_NOMEM with `*error` filled: nothing has changed. */
static int daemon_configure(struct daemon *d, struct conf *conf, struct conf_error *error)
{
	struct named named;
	enum log_level threshold = (enum log_level)conf->verbosity;
	bool has_new_state_dir = !is_same_text(d->runtime.conf.state_dir, conf->state_dir);
	int err = named_read(d, conf, &named, error);
	if (err) {
		conf_fini(conf);
		return err;
	}
	keep_fixed(d, &d->runtime.conf, conf);
	err = runtime_reload(&d->runtime, conf, named.statics);
	if (err)
		log_error(d->log, "reloaded in part: error=\"%s\"", err_text(err));
	d->log->threshold = threshold;
	daemon_flush(d);
	peers_configure(d->peers, &named.keys);
	daemon_change_cookies(d, &named.cookies);
	if (has_new_state_dir)
		daemon_change_state_dir(d);
	return 0;
}

static void daemon_reload(struct daemon *d)
{
	struct conf conf;
	struct conf_error error = {"out of memory"};
	d->has_to_reload = false;
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "RELOADING=1");
	if (command_load(&conf, d->args, d->log))
		log_error(d->log, "not reloaded: note=\"the old configuration stays\"");
	else if (daemon_configure(d, &conf, &error))
		log_error(d->log, "not reloaded: error=\"%s\" note=\"the old configuration stays\"",
			error.text);
	else
		log_info(d->log, "reloaded");
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "READY=1");
}

void daemon_on_signal(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	struct signalfd_siginfo info;
	while (read(d->signal_watch.fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			files_reap(&d->files);
		else if (info.ssi_signo == SIGHUP)
			d->has_to_reload = true;
		else
			d->is_stopping = true;
	}
}

/* Without the watcher we would serve what is no longer true: a supervisor starts us anew. */
void daemon_on_watcher(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	int err = watcher_handle(d->watcher);
	if (!err)
		return;
	log_error(d->log, "the watcher has ended: error=\"%s\"", err_text(err));
	d->has_failed = d->is_stopping = true;
}

/* One turn of the loop, and what follows from what came in. */
int daemon_turn(struct daemon *d, ns_t deadline)
{
	deadline = ns_min(deadline, mdns_deadline(d->mdns));
	deadline = ns_min(deadline, state_names_deadline(&d->names));
	deadline = ns_min(deadline, files_deadline(&d->files));
	if (d->peers)
		deadline = ns_min(deadline, peers_deadline(d->peers));
	int err = loop_turn(d->loop, deadline);
	if (err) {
		log_error(d->log, "cannot wait for events: error=\"%s\"", err_text(err));
		return err;
	}
	if (d->has_to_reload && d->is_ready)
		daemon_reload(d);
	if (!watcher_is_synced(d->watcher))
		return 0;
	if (runtime_is_dirty(&d->runtime)) {
		daemon_flush(d);
		if (d->dns)
			dns_retry(d->dns);
	}
	daemon_pump_mdns(d);
	daemon_tell_watchers(d);
	files_poll(&d->files, loop_now());
	if (d->peers)
		peers_poll(d->peers, loop_now());
	return 0;
}

/* Says goodbye on every link, as long as it takes, but not longer than is decent. */
static void daemon_say_goodbye(struct daemon *d)
{
	ns_t end = loop_now() + GOODBYE_PATIENCE;
	mdns_goodbye(d->mdns, loop_now());
	daemon_pump_mdns(d);
	while (mdns_deadline(d->mdns) < end && loop_now() < end) {
		if (loop_turn(d->loop, mdns_deadline(d->mdns)))
			return;
		daemon_pump_mdns(d);
	}
}

static void daemon_stop(struct daemon *d)
{
	if (d->is_ready) {
		(void)!ready_notify(getenv("NOTIFY_SOCKET"), "STOPPING=1");
		daemon_say_goodbye(d);
		state_names_poll(&d->names, loop_now() + NS_PER_S, d->runtime.conf.state_dir,
			d->log, d->mdns); /* what is not stored yet */
		state_write_serial(d->runtime.conf.state_dir, d->log,
			zone_latest_serial(pipeline_zone(d->runtime.pipeline)));
	}
	control_close(d->control);
	d->control = NULL;
	dns_close(d->dns);
	peers_close(d->peers);
	d->peers = NULL;
	resume_close(&d->resume);
	mdns_net_free(d->mdns_net);
	buf_fini(&d->watch_lines);
}

static int daemon_run(struct daemon *d)
{
	int code = daemon_start(d);
	while (code == 0 && !d->is_stopping)
		if (daemon_turn(d, d->has_to_reload ? 0 : NS_NEVER))
			code = EXIT_SYSTEM;
	if (d->is_stopping)
		log_info(d->log, "stopping");
	daemon_stop(d);
	return d->has_failed ? EXIT_SYSTEM : code;
}

/* A user that is not there is a mistake in the configuration: found before anything is started. */
static int check_user(const struct conf *conf, const struct log *log)
{
	struct privilege_user user;
	if (!conf->user || privilege_find_user(conf->user, &user) == 0)
		return EXIT_DONE;
	log_error(log, "cannot change user: user=\"%s\" error=\"there is no such user\"", conf->user);
	return EXIT_USAGE;
}

/* With the runtime from its making to its end. `conf` is moved in. */
static int serve(struct daemon *d, struct conf *conf)
{
	struct conf_error error;
	struct pipeline_sink sink = {.on_record = on_record,
		.on_views = on_views,
		.put_mdns_link = put_mdns_link,
		.put_mdns = put_mdns};
	int err = runtime_init(&d->runtime, conf, d->log, sink, &error);
	if (err) {
		log_error(d->log, "cannot start: error=\"%s\"", error.text);
		return err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	}
	files_init(&d->files, &d->runtime, d->log);
	int code = daemon_open_mdns(d, loop_random());
	if (!code) {
		/* What is served now may differ from what was served under that one. */
		uint32_t before = state_read_serial(d->runtime.conf.state_dir, d->log);
		d->runtime.serial_floor = before ? before + 1 : 0;
		state_read_names(d->runtime.conf.state_dir, d->log, d->mdns);
		code = daemon_run(d);
	}
	runtime_fini(&d->runtime);
	return code;
}

int command_serve(struct conf *conf, const struct conf_args *args, struct log *log)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int code = check_user(conf, log);
	if (code || !d || !(d->loop = loop_new())) {
		if (!code)
			log_error(log, "cannot start: error=\"%s\"", err_text(-errno));
		conf_fini(conf);
		free(d);
		return code ? code : EXIT_SYSTEM;
	}
	d->log = log;
	d->args = args;
	d->started = loop_now();
	d->signal_watch.fd = -1;
	code = daemon_start_watching(d, conf);
	if (code)
		conf_fini(conf);
	else
		code = serve(d, conf);
	daemon_stop_watching(d);
	mdns_free(d->mdns);
	loop_free(d->loop);
	free(d);
	return code;
}

int command_check(struct conf *conf, const struct log *log)
{
	struct runtime runtime;
	struct conf_error error;
	int code = check_user(conf, log);
	if (code) {
		conf_fini(conf);
		return code;
	}
	struct conf_keys keys = {0};
	struct cookie_keys cookies;
	if (keys_read(&keys, conf, log, &error) || cookie_keys_read(&cookies, conf, log, &error)) {
		log_error(log, "check failed: error=\"%s\"", error.text);
		tsig_keys_free(keys.at, keys.count);
		conf_fini(conf);
		return EXIT_USAGE;
	}
	tsig_keys_free(keys.at, keys.count);
	int err = runtime_init(&runtime, conf, log, (struct pipeline_sink){0}, &error);
	if (err) {
		log_error(log, "check failed: error=\"%s\"", error.text);
		return err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	}
	runtime_fini(&runtime);
	return EXIT_DONE;
}
