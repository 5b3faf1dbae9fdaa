/* SPDX-License-Identifier: ISC */
/*
 * Owns the wiring of the collector and its querier to the rest of the daemon.
 * Never judges a packet, and never opens a file or a socket.
 */
#include "ontap-zone/collecting.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/loop.h"
#include "name/label.h"
#include "net/dns_answer.h"
#include "ontap-zone/collecting_log.h"
#include "ontap-zone/collecting_trust.h"
#include "ontap-zone/diary_size.h"
#include "querier/querier.h"

struct collecting {
	struct collecting_config config;
	struct collect *collect;
	struct querier *querier;
	struct signer_keys trusted; /* of files */
	struct collecting_log news_log;
	/* The file. */
	struct diary_size size; /* with what is asked for */
	unsigned asked;         /* so many writes of the keeper are not done yet */
	bool has_to_be_new;     /* one of them has failed, or the directory is new */
	bool has_failed;        /* the last write */
	bool is_forgetting;     /* the last of them has what collecting_forget() removes */
	struct retry retry;
	uint8_t packet[LIMIT_MDNS_PACKET];
};

/* The sink of the collector. */

static int put(void *arg, const char *label, const struct addr *addrs, size_t count, uint32_t ttl_s,
	bool exists)
{
	const struct collecting *c = arg;
	const struct names_said said = {
		.addrs = addrs, .count = count, .ttl_s = ttl_s, .is_there = exists};
	return pipeline_put_collected(c->config.runtime->pipeline, label, &said);
}

static bool is_taken(void *arg, const char *label)
{
	const struct collecting *c = arg;
	return pipeline_is_taken(c->config.runtime->pipeline, label) ||
	       update_collected_is_taken(c->config.updates, label);
}

static bool is_known(void *arg, const uint8_t *signer)
{
	const struct collecting *c = arg;
	return update_collected_knows(c->config.updates, signer);
}

struct found_keys {
	struct rdata *at; /* of COLLECT_KEYS_OF */
	size_t count;
};

static void note_key(void *arg, struct rdata key)
{
	struct found_keys *found = arg;
	if (found->count < COLLECT_KEYS_OF)
		found->at[found->count++] = key;
}

static size_t find_keys(void *arg, const uint8_t *signer, struct rdata ret[COLLECT_KEYS_OF])
{
	const struct collecting *c = arg;
	struct found_keys found = {.at = ret};
	signer_keys_of_zone(pipeline_zone(c->config.runtime->pipeline), signer, note_key, &found);
	return found.count;
}

static void ask(void *arg, uint32_t link, const uint8_t *name, uint16_t type, bool is_wanted)
{
	struct collecting *c = arg;
	int err = 0;
	if (is_wanted)
		err = querier_ask(c->querier, loop_now(), link, name, type);
	else
		querier_stop(c->querier, loop_now(), link, name, type);
	if (err)
		collecting_log_unasked(&c->news_log, name, err);
}

static void on_news(void *arg, const struct collect_news *news)
{
	struct collecting *c = arg;
	collecting_log_news(&c->news_log, news);
	c->config.on_news(c->config.arg, news);
}

/* Life. */

static int start(struct collecting *c)
{
	static const struct querier_events none = {0};
	const struct collect_sink sink = {.put = put,
		.is_taken = is_taken,
		.find_keys = find_keys,
		.ask = ask,
		.on_news = on_news,
		.arg = c,
		.is_known = is_known};
	struct collecting_trust list;
	c->querier = querier_new(loop_random(), true, &none, NULL);
	int err = c->querier ? collecting_trust_make(&list, &c->config.runtime->conf, &c->trusted)
			     : ERR_NOMEM;
	if (err)
		return err;
	c->collect = collect_new(loop_random(), &sink, &list.config);
	collecting_trust_free(&list);
	return c->collect ? 0 : ERR_NOMEM;
}

struct collecting *collecting_new(const struct collecting_config *config)
{
	struct collecting *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->config = *config;
	c->news_log = (struct collecting_log){.log = config->log};
	c->has_to_be_new = true; /* there is no file yet, unless collecting_load() gets one */
	if (start(c) == 0)
		return c;
	collecting_free(c);
	return NULL;
}

