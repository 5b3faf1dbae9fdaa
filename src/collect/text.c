/* SPDX-License-Identifier: ISC */
/*
 * Owns the text of the state, in entries (base/entry.h):
 *
 *	ontap-zone collected 1
 *	K laptop.example.org. first 1764523456 02000 30d…
 *	N web here link 1764523000 1764523490 0 1764523510 0 192.0.2.7 2001:db8::7
 *	A web-2. 120 1764523610 192.0.2.7
 *	A web-2. 120 1764523610 2001:db8::7
 *	G mail
 *	= 1a2b3c4d5e6f7081
 *
 * K begins a key: signer, why it is trusted, the last inception, rdata of the KEY. The names behind it are its: N has label,
 * state, who has the word, the seconds since 1970 of its state's begin, of what was heard last, of the last update's and
 * the last packet's signature, of the state's end (0: never, or by --keep), and the last addresses. A is what is said of
 * it: the host's name, TTL, when it ends, and an address. G is a name that is gone. A name that comes again is as it is
 * there: nothing of before counts.
 * Never opens the file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/entry.h"
#include "base/err.h"
#include "collect/ckey.h"
#include "collect/heard.h"
#include "collect/label.h"
#include "collect/said.h"

static const struct entry_form form = {"ontap-zone collected 1\n", "ontap collected"};

static const char *const origin_words[] = {[COLLECT_OF_NOTHING] = "known",
	[COLLECT_OF_FILE] = "file",
	[COLLECT_OF_ZONE] = "zone",
	[COLLECT_OF_FIRST] = "first"};
static const char *const state_words[] = {[COLLECT_HERE] = "here",
	[COLLECT_SILENT] = "silent",
	[COLLECT_AWAY] = "away",
	[COLLECT_MOVED] = "moved"};
static const char *const word_words[] = {
	[COLLECT_NOBODY] = "nobody", [COLLECT_LINK] = "link", [COLLECT_UPDATE] = "update"};

/* Writing. */

static unsigned long long number(uint64_t n)
{
	return n;
}

/* A key that came first is written so, whether such keys are trusted now or not. */
static void write_key(struct buf *out, const struct ckey *key)
{
	char name[NAME_TEXT_CAP];
	const struct rdata rdata = ckey_rdata(key);
	const enum collect_origin origin = key->is_first     ? COLLECT_OF_FIRST
					   : key->is_of_file ? COLLECT_OF_FILE
					   : key->is_of_zone ? COLLECT_OF_ZONE
							     : COLLECT_OF_NOTHING;
	buf_printf(out, "K %s %s %llu", name_to_text(key->signer.wire, name), origin_words[origin],
		number(key->floor_s));
	words_put_hex(out, rdata.bytes, rdata.len);
	buf_puts(out, "\n");
}

static void write_said(const struct collect *c, struct buf *out, const struct said *s)
{
	struct name spoken;
	char name[NAME_TEXT_CAP], addr[ADDR_TEXT_CAP];
	if (name_prepend(s->name.bytes + 1, s->name.bytes[0], name_root, &spoken))
		return;
	name_to_text(spoken.wire, name);
	for (const struct heard *h = s->heard; h; h = h->next)
		for (size_t i = 0; i < h->count; i++) {
			const struct heard_addr *a = &h->addrs[i];
			if (!a->is_leaving)
				buf_printf(out, "A %s %u %llu %s\n", name, a->life.ttl_s,
					number(wall_of(c, life_end(&a->life))),
					addr_format(&a->addr, addr));
		}
}

static void write_label(const struct collect *c, struct buf *out, const struct label *l)
{
	char addr[ADDR_TEXT_CAP];
	buf_printf(out, "N %s %s %s %llu %llu %llu %llu %llu", l->text, state_words[l->state],
		word_words[l->word], number(l->since_s), number(l->heard_s), number(l->update_s),
		number(l->link_s), number(l->state == COLLECT_MOVED ? state_end_s(c, l) : 0));
	for (size_t i = 0; i < l->count; i++)
		buf_printf(out, " %s", addr_format(&l->addrs[i], addr));
	buf_puts(out, "\n");
	LIST_EACH(s, &l->said, struct said, of_label)
		write_said(c, out, s);
}

bool collect_has_changes(const struct collect *c)
{
	return c->wants_all || c->gone.len > 0 || !list_is_empty(&c->dirty);
}

bool collect_wants_all(const struct collect *c)
{
	return c->wants_all;
}

