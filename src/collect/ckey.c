/* SPDX-License-Identifier: ISC */
/*
 * Owns the keys, the rights of each, and the memory of their packets.
 * Never verifies a signature.
 */
#include "collect/ckey.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"

enum { ZONE_KEY = 0x0100, SEEN_FIRST = 4 };

/* The table. */

struct ckey *ckey_find(const struct collect *c, const uint8_t *signer, uint8_t alg, uint16_t tag)
{
	return MAP_FIND(&c->keys, name_hash(c->seed, signer), struct ckey, in_keys, key,
		key->alg == alg && key->tag == tag && name_equal(key->signer.wire, signer));
}

static bool is_idle(const struct ckey *key)
{
	return key->label_count == 0 && key->said_count == 0 && !key->is_of_file && key->pins == 0;
}

/* Drops the key that was heard longest ago of those without names; `is_first`: of those that came first. False: there is
 * none. */
static bool drop_idle(struct collect *c, bool is_first)
{
	LIST_EACH(key, &c->order, struct ckey, in_order) {
		if (is_idle(key) && (key->is_first || !is_first)) {
			ckey_drop(c, key);
			return true;
		}
	}
	return false;
}

/* Copies the rdata as that of a KEY. False: it is none that may sign packets. */
static bool copy_rdata(struct ckey *key, struct rdata rdata)
{
	if (sig0_key_wrong(rdata) || rdata.len > sizeof(key->rdata))
		return false;
	memcpy(key->rdata, rdata.bytes, rdata.len);
	if (get_u16(key->rdata) & ZONE_KEY)
		put_u16(key->rdata, KEY_FLAGS);
	key->alg = key->rdata[3];
	key->tag = key_tag(key->rdata, rdata.len);
	return true;
}

struct rdata ckey_rdata(const struct ckey *key)
{
	return (struct rdata){key->rdata, (uint16_t)(DNSKEY_HEAD + crypt_public_len(key->alg))};
}

struct ckey *ckey_add(struct collect *c, const uint8_t *signer, struct rdata rdata)
{
	struct ckey found;
	if (!copy_rdata(&found, rdata))
		return NULL;
	struct ckey *key = ckey_find(c, signer, found.alg, found.tag);
	if (key)
		return memcmp(key->rdata, found.rdata, rdata.len) == 0 ? key : NULL;
	if (c->keys.count >= LIMIT_COLLECT_KEYS && !drop_idle(c, false))
		return NULL;
	key = calloc(1, sizeof(*key));
	if (!key)
		return NULL;
	(void)copy_rdata(key, rdata);
	name_copy(&key->signer, signer);
	name_lower(&key->signer);
	if (map_add(&c->keys, &key->in_keys, name_hash(c->seed, signer))) {
		free(key);
		return NULL;
	}
	list_init(&key->said);
	list_init(&key->labels);
	list_append(&c->order, &key->in_order);
	return key;
}

void ckey_replace(struct collect *c, const uint8_t *signer, struct rdata rdata)
{
	struct ckey next;
	if (!copy_rdata(&next, rdata))
		return;
	struct ckey *key = ckey_find(c, signer, next.alg, next.tag);
	if (key && is_idle(key) && memcmp(key->rdata, next.rdata, rdata.len) != 0)
		ckey_drop(c, key);
}

void ckey_drop(struct collect *c, struct ckey *key)
{
	c->first_keys -= key->is_first;
	list_remove(&key->in_order);
	map_remove(&c->keys, &key->in_keys);
	free(key->seen);
	free(key);
}

/* Trust. */

void ckey_free_patterns(struct pattern *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(patterns[i].text);
	free(patterns);
}

static int copy_patterns(struct ckey *key, const struct collect_trust *trust, struct pattern *ret)
{
	for (size_t i = 0; i < trust->pattern_count; i++) {
		ret[i].key = key;
		ret[i].text = strdup(trust->patterns[i]);
		if (!ret[i].text)
			return ERR_NOMEM;
	}
	return 0;
}

