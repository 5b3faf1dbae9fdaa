/* SPDX-License-Identifier: ISC */
/*
 * Owns the handlers of the running daemon: callbacks of the pipeline and of mDNS, requests on the
 * two sockets, signals, and the end of the watcher.
 * Never waits, and never starts or ends a part.
 */
#include "ontap-zone/daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/process.h"
#include "io/ready.h"
#include "ontap-zone/report.h"
#include "ontap-zone/signed.h"
#include "ontap-zone/sleep.h"
#include "pipeline/resolve.h"

struct cookie_keys daemon_new_cookie_seed(void)
{
	uint64_t seed[] = {loop_random(), loop_random()};
	struct cookie_keys keys = {.is_seed = true, .count = 1};
	memcpy(keys.secrets[0].bytes, seed, sizeof(seed));
	return keys;
}

/* Callbacks of the pipeline; `arg` is the runtime in the daemon. */

static struct daemon *daemon_of(void *runtime)
{
	return container_of(runtime, struct daemon, runtime);
}

static void on_record(void *arg, const struct zone_change *change)
{
	struct daemon *d = daemon_of(arg);
	peers_change(d->peers, change);
	/* Signatures and the links between names say nothing about names. */
	const bool is_proof = change->type == RR_RRSIG || change->type == RR_NSEC;
	if (change->type != RR_SOA && !is_proof && control_has_stream(d->control, STREAM_CHANGES))
		report_change(d->runtime.pipeline, &d->places, change, &d->watch_lines);
}

/* Exports and the copies that secondaries have depend on where clients are. A reload may also have
 * changed the list of exports. */
static void on_views(void *arg)
{
	struct daemon *d = daemon_of(arg);
	peers_views(d->peers);
	guests_changed(&d->guests, false);
	files_changed(&d->files, loop_now());
}

/* mDNS. */

static void set_company(void *arg, uint32_t ifindex, unsigned others)
{
	struct daemon *d = arg;
	mdns_set_company(d->mdns, loop_now(), ifindex, others + d->other_sockets);
}

/* Called before we answer for the host: counts other members of the group on its links. */
static void daemon_look_around(struct daemon *d, ns_t now)
{
	const unsigned all = company_sockets(&d->company, MDNS_PORT),
		       ours = mdns_net_sockets(d->mdns_net);
	d->has_to_look = false;
	d->other_sockets = all > ours ? all - ours : 0;
	mdns_looked(d->mdns, now);
	mdns_net_look(d->mdns_net, set_company, d);
}

/* Another responder may have begun since the last look, and what we say of the host would be a conflict
 * to it. One look is enough for all packets of a turn. */
static bool may_send(struct daemon *d, const struct mdns_path *to, ns_t now, bool *has_looked)
{
	if (!to->is_of_host || !to->is_multicast)
		return true;
	if (!*has_looked)
		daemon_look_around(d, now);
	*has_looked = true;
	return !mdns_is_deferring(d->mdns, to->link);
}

static void daemon_send_mdns(struct daemon *d)
{
	struct mdns_path to;
	const ns_t now = loop_now();
	bool has_looked = mdns_look_at(d->mdns) <= now || d->has_to_look;
	size_t len;
	if (has_looked)
		daemon_look_around(d, now);
	while ((len = mdns_poll(d->mdns, now, &to, d->packet, sizeof(d->packet))) > 0) {
		if (may_send(d, &to, now, &has_looked))
			spoken_take(&d->spoken, now, &to, d->packet, len);
	}
	spoken_poll(&d->spoken, now);
	collecting_send(d->collecting, now, d->mdns_net);
	mdns_net_flush(d->mdns_net);
}

/* Before its sockets are closed, peers are told (RFC 6762 §10.1). That cannot wait for signatures: a flush goes on. */
static void leave_mdns_link(struct daemon *d, uint32_t ifindex)
{
	const bool has_signer = d->spoken.has_signer;
	mdns_link_leave(d->mdns, loop_now(), ifindex);
	spoken_set_signer(&d->spoken, false);
	daemon_send_mdns(d);
	spoken_set_signer(&d->spoken, has_signer);
}