static void all_is_written(struct collect *c)
{
	for (struct label *l; (l = LIST_FIRST(&c->dirty, struct label, in_dirty));)
		list_remove(&l->in_dirty);
	buf_fini(&c->gone);
	c->wants_all = false;
}

void collect_write_changes(struct collect *c, ns_t now, uint64_t now_s, struct buf *out)
{
	const struct ckey *key = NULL;
	const size_t start = out->len;
	collect_enter(c, now, now_s);
	if (c->gone.len > 0)
		buf_add(out, c->gone.bytes, c->gone.len);
	LIST_EACH(l, &c->dirty, struct label, in_dirty) {
		if (l->key != key)
			write_key(out, l->key);
		key = l->key;
		write_label(c, out, l);
	}
	entry_end(&form, out, start);
	all_is_written(c);
}

/* Each key is an entry of its own: damage loses one. */
void collect_write_all(struct collect *c, ns_t now, uint64_t now_s, struct buf *out)
{
	collect_enter(c, now, now_s);
	buf_puts(out, form.head);
	MAP_EACH(key, &c->keys, struct ckey, in_keys) {
		const size_t start = out->len;
		if (key->label_count == 0 && key->floor_s == 0)
			continue;
		write_key(out, key);
		LIST_EACH(l, &key->labels, struct label, of_key)
			write_label(c, out, l);
		entry_end(&form, out, start);
	}
	all_is_written(c);
}

/* Reading: lines. */

struct key_line {
	struct name signer;
	bool is_first;
	uint64_t floor_s;
	uint8_t rdata[DNSKEY_CAP];
	size_t rdata_len;
};

struct name_line {
	struct wire_label label;
	enum collect_state state;
	enum collect_word word;
	uint64_t since_s, heard_s, update_s, link_s, until_s;
	size_t count;
	struct addr addrs[LIMIT_COLLECT_ADDRS];
};

struct said_line {
	struct wire_label spoken;
	uint64_t ttl_s, until_s;
	struct addr addr;
};

static bool take_name(struct words *line, struct name *ret)
{
	struct words word;
	char text[NAME_TEXT_CAP];
	return words_next(line, &word) && words_copy(&word, text, sizeof(text)) &&
	       name_from_text(text, NULL, ret) == 0;
}

static bool take_addr(struct words *line, struct addr *ret)
{
	struct words word;
	char text[ADDR_TEXT_CAP];
	return words_next(line, &word) && words_copy(&word, text, sizeof(text)) &&
	       addr_parse(text, ret) == 0 && addr_scope(ret) >= ADDR_SCOPE_LAN;
}

/* Returns which of the texts the next word is; -1: none. */
static int take_one_of(struct words *line, const char *const *texts, int count)
{
	struct words word;
	if (!words_next(line, &word))
		return -1;
	for (int i = 0; i < count; i++)
		if (words_are(&word, texts[i]))
			return i;
	return -1;
}

static bool parse_key(struct words line, struct key_line *ret)
{
	struct words word;
	if (!take_name(&line, &ret->signer))
		return false;
	const int origin = take_one_of(&line, origin_words, COLLECT_ORIGIN_COUNT);
	ret->is_first = origin == COLLECT_OF_FIRST;
	if (origin < 0 || !words_next_number(&line, INT64_MAX, &ret->floor_s) ||
		!words_next(&line, &word) || word.len > 2 * sizeof(ret->rdata) || line.len > 0 ||
		!words_take_hex(&word, ret->rdata, &ret->rdata_len))
		return false;
	return !sig0_key_wrong((struct rdata){ret->rdata, (uint16_t)ret->rdata_len});
}

static bool parse_label(struct words *line, struct wire_label *ret)
{
	struct words word;
	char text[COLLECT_LABEL_CAP];
	return words_next(line, &word) && words_copy(&word, text, sizeof(text)) &&
	       ckey_is_free_label(text, strlen(text)) && wire_label_from_text(text, ret);
}

