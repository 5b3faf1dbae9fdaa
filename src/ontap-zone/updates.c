/* SPDX-License-Identifier: ISC */
/*
 * Owns the updates from their arrival to their answers, and what they have added.
 * Never verifies a signature, and never writes a file.
 */
#include "ontap-zone/updates.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "io/loop.h"
#include "net/dns_answer.h"
#include "ontap-zone/registration.h"
#include "ontap-zone/update_collected.h"
#include "ontap-zone/update_put.h"
#include "ontap-zone/update_sig0.h"
#include "ontap-zone/updates_file.h"
#include "update/judge.h"
#include "update/seen.h"

/* In a signed zone an answer waits for the signatures, so long at most; and how often it is looked whether they are
 * there. */
#define SIGNED_PATIENCE (2 * NS_PER_S)
#define SIGNED_LOOK     (NS_PER_MS)

enum {
	/* Updates in one entry. */
	ENTRY_UPDATES = 64
};

/* An update that the keeper writes. */
struct job {
	struct transfer *ask;
	size_t names;
	unsigned not_ours;
};

struct updates {
	struct updates_config config;
	struct transfers *transfers; /* NULL: nobody asks yet */
	struct signer_keys signers;  /* of files */
	struct added *added;
	struct update_collected collected;
	bool has_touched; /* others have the word about names */
	struct update_put put;
	struct transfer *waiting, **last;
	struct updates_file file;
	/* What the keeper writes now. */
	struct added_draft entry;
	struct job jobs[ENTRY_UPDATES];
	size_t job_count;
	bool is_forgetting; /* the entry has what updates_forget() removes */
	/* It is written, and these are not served yet. */
	struct name *unserved; /* owned; NULL: there is no such entry */
	size_t unserved_count;
	ns_t unserved_until;
	struct retry put_retry;
	uint64_t apex_changes; /* of the zone, when all was put */
	struct budget budget, removals;
	struct name forgotten; /* len 0: nothing is to be forgotten */
	uint16_t forgotten_type;
	struct seen *seen; /* owned */
	struct log_limit done_limit, refused_limit;
	uint64_t done, refused, failed, repeated, limited;
};

struct updates *updates_new(const struct updates_config *config)
{
	struct updates *u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->config = *config;
	u->last = &u->waiting;
	u->added = added_new(loop_random());
	u->collected = (struct update_collected){.pipeline = config->runtime->pipeline,
		.conf = &config->runtime->conf,
		.signers = &u->signers,
		.added = u->added};
	u->put = (struct update_put){
		.runtime = config->runtime, .collected = &u->collected, .log = config->log};
	u->file = (struct updates_file){.keeper = config->keeper, .log = config->log};
	u->seen = seen_new(loop_random(), dns_unix_time());
	if (u->added && u->seen) {
		added_draft_init(&u->entry, u->added);
		return u;
	}
	added_free(u->added);
	seen_free(u->seen);
	free(u);
	return NULL;
}

void updates_free(struct updates *u)
{
	if (!u)
		return;
	for (struct transfer *t; (t = u->waiting);) {
		u->waiting = t->next;
		transfers_end(u->transfers, t, false);
	}
	for (size_t i = 0; i < u->job_count; i++)
		transfers_end(u->transfers, u->jobs[i].ask, false);
	added_draft_fini(&u->entry);
	added_free(u->added);
	free(u->unserved);
	seen_free(u->seen);
	signer_keys_fini(&u->signers);
	free(u);
}

void updates_take_signers(struct updates *u, struct signer_keys *signers)
{
	signer_keys_fini(&u->signers);
	u->signers = *signers;
	*signers = (struct signer_keys){0};
}

void updates_open(struct updates *u, struct transfers *transfers)
{
	u->transfers = transfers;
}

const struct added *updates_added(const struct updates *u)
{
	return u->added;
}

/* Publication. */

/* Puts what the zone does not have yet. */
static void put_all(struct updates *u, ns_t now)
{
	if (added_put_all(u->added, update_put, &u->put))
		retry_failed(&u->put_retry, now);
	else
		retry_done(&u->put_retry);
}