static int put_mdns_link(void *arg, const struct names_mdns_link *link, bool is_gone)
{
	struct daemon *d = daemon_of(arg);
	char name[LOG_TEXT_CAP];
	log_escape(link->name, name);
	if (is_gone || !mdns_net_has_link(d->mdns_net, link->ifindex))
		log_info(d->log, "mdns link: link=%s state=%s", name, is_gone ? "gone" : "up");
	if (is_gone) {
		if (link->is_left)
			leave_mdns_link(d, link->ifindex);
		collecting_link_gone(d->collecting, link->ifindex);
		mdns_link_gone(d->mdns, loop_now(), link->ifindex);
		mdns_net_link_gone(d->mdns_net, link->ifindex);
		return 0;
	}
	struct mdns_link up = {.id = link->ifindex,
		.mtu = link->mtu,
		.has_v4 = link->has_v4,
		.has_v6 = link->has_v6,
		.prefixes = link->prefixes,
		.prefix_count = link->prefix_count,
		.addrs = link->addrs,
		.addr_count = link->addr_count};
	int lack = mdns_net_link(d->mdns_net, link->name, &up);
	int err = mdns_link_up(d->mdns, loop_now(), &up);
	if (err)
		log_error(d->log, "mdns link: link=%s error=\"%s\"", name, err_text(err));
	collecting_link(d->collecting, &up, link->name);
	return err ? err : lack;
}

static int put_mdns(
	void *arg, uint32_t link, const uint8_t *owner, const struct mdns_rrset *sets, size_t count)
{
	return mdns_put(daemon_of(arg)->mdns, loop_now(), link, owner, sets, count);
}

const struct pipeline_sink daemon_sink = {
	.on_record = on_record,
	.is_signed = daemon_is_signed,
	.on_signed_zone = daemon_on_signed_zone,
	.on_views = on_views,
	.put_mdns_link = put_mdns_link,
	.put_mdns = put_mdns,
};

/* The changes that the callbacks above have reported. */

void daemon_reserve_serial(struct daemon *d)
{
	char text[STATE_SERIAL_CAP];
	if (state_reserve_serial(&d->serial, loop_now(),
		    zone_latest_serial(pipeline_zone(d->runtime.pipeline)), text))
		keeper_write_serial(d->keeper, text);
}

void daemon_store_names(struct daemon *d, ns_t now)
{
	struct buf text = {0};
	if (state_names_poll(&d->names, now, d->mdns, &text))
		keeper_write_names(d->keeper, buf_text(&text), text.len);
	buf_fini(&text);
}

void daemon_flush(struct daemon *d)
{
	d->has_news = true;
	d->has_signatures = false;
	if (!runtime_flush(&d->runtime))
		return;
	if (d->is_ready)
		daemon_reserve_serial(d);
	peers_published(d->peers);
	files_changed(&d->files, loop_now());
}

void daemon_on_packet(
	void *arg, ns_t now, const struct mdns_path *from, const uint8_t *packet, size_t len)
{
	struct daemon *d = arg;
	if (mdns_is_full(d->mdns))
		daemon_send_mdns(d);
	mdns_input(d->mdns, now, from, packet, len);
	collecting_hear(d->collecting, now, from, packet, len);
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
	case MDNS_NOTICE_NEIGHBOUR:
		watcher_look_for_owners(d->watcher); /* which program that is, and its end */
		log_info(d->log,
			"another mdns responder is on this host: ifindex=%u peer=%s note=\"the "
			"host's own name is left to it\"",
			notice->link, peer);
		break;
	case MDNS_NOTICE_NEIGHBOUR_GONE:
		log_info(d->log,
			"the other mdns responder has ended: ifindex=%u peer=%s note=\"the host's "
			"own name is ours again\"",
			notice->link, peer);
		break;
	case MDNS_NOTICE_COUNT: break;
	}
	d->has_news = true;
	if (control_has_stream(d->control, STREAM_CHANGES))
		report_notice(d->runtime.pipeline, notice, &d->watch_lines);
}

void daemon_pump_mdns(struct daemon *d)
{
	struct mdns_notice notice;
	daemon_send_mdns(d);
	while (mdns_next_notice(d->mdns, &notice))
		daemon_tell_notice(d, &notice);
	if (d->keeper)
		daemon_store_names(d, loop_now());
}

