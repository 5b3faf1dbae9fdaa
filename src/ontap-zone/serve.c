/* SPDX-License-Identifier: ISC */
/*
 * Owns the running daemon: its start, its one loop, signals, reload and end.
 * Never derives or answers anything: it carries between the parts. Called by main.c.
 *
 *	watcher process ─► world_apply ─► (flush) ─► zone ─► dns threads
 *	                                     └─► mdns engine ─► mdns sockets
 */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/control.h"
#include "io/dns.h"
#include "io/loop.h"
#include "io/mdns.h"
#include "io/privilege.h"
#include "io/ready.h"
#include "io/resume.h"
#include "io/watcher.h"
#include "mdns/mdns.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/files.h"
#include "ontap-zone/report.h"
#include "ontap-zone/state.h"
#include "ontap-zone/world.h"

/* How long the goodbyes may take at the end. */
#define GOODBYE_PATIENCE (2 * NS_PER_S)

struct daemon {
	struct loop *loop;
	struct log *log;
	const struct conf_args *args;
	struct world world;
	struct watcher *watcher;
	struct dns *dns;
	struct mdns *mdns;
	struct mdns_net *mdns_net;
	struct control *control;
	struct files files;
	struct loop_watch watcher_watch, signal_watch;
	struct resume resume;
	struct buf watch_lines; /* for `watch`, of the changes of this flush */
	ns_t started;
	bool is_ready, is_stopping;
	bool has_failed;
	uint8_t packet[9000];
};

/* What the world tells. */

static void on_record(void *arg, const struct zone_change *change)
{
	struct daemon *d = arg;
	if (d->control && change->type != RR_SOA && control_has_watchers(d->control))
		report_change(change, &d->watch_lines);
}

static void on_published(void *arg)
{
	struct daemon *d = arg;
	files_changed(&d->files, loop_now());
}

static void on_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct daemon *d = arg;
	char name[LOG_TEXT_CAP];
	log_info(d->log, "mdns link: link=%s state=%s", log_escape(link->name, name),
		is_gone ? "gone" : "up");
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

static int put_mdns(void *arg, uint32_t ifindex, const uint8_t *owner, const struct rrset *sets,
	size_t count, bool is_reverse)
{
	struct daemon *d = arg;
	struct mdns_rrset *mine = calloc(count + 1, sizeof(*mine));
	if (!mine)
		return ERR_NOMEM;
	for (size_t i = 0; i < count; i++)
		mine[i] = (struct mdns_rrset){.set = sets[i],
			/* DNS-SD's PTR are many hosts' (RFC 6763 §4.1); all else is one's own. */
			.is_unique = is_reverse || sets[i].type != RR_PTR,
			.is_known_unique = is_reverse};
	int err = mdns_put(d->mdns, loop_now(), ifindex, owner, mine, count);
	free(mine);
	return err;
}

/* mDNS. */

static void on_packet(void *arg, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	struct daemon *d = arg;
	mdns_input(d->mdns, loop_now(), from, packet, len);
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
		state_write_name(d->world.conf.state_dir, d->log, notice->name.wire,
			notice->current.wire);
		break;
	case MDNS_NOTICE_CONFLICT:
		log_info(d->log, "mdns conflict: name=%s ifindex=%u peer=%s", name,
			notice->link, peer);
		break;
	case MDNS_NOTICE_YIELDED:
		log_info(d->log, "mdns yielded: name=%s ifindex=%u peer=%s", name,
			notice->link, peer);
		break;
	case MDNS_NOTICE_COUNT: break;
	}
	if (d->control && control_has_watchers(d->control))
		report_notice(notice, &d->watch_lines);
}

/* Sends what the engine has to send, and tells what it has to tell. */
static void daemon_pump_mdns(struct daemon *d)
{
	struct mdns_path to;
	struct mdns_notice notice;
	size_t len;
	while ((len = mdns_poll(d->mdns, loop_now(), &to, d->packet, sizeof(d->packet))) > 0)
		mdns_net_send(d->mdns_net, &to, d->packet, len);
	while (mdns_next_notice(d->mdns, &notice))
		daemon_tell_notice(d, &notice);
}

