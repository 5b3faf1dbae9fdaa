/* SPDX-License-Identifier: ISC */
/*
 * Owns the naive computation of what the daemon should serve.
 * Never stores anything. Called by the checks of whole.c.
 */
#include "naive.h"

#include <linux/if_addr.h>
#include <string.h>
#include <strings.h>

const char *const naive_labels[] = {"web", "db", "mail", "box", "crate", "ns"};
const size_t naive_label_count = ARRAY_LEN(naive_labels);

const struct naive_record naive_files[NAIVE_FILES][NAIVE_RECORDS] = {
	{{0}},
	{{"web", "CNAME", "other.test."}, {"web.local", "TXT", "x"}, {"db", "A", "10.0.9.1"},
		{"_x._tcp.local", "PTR", "a._x._tcp.local."}},
	{{"db.local", "A", "10.0.9.2"}, {"web.local", "CNAME", "db.local."},
		{"mail", "CNAME", "db.test."}, {"db", "AAAA", "2001:db8:9::1"}},
	{{"web", "A", "198.51.100.99"}, {"web.local", "A", "10.0.9.3"}, {"box", "TXT", "x"},
		{"mail.local", "CNAME", "box.local."}},
	{{"web", "CNAME", "else.test."}, {"web.local", "CNAME", "mail.local."},
		{"db.local", "AAAA", "2001:db8:9::2"}, {"crate", "CNAME", "box.test."}},
};

/* --- who has a name ------------------------------------------------------------------------ */

static bool has_word(const char *text, const char *label)
{
	size_t len = strlen(label);
	for (const char *at = text; *at;) {
		size_t word = strcspn(at, " ,");
		if (word == len && strncasecmp(at, label, len) == 0)
			return true;
		at += word;
		at += strspn(at, " ,");
	}
	return false;
}

static bool is_any_label(const char *text)
{
	for (size_t i = 0; i < naive_label_count; i++)
		if (has_word(text, naive_labels[i]))
			return true;
	return false;
}

/* This host's own name: that of its processes, or "ns", which is for unicast DNS only. */
static const char *self_of(const struct naive *n)
{
	const char *hostname = n->kernel->spaces[0].hostname;
	return is_any_label(hostname) ? hostname : "ns";
}

/* True if a link claims the label: by its alias, otherwise by the host name of its processes. */
static bool has_claim(const struct naive *n, int space, int l, const char *label)
{
	const struct kernel_space *s = &n->kernel->spaces[space];
	const char *alias = s->links[l].alias;
	if (is_any_label(alias))
		return has_word(alias, label);
	return space > 0 && strcasecmp(s->hostname, n->kernel->spaces[0].hostname) != 0 &&
	       has_word(s->hostname, label);
}

static bool has_self(const struct naive *n, int space, const char *label)
{
	return space == 0 && strcasecmp(self_of(n), label) == 0;
}

/* --- sets ---------------------------------------------------------------------------------- */

static void set_add(struct naive_set *set, const struct addr *addr)
{
	size_t at = 0;
	while (at < set->count && addr_cmp(&set->at[at], addr) < 0)
		at++;
	if (at < set->count && addr_equal(&set->at[at], addr))
		return;
	if (set->count == NAIVE_SET_CAP)
		return;
	memmove(&set->at[at + 1], &set->at[at], (set->count - at) * sizeof(*addr));
	set->at[at] = *addr;
	set->count++;
}

static bool set_has(const struct naive_set *set, const struct addr *addr)
{
	for (size_t i = 0; i < set->count; i++)
		if (addr_equal(&set->at[i], addr))
			return true;
	return false;
}

/* An address of a link that has the label. */
struct held {
	int space, link;
	const struct kernel_addr *addr;
};

struct holding {
	struct held at[KERNEL_SPACES * KERNEL_LINKS * KERNEL_ADDRS];
	size_t count;
};

static bool is_usable(const struct kernel_link *link, const struct kernel_addr *addr)
{
	return link->is_there && link->is_up && addr->is_there &&
	       !(addr->addr.family == ADDR_V6 && (addr->flags & IFA_F_TENTATIVE));
}

static bool has_better(const struct holding *all, const struct held *than)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct kernel_addr *addr = all->at[i].addr;
		if (!(addr->flags & IFA_F_DEPRECATED) &&
			addr->addr.family == than->addr->addr.family &&
			addr_scope(&addr->addr) == addr_scope(&than->addr->addr))
			return true;
	}
	return false;
}