/* Other hosts have forgotten us while the machine slept, and it may be on another network now (RFC
 * 6762 §8). */
void daemon_on_resume(void *arg, ns_t nap)
{
	struct daemon *d = arg;
	log_info(d->log, "resumed: slept_s=%lld", (long long)(nap / NS_PER_S));
	daemon_wake(d);
	collecting_restart(d->collecting);
}

/* The two sockets for questions: control and resolve. */

/* Members of the group may ask; only root and the daemon's own user may change anything. */
static bool may_command(const struct daemon *d, const struct control_asker *asker,
	const char *command, struct buf *out)
{
	if (asker->uid == 0 || asker->uid == geteuid())
		return true;
	log_warning(d->log, "command refused: command=%s uid=%lld", command,
		(long long)(int)asker->uid);
	report_refusal(out);
	return false;
}

/* "NAME [TYPE]": what updates have added there is removed, and what is collected of it. */
static unsigned daemon_forget(
	struct daemon *d, const struct control_asker *asker, const char *words, struct buf *out)
{
	struct name name;
	uint16_t type;
	if (!may_command(d, asker, "forget", out))
		return STREAM_NONE;
	if (!report_read_forget(pipeline_domain(d->runtime.pipeline), words, &name, &type, out))
		return STREAM_NONE;
	/* Both are done before the next one. */
	if (d->forgetting > 0) {
		report_not_forgotten("another name is being forgotten: try again", out);
		return STREAM_NONE;
	}
	int err = updates_forget(d->updates, name.wire, type);
	int collected_err = type ? ERR_ABSENT : collecting_forget(d->collecting, name.wire);
	d->forgetting += !err + !collected_err;
	d->has_forgotten = true;
	if (!err || !collected_err)
		return STREAM_FORGET;
	report_not_forgotten(err == ERR_ABSENT ? "no update has added that, and no host says it"
					       : "another name is being forgotten: try again",
		out);
	return STREAM_NONE;
}

/* Commands are carried out in the turn after this one. */
static unsigned daemon_command(
	struct daemon *d, const struct control_asker *asker, bool is_stop, struct buf *out)
{
	if (!may_command(d, asker, is_stop ? "stop" : "reload", out))
		return STREAM_NONE;
	if (is_stop)
		report_stopping(out);
	d->is_stopping |= is_stop;
	d->has_to_reload |= !is_stop;
	return is_stop ? STREAM_STOP : STREAM_RELOAD;
}

unsigned daemon_answer(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out)
{
	struct daemon *d = arg;
	struct report report = {.pipeline = d->runtime.pipeline,
		.kernel = watcher_stats(d->watcher),
		.dns = d->dns,
		.listening = &d->listening,
		.mdns = d->mdns,
		.peers = d->peers,
		.updates = d->updates,
		.added = updates_added(d->updates),
		.collect = collecting_engine(d->collecting),
		.is_collecting_failing = collecting_is_failing(d->collecting),
		.guests = &d->guests,
		.server_sandbox = &d->confinement.report,
		.keeper_sandbox = keeper_sandbox(d->keeper),
		.spoken = &d->spoken,
		.host = d->host.name.len ? &d->host : NULL,
		.signer_sandbox = d->signer ? signer_sandbox(d->signer) : NULL,
		.asker_sandbox = signer_asker_sandbox(d->signer),
		.sleeper_sandbox = d->sleep.sandbox.has_no_new_privs ? &d->sleep.sandbox : NULL,
		.watcher_sandbox = watcher_sandbox(d->watcher),
		.remover_sandbox = watcher_remover_sandbox(d->watcher),
		.now = loop_now(),
		.started = d->started,
		.is_ready = d->is_ready};
	if (strcmp(request, "reload") == 0 || strcmp(request, "stop") == 0)
		return daemon_command(d, asker, *request == 's', out);
	if (strncmp(request, "forget ", 7) == 0)
		return daemon_forget(d, asker, request + 7, out);
	if (strcmp(request, "watch") == 0)
		return STREAM_CHANGES;
	if (strcmp(request, "follow") == 0) {
		report_news(out);
		return STREAM_STATE;
	}
	if (strncmp(request, "keys ", 5) == 0)
		return daemon_keys(d, request + 5, out);
	report_answer(&report, request, out);
	return STREAM_NONE;
}