/* Zones come and go with addresses, and with the domain: what was added in them comes back. */
static void follow_zones(struct updates *u, ns_t now)
{
	uint64_t changes = zone_apex_changes(pipeline_zone(u->config.runtime->pipeline));
	if (changes == u->apex_changes || added_stats(u->added).owners == 0)
		return;
	u->apex_changes = changes;
	added_zones_changed(u->added);
	put_all(u, now);
	u->config.publish(u->config.arg);
}

size_t updates_load(struct updates *u, const char *text, size_t len)
{
	updates_file_read(&u->file, u->added, text, len);
	(void)added_expire(u->added, dns_unix_time());
	u->apex_changes = zone_apex_changes(pipeline_zone(u->config.runtime->pipeline));
	put_all(u, loop_now());
	return added_stats(u->added).owners;
}

/* Messages that come twice. */

static struct seen_message seen_of(const struct update_ask *ask)
{
	struct seen_message m = {.key = ask->tsig.key.name.wire,
		.is_pair = ask->is_sig0,
		.until_s = ask->is_sig0 ? ask->until_s : ask->tsig.time_s + LIMIT_TSIG_FUDGE_S};
	memcpy(m.mac, ask->tsig.mac, ask->tsig.mac_len < SEEN_MAC ? ask->tsig.mac_len : SEEN_MAC);
	return m;
}

/* Answers. */

static void tell(const struct updates *u, struct log_limit *limit, enum log_level level,
	const struct transfer *t, const char *text, const char *reason)
{
	const struct update_ask *ask = t->update;
	char zone[NAME_TEXT_CAP], key[NAME_TEXT_CAP], client[ADDR_TEXT_CAP];
	if (!log_limit_may(limit, loop_now()))
		return;
	log_print(u->config.log, level, "%s: zone=%s key=%s client=%s%s%s%s", text,
		name_to_text(ask->request.question.name.wire, zone),
		name_to_text(ask->tsig.key.name.wire, key), addr_format(&t->client.addr, client),
		reason ? " error=\"" : "", reason ? reason : "", reason ? "\"" : "");
}

static void answer(struct updates *u, struct transfer *t, unsigned rcode)
{
	const struct seen_message m = seen_of(t->update);
	const uint64_t now_s = dns_unix_time();
	/* Of registrations the time is kept that they are signed at: there may be any number of keys. */
	if (rcode != RCODE_SERVFAIL && !t->update->is_registration)
		seen_note(u->seen, &m, rcode, now_s);
	transfers_answer_update(u->transfers, t, rcode, now_s);
}

static void refuse(struct updates *u, struct transfer *t, unsigned rcode, const char *reason)
{
	u->refused++;
	tell(u, &u->refused_limit, LOG_LEVEL_INFO, t, "update refused", reason);
	answer(u, t, rcode);
}

/* Judging. */

static struct transfer *take_first(struct updates *u)
{
	struct transfer *t = u->waiting;
	u->waiting = t->next;
	if (!u->waiting)
		u->last = &u->waiting;
	return t;
}

/* True if the message is about a name that the entry changes: what it does depends on that. A registration also changes
 * names that it does not mention. */
static bool has_to_wait(const struct updates *u, const struct update_message *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (added_draft_has(&u->entry, m->records[i].owner))
			return true;
	return false;
}

static enum added_kind kind_of(const struct update_ask *ask)
{
	if (ask->is_registration)
		return ADDED_BY_REGISTRATION;
	return ask->is_sig0 ? ADDED_BY_PAIR : ADDED_BY_SECRET;
}

static int judge(struct updates *u, const struct update_ask *ask, const struct update_message *m,
	struct added_draft *draft, struct update_outcome *outcome)
{
	const struct runtime *runtime = u->config.runtime;
	const struct conf_rights *rights = &runtime->conf.update_rights;
	struct update_collected_signer signer = {&u->collected, ask};
	struct update_claim claim;
	const bool has_claim = update_collected_claim(&signer, &claim);
	const struct update_ground ground = {.zone = pipeline_zone(runtime->pipeline),
		.domain = pipeline_domain(runtime->pipeline),
		.rights = rights->at,
		.right_count = ask->is_collected ? 0 : rights->count,
		.by = {.key = ask->tsig.key.name.wire,
			.kind = kind_of(ask),
			.when_s = dns_unix_time()},
		.is_sig0 = ask->is_sig0,
		.claim = has_claim ? &claim : NULL,
		.try = update_put_try,
		.try_arg = &u->put,
		.before = &u->entry};
	return ask->is_registration
		       ? registration_judge(&u->collected, &ground, ask, m, draft, outcome)
		       : update_judge(&ground, m, draft, outcome);
}