/* Others have forgotten us while the machine slept, and the link may be another (RFC 6762 §8). */
static void on_resume(void *arg, ns_t nap)
{
	struct daemon *d = arg;
	log_info(d->log, "resumed: slept=%llds", (long long)(nap / NS_PER_S));
	mdns_restart(d->mdns, loop_now());
}

/* The control socket. */

static bool answer(void *arg, const char *request, struct buf *out)
{
	struct daemon *d = arg;
	struct report report = {.world = &d->world,
		.kernel = watcher_stats(d->watcher),
		.dns = d->dns,
		.mdns = d->mdns,
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

/* What cannot change while running keeps its value; says which. */
static void warn_of_fixed(const struct daemon *d, const struct conf *before, const struct conf *now)
{
	const struct {
		const char *key;
		bool is_same;
	} fixed[] = {
		{"listen", before->listens.count == now->listens.count &&
				memcmp(before->listens.at, now->listens.at,
					now->listens.count * sizeof(*now->listens.at)) == 0},
		{"threads", before->threads == now->threads},
		{"socket", is_same_text(before->socket_path, now->socket_path)},
		{"state", is_same_text(before->state_dir, now->state_dir)},
		{"user", is_same_text(before->user, now->user)},
		{"assign-nsid", is_same_text(before->nsid_dir, now->nsid_dir)},
	};
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
		if (!fixed[i].is_same)
			log_warning(d->log, "not changed by a reload: key=%s note=\"takes effect at the next start\"",
				fixed[i].key);
}

static void daemon_reload(struct daemon *d)
{
	struct conf conf;
	struct conf_error error;
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "RELOADING=1");
	if (command_load(&conf, d->args, d->log)) {
		log_error(d->log, "not reloaded: note=\"the old configuration stays\"");
		return;
	}
	warn_of_fixed(d, &d->world.conf, &conf);
	enum log_level threshold = (enum log_level)conf.verbosity;
	if (world_reload(&d->world, &conf, &error)) {
		log_error(d->log, "not reloaded: error=\"%s\" note=\"the old configuration stays\"",
			error.text);
		return;
	}
	d->log->threshold = threshold;
	world_flush(&d->world);
	log_info(d->log, "reloaded");
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "READY=1");
}

static void on_signal(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	struct signalfd_siginfo info;
	while (read(d->signal_watch.fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			files_reap(&d->files);
		else if (info.ssi_signo == SIGHUP && d->is_ready)
			daemon_reload(d);
		else if (info.ssi_signo != SIGHUP)
			d->is_stopping = true;
	}
}

/* Without the watcher we would serve what is no longer true: a supervisor starts us anew. */
static void on_watcher(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	if (watcher_handle(d->watcher) == 0)
		return;
	log_error(d->log, "the watcher has ended: error=\"%s\"", strerror(errno));
	d->has_failed = d->is_stopping = true;
}

/* One turn of the loop, and what follows from what came in. */
static int daemon_turn(struct daemon *d, ns_t deadline)
{
	deadline = ns_min(deadline, mdns_deadline(d->mdns));
	deadline = ns_min(deadline, files_deadline(&d->files));
	int err = loop_turn(d->loop, deadline);
	if (err) {
		log_error(d->log, "cannot wait for events: error=\"%s\"", strerror(errno));
		return err;
	}
	if (!watcher_is_synced(d->watcher))
		return 0;
	if (names_is_dirty(d->world.names)) {
		world_flush(&d->world);
		if (d->dns)
			dns_retry(d->dns);
	}
	daemon_pump_mdns(d);
	daemon_tell_watchers(d);
	files_poll(&d->files, loop_now());
	return 0;
}

/* The start, step by step. Each logs what went wrong and returns the exit code. */

static int start_signals(struct daemon *d)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_watch = (struct loop_watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.on_ready = on_signal,
		.arg = d};
	if (d->signal_watch.fd >= 0 && loop_add(d->loop, &d->signal_watch, EPOLLIN) == 0)
		return 0;
	log_error(d->log, "cannot start: error=\"signalfd: %s\"", strerror(errno));
	return EXIT_SYSTEM;
}