/* Adds the keys, and makes all patterns. Keys that are there and have no trust in the end do no harm. */
static int make_trust(struct collect *c, const struct collect_config *config, struct ckey **keys,
	struct pattern *patterns)
{
	size_t at = 0;
	int err = 0;
	for (size_t i = 0; i < config->trust_count && !err; i++) {
		const struct collect_trust *trust = &config->trust[i];
		keys[i] = ckey_add(c, trust->signer, trust->key);
		if (!keys[i])
			return sig0_key_wrong(trust->key) ? ERR_RANGE : ERR_NOMEM;
		keys[i]->pins++; /* it does not give way to the next ones */
		err = copy_patterns(keys[i], trust, patterns + at);
		at += trust->pattern_count;
	}
	return err;
}

static void take_trust(struct collect *c, const struct collect_config *config, struct ckey **keys)
{
	MAP_EACH(key, &c->keys, struct ckey, in_keys)
		key->is_of_file = key->has_patterns = false;
	for (size_t i = 0; i < config->trust_count; i++) {
		keys[i]->is_of_file = true;
		keys[i]->has_patterns |= config->trust[i].pattern_count > 0;
	}
}

int ckey_set_trust(struct collect *c, const struct collect_config *config)
{
	size_t count = 0;
	for (size_t i = 0; i < config->trust_count; i++)
		count += config->trust[i].pattern_count;
	if (config->trust_count > LIMIT_COLLECT_KEYS || count > LIMIT_COLLECT_PATTERNS)
		return ERR_RANGE;
	struct ckey **keys = calloc(config->trust_count + 1, sizeof(struct ckey *));
	struct pattern *patterns = calloc(count + 1, sizeof(*patterns));
	int err = keys && patterns ? make_trust(c, config, keys, patterns) : ERR_NOMEM;
	for (size_t i = 0; keys && i < config->trust_count && keys[i]; i++)
		keys[i]->pins--;
	if (!err) {
		take_trust(c, config, keys);
		ckey_free_patterns(c->patterns, c->pattern_count);
		c->patterns = patterns;
		c->pattern_count = count;
	} else if (patterns) {
		ckey_free_patterns(patterns, count);
	}
	free(keys);
	return err;
}

enum collect_origin ckey_origin(const struct collect *c, const struct ckey *key)
{
	if (key->is_of_file)
		return COLLECT_OF_FILE;
	if (key->is_of_zone)
		return COLLECT_OF_ZONE;
	return key->is_first && c->trusts_first ? COLLECT_OF_FIRST : COLLECT_OF_NOTHING;
}

bool ckey_is_trusted(const struct collect *c, const struct ckey *key)
{
	return ckey_origin(c, key) != COLLECT_OF_NOTHING;
}

/* Looks for the key in the zone, each time: it may have been removed there. */
static struct ckey *find_in_zone(struct collect *c, struct ckey *key, const struct sig0 *sig)
{
	struct rdata found[COLLECT_KEYS_OF];
	const size_t count = c->sink.find_keys(c->sink.arg, sig->signer.wire, found);
	if (key)
		key->is_of_zone = false;
	for (size_t i = 0; i < count; i++) {
		if (!sig0_is_by(sig, found[i]))
			continue;
		struct ckey *in_zone = ckey_add(c, sig->signer.wire, found[i]);
		if (in_zone && (!key || in_zone == key)) {
			in_zone->is_of_zone = true;
			return in_zone;
		}
	}
	return key && ckey_is_trusted(c, key) ? key : NULL;
}

struct ckey *ckey_of_packet(struct collect *c, const struct sig0 *sig)
{
	struct ckey *key = ckey_find(c, sig->signer.wire, sig->alg, sig->tag);
	return key && key->is_of_file ? key : find_in_zone(c, key, sig);
}

bool ckey_may_be_first(const struct collect *c, const uint8_t *signer)
{
	struct rdata found[COLLECT_KEYS_OF];
	const uint64_t hash = name_hash(c->seed, signer);
	const struct ckey *other = MAP_FIND(&c->keys, hash, struct ckey, in_keys, key,
		(key->is_of_file || key->is_first || key->label_count > 0) &&
			name_equal(key->signer.wire, signer));
	if (c->sink.is_known && c->sink.is_known(c->sink.arg, signer))
		return false;
	return c->trusts_first && !other && c->sink.find_keys(c->sink.arg, signer, found) == 0;
}

bool ckey_make_first(struct collect *c, struct ckey *key)
{
	if (c->first_keys >= LIMIT_COLLECT_KEYS / LIMIT_COLLECT_FIRST_PART && !drop_idle(c, true))
		return false;
	c->first_keys += !key->is_first;
	key->is_first = true;
	return true;
}