/* Adds the draft to the entry. */
static void enter(struct updates *u, struct transfer *t, struct added_draft *draft,
	const struct update_outcome *outcome)
{
	const size_t names = draft->owners.count;
	if (added_draft_merge(&u->entry, draft))
		answer(u, t, RCODE_SERVFAIL);
	else
		u->jobs[u->job_count++] = (struct job){t, names, outcome->not_ours};
}

/* Judges the first one that waits: it is answered, or added to the entry. False: it has to wait. */
static bool judge_message(struct updates *u, const struct update_message *m)
{
	struct added_draft draft;
	struct update_outcome outcome;
	if (has_to_wait(u, m))
		return false;
	added_draft_init(&draft, u->added);
	int rcode = judge(u, u->waiting->update, m, &draft, &outcome);
	if (!rcode && added_draft_overlaps(&draft, &u->entry)) {
		added_draft_fini(&draft);
		return false;
	}
	if (rcode)
		refuse(u, take_first(u), (unsigned)rcode, outcome.reason);
	else if (draft.owners.count > 0)
		enter(u, take_first(u), &draft, &outcome);
	else
		answer(u, take_first(u), RCODE_NOERROR);
	added_draft_fini(&draft);
	return true;
}

/* Answers the first one, if it was here before, or may have been. */
static bool answer_seen(struct updates *u, struct transfer *t)
{
	const struct seen_message m = seen_of(t->update);
	const uint64_t now_s = dns_unix_time();
	int rcode = seen_find(u->seen, &m, now_s);
	if (rcode == SEEN_NOT)
		return false;
	if (rcode == SEEN_FORGOTTEN) {
		/* RFC 8945 §5.2.3: the client has to sign it anew. */
		u->refused++;
		tell(u, &u->refused_limit, LOG_LEVEL_INFO, t, "update refused",
			"it was signed before others that are forgotten, or before the start");
		t->update->tsig.error = t->update->is_sig0 ? TSIG_NOERROR : TSIG_BADTIME;
	} else {
		u->repeated++;
	}
	transfers_answer_update(u->transfers, take_first(u),
		rcode == SEEN_FORGOTTEN ? RCODE_NOTAUTH : (unsigned)rcode, now_s);
	return true;
}

static bool may_judge(struct updates *u, const struct update_ask *ask, ns_t now)
{
	if (ask->is_registration && registration_removes_all(ask) &&
		!budget_may(
			&u->removals, now, LIMIT_SRP_REMOVALS_S, NS_PER_S / LIMIT_SRP_REMOVALS_S))
		return false;
	return budget_may(&u->budget, now, LIMIT_UPDATES_S, NS_PER_S / LIMIT_UPDATES_S);
}

static bool judge_first(struct updates *u, ns_t now)
{
	struct transfer *t = u->waiting;
	struct update_message m;
	const char *wrong =
		t->update->is_sig0 && t->update->tsig.mac_len == 0
			? update_sig0_verify(&u->signers, &u->collected, u->config.runtime, t)
			: NULL;
	if (wrong) {
		u->refused++;
		tell(u, &u->refused_limit, LOG_LEVEL_INFO, t, "update refused", wrong);
		transfers_answer_update(
			u->transfers, take_first(u), RCODE_NOTAUTH, dns_unix_time());
		return true;
	}
	if (!t->update->is_registration && answer_seen(u, t))
		return true;
	if (!may_judge(u, t->update, now)) {
		u->limited++;
		answer(u, take_first(u), RCODE_SERVFAIL);
		return true;
	}
	int rcode = update_message_parse(t->update->msg, t->update->len, &m);
	if (rcode) {
		refuse(u, take_first(u), (unsigned)rcode,
			rcode == RCODE_REFUSED ? "it has too many records" : "it is malformed");
		return true;
	}
	bool is_done = judge_message(u, &m);
	update_message_fini(&m);
	return is_done;
}