unsigned daemon_resolve(
	void *arg, const struct control_asker *asker, const char *request, struct buf *out)
{
	const struct daemon *d = arg;
	const struct pipeline *p = d->runtime.pipeline;
	const struct resolve_source source = {.zone = zone_reader(pipeline_zone(p)),
		.views = pipeline_views(p),
		.domain = pipeline_domain(p),
		.mdns = d->mdns,
		.has_links = asker->has_our_links};
	resolve_answer(&source, request, out);
	return STREAM_NONE;
}

void daemon_tell_watchers(struct daemon *d)
{
	struct buf news = {0};
	if (d->watch_lines.len > 0 && d->control)
		control_broadcast(
			d->control, STREAM_CHANGES, d->watch_lines.bytes, d->watch_lines.len);
	buf_fini(&d->watch_lines);
	if (d->has_news && control_has_stream(d->control, STREAM_STATE)) {
		report_news(&news);
		control_broadcast(d->control, STREAM_STATE, buf_text(&news), news.len);
	}
	buf_fini(&news);
	d->has_news = false;
	places_clear(&d->places);
}

void daemon_warn_absent(const struct daemon *d)
{
	const struct conf *conf = &d->runtime.conf;
	listening_warn_absent(pipeline_model(d->runtime.pipeline), &conf->listens,
		(const char *const *)conf->mdns_ifaces.at, conf->mdns_ifaces.count, d->log);
}

void daemon_tell_status(struct daemon *d)
{
	struct buf out = {0};
	if (!d->listening.has_news)
		return;
	d->listening.has_news = false;
	buf_puts(&out, "STATUS=");
	listening_summary(&d->listening, &out);
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), buf_text(&out));
	buf_fini(&out);
}

/* Signals, the watcher and the keeper. */

void daemon_on_signal(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	int number;
	while ((number = process_signals_next(&d->signal_watch)) != 0) {
		if (number == SIGHUP)
			d->has_to_reload = true;
		else if (number !=
			 SIGCHLD) /* the ends of the other processes show in their channels */
			d->is_stopping = true;
	}
}

/* Another mDNS responder may have ended: then who is left is not known until it is listed. */
static void hear_neighbours(struct daemon *d, const struct event *ev)
{
	if (ev->type == EV_PORT_FREE)
		watcher_look_for_owners(d->watcher);
	d->has_to_look |= ev->type == EV_PORT_FREE || ev->type == EV_PORTS_LISTED;
}

/* What root's namespaces lack is asked for within a second of the refusal. What strangers lack may stay
 * so for long, and waits longer and longer. */
static void expect_room(struct daemon *d, nsid_t nsid)
{
	const struct model_ns *ns = model_ns(pipeline_model(d->runtime.pipeline), nsid);
	if (ns && !ns->share)
		retry_done(&d->again_retry);
	if (!retry_has_failed(&d->again_retry))
		retry_failed(&d->again_retry, loop_now());
}

int daemon_on_event(void *arg, const struct event *ev)
{
	struct daemon *d = arg;
	if (listening_hear(&d->listening, ev)) {
		hear_neighbours(d, ev);
		return 0;
	}
	if (guests_hear(&d->guests, ev))
		return 0;
	if (control_has_stream(d->control, STREAM_CHANGES))
		places_note(&d->places, pipeline_model(d->runtime.pipeline), ev);
	int err = runtime_apply(&d->runtime, ev);
	if (err == ERR_RANGE)
		expect_room(d, ev->nsid);
	return err;
}

void daemon_ask_again(struct daemon *d)
{
	const struct model *m = pipeline_model(d->runtime.pipeline);
	nsid_t nsid;
	retry_failed(&d->again_retry, loop_now());
	if (!model_is_lacking(m))
		retry_done(&d->again_retry);
	else if (model_next_lacking(m, &nsid) && !watcher_look_again(d->watcher, nsid))
		pipeline_is_asked(d->runtime.pipeline, nsid);
}