void collecting_free(struct collecting *c)
{
	if (!c)
		return;
	collect_free(c->collect);
	querier_free(c->querier);
	signer_keys_fini(&c->trusted);
	free(c);
}

size_t collecting_load(struct collecting *c, const char *text, size_t len)
{
	size_t bad = 0;
	if (!c || len == 0)
		return 0;
	c->size.len = len;
	int err = collect_read(c->collect, loop_now(), dns_unix_time(), text, len, &bad);
	if (err)
		log_error(
			c->config.log, "collected names are not read: error=\"%s\"", err_text(err));
	if (bad > 0)
		log_error(c->config.log,
			"collected names are damaged: entries=%zu note=\"what they had changed is "
			"lost\"",
			bad);
	c->has_to_be_new = err || bad > 0;
	return collect_stats(c->collect).names;
}

void collecting_configure(struct collecting *c, struct signer_keys *trusted)
{
	struct collecting_trust list;
	if (!c)
		return;
	signer_keys_fini(&c->trusted);
	c->trusted = *trusted;
	*trusted = (struct signer_keys){0};
	int err = collecting_trust_make(&list, &c->config.runtime->conf, &c->trusted);
	if (!err) {
		err = collect_set_config(c->collect, loop_now(), dns_unix_time(), &list.config);
		collecting_trust_free(&list);
	}
	if (err)
		log_error(c->config.log, "whom the collector trusts is not changed: error=\"%s\"",
			err_text(err));
}

/* Links. */

static bool collects_on(const struct collecting *c, const char *name)
{
	const struct conf *conf = &c->config.runtime->conf;
	for (size_t i = 0; i < conf->collect_links.count; i++)
		if (strcmp(conf->collect_links.at[i], name) == 0)
			return true;
	return conf->collect == CONF_COLLECT_AUTO;
}

void collecting_link(struct collecting *c, const struct mdns_link *link, const char *name)
{
	const ns_t now = loop_now();
	char text[LOG_TEXT_CAP];
	if (!c || !collects_on(c, name))
		return;
	int err = querier_link_up(c->querier, now, link);
	if (!err)
		err = collect_link(c->collect, now, dns_unix_time(), link->id, link->prefixes,
			link->prefix_count);
	if (err)
		log_error(c->config.log, "nothing is collected on a link: link=%s error=\"%s\"",
			log_escape(name, text), err_text(err));
}

void collecting_link_gone(struct collecting *c, uint32_t ifindex)
{
	if (!c)
		return;
	collect_link_gone(c->collect, loop_now(), dns_unix_time(), ifindex);
	querier_link_gone(c->querier, loop_now(), ifindex);
}

void collecting_restart(struct collecting *c)
{
	if (c)
		querier_restart(c->querier, loop_now());
}

/* Packets. */

void collecting_hear(struct collecting *c, ns_t now, const struct mdns_path *from,
	const uint8_t *packet, size_t len)
{
	if (!c)
		return;
	const enum collect_verdict verdict =
		collect_input(c->collect, now, dns_unix_time(), from, packet, len);
	querier_input(c->querier, now, from, packet, len, verdict == COLLECT_ACCEPTED);
}

void collecting_send(struct collecting *c, ns_t now, struct mdns_net *net)
{
	struct mdns_path to;
	size_t len;
	while (c && (len = querier_poll(c->querier, now, &to, c->packet)) > 0)
		mdns_net_send(net, &to, c->packet, len);
}

/* The file. */

/* Makes an entry, or the whole file if the entry would make it too long. Returns true if it is the whole file. */
static bool make_text(struct collecting *c, ns_t now, struct buf *text)
{
	const uint64_t now_s = dns_unix_time();
	if (!c->has_to_be_new && !collect_wants_all(c->collect)) {
		collect_write_changes(c->collect, now, now_s, text);
		if (text->err || diary_size_allows(&c->size, text->len))
			return false;
		buf_clear(text);
	}
	collect_write_all(c->collect, now, now_s, text);
	return true;
}