static int start_watcher(struct daemon *d)
{
	d->watcher = watcher_start(&(struct watcher_config){.netns_dir = d->world.conf.nsid_dir,
		.log = d->log,
		.on_event = world_apply,
		.arg = &d->world});
	if (!d->watcher)
		return EXIT_SYSTEM; /* it has said why */
	d->watcher_watch = (struct loop_watch){
		.fd = watcher_fd(d->watcher), .on_ready = on_watcher, .arg = d};
	if (loop_add(d->loop, &d->watcher_watch, EPOLLIN) == 0)
		return 0;
	log_error(d->log, "cannot start: error=\"epoll: %s\"", strerror(errno));
	return EXIT_SYSTEM;
}

/* Waits for the first dump and publishes it; a signal may end it. */
static int start_sync(struct daemon *d)
{
	while (!watcher_is_synced(d->watcher) && !d->is_stopping)
		if (daemon_turn(d, NS_NEVER))
			return EXIT_SYSTEM;
	world_flush(&d->world);
	return 0;
}

static int start_control(struct daemon *d)
{
	const char *path = d->world.conf.socket_path;
	int err = control_open(&d->control, d->loop, d->log, path, answer, d);
	if (!err)
		return 0;
	log_error(d->log, "control socket: path=%s error=\"%s\"", path,
		err == ERR_EXISTS ? "another ontap-zone is running: stop it, or use --socket"
		: err == ERR_SYS  ? strerror(errno)
				  : err_text(err));
	return EXIT_SYSTEM;
}

/* Becomes the user that was asked for, or "ontap" if there is such a user and we are root. */
static int start_user(struct daemon *d)
{
	const char *name = d->world.conf.user ? d->world.conf.user : "ontap";
	struct privilege_user user;
	int err = privilege_find_user(name, &user);
	if (err == ERR_ABSENT && !d->world.conf.user)
		return 0;
	if (!d->world.conf.user && geteuid() != 0)
		return 0;
	if (!err) {
		mkdir(d->world.conf.state_dir, 0755);
		if (chown(d->world.conf.state_dir, user.uid, user.gid))
			log_warning(d->log, "state directory: path=%s error=\"chown: %s\"",
				d->world.conf.state_dir, strerror(errno));
		err = privilege_become(&user);
	}
	if (!err)
		return 0;
	log_error(d->log, "cannot change user: name=%s error=\"%s\"", name,
		err == ERR_ABSENT ? "there is no such user" : strerror(errno));
	return EXIT_SYSTEM;
}

static int start_dns(struct daemon *d)
{
	const struct conf *conf = &d->world.conf;
	struct dns_listen *listens = calloc(conf->listens.count + 1, sizeof(*listens));
	if (!listens)
		return EXIT_SYSTEM;
	for (size_t i = 0; i < conf->listens.count; i++)
		listens[i] = (struct dns_listen){.addr = conf->listens.at[i].addr,
			.port = conf->listens.at[i].port,
			.ifindex = if_nametoindex(conf->listens.at[i].ifname)};
	struct dns_config config = {.listen = listens,
		.listen_count = conf->listens.count,
		.workers = conf->threads,
		.zone = zone_reader(d->world.zone),
		.views = &d->world.views,
		.log = d->log};
	d->dns = dns_open(&config);
	free(listens);
	if (d->dns && dns_served(d->dns) > 0)
		return 0;
	log_error(d->log, "cannot start: error=\"no address to listen on could be opened\"");
	return EXIT_SYSTEM;
}

static int start_mdns(struct daemon *d, uint64_t seed)
{
	d->mdns = mdns_new(seed);
	d->mdns_net = mdns_net_new(d->loop, d->log, on_packet, d);
	if (!d->mdns || !d->mdns_net) {
		log_error(d->log, "cannot start: error=\"%s\"", err_text(ERR_NOMEM));
		return EXIT_SYSTEM;
	}
	if (resume_open(&d->resume, d->loop, on_resume, d))
		log_warning(d->log, "cannot tell when the machine slept: error=\"%s\"",
			strerror(errno));
	return 0;
}

