/* SPDX-License-Identifier: ISC */
/*
 * Owns the life of the daemon from start to end, and the check of a configuration.
 * Never handles an event: daemon.c does.
 *
 *	watcher process ─► runtime_apply ─► (flush) ─► zone ─► dns threads
 *	                                       └─► mdns engine ─► mdns sockets
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/ready.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/delegation.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/reload.h"
#include "ontap-zone/sig0_files.h"
#include "ontap-zone/signed.h"
#include "ontap-zone/sleep.h"
#include "ontap-zone/sockets.h"
#include "ontap-zone/start.h"
#include "ontap-zone/turn.h"

/* When there is something to say, or to be said without a signature. */
static ns_t speak_deadline(const struct daemon *d)
{
	return ns_min(mdns_deadline(d->mdns), spoken_deadline(&d->spoken));
}

/* Sends the goodbyes on all links, for at most GOODBYE_PATIENCE. */
static void wait_for_goodbyes(struct daemon *d)
{
	ns_t end = loop_now() + GOODBYE_PATIENCE;
	mdns_goodbye(d->mdns, loop_now());
	daemon_pump_mdns(d);
	for (ns_t next; (next = speak_deadline(d)) < end && loop_now() < end;) {
		daemon_pump_signer(d);
		if (loop_turn(d->loop, next))
			return;
		daemon_hear_signer(d);
		daemon_pump_mdns(d);
	}
}

/* What still waits for a signature then goes without: without a goodbye, our names would stay in caches. */
static void daemon_say_goodbye(struct daemon *d)
{
	wait_for_goodbyes(d);
	spoken_set_signer(&d->spoken, false);
	mdns_net_flush(d->mdns_net);
}

/* The last changes, and a serial that is not ahead. */
static void store_last(struct daemon *d)
{
	char serial[STATE_SERIAL_CAP];
	collecting_poll(d->collecting, loop_now());
	d->names.is_asked = false;
	daemon_store_names(d, loop_now() + NS_PER_S);
	d->serial.asked = zone_latest_serial(pipeline_zone(d->runtime.pipeline));
	state_serial_text(d->serial.asked, serial);
	keeper_write_serial(d->keeper, serial);
}

/* It writes what it was asked for before. */
static void daemon_stop_keeper(struct daemon *d)
{
	loop_remove(d->loop, &d->keeper_watch);
	keeper_stop(d->keeper);
	d->keeper = NULL;
}