/* Several entries may be on their way: what is served is with the keeper. */
static void write_file(struct collecting *c, ns_t now)
{
	struct buf text = {0};
	const bool is_all = make_text(c, now, &text);
	c->has_to_be_new = text.err != 0;
	if (text.err) {
		retry_failed(&c->retry, now);
	} else {
		keeper_write_diary(
			*c->config.keeper, KEEPER_COLLECTED, is_all, buf_text(&text), text.len);
		c->asked++;
		if (is_all)
			diary_size_made(&c->size, text.len);
		else
			c->size.len += text.len;
	}
	buf_fini(&text);
}

static bool has_keeper(const struct collecting *c)
{
	return *c->config.keeper && !keeper_is_full(*c->config.keeper);
}

/* After a failure, what follows would be behind a gap: the whole file is written when all answers are here. */
static bool may_write(const struct collecting *c, ns_t now)
{
	if (!has_keeper(c) || !(c->has_to_be_new || collect_has_changes(c->collect)))
		return false;
	return c->has_to_be_new ? c->asked == 0 && retry_is_due(&c->retry, now)
				: !retry_has_failed(&c->retry);
}

void collecting_poll(struct collecting *c, ns_t now)
{
	bool is_pending;
	if (!c)
		return;
	collect_poll(c->collect, now, dns_unix_time());
	if (!may_write(c, now))
		return;
	write_file(c, now);
	if (c->asked > 0) /* an error shows again in the daemon's turn */
		(void)!keeper_flush(*c->config.keeper, &is_pending);
}

ns_t collecting_deadline(const struct collecting *c)
{
	if (!c)
		return NS_NEVER;
	ns_t deadline = ns_min(collect_deadline(c->collect), querier_deadline(c->querier));
	if (c->has_to_be_new && c->asked == 0 && has_keeper(c))
		deadline = ns_min(
			deadline, retry_has_failed(&c->retry) ? retry_deadline(&c->retry) : 0);
	return deadline;
}

static void tell_forgotten(struct collecting *c, bool is_done)
{
	if (!c->is_forgetting)
		return;
	c->is_forgetting = false;
	c->config.on_forgotten(c->config.arg, is_done);
}

void collecting_written(struct collecting *c, int err)
{
	if (!c)
		return;
	c->asked--;
	if (err) {
		c->has_to_be_new = true;
		retry_failed(&c->retry, loop_now());
		if (!c->has_failed)
			log_error(c->config.log,
				"cannot write collected names: error=\"%s\" note=\"they are "
				"served, and would be forgotten by a restart\"",
				err_text(err));
		tell_forgotten(c, false);
	} else if (c->asked == 0 && !c->has_to_be_new) {
		if (c->has_failed)
			log_info(c->config.log, "collected names are written again");
		retry_done(&c->retry);
		tell_forgotten(c, true);
	}
	c->has_failed = err != 0 || c->has_to_be_new;
}

void collecting_write_again(struct collecting *c)
{
	if (!c)
		return;
	c->has_to_be_new = true;
	retry_done(&c->retry);
}

/* Forgetting. */

int collecting_forget(struct collecting *c, const uint8_t *name)
{
	char label[LABEL_CAP + 1];
	const ns_t now = loop_now();
	const uint64_t now_s = dns_unix_time();
	if (!c)
		return ERR_ABSENT;
	const uint8_t *domain = pipeline_domain(c->config.runtime->pipeline);
	int err = label_in_domain(name, domain, label)
			  ? collect_forget(c->collect, now, now_s, label)
			  : ERR_ABSENT;
	int signer_err = collect_forget_signer(c->collect, now, now_s, name);
	if (err == 0 || signer_err == 0)
		c->is_forgetting = true;
	return signer_err == ERR_ABSENT ? err : signer_err;
}

struct collect *collecting_collect(struct collecting *c)
{
	return c ? c->collect : NULL;
}

const struct collect *collecting_engine(const struct collecting *c)
{
	return c ? c->collect : NULL;
}

bool collecting_is_failing(const struct collecting *c)
{
	return c && c->has_failed;
}
