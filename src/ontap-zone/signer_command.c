/* SPDX-License-Identifier: ISC */
/*
 * Owns what `ontap-zone keys` asks of the signer, and its answers.
 * Never decides who may ask.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dnssec/key_file.h"
#include "export/jsonw.h"
#include "ontap-zone/signer_process.h"

static void put_error(struct buf *out, const char *text)
{
	struct jsonw w = {.out = out};
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "error", text);
	jsonw_close(&w, '}');
	buf_puts(out, "\n");
}

/* show, ds */

static const struct key_pair *pair_of(const struct signed_zone *z, struct dnssec_key_id id)
{
	for (unsigned i = 0; i < z->pair_count; i++)
		if (z->pairs[i].tag == id.tag && z->pairs[i].alg == id.alg)
			return &z->pairs[i];
	return NULL;
}

static void put_text(struct jsonw *w, const char *key, const char *name, const char *type,
	const struct buf *rdata)
{
	struct buf text = {0};
	buf_printf(&text, "%s IN %s %s", name, type, buf_text(rdata));
	jsonw_text(w, key, buf_text(&text));
	buf_fini(&text);
}

/* What the parent needs of the key. */
static void put_records(struct jsonw *w, const struct signed_zone *z, const struct key_pair *pair)
{
	char name[NAME_TEXT_CAP];
	struct buf rdata = {0};
	name_to_text(z->roll.zone.wire, name);
	key_text_ds(&rdata, pair, z->roll.zone.wire);
	put_text(w, "ds", name, "DS", &rdata);
	buf_clear(&rdata);
	key_text_dnskey(&rdata, pair);
	put_text(w, "dnskey", name, "DNSKEY", &rdata);
	buf_fini(&rdata);
}

static void put_key(struct jsonw *w, const struct signed_zone *z, unsigned i)
{
	const struct roll_key *key = &z->roll.keys[i];
	const struct key_pair *pair = pair_of(z, key->id);
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "algorithm", key->id.alg);
	jsonw_number(w, "tag", key->id.tag);
	jsonw_text(w, "state", roll_state_text(key->state));
	jsonw_number(w, "created", (int64_t)key->created_s);
	jsonw_number(w, "since", (int64_t)key->since_s);
	jsonw_bool(w, "signs", roll_signs_data(&z->roll, i));
	jsonw_bool(w, "published", roll_is_in_set(&z->roll, i));
	jsonw_bool(w, "submitted", roll_is_in_cds(&z->roll, i));
	if (pair)
		put_records(w, z, pair);
	jsonw_close(w, '}');
}

/* What the server does only when it begins again. */
static bool is_for_next_start(const struct signed_zone *z)
{
	return z->roll.mode == ROLL_DS_GONE || (!z->is_served && z->roll.mode == ROLL_SIGNED);
}

static void put_zone(struct buf *out, const struct signed_zone *z)
{
	struct jsonw w = {.out = out};
	char name[NAME_TEXT_CAP];
	const uint64_t next = roll_deadline(&z->roll);
	jsonw_open(&w, NULL, '{');
	jsonw_text(&w, "zone", name_to_text(z->roll.zone.wire, name));
	jsonw_text(&w, "mode",
		z->is_loaded ? roll_mode_text(z->roll.mode)
		: z->retry_s ? "failed"
			     : "waiting");
	jsonw_bool(&w, "asks_parent", roll_is_asking(&z->roll));
	if (next != UINT64_MAX && next > 0)
		jsonw_number(&w, "next", (int64_t)next);
	jsonw_bool(&w, "at_next_start", is_for_next_start(z));
	if (z->roll.mode == ROLL_DS_GONE)
		jsonw_number(&w, "unsigned_from", (int64_t)roll_end_time(&z->roll));
	if (z->told_s > 0)
		jsonw_number(&w, "signed_until", (int64_t)(z->told_s + KEYSET_VALIDITY_S));
	jsonw_open(&w, "keys", '[');
	for (unsigned i = 0; i < z->roll.count; i++)
		put_key(&w, z, i);
	jsonw_close(&w, ']');
	jsonw_close(&w, '}');
	buf_puts(out, "\n");
}

/* Changes */

/* Stores the changed state. */
static void change(
	struct signer_process *p, struct signed_zone *z, const struct roll *next, struct buf *out)
{
	if (signer_zone_store(p, z, next)) {
		put_error(out, "the change could not be stored: see the log");
		return;
	}
	z->has_news = true;
	put_zone(out, z);
}

/* The server has it as an unsigned one until it begins again. */
static void sign_again(struct signer_process *p, struct signed_zone *z, struct buf *out)
{
	struct roll next;
	if (z->roll.count > 0) {
		put_error(out, "the old key of this zone is not gone from all caches yet");
		return;
	}
	roll_init(&next, z->roll.zone.wire, &z->roll.times);
	change(p, z, &next, out);
}