static void daemon_stop(struct daemon *d)
{
	if (d->is_ready) {
		(void)!ready_notify(getenv("NOTIFY_SOCKET"), "STOPPING=1");
		daemon_say_goodbye(d);
		files_finish(&d->files);
		if (d->signatures)
			signatures_finish(d->signatures);
		store_last(d);
	}
	daemon_stop_keeper(d);
	control_close(d->resolve);
	d->resolve = NULL;
	dns_close(d->dns);
	updates_free(d->updates);
	d->updates = NULL;
	collecting_free(d->collecting);
	d->collecting = NULL;
	peers_close(d->peers);
	d->peers = NULL;
	resume_close(&d->resume);
	spoken_fini(&d->spoken);
	mdns_net_free(d->mdns_net);
	company_close(&d->company);
	/* This is the last step: `stop` waits for it. */
	control_close(d->control);
	d->control = NULL;
	buf_fini(&d->watch_lines);
	places_clear(&d->places);
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

/* A user or group that does not exist is a mistake in the configuration. It is reported before
 * anything starts. */
static int check_user(const struct conf *conf, const struct log *log)
{
	struct privilege_user user;
	gid_t group;
	if (conf->socket_group && privilege_find_group(conf->socket_group, &group) != 0) {
		log_error(log, "control socket: group=\"%s\" error=\"there is no such group\"",
			conf->socket_group);
		return EXIT_USAGE;
	}
	if (!conf->user || privilege_find_user(conf->user, &user) == 0)
		return EXIT_DONE;
	log_error(
		log, "cannot change user: user=\"%s\" error=\"there is no such user\"", conf->user);
	return EXIT_USAGE;
}

/* Callbacks of the keeper. */

static void on_state(void *arg, uint32_t serial, const char *names)
{
	struct daemon *d = arg;
	/* The content may differ from the content that had this serial. */
	d->runtime.serial_floor = serial ? serial + 1 : 0;
	state_take_names(names, d->log, d->mdns);
}

static void on_diary(void *arg, enum keeper_diary diary, const char *text, size_t len)
{
	struct daemon *d = arg;
	const bool is_collected = diary == KEEPER_COLLECTED;
	size_t names = is_collected ? collecting_load(d->collecting, text, len)
				    : updates_load(d->updates, text, len);
	if (is_collected)
		updates_touch(d->updates, NULL);
	if (names > 0)
		log_info(d->log, "%s: names=%zu", is_collected ? "collected" : "updates", names);
}

static void on_signatures(void *arg, struct buf *file)
{
	const struct daemon *d = arg;
	if (d->signatures)
		signatures_load(d->signatures, file);
}

static void on_expect(void *arg, size_t names)
{
	struct daemon *d = arg;
	/* Without memory now, the table grows while names are put. */
	(void)!pipeline_expect_statics(d->runtime.pipeline, names);
}

static int on_owner(void *arg, const uint8_t *name, const struct rrset *sets, size_t count)
{
	struct daemon *d = arg;
	return runtime_put_file_owner(&d->runtime, name, sets, count);
}

static struct keeper *start_keeper(struct daemon *d, struct conf *conf)
{
	const struct keeper_config config = {.conf = conf,
		.args = d->args,
		.user = d->user_name ? &d->user : NULL,
		.log = d->log,
		.sink = {.on_state = on_state,
			.on_diary = on_diary,
			.on_signatures = on_signatures,
			.on_expect = on_expect,
			.on_apply = daemon_on_apply,
			.on_owner = on_owner,
			.on_end = daemon_on_loaded,
			.on_written = daemon_on_written,
			.arg = d}};
	return keeper_start(&config);
}

/* Reads everything; from then on, the keeper is one of those who are listened to. */
static int load(struct daemon *d)
{
	int code = daemon_open_mdns(d, loop_random());
	if (!code)
		code = daemon_say_public(d);
	if (!code)
		code = keeper_wait(d->keeper);
	d->keeper_watch = (struct loop_watch){
		.fd = keeper_fd(d->keeper), .on_ready = daemon_on_keeper, .arg = d};
	d->keeper_events = EPOLLIN;
	int err = code ? 0 : loop_add(d->loop, &d->keeper_watch, EPOLLIN);
	if (!err)
		return code;
	log_error(d->log, "cannot start: step=epoll error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

/* What takes from the keeper what it reads. */
static int make_parts(struct daemon *d)
{
	const bool collects = d->runtime.conf.collect != CONF_COLLECT_NONE;
	d->updates = updates_new(&(struct updates_config){.runtime = &d->runtime,
		.keeper = &d->keeper,
		.log = d->log,
		.publish = daemon_on_published,
		.on_forgotten = daemon_on_forgotten,
		.arg = d});
	if (collects && d->updates)
		d->collecting = collecting_new(&(struct collecting_config){.runtime = &d->runtime,
			.keeper = &d->keeper,
			.log = d->log,
			.updates = updates_collected(d->updates),
			.on_news = daemon_on_collect_news,
			.on_forgotten = daemon_on_forgotten,
			.arg = d});
	if (!d->updates || (collects && !d->collecting))
		return ERR_NOMEM;
	updates_set_collect(d->updates, collecting_collect(d->collecting));
	int err = daemon_keep_signatures(d);
	return err ? err : files_init(&d->files, d->loop, &d->runtime, d->keeper, d->log);
}

/* Runs the daemon, and owns the runtime from its start to its end. Takes ownership of `conf`. */
static int serve(struct daemon *d, struct conf *conf)
{
	struct conf_error error;
	d->keeper = start_keeper(d, conf);
	if (!d->keeper) {
		conf_fini(conf);
		return EXIT_SYSTEM; /* already logged */
	}
	int code = daemon_wait_signer(d); /* it says which zones are not to be signed */
	if (code) {
		keeper_stop(d->keeper);
		conf_fini(conf);
		return code;
	}
	int err = runtime_init(&d->runtime, conf, d->log, daemon_sink, &error);
	if (err) {
		log_error(d->log, "cannot start: error=\"%s\"", error.text);
		keeper_stop(d->keeper);
		return err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	}
	err = make_parts(d);
	if (err) {
		signatures_free(d->signatures);
		updates_free(d->updates);
		collecting_free(d->collecting);
		log_error(d->log, "cannot start: step=eventfd error=\"%s\"", err_text(err));
		keeper_stop(d->keeper);
		runtime_fini(&d->runtime);
		return EXIT_SYSTEM;
	}
	guests_init(&d->guests, d->loop, d->log, &d->runtime);
	d->guests.watcher = d->watcher;
	code = load(d);
	if (code)
		daemon_stop(d);
	else
		code = daemon_run(d);
	guests_fini(&d->guests);
	signatures_free(d->signatures);
	tsig_keys_free(d->keys.at, d->keys.count);
	files_fini(&d->files);
	buf_fini(&d->told);
	runtime_fini(&d->runtime);
	return code;
}

int command_serve(struct conf *conf, const struct options_args *args, struct log *log)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int code = check_user(conf, log);
	if (!code)
		code = sockets_check_control(conf, log);
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
	d->signal_watch.fd = d->sleep.watch.fd = -1;
	d->sleep.said_by = d->sleep.awake_at = NS_NEVER;
	daemon_init_spoken(d);
	code = daemon_find_user(d, conf);
	if (!code)
		code = daemon_start_watching(d, conf);
	if (!code)
		code = daemon_start_signer(d, conf);
	if (!code)
		daemon_start_sleeper(d, conf);
	if (code)
		conf_fini(conf);
	else
		code = serve(d, conf);
	daemon_stop_sleeper(d);
	daemon_stop_signer(d);
	daemon_stop_watching(d);
	mdns_free(d->mdns);
	loop_free(d->loop);
	free(d);
	return code;
}

static int check_keys(const struct conf *conf, const struct log *log, struct conf_error *error)
{
	struct conf_keys keys = {0};
	struct cookie_keys cookies;
	struct signer_keys signers = {0}, trusted = {0};
	*error = (struct conf_error){"out of memory"};
	int err = keys_read(&keys, conf, log, error);
	if (!err)
		err = cookie_keys_read(&cookies, conf, log, error);
	if (!err)
		err = sig0_files_read(&signers, conf, error);
	if (!err)
		err = trust_files_read(&trusted, conf, error);
	tsig_keys_free(keys.at, keys.count);
	signer_keys_fini(&signers);
	signer_keys_fini(&trusted);
	return err;
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
	if (check_keys(conf, log, &error)) {
		log_error(log, "check failed: error=\"%s\"", error.text);
		conf_fini(conf);
		return EXIT_USAGE;
	}
	int err = runtime_init(&runtime, conf, log, (struct pipeline_sink){0}, &error);
	const bool has_runtime = !err;
	if (!err)
		err = runtime_read_files(&runtime, &error);
	if (err)
		log_error(log, "check failed: error=\"%s\"", error.text);
	code = err == ERR_SYNTAX ? EXIT_USAGE : err ? EXIT_SYSTEM : EXIT_DONE;
	if (!err && runtime.conf.has_delegation)
		code = delegation_check(&runtime.conf);
	if (has_runtime)
		runtime_fini(&runtime);
	return code;
}