static bool parse_name(struct words line, struct name_line *ret)
{
	if (!parse_label(&line, &ret->label))
		return false;
	const int state = take_one_of(&line, state_words, COLLECT_STATE_COUNT);
	const int word = take_one_of(&line, word_words, COLLECT_WORD_COUNT);
	if (state < 0 || word < COLLECT_LINK ||
		!words_next_number(&line, INT64_MAX, &ret->since_s) ||
		!words_next_number(&line, INT64_MAX, &ret->heard_s) ||
		!words_next_number(&line, INT64_MAX, &ret->update_s) ||
		!words_next_number(&line, INT64_MAX, &ret->link_s) ||
		!words_next_number(&line, INT64_MAX, &ret->until_s))
		return false;
	ret->state = (enum collect_state)state;
	ret->word = (enum collect_word)word;
	ret->count = 0;
	while (line.len > 0) {
		if (ret->count == LIMIT_COLLECT_ADDRS || !take_addr(&line, &ret->addrs[ret->count]))
			return false;
		/* In order, each once. */
		if (ret->count > 0 &&
			addr_cmp(&ret->addrs[ret->count - 1], &ret->addrs[ret->count]) >= 0)
			return false;
		ret->count++;
	}
	return (ret->word == COLLECT_LINK) || ret->state == COLLECT_MOVED ||
	       ret->state == COLLECT_AWAY;
}

static bool parse_said(struct words line, struct said_line *ret)
{
	struct name spoken;
	if (!take_name(&line, &spoken) || name_labels(spoken.wire) != 1 ||
		!words_next_number(&line, LIMIT_COLLECT_TTL_S, &ret->ttl_s) || ret->ttl_s == 0 ||
		!words_next_number(&line, INT64_MAX, &ret->until_s) ||
		!take_addr(&line, &ret->addr))
		return false;
	wire_label_of(spoken.wire, &ret->spoken);
	return line.len == 0;
}

/* Reading: the last that is said of each name, as places in the text. */

struct draft {
	struct map_node in_drafts;
	struct wire_label label;
	struct words key, name, said; /* `said` goes on to the end of its entry */
};

struct reading {
	struct collect *c;
	struct map drafts;
};

static struct draft *draft_find(const struct reading *r, const struct wire_label *label)
{
	return MAP_FIND(&r->drafts, wire_label_hash(r->c->seed, label), struct draft, in_drafts, d,
		wire_label_equal(&d->label, label));
}

static struct draft *draft_get(struct reading *r, const struct wire_label *label)
{
	struct draft *d = draft_find(r, label);
	if (d || !(d = calloc(1, sizeof(*d))))
		return d;
	d->label = *label;
	if (map_add(&r->drafts, &d->in_drafts, wire_label_hash(r->c->seed, label))) {
		free(d);
		return NULL;
	}
	return d;
}

static void draft_drop(struct reading *r, struct draft *d)
{
	map_remove(&r->drafts, &d->in_drafts);
	free(d);
}

/* True if each line of the entry is right. */
static bool is_right(struct words entry)
{
	struct key_line key;
	struct name_line name;
	struct said_line said;
	struct words line;
	struct wire_label label;
	char letter, above = 'G';
	int more;
	while ((more = words_next_line(&entry, &letter, &line)) == 1) {
		const bool is_good =
			letter == 'K'   ? parse_key(line, &key)
			: letter == 'N' ? above != 'G' && parse_name(line, &name)
			: letter == 'A'
				? (above == 'N' || above == 'A') && parse_said(line, &said)
				: letter == 'G' && above == 'G' && parse_label(&line, &label);
		if (!is_good)
			return false;
		above = letter;
	}
	return more == 0;
}

/* Adds the key as it is there. If it `is_later`, one of before that has the same tag and no names gives way. NULL: there is
 * no room. */
static struct ckey *read_key(struct collect *c, struct words line, bool is_later)
{
	struct key_line k;
	if (!parse_key(line, &k))
		return NULL;
	const struct rdata rdata = {k.rdata, (uint16_t)k.rdata_len};
	if (is_later)
		ckey_replace(c, k.signer.wire, rdata);
	struct ckey *key = ckey_add(c, k.signer.wire, rdata);
	if (!key)
		return NULL;
	if (k.is_first && !key->is_first)
		(void)ckey_make_first(c, key);
	/* Which packets of that second were here is not known any more. */
	if (k.floor_s >= key->floor_s) {
		key->floor_s = k.floor_s;
		key->is_floor_spent = true;
	}
	return key;
}

static int note_entry(struct reading *r, struct words entry)
{
	struct words line, key = {NULL, 0};
	struct wire_label label;
	char letter;
	while (words_next_line(&entry, &letter, &line) == 1) {
		struct words rest = line;
		if (letter == 'K') {
			key = line;
			(void)read_key(r->c, line, true);
		} else if (letter == 'G' && parse_label(&rest, &label)) {
			struct draft *d = draft_find(r, &label);
			if (d)
				draft_drop(r, d);
		} else if (letter == 'N' && parse_label(&rest, &label)) {
			struct draft *d = draft_get(r, &label);
			if (!d)
				return ERR_NOMEM;
			d->key = key;
			d->name = line;
			d->said = entry;
		}
	}
	return 0;
}

