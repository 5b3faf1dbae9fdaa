/* SPDX-License-Identifier: ISC */
/*
 * Owns the inputs of the pipeline (time, host name, files), its log messages, and the release of
 * old memory.
 * Never decides what a name resolves to: the pipeline does.
 */
#include "ontap-zone/runtime.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/serial.h"
#include "io/loop.h"
#include "io/rcu.h"
#include "ontap-zone/address_files.h"
#include "ontap-zone/zones.h"

/* Callbacks that only log. */

static void on_hidden_alias(void *arg, const uint8_t *owner, const uint8_t *target)
{
	struct runtime *r = arg;
	char name[NAME_TEXT_CAP], text[NAME_TEXT_CAP];
	if (log_limit_may(&r->alias_limit, loop_now()))
		log_warning(r->log,
			"alias of a zone file is not served: name=%s target=%s note=\"others have "
			"that name\"",
			name_to_text(owner, name), name_to_text(target, text));
}

static void on_reject(void *arg, const struct model_link *link, const char *word, size_t len,
	enum label_verdict verdict)
{
	struct runtime *r = arg;
	/* A label that is ignored on purpose is not logged. `names` shows it. */
	if (verdict == LABEL_IGNORED || !log_limit_may(&r->reject_limit, loop_now()))
		return;
	char text[ALIAS_CAP], escaped[LOG_TEXT_CAP], name[LOG_TEXT_CAP];
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	log_warning(r->log, "not a name: nsid=%d link=%s name=%s error=\"%s\"", link->ns->nsid,
		log_escape(link->info.name, name), log_escape(text, escaped),
		label_verdict_text(verdict));
}

static void on_left_out(void *arg, const char *label, size_t count)
{
	struct runtime *r = arg;
	if (log_limit_may(&r->left_out_limit, loop_now()))
		log_warning(r->log,
			"addresses of a name are left out: name=%s served=%d left_out=%zu "
			"note=\"the "
			"lowest of each family and scope are served\"",
			label, LIMIT_HOST_ADDRS, count);
}

/* Only who transfers the zone, or takes our updates, minds. */
static void on_crowded(void *arg, const uint8_t *owner, uint16_t type, size_t count)
{
	struct runtime *r = arg;
	char name[NAME_TEXT_CAP], text[RR_TYPE_TEXT_CAP];
	if (r->conf.transfers.count + r->conf.updates.count == 0 ||
		!log_limit_may(&r->crowded_limit, loop_now()))
		return;
	log_warning(r->log,
		"a name has very many records of a type: name=%s type=%s records=%zu limit=%d "
		"note=\"BIND refuses to transfer a zone with more\"",
		name_to_text(owner, name), rr_type_text(type, text), count, LIMIT_TRANSFER_SET);
}

static void on_no_room(void *arg, const uint8_t *owner)
{
	struct runtime *r = arg;
	char name[NAME_TEXT_CAP];
	if (log_limit_may(&r->crowded_limit, loop_now()))
		log_error(r->log,
			"records of workloads not served: name=%s error=\"%s\" note=\"zone files "
			"have "
			"too many records of that name\"",
			name_to_text(owner, name), err_text(ERR_RANGE));
}

static void on_stale_views(void *arg)
{
	const struct runtime *r = arg;
	log_error(r->log, "client locations not updated: error=\"%s\"", err_text(ERR_NOMEM));
}

/* The host's name. */

static void on_self(void *arg)
{
	struct runtime *r = arg;
	r->has_new_self = true;
}

static int tell_self(struct runtime *r)
{
	char host[HOST_NAME_MAX + 1] = "";
	r->has_new_self = false;
	if (gethostname(host, sizeof(host) - 1))
		host[0] = '\0';
	return pipeline_set_self(r->pipeline, host);
}

/* Configuration and zone files. */

static struct pipeline_config config_of(
	const struct runtime *r, const struct address_names *address_names)
{
	const struct conf *conf = &r->conf;
	struct policy policy = conf_policy(conf);
	policy.address_names = address_names->count ? address_names : NULL;
	return (struct pipeline_config){.policy = policy,
		.ns = conf->ns,
		.hostmaster = conf->hostmaster,
		.lan = conf->lan.at,
		.lan_count = conf->lan.count,
		.has_self = conf->has_self,
		.srp_port = conf->has_srp ? conf->listens.at[0].port : 0,
		.host_key = r->host_key,
		.published = (const char *const *)conf->published.at,
		.published_count = conf->published.count};
}

static int read_zone_files(struct runtime *r, struct conf_error *error)
{
	struct zones zones;
	struct collection *files;
	int err = zones_find(&zones, &r->conf.zone_files, error);
	zones.is_signed = r->conf.dnssec != CONF_DNSSEC_NO;
	if (!err)
		err = zones_read(&files, &zones, &r->conf.domain, error);
	if (!err)
		err = pipeline_set_files(r->pipeline, files);
	zones_free(&zones);
	malloc_trim(0); /* a large file was held in many small blocks, most of them free now */
	return err;
}

/* Both lists are there while the pipeline compares them. */
int runtime_take_addresses(struct runtime *r, struct address_names *address_names)
{
	struct address_names *before = &r->addresses[r->present];
	r->present = !r->present;
	r->addresses[r->present] = *address_names;
	*address_names = (struct address_names){0};
	const struct pipeline_config config = config_of(r, &r->addresses[r->present]);
	int err = pipeline_set_config(r->pipeline, &config);
	address_names_fini(before);
	*before = (struct address_names){0};
	return err;
}