/* Finds every address of the name. Deprecated ones count only if there is no better one. */
static void find_held(const struct naive *n, const char *label, struct holding *ret)
{
	struct holding all = {.count = 0};
	for (int s = 0; s < KERNEL_SPACES; s++)
		for (int l = 0; l < KERNEL_LINKS && n->kernel->spaces[s].is_there; l++) {
			const struct kernel_link *link = &n->kernel->spaces[s].links[l];
			if (!link->is_there ||
				!(has_claim(n, s, l, label) || has_self(n, s, label)))
				continue;
			for (int a = 0; a < KERNEL_ADDRS; a++)
				if (is_usable(link, &link->addrs[a]))
					all.at[all.count++] = (struct held){s, l, &link->addrs[a]};
		}
	ret->count = 0;
	for (size_t i = 0; i < all.count; i++)
		if (!(all.at[i].addr->flags & IFA_F_DEPRECATED) || !has_better(&all, &all.at[i]))
			ret->at[ret->count++] = all.at[i];
}

/* --- zone files ---------------------------------------------------------------------------- */

/* Calls a function for each record at the owner. Returns the first of the type, or NULL. */
static const struct naive_record *file_find(
	const struct naive *n, const char *owner, const char *type, size_t from)
{
	for (size_t i = from; i < NAIVE_RECORDS && n->file[i].owner; i++)
		if (strcmp(n->file[i].owner, owner) == 0 &&
			(!type || strcmp(n->file[i].type, type) == 0))
			return &n->file[i];
	return NULL;
}

static void file_add(
	const struct naive *n, const char *owner, enum addr_family family, struct naive_set *set)
{
	const char *type = family == ADDR_V4 ? "A" : "AAAA";
	const struct naive_record *r = file_find(n, owner, type, 0);
	for (; r; r = file_find(n, owner, type, (size_t)(r - n->file) + 1)) {
		struct addr addr;
		if (addr_parse(r->data, &addr) == 0)
			set_add(set, &addr);
	}
}

static const char *local_of(const char *label, char text[80])
{
	strcpy(text, label);
	strcat(text, ".local");
	return text;
}

/* --- unicast ------------------------------------------------------------------------------- */

static void add_scope(const struct holding *held, enum addr_family family, enum addr_scope scope,
	struct naive_set *ret)
{
	for (size_t i = 0; i < held->count; i++) {
		const struct addr *addr = &held->at[i].addr->addr;
		if (addr->family == family && addr_scope(addr) == scope)
			set_add(ret, addr);
	}
}

void naive_unicast(const struct naive *n, const char *label, enum naive_branch branch,
	enum addr_family family, struct naive_set *ret)
{
	struct holding held;
	find_held(n, label, &held);
	ret->count = 0;
	if (branch == NAIVE_LAN || branch == NAIVE_BARE_LAN)
		add_scope(&held, family, ADDR_SCOPE_LAN, ret);
	if (branch == NAIVE_WAN || branch == NAIVE_BARE_WAN ||
		(branch == NAIVE_BARE_LAN && ret->count == 0))
		add_scope(&held, family, ADDR_SCOPE_WAN, ret);
	if (branch == NAIVE_BARE_LAN || branch == NAIVE_BARE_WAN)
		file_add(n, label, family, ret);
}

bool naive_is_alias(const struct naive *n, const char *label)
{
	struct holding held;
	struct naive_set set = {.count = 0};
	find_held(n, label, &held);
	for (enum addr_family f = ADDR_V4; f <= ADDR_V6; f++) {
		add_scope(&held, f, ADDR_SCOPE_LAN, &set);
		add_scope(&held, f, ADDR_SCOPE_WAN, &set);
	}
	return set.count == 0 && file_find(n, label, "CNAME", 0);
}

static bool is_on_link_by_prefix(const struct kernel_link *link, const struct addr *addr)
{
	for (int a = 0; a < KERNEL_ADDRS && link->is_there; a++) {
		struct prefix prefix;
		if (!link->addrs[a].is_there)
			continue;
		prefix = prefix_make(&link->addrs[a].addr, link->addrs[a].prefix_len);
		if (prefix_has(&prefix, addr))
			return true;
	}
	return false;
}