void updates_take(struct updates *u, struct transfer *t)
{
	t->next = NULL;
	*u->last = t;
	u->last = &t->next;
}

/* Writing. */

static void end_jobs(struct updates *u, bool is_done)
{
	const size_t count = u->job_count;
	u->job_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct transfer *t = u->jobs[i].ask;
		u->done += is_done;
		u->failed += !is_done;
		if (is_done)
			tell(u, &u->done_limit, LOG_LEVEL_INFO, t, "updated", NULL);
		answer(u, t, is_done ? RCODE_NOERROR : RCODE_SERVFAIL);
	}
	if (u->is_forgetting)
		u->config.on_forgotten(u->config.arg, is_done);
	u->is_forgetting = false;
}

/* The collector is told what hosts have said, before it is served. */
static void tell_collector(const struct updates *u)
{
	for (size_t i = 0; i < u->job_count; i++)
		update_collected_say(&u->collected, u->jobs[i].ask, loop_now(), dns_unix_time());
}

void updates_set_collect(struct updates *u, struct collect *collect)
{
	u->collected.collect = collect;
}

const struct update_collected *updates_collected(const struct updates *u)
{
	return &u->collected;
}

void updates_touch(struct updates *u, const char *label)
{
	if (label)
		update_collected_touch(&u->collected, label);
	else
		added_zones_changed(u->added);
	u->has_touched = true;
}

void updates_put(struct updates *u)
{
	if (u->has_touched)
		put_all(u, loop_now());
	u->has_touched = false;
}

/* Notes the names of the entry. Without memory, it is answered before they are served. */
static void note_unserved(struct updates *u)
{
	u->unserved_count = 0;
	u->unserved = calloc(u->entry.owners.count + 1, sizeof(*u->unserved));
	u->unserved_until = loop_now() + SIGNED_PATIENCE;
	MAP_EACH(o, &u->entry.owners, struct added_owner, in_map) {
		if (u->unserved)
			name_copy(&u->unserved[u->unserved_count++], o->name);
	}
}

/* Answers if all names are served. */
static void settle(struct updates *u)
{
	const struct zone *zone = pipeline_zone(u->config.runtime->pipeline);
	size_t left = u->unserved_count;
	while (left > 0 && !zone_is_waiting(zone, u->unserved[left - 1].wire))
		left--;
	u->unserved_count = left;
	if (left > 0 && loop_now() < u->unserved_until)
		return;
	free(u->unserved);
	u->unserved = NULL;
	u->unserved_count = 0;
	end_jobs(u, true);
}

static void done_writing_entry(struct updates *u, int err)
{
	if (!err)
		note_unserved(u);
	/* Without memory, the file has what is not served: the next start finds it. It is made anew without it. */
	if (!err && added_take(&u->entry)) {
		err = ERR_NOMEM;
		u->file.has_to_be_new = true;
	}
	added_draft_fini(&u->entry);
	if (err) {
		free(u->unserved);
		u->unserved = NULL;
		u->unserved_count = 0;
		end_jobs(u, false);
		return;
	}
	tell_collector(u);
	put_all(u, loop_now());
	u->config.publish(u->config.arg);
	settle(u);
}

static void write_entry(struct updates *u)
{
	int err = updates_file_write_entry(&u->file, &u->entry);
	if (err)
		done_writing_entry(u, err);
}

void updates_written(struct updates *u, int err)
{
	if (updates_file_written(&u->file, err))
		done_writing_entry(u, err);
}

void updates_write_again(struct updates *u)
{
	/* Without a file of ours, the first update there would fail. */
	updates_file_move(&u->file, conf_has_updates(&u->config.runtime->conf));
}

/* Forgetting. */