int runtime_read_files(struct runtime *r, struct conf_error *error)
{
	struct address_names address_names;
	int err = address_files_read(&address_names, &r->conf.address_files, error);
	if (!err)
		err = runtime_take_addresses(r, &address_names);
	if (!err)
		err = read_zone_files(r, error);
	if (err && err != ERR_SYNTAX)
		snprintf(error->text, sizeof(error->text), "zone files: %s", err_text(err));
	return err;
}

int runtime_put_file_owner(
	struct runtime *r, const uint8_t *owner, const struct rrset *sets, size_t count)
{
	char name[NAME_TEXT_CAP];
	int err = pipeline_put_static(r->pipeline, owner, sets, count);
	if (err && err != ERR_NOMEM && log_limit_may(&r->static_limit, loop_now()))
		log_error(r->log, "records of zone files not served: name=%s error=\"%s\"",
			name_to_text(owner, name), err_text(err));
	return err;
}

int runtime_init(struct runtime *r, struct conf *conf, const struct log *log,
	struct pipeline_sink sink, struct conf_error *error)
{
	*r = (struct runtime){.conf = *conf, .log = log};
	const struct pipeline_config config = config_of(r, &r->addresses[r->present]);
	sink.on_self = on_self;
	sink.on_reject = on_reject;
	sink.on_hidden_alias = on_hidden_alias;
	sink.on_left_out = on_left_out;
	sink.on_crowded = on_crowded;
	sink.on_no_room = on_no_room;
	sink.on_stale_views = on_stale_views;
	sink.arg = r;
	r->pipeline = pipeline_new(loop_random(), &config, sink);
	int err = r->pipeline ? tell_self(r) : ERR_NOMEM;
	if (!err)
		return 0;
	snprintf(error->text, sizeof(error->text), "%s", err_text(err));
	runtime_fini(r);
	return err;
}

int runtime_set_host_key(struct runtime *r, struct rdata key)
{
	r->host_key = key;
	const struct pipeline_config config = config_of(r, &r->addresses[r->present]);
	return pipeline_set_config(r->pipeline, &config);
}

void runtime_fini(struct runtime *r)
{
	rcu_drain();
	pipeline_free(r->pipeline);
	address_names_fini(&r->addresses[r->present]);
	conf_fini(&r->conf);
}

int runtime_reload(struct runtime *r, struct conf *conf, struct address_names *address_names)
{
	struct conf before = r->conf;
	r->conf = *conf;
	int err = runtime_take_addresses(r, address_names);
	conf_fini(&before);
	return err;
}

/* Events and flushes. */

int runtime_apply(struct runtime *r, const struct event *ev)
{
	int err = pipeline_apply(r->pipeline, ev);
	if (!err || !log_limit_may(&r->apply_limit, loop_now()))
		return err;
	if (err == ERR_RANGE)
		log_warning(r->log,
			"a namespace has more than there is room for: nsid=%d note=\"read again "
			"when there is room\"",
			ev->nsid);
	else
		log_error(r->log, "kernel event refused: nsid=%d type=%d error=\"%s\"", ev->nsid,
			ev->type, err_text(err));
	return err;
}

bool runtime_is_dirty(const struct runtime *r)
{
	return r->has_new_self || pipeline_is_dirty(r->pipeline) ||
	       pipeline_has_more(r->pipeline) || pipeline_deadline(r->pipeline) <= loop_now();
}

/* The clock as a serial: serials increase across restarts even if nothing is stored. If changes
 * come faster than one per second, the serial runs ahead of the clock. */
static uint32_t serial_floor(const struct runtime *r)
{
	uint32_t floor = (uint32_t)time(NULL);
	return r->serial_floor ? serial_later(floor, r->serial_floor) : floor;
}

uint32_t runtime_next_serial(const struct runtime *r)
{
	return pipeline_next_serial(r->pipeline, serial_floor(r));
}

static void free_views(void *arg)
{
	view_table_free(arg);
}

static void free_garbage(void *arg)
{
	zone_garbage_free(arg);
}

bool runtime_has_more(const struct runtime *r)
{
	return pipeline_has_more(r->pipeline) && !pipeline_is_dirty(r->pipeline);
}

ns_t runtime_deadline(const struct runtime *r)
{
	if (runtime_has_more(r))
		return 0;
	return ns_min(retry_deadline(&r->flush_retry), pipeline_deadline(r->pipeline));
}

/* What a flush has left is what there was no memory for. */
static void note_shortage(struct runtime *r)
{
	bool had_failed = retry_has_failed(&r->flush_retry);
	if (!pipeline_is_dirty(r->pipeline)) {
		retry_done(&r->flush_retry);
		return;
	}
	retry_failed(&r->flush_retry, loop_now());
	if (!had_failed)
		log_error(r->log,
			"some records are not up to date: error=\"%s\" note=\"tried again\"",
			err_text(ERR_NOMEM));
}

bool runtime_flush(struct runtime *r)
{
	struct pipeline_retired retired;
	if (r->has_new_self && tell_self(r))
		log_error(r->log, "start of authority not updated: error=\"%s\"",
			err_text(ERR_NOMEM));
	pipeline_set_time(r->pipeline, loop_now());
	pipeline_set_clock(r->pipeline, (uint32_t)time(NULL));
	pipeline_flush(r->pipeline, serial_floor(r), &retired);
	note_shortage(r);
	rcu_defer(free_views, retired.views);
	rcu_defer(free_garbage, retired.garbage);
	return retired.garbage;
}
