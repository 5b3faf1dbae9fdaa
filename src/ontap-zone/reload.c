/* SPDX-License-Identifier: ISC */
/*
 * Owns a change of the configuration while the daemon runs: it takes effect as a whole or not at
 * all, except options that need a restart.
 * Never reads the command line anew.
 */
#include "ontap-zone/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/cmdline.h"
#include "io/ready.h"
#include "ontap-zone/address_files.h"
#include "ontap-zone/keys.h"
#include "ontap-zone/report.h"
#include "ontap-zone/zones.h"

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

/* Logs the options that differ but cannot change while the daemon runs. `now` keeps their values in
 * force. */
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
	warn_if_fixed(d, "socket-group", is_same_text(before->socket_group, now->socket_group));
	SWAP(before->socket_group, now->socket_group);
	warn_if_fixed(d, "resolve-socket", is_same_text(before->resolve_path, now->resolve_path));
	SWAP(before->resolve_path, now->resolve_path);
	warn_if_fixed(d, "user", is_same_text(before->user, now->user));
	SWAP(before->user, now->user);
	warn_if_fixed(d, "assign-nsid", is_same_text(before->nsid_dir, now->nsid_dir));
	SWAP(before->nsid_dir, now->nsid_dir);
	warn_if_fixed(d, "hostnames-by", before->census == now->census);
	SWAP(before->census, now->census);
	warn_if_fixed(d, "grants", is_same_text(before->grants_dir, now->grants_dir));
	SWAP(before->grants_dir, now->grants_dir);
}

/* Without configured secrets, the random seed of this process stays in use. */
static void daemon_change_cookies(struct daemon *d, const struct cookie_keys *given)
{
	if (given->count == 0 && d->cookie_keys.is_seed)
		return;
	d->cookie_keys = given->count > 0 ? *given : daemon_new_cookie_seed();
	if (dns_set_cookie_keys(d->dns, &d->cookie_keys))
		log_error(d->log, "cookies: error=\"%s\"", err_text(ERR_NOMEM));
}

/* The serial and the mDNS names must be written to the new directory. */
static void daemon_change_state_dir(struct daemon *d)
{
	d->serial = (struct state_serial){0};
	daemon_reserve_serial(d);
	d->names.has_changed = true;
}

/* The files that a configuration names. All are read before anything is changed. */
struct named {
	struct collection *files;
	struct address_names address_names;
	struct conf_keys keys;
	struct cookie_keys cookies;
};

/* ERR_SYNTAX or ERR_NOMEM: `*error` is filled, and `*ret` holds nothing to free. */
static int named_read(const struct daemon *d, const struct conf *conf, struct named *ret,
	struct conf_error *error)
{
	int err = cookie_keys_read(&ret->cookies, conf, d->log, error);
	if (!err)
		err = zones_read(&ret->files, &conf->zone_files, &conf->domain, error);
	if (err)
		return err;
	err = address_files_read(&ret->address_names, &conf->address_files, error);
	if (!err)
		err = keys_read(&ret->keys, conf, d->log, error);
	if (err) {
		collection_free(ret->files);
		address_names_fini(&ret->address_names);
	}
	return err;
}

/* Takes ownership of `conf`. ERR_SYNTAX or ERR_NOMEM: `*error` is filled and nothing has
 * changed. */
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
	err = runtime_reload(&d->runtime, conf, named.files, &named.address_names);
	if (err)
		log_error(d->log, "reloaded in part: error=\"%s\"", err_text(err));
	log_set_threshold(d->log, threshold);
	daemon_flush(d);
	guests_changed(&d->guests, true);
	daemon_warn_absent(d);
	listening_retry(&d->listening);
	peers_configure(d->peers, &named.keys);
	daemon_change_cookies(d, &named.cookies);
	if (has_new_state_dir)
		daemon_change_state_dir(d);
	return 0;
}

/* Returns true if it was done, as a whole or in part. */
static bool reload(struct daemon *d)
{
	struct conf conf;
	struct conf_error error = {"out of memory"};
	if (cmdline_load(&conf, &conf_table, d->args, d->log) != CMDLINE_GO_ON) {
		log_error(d->log, "not reloaded: note=\"the old configuration stays\"");
		return false;
	}
	if (daemon_configure(d, &conf, &error)) {
		log_error(d->log, "not reloaded: error=\"%s\" note=\"the old configuration stays\"",
			error.text);
		return false;
	}
	log_info(d->log, "reloaded");
	return true;
}

/* Reports the result to the clients that wait for it. */
static void tell_outcome(struct daemon *d, const char *log_lines, bool is_done)
{
	struct buf out = {0};
	if (!control_has_stream(d->control, STREAM_RELOAD))
		return;
	report_reloaded(log_lines, is_done, &out);
	control_broadcast(d->control, STREAM_RELOAD, buf_text(&out), out.len);
	control_end_stream(d->control, STREAM_RELOAD);
	buf_fini(&out);
}

void daemon_reload(struct daemon *d)
{
	struct buf told = {0};
	struct log *log = d->log;
	struct log copied = {.fd = log->fd, .threshold = log->threshold, .copy = &told};
	d->has_to_reload = false;
	d->log = &copied; /* other threads use the other one */
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "RELOADING=1");
	bool is_done = reload(d);
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "READY=1");
	d->log = log;
	log_set_threshold(log, copied.threshold);
	tell_outcome(d, buf_text(&told), is_done);
	buf_fini(&told);
}