void daemon_on_guest_socket(void *arg, const struct event *ev, int fd)
{
	struct daemon *d = arg;
	guests_take_socket(&d->guests, ev, fd);
}

/* Without memory for an event, none is received until the next try. */
static void watcher_pause(struct daemon *d, bool has_failed)
{
	bool had_failed = retry_has_failed(&d->watcher_retry);
	if (has_failed)
		retry_failed(&d->watcher_retry, loop_now());
	else
		retry_done(&d->watcher_retry);
	if (has_failed != had_failed)
		(void)!loop_change(d->loop, &d->watcher_watch, has_failed ? 0 : EPOLLIN);
}

/* Without the watcher we would serve outdated data. So the daemon ends, and a supervisor restarts
 * it. */
void daemon_on_watcher(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	int err = watcher_handle(d->watcher);
	watcher_pause(d, err == ERR_NOMEM);
	if (!err || err == ERR_NOMEM)
		return;
	log_error(d->log, "the watcher has ended: error=\"%s\"", err_text(err));
	d->has_failed = d->is_stopping = true;
}

/* What updates have changed is put; the other changes of this turn go with it. */
void daemon_on_published(void *arg)
{
	daemon_flush(arg);
}

void daemon_on_forgotten(void *arg, bool is_done)
{
	struct daemon *d = arg;
	struct buf out = {0};
	d->has_forgotten &= is_done;
	if (d->forgetting > 0 && --d->forgetting > 0)
		return;
	report_forgotten(d->has_forgotten, &out);
	if (control_has_stream(d->control, STREAM_FORGET)) {
		control_broadcast(d->control, STREAM_FORGET, buf_text(&out), out.len);
		control_end_stream(d->control, STREAM_FORGET);
	}
	buf_fini(&out);
}

void daemon_on_collect_news(void *arg, const struct collect_news *news)
{
	struct daemon *d = arg;
	d->has_news = true;
	if (news->type == COLLECT_NEWS_WORD || news->type == COLLECT_NEWS_GONE)
		updates_touch(d->updates, news->label);
	if (control_has_stream(d->control, STREAM_CHANGES))
		report_collect_news(news, &d->watch_lines);
}

void daemon_on_written(void *arg, const struct keeper_written *written)
{
	struct daemon *d = arg;
	switch (written->what) {
	case ASK_EXPORT: files_written(&d->files, written->export, written->err); break;
	case ASK_SERIAL: state_serial_written(&d->serial, loop_now(), d->log, written->err); break;
	case ASK_SIGNATURES: signatures_written(d->signatures, written->err); break;
	case ASK_DIARY:
		if (written->diary == KEEPER_COLLECTED)
			collecting_written(d->collecting, written->err);
		else
			updates_written(d->updates, written->err);
		break;
	case ASK_NAMES: state_names_written(&d->names, loop_now(), d->log, written->err); break;
	default: break;
	}
}

/* Without the keeper, nothing of what changes would be stored. */
static void keeper_has_ended(struct daemon *d, int err)
{
	if (d->has_failed)
		return;
	log_error(d->log, "the keeper has ended: error=\"%s\"", err_text(err));
	d->has_failed = d->is_stopping = true;
}

void daemon_on_keeper(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	d->has_kept = true;
	int err = keeper_handle(d->keeper);
	if (err == ERR_NOMEM)
		retry_failed(&d->keeper_retry, loop_now());
	else
		retry_done(&d->keeper_retry);
	if (err && err != ERR_NOMEM)
		keeper_has_ended(d, err);
}

/* While memory is missing, the rest stays in the channel. */
void daemon_pump_keeper(struct daemon *d)
{
	bool is_pending;
	int err = keeper_flush(d->keeper, &is_pending);
	const uint32_t events = (retry_has_failed(&d->keeper_retry) ? 0 : EPOLLIN) |
				(is_pending ? (uint32_t)EPOLLOUT : 0);
	if (err)
		keeper_has_ended(d, err);
	if (events != d->keeper_events)
		(void)!loop_change(d->loop, &d->keeper_watch, events);
	d->keeper_events = events;
}