bool naive_is_on_link(const struct naive *n, const struct addr *client)
{
	for (int s = 0; s < KERNEL_SPACES; s++)
		for (int l = 0; l < KERNEL_LINKS && n->kernel->spaces[s].is_there; l++)
			if (is_on_link_by_prefix(&n->kernel->spaces[s].links[l], client))
				return true;
	return false;
}

size_t naive_reverse(const struct naive *n, const struct addr *addr)
{
	size_t count = 0;
	for (size_t i = 0; i < naive_label_count; i++) {
		struct naive_set set;
		bool is_lan = addr_scope(addr) == ADDR_SCOPE_LAN;
		naive_unicast(
			n, naive_labels[i], is_lan ? NAIVE_LAN : NAIVE_WAN, addr->family, &set);
		count += set_has(&set, addr);
	}
	return count;
}

/* --- mDNS ---------------------------------------------------------------------------------- */

bool naive_is_spoken(const struct naive *n, int link)
{
	const struct kernel_link *l = &n->kernel->spaces[0].links[link];
	return l->is_there && l->is_up;
}

/* Returns our link on whose wire it is, or -1. */
static int wire_of(const struct naive *n, const struct held *held)
{
	const struct kernel_link *link = &n->kernel->spaces[held->space].links[held->link];
	if (held->space == 0)
		return held->link;
	return link->lower ? (int)link->lower - 1 : -1;
}

static bool is_valid_on(const struct naive *n, const struct held *held, int link)
{
	int wire = wire_of(n, held);
	const struct addr *addr = &held->addr->addr;
	if (wire == link)
		return true;
	return addr_scope(addr) != ADDR_SCOPE_LOCAL && !(wire >= 0 && naive_is_spoken(n, wire)) &&
	       is_on_link_by_prefix(&n->kernel->spaces[0].links[link], addr);
}

/* True if the name is for mDNS: if more than this host's own name has it, or that is not for
 * unicast DNS only. */
static bool is_for_mdns(const struct naive *n, const char *label)
{
	if (is_any_label(n->kernel->spaces[0].hostname) || strcmp(label, "ns") != 0)
		return true;
	for (int s = 0; s < KERNEL_SPACES; s++)
		for (int l = 0; l < KERNEL_LINKS; l++)
			if (n->kernel->spaces[s].links[l].is_there && has_claim(n, s, l, label))
				return true;
	return false;
}

/* The kernel's addresses of the name there. */
static void derived_on(const struct naive *n, const char *label, int link, struct naive_set *ret)
{
	struct holding held;
	ret->count = 0;
	if (!naive_is_spoken(n, link) || !is_for_mdns(n, label))
		return;
	find_held(n, label, &held);
	for (size_t i = 0; i < held.count; i++)
		if (is_valid_on(n, &held.at[i], link))
			set_add(ret, &held.at[i].addr->addr);
}

void naive_mdns(const struct naive *n, const char *label, int link, struct naive_set *ret)
{
	struct naive_set derived;
	char local[80];
	local_of(label, local);
	derived_on(n, label, link, &derived);
	ret->count = 0;
	for (enum addr_family f = ADDR_V4; f <= ADDR_V6; f++) {
		bool is_files = file_find(n, local, f == ADDR_V4 ? "A" : "AAAA", 0);
		if (is_files && naive_is_spoken(n, link))
			file_add(n, local, f, ret);
		for (size_t i = 0; i < derived.count && !is_files; i++)
			if (derived.at[i].family == f)
				set_add(ret, &derived.at[i]);
	}
}

bool naive_has_local(const struct naive *n, const char *label, int link)
{
	struct naive_set set;
	char local[80];
	derived_on(n, label, link, &set);
	return naive_is_spoken(n, link) &&
	       (set.count > 0 || file_find(n, local_of(label, local), NULL, 0));
}

bool naive_is_local_alias(const struct naive *n, const char *label, int link)
{
	struct naive_set set;
	char local[80];
	derived_on(n, label, link, &set);
	return naive_is_spoken(n, link) && set.count == 0 &&
	       file_find(n, local_of(label, local), "CNAME", 0);
}

bool naive_has_reverse(const struct naive *n, const struct addr *addr, int link)
{
	for (size_t i = 0; i < naive_label_count; i++) {
		struct naive_set set;
		derived_on(n, naive_labels[i], link, &set);
		if (set_has(&set, addr))
			return true;
	}
	return false;
}