static int daemon_start(struct daemon *d)
{
	int code = start_signals(d);
	if (!code)
		code = start_watcher(d);
	if (!code)
		code = start_sync(d);
	if (code || d->is_stopping)
		return code;
	code = start_control(d);
	if (!code)
		code = start_user(d);
	if (!code)
		code = start_dns(d);
	if (code)
		return code;
	d->is_ready = true;
	if (ready_say(d->world.conf.ready_fd, getenv("NOTIFY_SOCKET")))
		log_warning(d->log, "ready: error=\"%s\"", strerror(errno));
	struct model_stats m = model_stats(d->world.model);
	log_info(d->log, "ready: namespaces=%zu links=%zu addresses=%zu names=%zu",
		m.namespaces, m.links, m.addrs, names_stats(d->world.names).hosts);
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
		state_write_serial(d->world.conf.state_dir, d->log,
			zone_serial(d->world.zone, d->world.conf.domain.wire));
	}
	control_close(d->control);
	d->control = NULL;
	dns_close(d->dns);
	resume_close(&d->resume);
	mdns_net_free(d->mdns_net);
	if (d->watcher)
		loop_remove(d->loop, &d->watcher_watch);
	watcher_stop(d->watcher);
	if (d->signal_watch.fd >= 0) {
		loop_remove(d->loop, &d->signal_watch);
		close(d->signal_watch.fd);
	}
	buf_fini(&d->watch_lines);
}

static int daemon_run(struct daemon *d)
{
	int code = daemon_start(d);
	while (code == 0 && !d->is_stopping)
		if (daemon_turn(d, NS_NEVER))
			code = EXIT_SYSTEM;
	if (d->is_stopping)
		log_info(d->log, "stopping");
	daemon_stop(d);
	return d->has_failed ? EXIT_SYSTEM : code;
}

int command_serve(struct conf *conf, const struct conf_args *args, struct log *log)
{
	struct daemon *d = calloc(1, sizeof(*d));
	struct conf_error error;
	struct world_hooks hooks = {.on_record = on_record,
		.on_published = on_published,
		.on_mdns_link = on_mdns_link,
		.put_mdns = put_mdns,
		.arg = d};
	int code = EXIT_SYSTEM;
	if (!d || !(d->loop = loop_new())) {
		log_error(log, "cannot start: error=\"%s\"", strerror(errno));
		conf_fini(conf);
		free(d);
		return EXIT_SYSTEM;
	}
	d->log = log;
	d->args = args;
	d->started = loop_now();
	d->signal_watch.fd = -1;
	int err = world_init(&d->world, conf, log, loop_random(), hooks, &error);
	if (err) {
		log_error(log, "cannot start: error=\"%s\"", error.text);
		code = err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	} else {
		files_init(&d->files, &d->world, log);
		code = start_mdns(d, loop_random());
		if (!code) {
			/* What is served now may differ from what was served under that one. */
			d->world.serial_floor = state_read_serial(d->world.conf.state_dir, log) + 1;
			state_read_names(d->world.conf.state_dir, log, d->mdns);
			code = daemon_run(d);
		}
		world_fini(&d->world);
	}
	mdns_free(d->mdns);
	loop_free(d->loop);
	free(d);
	return code;
}

int command_check(struct conf *conf, const struct log *log)
{
	struct world world;
	struct conf_error error;
	struct privilege_user user;
	if (conf->user && privilege_find_user(conf->user, &user)) {
		log_error(log, "check failed: error=\"user: there is no user %s\"", conf->user);
		conf_fini(conf);
		return EXIT_USAGE;
	}
	int err = world_init(&world, conf, log, 1, (struct world_hooks){0}, &error);
	if (err) {
		log_error(log, "check failed: error=\"%s\"", error.text);
		return err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	}
	world_fini(&world);
	return EXIT_DONE;
}
