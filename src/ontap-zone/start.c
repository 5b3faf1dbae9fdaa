/* SPDX-License-Identifier: ISC */
/*
 * Owns the start of the daemon: the order in which parts are opened, and when it is ready.
 * Never handles an event: daemon.c does.
 */
#include "ontap-zone/start.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/process.h"
#include "io/rcu.h"
#include "io/ready.h"
#include "io/sandbox_lists.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/grants_dir.h"
#include "ontap-zone/signed.h"
#include "ontap-zone/sockets.h"
#include "ontap-zone/turn.h"
#include "zone/sign.h"

/* How long readiness waits until the watcher has found the owners of taken addresses. */
#define OWNERS_PATIENCE NS_PER_S

/* Each step logs its failure and returns the exit code. */

static int start_signals(struct daemon *d)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	process_ignore_sigpipe();
	process_raise_descriptor_limit(); /* of both processes */
	d->signal_watch = (struct loop_watch){.on_ready = daemon_on_signal, .arg = d};
	int err = process_signals_open(d->loop, &d->signal_watch, signals, ARRAY_LEN(signals));
	if (!err)
		return 0;
	log_error(d->log, "cannot start: step=signalfd error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

/* Collects the ports of the rules, each once, as many as there is room for. */
static void list_ports(const struct listen_rules *rules, uint16_t *ports, size_t cap)
{
	size_t count = 0;
	for (size_t i = 0; i < rules->count; i++) {
		size_t at = 0;
		while (at < count && ports[at] != rules->at[i].port)
			at++;
		if (at == count && count < cap)
			ports[count++] = rules->at[i].port;
	}
}

/* The watcher becomes a user of its own, unless we are not root, or only root can list the namespaces. */
static bool find_watching_user(
	const struct daemon *d, const struct conf *conf, struct privilege_user *ret)
{
	int err = geteuid() == 0 ? privilege_find_unnamed(d->user.uid, conf_netns_dir(conf), ret)
				 : ERR_ABSENT;
	if (err && geteuid() == 0)
		log_info(d->log, "watcher: uid=0 error=\"%s\"", err_text(err));
	return !err;
}

static int start_watcher(struct daemon *d, const struct conf *conf)
{
	struct privilege_user user;
	const bool has_user = find_watching_user(d, conf, &user);
	if (conf->grants_dir)
		grants_dir_make(conf->grants_dir);
	struct watcher_config config = {.netns_dir = conf_netns_dir(conf),
		.has_all_nsids = conf_has_all_netns(conf),
		.grants_dir = conf->grants_dir,
		.grants_owner = grants_dir_owner(conf->grants_dir),
		.census = (enum census_means)conf->census,
		.socket_paths = {conf->socket_path, conf->resolve_path},
		.user = has_user ? &user : NULL,
		.log = d->log,
		.on_event = daemon_on_event,
		.on_guest_socket = daemon_on_guest_socket,
		.arg = d};
	/* The last one is for other mDNS responders: see daemon_tell_notice(). */
	list_ports(&conf->listens, config.ports, ARRAY_LEN(config.ports) - 1);
	config.ports[ARRAY_LEN(config.ports) - 1] = MDNS_PORT;
	d->watcher = watcher_start(&config);
	if (!d->watcher)
		return EXIT_SYSTEM; /* already logged */
	d->watcher_watch = (struct loop_watch){
		.fd = watcher_fd(d->watcher), .on_ready = daemon_on_watcher, .arg = d};
	int err = loop_add(d->loop, &d->watcher_watch, EPOLLIN);
	if (!err)
		return 0;
	log_error(d->log, "cannot start: step=epoll error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

int daemon_start_watching(struct daemon *d, const struct conf *conf)
{
	int code = start_signals(d);
	return code ? code : start_watcher(d, conf);
}

void daemon_stop_watching(struct daemon *d)
{
	if (d->watcher)
		loop_remove(d->loop, &d->watcher_watch);
	watcher_stop(d->watcher);
	process_signals_close(d->loop, &d->signal_watch);
}

/* Waits for the first dump and publishes it; a signal may interrupt it. */
static int start_sync(struct daemon *d)
{
	while (!watcher_is_synced(d->watcher) && !d->is_stopping)
		if (daemon_turn(d, NS_NEVER))
			return EXIT_SYSTEM;
	do
		daemon_flush(d);
	while (runtime_has_more(&d->runtime));
	return 0;
}

static int refuse_user(const struct daemon *d, const char *name, int err)
{
	log_error(d->log, "cannot change user: user=\"%s\" error=\"%s\"", name,
		err == ERR_ABSENT ? "there is no such user" : err_text(err));
	return EXIT_SYSTEM;
}

/* Nobody has said that it shall be root, so it is not. Only where there is no other id, as in a user
 * namespace of one, it is root of that. */
static void be_unnamed(struct daemon *d)
{
	int err = privilege_find_unnamed(0, NULL, &d->user);
	d->user_name = err ? "root" : "a user without a name";
	if (err) {
		d->user = (struct privilege_user){0, 0};
		log_warning(d->log,
			"user: uid=0 error=\"%s\" note=\"there is no user ontap, and no id that "
			"is free\"",
			err_text(err));
		return;
	}
	log_info(d->log,
		"user: uid=%u note=\"there is no user ontap; files that it writes, or reads at a "
		"reload, must be open to this uid, or use --user\"",
		d->user.uid);
}

/* Finds the user: the configured one; otherwise "ontap"; otherwise, if we are root, one that nobody is.
 * `d->user_name` stays NULL if we are not root, or are that user already, and no change is needed. */
int daemon_find_user(struct daemon *d, const struct conf *conf)
{
	const char *name = conf->user ? conf->user : "ontap";
	int err = privilege_find_user(name, &d->user);
	if (geteuid() != 0 && (!conf->user || (!err && d->user.uid == geteuid())))
		return 0;
	if (err && (conf->user || err != ERR_ABSENT))
		return refuse_user(d, name, err);
	d->user_name = name;
	if (err)
		be_unnamed(d);
	return 0;
}

/* Changes the user. The resolve socket is opened only after the look-up: NSS may ask through that
 * socket, and nobody could answer. Threads are made after this. */
static int start_user(struct daemon *d)
{
	sockets_open_resolve(d);
	int err = ready_connect(getenv("NOTIFY_SOCKET"));
	if (err)
		log_warning(d->log, "ready: error=\"%s\"", err_text(err));
	confine_begin(&d->confinement, d->user_name != NULL, d->log);
	err = d->user_name ? privilege_become(&d->user) : 0;
	if (err)
		return refuse_user(d, d->user_name, err);
	if (!d->user_name)
		privilege_keep_serving();
	err = confine_serving(&d->confinement, d->runtime.conf.updates.count > 0, d->log);
	sandbox_thread_prepare();
	rcu_start(sandbox_thread_confine);
	return err ? EXIT_SYSTEM : 0;
}

static int start_peers(struct daemon *d)
{
	const struct peers_config config = {.runtime = &d->runtime,
		.loop = d->loop,
		.log = d->log,
		.updates = d->updates,
		.sign = daemon_sign_update,
		.sign_arg = d};
	int err = peers_open(&d->peers, &config, &d->keys);
	if (err)
		return EXIT_SYSTEM;
	d->keys = (struct conf_keys){0};
	return 0;
}

static struct serve_text to_text(const char *text)
{
	struct serve_text ret = {0};
	if (text) {
		ret.len = (uint8_t)strnlen(text, sizeof(ret.bytes));
		memcpy(ret.bytes, text, ret.len);
	}
	return ret;
}

static struct serve_policy make_policy(const struct conf *conf)
{
	return (struct serve_policy){.nsid = to_text(conf->nsid),
		.identity = to_text(conf->identity),
		.cookies = (enum serve_cookies)conf->cookies,
		.trusted = conf->trusted.at,
		.trusted_count = conf->trusted.count};
}

static int start_dns(struct daemon *d)
{
	const struct conf *conf = &d->runtime.conf;
	if (d->cookie_keys.count == 0)
		d->cookie_keys = daemon_new_cookie_seed();
	const struct dns_config config = {.workers = conf->threads,
		.zone = zone_reader(pipeline_zone(d->runtime.pipeline)),
		.views = pipeline_views(d->runtime.pipeline),
		.log = d->log,
		.transfers = peers_transfers(d->peers),
		.policy = make_policy(conf),
		.cookie_keys = d->cookie_keys,
		.rate_limit = conf->rate_limit};
	d->dns = dns_open(&config);
	if (d->dns)
		return 0;
	log_error(d->log, "cannot start: error=\"%s\"", err_text(ERR_NOMEM));
	return EXIT_SYSTEM;
}

/* Readiness includes the report of places that are not served, and why. The watcher needs a
 * moment for that. */
static int start_listening(struct daemon *d)
{
	const ns_t end = loop_now() + OWNERS_PATIENCE;
	daemon_warn_absent(d);
	listening_start(&d->listening, d->dns, pipeline_model(d->runtime.pipeline),
		&d->runtime.conf.listens, d->watcher, d->log);
	while (!listening_is_settled(&d->listening) && !d->is_stopping && loop_now() < end)
		if (daemon_turn(d, end))
			return EXIT_SYSTEM;
	return 0;
}

static void say_ready(struct daemon *d)
{
	daemon_tell_status(d);
	int err = ready_say(d->runtime.conf.ready_fd, getenv("NOTIFY_SOCKET"));
	if (err)
		log_warning(d->log, "ready: error=\"%s\"", err_text(err));
	struct model_stats m = model_stats(pipeline_model(d->runtime.pipeline));
	log_info(d->log,
		"ready: namespaces=%zu links=%zu addresses=%zu names=%zu listening=%zu "
		"not_listening=%zu",
		m.namespaces, m.links, m.addrs,
		names_stats(pipeline_names(d->runtime.pipeline)).hosts, dns_served(d->dns),
		dns_waiting(d->dns));
}

int daemon_open_mdns(struct daemon *d, uint64_t seed)
{
	company_open(&d->company);
	d->mdns = mdns_new(seed);
	d->mdns_net = mdns_net_new(d->loop, d->log, daemon_on_packet, d);
	if (!d->mdns || !d->mdns_net) {
		log_error(d->log, "cannot start: error=\"%s\"", err_text(ERR_NOMEM));
		return EXIT_SYSTEM;
	}
	int err = resume_open(&d->resume, d->loop, daemon_on_resume, daemon_on_clock, d);
	if (err)
		log_warning(
			d->log, "cannot tell when the machine slept: error=\"%s\"", err_text(err));
	return 0;
}

/* Until all is signed, what is signed is served, but nobody is told that it is ready. */
static int sign_all(struct daemon *d)
{
	const struct zone *zone = pipeline_zone(d->runtime.pipeline);
	while (d->signer && zone_is_signing(zone) && !d->is_stopping)
		if (daemon_turn(d, NS_NEVER))
			return EXIT_SYSTEM;
	if (d->signatures && !d->is_stopping)
		signatures_open(d->signatures);
	if (d->signer)
		malloc_trim(0); /* what waited for its signature was held in many small blocks */
	return 0;
}

int daemon_start(struct daemon *d)
{
	int code = start_sync(d);
	if (code || d->is_stopping)
		return code;
	code = sockets_open_control(d);
	if (!code)
		code = start_peers(d);
	if (!code)
		code = start_user(d);
	if (!code)
		code = start_dns(d);
	if (!code)
		code = start_listening(d);
	if (!code && confine_end(&d->confinement, d->log))
		code = EXIT_SYSTEM;
	if (!code)
		code = sign_all(d);
	if (code || d->is_stopping)
		return code;
	d->is_ready = true;
	say_ready(d);
	daemon_reserve_serial(d); /* fsync takes a while; nobody has to wait for it */
	return 0;
}