/* Rights. */

bool ckey_is_free_label(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
			!(text[i] == '-' && i > 0 && i < len - 1))
			return false;
	return len > 0 && strncmp(text, "ns", 2) != 0 && strcmp(text, "wan") != 0 &&
	       strcmp(text, "lan") != 0 && strcmp(text, "localhost") != 0;
}

/* True if the key may by a pattern. `*ret_others`: another key may. */
static bool has_pattern(
	const struct collect *c, const struct ckey *key, const char *label, bool *ret_others)
{
	*ret_others = false;
	for (size_t i = 0; i < c->pattern_count; i++) {
		STEPS(1);
		const struct pattern *p = &c->patterns[i];
		if (fnmatch(p->text, label, FNM_CASEFOLD) != 0)
			continue;
		if (p->key == key)
			return true;
		*ret_others = true;
	}
	return false;
}

int ckey_may_say(const struct collect *c, const struct ckey *key, const struct wire_label *label,
	char ret_text[COLLECT_LABEL_CAP])
{
	bool have_others;
	const size_t len = label->bytes[0];
	memcpy(ret_text, label->bytes + 1, len);
	ret_text[len] = '\0';
	if (!ckey_is_free_label(ret_text, len) || c->sink.is_taken(c->sink.arg, ret_text))
		return ERR_DENIED;
	if (has_pattern(c, key, ret_text, &have_others))
		return 0;
	return key->has_patterns || have_others ? ERR_DENIED : 0;
}

/* Packets. */

static bool was_seen(const struct ckey *key, const struct sig0 *sig)
{
	for (size_t i = 0; i < key->seen_count; i++)
		if (memcmp(key->seen[i], sig->signature, DIGEST_LEN) == 0)
			return true;
	return false;
}

/* Only packets of the floor's second need be remembered: older ones are refused. A floor that no packet can have now is
 * of a time when our clock was ahead: it would refuse all until then. */
enum collect_verdict ckey_check_time(
	const struct collect *c, struct ckey *key, const struct sig0 *sig)
{
	const uint64_t from_s = sig0_since(sig, c->now_s);
	const int64_t left = (int32_t)(sig->expiration - (uint32_t)c->now_s);
	const uint32_t lasts = sig->expiration - sig->inception;
	if (from_s > c->now_s + LIMIT_TSIG_FUDGE_S || left < -(int64_t)LIMIT_TSIG_FUDGE_S ||
		lasts > LIMIT_COLLECT_VALID_S)
		return COLLECT_UNTIMELY;
	if (key->floor_s > c->now_s + LIMIT_TSIG_FUDGE_S) {
		key->floor_s = 0;
		key->seen_count = 0;
		key->is_floor_spent = false;
	}
	const bool is_of_floor = from_s == key->floor_s;
	if (is_of_floor && was_seen(key, sig))
		return COLLECT_KNOWN;
	if (from_s < key->floor_s || (is_of_floor && key->is_floor_spent)) {
		key->replayed++;
		return COLLECT_REPLAYED;
	}
	return COLLECT_ACCEPTED;
}

/* Makes room for one more packet of the floor's second. */
static bool seen_reserve(struct ckey *key)
{
	if (key->seen_count < key->seen_cap)
		return true;
	const size_t cap = key->seen_cap ? 2 * key->seen_cap : SEEN_FIRST;
	if (cap > LIMIT_COLLECT_SEEN)
		return false;
	void *seen = realloc(key->seen, cap * DIGEST_LEN);
	if (!seen)
		return false;
	key->seen = seen;
	key->seen_cap = cap;
	return true;
}

/* The first bytes of a signature are the same in each form that it can be given without the secret: r of ECDSA, R of
 * Ed25519. */
void ckey_note_packet(struct collect *c, struct ckey *key, const struct sig0 *sig)
{
	const uint64_t from_s = sig0_since(sig, c->now_s);
	if (from_s > key->floor_s) {
		key->floor_s = from_s;
		key->seen_count = 0;
		key->is_floor_spent = false;
	}
	if (seen_reserve(key))
		memcpy(key->seen[key->seen_count++], sig->signature, DIGEST_LEN);
	else
		key->is_floor_spent = true;
	key->accepted++;
	key->heard_s = c->now_s;
	list_remove(&key->in_order);
	list_append(&c->order, &key->in_order);
}