/* Reading: what follows. */

/* Returns the end of the latest of these lines: others may have been said again since, as it was. 0: there is none. */
static uint64_t latest_end(struct words lines)
{
	struct words line;
	struct said_line s;
	char letter;
	uint64_t end_s = 0;
	while (words_next_line(&lines, &letter, &line) == 1 && letter == 'A')
		if (parse_said(line, &s) && s.until_s > end_s)
			end_s = s.until_s;
	return end_s;
}

static void restore_said(struct collect *c, struct label *l, struct words lines)
{
	const uint64_t end_s = latest_end(lines);
	const int64_t left_s = (int64_t)end_s - (int64_t)c->now_s;
	struct words line;
	struct said_line s;
	char letter;
	while (words_next_line(&lines, &letter, &line) == 1 && letter == 'A') {
		if (!parse_said(line, &s))
			continue;
		const uint32_t ttl_s = (uint32_t)s.ttl_s;
		const int64_t left = left_s > ttl_s ? ttl_s : left_s < 0 ? 0 : left_s;
		const struct life life = {c->now - (ttl_s - left) * NS_PER_S, ttl_s};
		(void)said_restore(c, l, &s.spoken, &s.addr, life);
	}
}

/* When a state ends that goes on: not before we have listened for a while. */
static ns_t restored_end(const struct collect *c, const struct label *l, uint64_t until_s)
{
	const ns_t soon = c->now + SILENT_S * NS_PER_S;
	switch (l->state) {
	case COLLECT_SILENT: return soon;
	case COLLECT_AWAY: return ns_max(soon, c->now + label_keep_left(c, l));
	case COLLECT_MOVED:
		if (until_s == 0)
			break;
		return until_s > c->now_s ? ns_max(soon, label_lease_end(c, until_s - c->now_s))
					  : soon;
	case COLLECT_HERE:
	case COLLECT_STATE_COUNT: break;
	}
	return NS_NEVER;
}

/* False: there is no room for the name, or its key is not the one that has its tag now. */
static bool restore(struct collect *c, const struct draft *d)
{
	struct name_line n;
	struct ckey *key = read_key(c, d->key, false);
	if (!key || !parse_name(d->name, &n))
		return false;
	struct label *l = label_add(c, key, &n.label);
	if (!l || !label_set_addrs(c, l, n.addrs, n.count))
		return false;
	l->state = n.state;
	l->word = n.word;
	l->since_s = n.since_s;
	l->heard_s = n.heard_s;
	l->update_s = n.update_s;
	l->link_s = n.link_s;
	l->state_at = c->now;
	if (l->state == COLLECT_HERE || l->state == COLLECT_SILENT)
		restore_said(c, l, d->said);
	label_set_state(c, l, l->state, restored_end(c, l, n.until_s));
	LIST_EACH(s, &l->said, struct said, of_label)
		heap_put(&c->said_timers, &s->timer, c->now);
	return true;
}

/* Keys that came first and have no name are nobody's. */
static void drop_useless(struct collect *c)
{
	MAP_EACH(key, &c->keys, struct ckey, in_keys)
		if (key->is_first && key->label_count == 0 && !key->is_of_file)
			ckey_drop(c, key);
}

static int read_all(struct reading *r, const char *text, size_t len, size_t *ret_bad)
{
	struct words entry;
	size_t at = 0, bad = 0;
	int result, err = 0;
	while ((result = entry_next(&form, text, len, &at, &entry)) >= 0 && !err) {
		if (result == 1 && is_right(entry))
			err = note_entry(r, entry);
		else
			bad++;
	}
	if (result != ERR_ABSENT || err)
		return err ? err : result;
	MAP_EACH(d, &r->drafts, struct draft, in_drafts)
		bad += !restore(r->c, d);
	*ret_bad = bad;
	return 0;
}

size_t collect_whole_len(const char *text, size_t len)
{
	return entry_whole_len(&form, text, len);
}

int collect_read(
	struct collect *c, ns_t now, uint64_t now_s, const char *text, size_t len, size_t *ret_bad)
{
	struct reading r = {.c = c};
	collect_enter(c, now, now_s);
	int err = read_all(&r, text, len, ret_bad);
	MAP_EACH(d, &r.drafts, struct draft, in_drafts)
		draft_drop(&r, d);
	map_fini(&r.drafts);
	drop_useless(c);
	all_is_written(c);
	return err;
}