static void run_roll(
	struct signer_process *p, struct signed_zone *z, const char *arg, struct buf *out)
{
	unsigned alg = *arg ? (unsigned)strtoul(arg, NULL, 10) : p->alg;
	if (!crypt_is_known(alg)) {
		put_error(out, "the algorithm must be 13 (ECDSAP256SHA256) or 15 (ED25519)");
		return;
	}
	if (!z->is_served) {
		sign_again(p, z, out);
		return;
	}
	int err = signer_zone_roll(p, z, alg);
	if (err == ERR_EXISTS)
		put_error(out, "the keys of this zone are being changed already: see keys show");
	else if (err)
		put_error(out, "the key could not be made: see the log");
	else
		put_zone(out, z);
}

static void run_ds_seen(
	struct signer_process *p, struct signed_zone *z, const char *arg, struct buf *out)
{
	struct roll next = z->roll;
	if (*arg || roll_ds_seen(&next, signer_now()))
		put_error(out,
			*arg ? "the zone is all that is needed"
			     : "nothing is asked of the parent yet, or any more: see keys show");
	else
		change(p, z, &next, out);
}

static void run_unsign(
	struct signer_process *p, struct signed_zone *z, const char *arg, struct buf *out)
{
	struct roll next = z->roll;
	int err = *arg ? ERR_SYNTAX : roll_unsign(&next, signer_now());
	if (!err)
		change(p, z, &next, out);
	else
		put_error(out, *arg                ? "the zone is all that is needed"
			       : err == ERR_EXISTS ? "the keys of this zone are being changed: "
						     "see keys show"
						   : "the zone is not signed");
}

static void run_show(struct signer_process *p UNUSED, struct signed_zone *z, const char *arg UNUSED,
	struct buf *out)
{
	put_zone(out, z);
}

/* Words of a request: what is asked, the zone, and something more. */
struct words {
	char text[SIGNER_TEXT_CAP];
	const char *verb, *zone, *arg;
};

static void split(struct words *w, const char *text)
{
	char *at;
	snprintf(w->text, sizeof(w->text), "%s", text);
	w->verb = strtok_r(w->text, " ", &at);
	w->zone = strtok_r(NULL, " ", &at);
	w->arg = strtok_r(NULL, "", &at);
	w->verb = w->verb ? w->verb : "show";
	w->arg = w->arg ? w->arg : "";
}

static bool is_shown(const struct signed_zone *z)
{
	return z->is_served || z->is_unsigned;
}

static struct signed_zone *find(const struct signer_process *p, const char *text)
{
	struct name name;
	if (name_from_text(text, name_root, &name))
		return NULL;
	name_lower(&name);
	struct signed_zone *z = signer_zone_find(p, name.wire);
	return z && is_shown(z) ? z : NULL;
}

static void run_host(const struct signer_process *p, struct buf *out)
{
	if (!signer_host_put(p, out))
		put_error(out, "this host has no key: see --publish");
}

static void run_all(const struct signer_process *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_shown(p->zones[i]))
			put_zone(out, p->zones[i]);
}

/* The clock is right: what has waited for that is done. */
static void run_clock(struct signer_process *p, struct buf *out)
{
	if (signer_clock_accept(p, signer_now())) {
		put_error(out, "the time could not be stored: see the log");
		return;
	}
	signer_host_forget_time(p);
	(void)signer_zones_run(p);
	run_all(p, out);
	(void)signer_host_put(p, out);
}

struct verb {
	const char *word;
	bool is_change;
	/* NULL: it is of no zone */
	void (*run)(struct signer_process *, struct signed_zone *, const char *, struct buf *);
};

static const struct verb verbs[] = {{"show", false, run_show}, {"ds", false, run_show},
	{"roll", true, run_roll}, {"ds-seen", true, run_ds_seen}, {"unsign", true, run_unsign},
	{"clock", true, NULL}, {"host", false, NULL}};

/* Times of states must be right. */
static void run_change(struct signer_process *p, const struct verb *verb, struct signed_zone *z,
	const char *arg, struct buf *out)
{
	if (!signer_clock_is_good(p, signer_now()))
		put_error(out, "the clock is before a time that has been: see the log");
	else if (!z->is_loaded)
		put_error(out, "the keys of this zone are not known: see keys show, and the log");
	else
		verb->run(p, z, arg, out);
}

void signer_command_run(
	struct signer_process *p, const char *text, bool may_change, struct buf *out)
{
	struct words w;
	size_t i = 0;
	split(&w, text);
	while (i < ARRAY_LEN(verbs) && strcmp(verbs[i].word, w.verb) != 0)
		i++;
	struct signed_zone *z = w.zone ? find(p, w.zone) : NULL;
	if (i == ARRAY_LEN(verbs))
		put_error(out, "unknown request: show, ds, host, roll, ds-seen, unsign and clock "
			       "are known");
	else if (verbs[i].is_change && !may_change)
		put_error(out, "keys are changed on the socket in their own directory");
	else if (!verbs[i].run && verbs[i].is_change)
		run_clock(p, out);
	else if (!verbs[i].run)
		run_host(p, out);
	else if (w.zone && !z)
		put_error(out, "there is no such zone that is signed");
	else if (!z && verbs[i].is_change)
		put_error(out, "which zone?");
	else if (!z)
		run_all(p, out);
	else if (verbs[i].is_change)
		run_change(p, &verbs[i], z, w.arg, out);
	else
		verbs[i].run(p, z, w.arg, out);
}