int updates_forget(struct updates *u, const uint8_t *name, uint16_t type)
{
	const struct added_owner *o = added_find(u->added, name);
	if (u->forgotten.len > 0 || u->is_forgetting)
		return ERR_EXISTS;
	if (!o || (type != 0 && !added_owner_set(o, type)))
		return ERR_ABSENT;
	name_copy(&u->forgotten, name);
	u->forgotten_type = type;
	return 0;
}

/* Puts the removal into the entry, which is empty. */
static int enter_forgotten(struct updates *u)
{
	struct added_owner *o = added_draft_owner(&u->entry, u->forgotten.wire);
	const struct added_by by = {0};
	int err = o ? 0 : ERR_NOMEM;
	if (!err && u->forgotten_type != 0)
		err = added_owner_put(o, u->forgotten_type, 0, NULL, NULL, 0, by);
	while (!err && u->forgotten_type == 0 && o->set_count > 0)
		err = added_owner_put(o, o->sets[0]->type, 0, NULL, NULL, 0, by);
	return err;
}

static void forget(struct updates *u)
{
	int err = enter_forgotten(u);
	u->forgotten.len = 0;
	if (err)
		added_draft_fini(&u->entry);
	u->is_forgetting = !err && added_draft_settle(&u->entry) > 0;
	if (!u->is_forgetting) /* an update was faster */
		u->config.on_forgotten(u->config.arg, !err);
}

/* Turns. */

void updates_poll(struct updates *u, ns_t now)
{
	if (retry_has_failed(&u->put_retry) && retry_is_due(&u->put_retry, now)) {
		put_all(u, now);
		u->config.publish(u->config.arg);
	}
	follow_zones(u, now);
	if (added_expire(u->added, dns_unix_time()) > 0) {
		put_all(u, now);
		u->config.publish(u->config.arg);
	}
	if (u->unserved)
		settle(u);
	if (u->file.is_asked || u->unserved || !*u->config.keeper ||
		updates_file_write_all(&u->file, u->added, now))
		return;
	if (u->forgotten.len > 0)
		forget(u);
	while (u->waiting && u->job_count < ENTRY_UPDATES && judge_first(u, now))
		;
	if (u->job_count > 0 || u->is_forgetting)
		write_entry(u);
}

/* When the next lease ends. It is looked for a minute ahead at most, because clocks jump. */
static ns_t lease_deadline(const struct updates *u)
{
	enum { LOOK_S = 60 };
	const uint64_t end = added_next_end(u->added), now_s = dns_unix_time();
	if (end == UINT64_MAX)
		return NS_NEVER;
	const uint64_t wait_s = end > now_s ? end - now_s : 1;
	return loop_now() + (ns_t)(wait_s < LOOK_S ? wait_s : LOOK_S) * NS_PER_S;
}

ns_t updates_deadline(const struct updates *u)
{
	ns_t deadline = ns_min(retry_deadline(&u->put_retry), lease_deadline(u));
	if (u->unserved)
		return ns_min(deadline, loop_now() + SIGNED_LOOK);
	if (u->file.is_asked)
		return deadline;
	if (u->waiting || u->forgotten.len > 0)
		return 0;
	return ns_min(deadline, updates_file_deadline(&u->file));
}

void updates_report(const struct updates *u, struct jsonw *w)
{
	const struct added_stats stats = added_stats(u->added);
	jsonw_open(w, "receiver", '{');
	jsonw_number(w, "rights", (int64_t)u->config.runtime->conf.update_rights.count);
	jsonw_number(w, "names", (int64_t)stats.owners);
	jsonw_number(w, "records", (int64_t)stats.records);
	jsonw_number(w, "leased", (int64_t)stats.leased);
	jsonw_number(w, "bytes", (int64_t)stats.bytes);
	jsonw_number(w, "file_bytes", (int64_t)u->file.size.len);
	jsonw_number(w, "done", (int64_t)u->done);
	jsonw_number(w, "refused", (int64_t)u->refused);
	jsonw_number(w, "failed", (int64_t)u->failed);
	jsonw_number(w, "repeated", (int64_t)u->repeated);
	jsonw_number(w, "limited", (int64_t)u->limited);
	jsonw_bool(w, "failing", u->file.has_failed);
	jsonw_close(w, '}');
}
