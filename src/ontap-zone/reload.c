/* SPDX-License-Identifier: ISC */
/*
 * Owns a change of the configuration while the daemon runs: it takes effect as a whole or not at
 * all, except options that need a restart. The keeper reads and checks everything first; records of
 * zone files follow in pieces.
 * Never reads the command line anew, and never opens a file.
 */
#include "ontap-zone/reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/cmdline.h"
#include "io/ready.h"
#include "ontap-zone/report.h"

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

static bool are_same_names(const struct conf_names *a, const struct conf_names *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!name_equal(a->at[i].wire, b->at[i].wire))
			return false;
	return a->count == b->count;
}

static bool are_same_texts(const struct options_texts *a, const struct options_texts *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!is_same_text(a->at[i], b->at[i]))
			return false;
	return a->count == b->count;
}

/* The signer has them from its start. */
static void keep_dnssec(const struct daemon *d, struct conf *before, struct conf *now)
{
	warn_if_fixed(d, "dnssec",
		before->dnssec == now->dnssec &&
			are_same_names(&before->signed_zones, &now->signed_zones));
	SWAP(before->dnssec, now->dnssec);
	SWAP(before->signed_zones, now->signed_zones);
	warn_if_fixed(d,
		"dnssec-algorithm, dnssec-ttl, dnssec-ds-ttl, dnssec-propagation, parent-check",
		before->dnssec_alg == now->dnssec_alg &&
			before->has_parent_check == now->has_parent_check &&
			before->dnssec_ttl_s == now->dnssec_ttl_s &&
			before->dnssec_ds_ttl_s == now->dnssec_ds_ttl_s &&
			before->dnssec_propagation_s == now->dnssec_propagation_s);
	SWAP(before->dnssec_alg, now->dnssec_alg);
	SWAP(before->has_parent_check, now->has_parent_check);
	SWAP(before->dnssec_ttl_s, now->dnssec_ttl_s);
	SWAP(before->dnssec_ds_ttl_s, now->dnssec_ds_ttl_s);
	SWAP(before->dnssec_propagation_s, now->dnssec_propagation_s);
	warn_if_fixed(d, "publish", are_same_texts(&before->published, &now->published));
	SWAP(before->published, now->published);
}

/* The collector begins on a link when that comes. */
static void keep_collect(const struct daemon *d, struct conf *before, struct conf *now)
{
	warn_if_fixed(d, "collect",
		before->collect == now->collect &&
			are_same_texts(&before->collect_links, &now->collect_links));
	SWAP(before->collect, now->collect);
	SWAP(before->collect_links, now->collect_links);
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
	warn_if_fixed(d, "hide-lan", before->hides_lan == now->hides_lan);
	SWAP(before->hides_lan, now->hides_lan);
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
	warn_if_fixed(d, "on-export", before->on_export || !now->on_export);
	/* Then it may not connect to a primary. */
	const bool has_none = before->updates.count == 0;
	warn_if_fixed(d, "update", !has_none || now->updates.count == 0);
	if (has_none)
		SWAP(before->updates, now->updates);
	keep_collect(d, before, now);
	keep_dnssec(d, before, now);
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
	d->serial = (struct state_serial){.asked = d->serial.asked};
	daemon_reserve_serial(d);
	d->names.has_changed = true;
	updates_write_again(d->updates);
	collecting_write_again(d->collecting);
}

/* Takes over `conf` and the keys. */
static void daemon_configure(struct daemon *d, struct conf *conf, struct keeper_news *news)
{
	enum log_level threshold = (enum log_level)conf->verbosity;
	bool has_new_state_dir = !is_same_text(d->runtime.conf.state_dir, conf->state_dir);
	keep_fixed(d, &d->runtime.conf, conf);
	int err = runtime_reload(&d->runtime, conf, news->addresses);
	if (err)
		log_error(d->log, "reloaded in part: error=\"%s\"", err_text(err));
	log_set_threshold(d->log, threshold);
	files_reconfigured(&d->files);
	files_changed(&d->files, loop_now());
	daemon_flush(d);
	guests_changed(&d->guests, true);
	daemon_warn_absent(d);
	listening_retry(&d->listening);
	peers_configure(d->peers, news->keys);
	updates_take_signers(d->updates, news->signers);
	collecting_configure(d->collecting, news->trusted);
	daemon_change_cookies(d, &news->cookies);
	if (has_new_state_dir)
		daemon_change_state_dir(d);
}

/* What is logged during a reload is told to those who wait for it, too. Other threads use the other
 * log. */
static void with_copied_log(struct daemon *d,
	void (*step)(struct daemon *d, struct keeper_news *news), struct keeper_news *news)
{
	struct log *log = d->log;
	struct log copied = {.fd = log->fd, .threshold = log->threshold, .copy = &d->told};
	d->log = &copied;
	step(d, news);
	d->log = log;
	log_set_threshold(log, copied.threshold);
}

/* The keeper has found the file right, so only memory can be missing here. */
static void apply(struct daemon *d, struct keeper_news *news)
{
	struct conf conf;
	const struct options_file file = {
		.name = news->text ? cmdline_file_name(&conf_table, d->args) : NULL,
		.text = news->text,
		.len = news->len};
	if (cmdline_load_file(&conf, &conf_table, d->args, &file, d->log) != CMDLINE_GO_ON) {
		log_error(d->log, "reloaded in part: error=\"the old configuration stays\"");
		return;
	}
	daemon_configure(d, &conf, news);
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
	d->has_to_reload = false;
	d->is_reloading = true;
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "RELOADING=1");
	keeper_reload(d->keeper);
}

void daemon_on_apply(void *arg, struct keeper_news *news)
{
	struct daemon *d = arg;
	if (d->is_ready) {
		with_copied_log(d, apply, news);
		return;
	}
	d->keys = *news->keys;
	*news->keys = (struct conf_keys){0};
	d->cookie_keys = news->cookies;
	updates_take_signers(d->updates, news->signers);
	collecting_configure(d->collecting, news->trusted);
	int err = runtime_take_addresses(&d->runtime, news->addresses);
	if (err)
		log_error(d->log, "started in part: error=\"%s\"", err_text(err));
}

static void say_reloaded(struct daemon *d, struct keeper_news *news UNUSED)
{
	pipeline_end_statics(d->runtime.pipeline);
	daemon_flush(d);
	log_info(d->log, "reloaded");
}

/* Who has asked meanwhile may have changed files after they were read: all are told after the next
 * reload, which begins now. */
void daemon_on_loaded(void *arg, bool is_done, const char *told)
{
	struct daemon *d = arg;
	if (!d->is_reloading) {
		pipeline_end_statics(d->runtime.pipeline);
		return;
	}
	buf_puts(&d->told, told);
	if (is_done)
		with_copied_log(d, say_reloaded, NULL);
	d->is_reloading = false;
	(void)!ready_notify(getenv("NOTIFY_SOCKET"), "READY=1");
	if (!d->has_to_reload)
		tell_outcome(d, buf_text(&d->told), is_done);
	buf_fini(&d->told);
}
