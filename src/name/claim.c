/* SPDX-License-Identifier: ISC */
/*
 * Owns what a link claims for all of its addresses: by alias, host name or namespace.
 * Never decides who gets a name: host.c does.
 */
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "name/index.h"

/* A source of candidates for a link: the words of a text, or the host names of its namespace, each
 * taken as one word. */
struct source {
	enum name_source kind;
	enum claim_rank rank;
	const char *text;      /* the rest of the text; "" if there is none, or it is done */
	const struct list *at; /* last host name taken, or the list's head; NULL: no host names */
	unsigned left;         /* how many more names it may give */
};

/* A host name may have a domain. Its first label is the name, as Avahi and systemd-resolved take it. */
static size_t first_label_len(const char *hostname)
{
	return strcspn(hostname, ".");
}

static bool is_same_host(const char *a, const char *b)
{
	size_t len = first_label_len(a);
	return len > 0 && len == first_label_len(b) && strncasecmp(a, b, len) == 0;
}

static const char *own_hostname(const struct names *n)
{
	const struct model_ns *own = n->model ? model_ns(n->model, NSID_OWN) : NULL;
	if (own)
		LIST_EACH(h, &own->hostnames, const struct model_hostname, in_ns) {
			if (h->info.is_own)
				return h->info.name;
		}
	return n->policy.self;
}

/* True if somebody chose this host name for the workload. The name of our own UTS namespace means
 * this host, whichever network namespaces its processes have entered. And a host name that equals
 * this host's is only inherited. */
static bool is_chosen(const struct names *n, const struct event_hostname *hostname)
{
	return !hostname->is_own && !hostname->is_inherited && hostname->name[0] != '\0' &&
	       !is_same_host(hostname->name, own_hostname(n));
}

/* Returns the name that the guest behind the link gives itself; "" if there is none, or if it is this
 * host's. */
static const char *guest_name(const struct names *n, const struct model_link *link)
{
	const char *name = link->guest ? link->guest->name : "";
	bool is_hosts = is_same_host(name, own_hostname(n)) || is_same_host(name, n->policy.self) ||
			is_same_host(name, n->policy.host);
	return is_hosts ? "" : name;
}

static bool is_pattern_of(const struct names *n, const char *hostname)
{
	for (unsigned i = 0; i < n->policy.ignored_count; i++) {
		const char *pattern = n->policy.ignored[i];
		bool is_it = strcmp(pattern, LABEL_CONTAINER_ID) == 0
				     ? label_is_container_id(hostname)
				     : fnmatch(pattern, hostname, FNM_CASEFOLD) == 0;
		if (is_it)
			return true;
	}
	return false;
}

/* A pattern may mean the host name, or its first label. */
static bool is_ignored(const struct names *n, const char *hostname)
{
	char first[HOSTNAME_CAP] = "";
	memcpy(first, hostname, first_label_len(hostname));
	return is_pattern_of(n, hostname) || is_pattern_of(n, first);
}

static struct source source_of(
	const struct names *n, enum name_source kind, const struct model_link *link)
{
	const bool is_foreign = link_is_foreign(&n->policy, n->model, link);
	struct source s = {.kind = kind,
		.text = "",
		.left = link_names_max(&n->policy, link, is_foreign),
		.rank = is_foreign ? RANK_ROOTLESS : RANK_OWN};
	bool is_loopback = link->info.flags & IFF_LOOPBACK;
	switch (kind) {
	case NAME_ALIAS:
		s.text = link->info.alias;
		if (link->info.is_granted && (s.rank == RANK_ROOTLESS || link->info.is_of_user))
			s.rank = RANK_GRANTED;
		break;
	case NAME_HOSTNAME: s.at = is_loopback ? NULL : &link->ns->hostnames; break;
	case NAME_NETNS: s.text = is_loopback ? "" : link->ns->info.name; break;
	case NAME_DHCP:
		s.text = guest_name(n, link);
		s.rank = RANK_GUEST;
		break;
	case NAME_LABEL: /* of addresses: bound.c */
	case NAME_ADDRESS:
	case NAME_SOURCE_COUNT: break;
	}
	return s;
}

/* Takes the first label of the name as one word. */
static enum label_verdict judge_name(
	const struct names *n, const char *name, struct candidate *candidate)
{
	candidate->word = name;
	candidate->len = first_label_len(name);
	return is_ignored(n, name) ? LABEL_IGNORED : label_judge(name, candidate->len);
}

static bool source_take_name(const struct names *n, struct source *s, struct candidate *ret,
	enum label_verdict *ret_verdict)
{
	const char *name = s->text;
	s->text = "";
	if (*name)
		*ret_verdict = judge_name(n, name, ret);
	return *name;
}

/* Finds the next word and judges it alone. False if there is no more. */
static bool source_find(const struct names *n, const struct model_link *link, struct source *s,
	struct candidate *ret, enum label_verdict *ret_verdict)
{
	*ret = (struct candidate){.source = s->kind, .rank = s->rank};
	if (s->kind == NAME_DHCP)
		return source_take_name(n, s, ret, ret_verdict);
	if (!s->at) {
		ret->word = label_next_word(&s->text, &ret->len);
		if (ret->word)
			*ret_verdict = label_judge(ret->word, ret->len);
		return ret->word;
	}
	/* Progress: each turn advances by one element of the list. */
	while ((s->at = s->at->next) != &link->ns->hostnames) {
		const struct event_hostname *h =
			&container_of(s->at, struct model_hostname, in_ns)->info;
		if (!is_chosen(n, h))
			continue;
		if (owner_is_foreign(&n->policy, h->owner))
			ret->rank = RANK_ROOTLESS;
		*ret_verdict = judge_name(n, h->name, ret);
		return true;
	}
	s->at = NULL;
	s->text = "";
	return false;
}

/* Finds the next word and judges it. False if there is no more. */
static bool source_next(const struct names *n, const struct model_link *link, struct source *s,
	struct candidate *ret, enum label_verdict *ret_verdict)
{
	if (!source_find(n, link, s, ret, ret_verdict))
		return false;
	if (*ret_verdict == LABEL_OK && s->left == 0)
		*ret_verdict = LABEL_SURPLUS;
	s->left -= *ret_verdict == LABEL_OK;
	return true;
}

/* The merit of a candidate decides which source is used. A word that is not a label has the least:
 * it is only reported. */
enum merit {
	MERIT_NOTHING,
	MERIT_NO_LABEL,
	MERIT_OTHERS_LABEL, /* chosen by a user of the namespace who does not own it */
	MERIT_LABEL
};

static enum merit candidate_merit(
	const struct candidate *candidate, enum label_verdict verdict, const struct source *source)
{
	if (verdict != LABEL_OK)
		return MERIT_NO_LABEL;
	return candidate->rank == source->rank ? MERIT_LABEL : MERIT_OTHERS_LABEL;
}

/* An alias names whatever is behind the link. Host names and names of namespaces are those of programs
 * on this host, and what a guest calls itself is not a name for the host's end of the link. */
static bool source_is_for(enum name_source kind, bool is_guest)
{
	return kind == NAME_ALIAS || (kind == NAME_DHCP) == is_guest;
}

/* Returns the source that has the candidate of greatest merit; if equal, the preferred source. Of
 * those for the addresses of the kernel, or of the guest. */
static struct source best_source(
	const struct names *n, const struct model_link *link, bool is_guest)
{
	struct source best = {.text = ""};
	enum merit best_merit = MERIT_NOTHING;
	for (unsigned i = 0; i < n->policy.source_count && best_merit < MERIT_LABEL; i++) {
		if (!source_is_for(n->policy.sources[i], is_guest))
			continue;
		struct source source = source_of(n, n->policy.sources[i], link), rest = source;
		enum label_verdict verdict;
		struct candidate candidate;
		while (source_next(n, link, &rest, &candidate, &verdict)) {
			enum merit merit = candidate_merit(&candidate, verdict, &source);
			if (merit <= best_merit)
				continue;
			best = source;
			best_merit = merit;
		}
	}
	return best;
}

static void each_reject(const struct names *n, const struct model_link *link, struct source source,
	reject_fn *visit, void *arg)
{
	enum label_verdict verdict;
	struct candidate candidate;
	while (source_next(n, link, &source, &candidate, &verdict))
		if (verdict != LABEL_OK)
			visit(arg, link, candidate.word, candidate.len, verdict);
}

void claims_each_reject(
	const struct names *n, const struct model_link *link, reject_fn *visit, void *arg)
{
	struct source source = best_source(n, link, false), of_guest = best_source(n, link, true);
	each_reject(n, link, source, visit, arg);
	if (of_guest.kind != source.kind)
		each_reject(n, link, of_guest, visit, arg);
	LIST_EACH(addr, &link->addrs, const struct model_addr, in_link)
		bound_each_reject(n, addr, visit, arg);
}

/* Returns the name of this host, if this link leads to it; otherwise "". A link that a user has
 * ordered does not: he may have ordered it in our namespace to get this name. */
static const char *self_text(const struct names *n, const struct model_link *link)
{
	bool is_own = link->ns->nsid == NSID_OWN && !(link->info.flags & IFF_LOOPBACK) &&
		      !link->info.is_of_user;
	return is_own ? n->policy.self : "";
}

/* All candidates of a link: the words of its best source, those of the best source for its guest, then
 * this host's name. */
struct candidates {
	const struct names *names;
	const struct model_link *link;
	struct source source, of_guest; /* of_guest: done already if both are the same */
	bool is_for_both;
	const char *self;
};

static struct candidates candidates_begin(const struct names *n, const struct model_link *link)
{
	struct candidates c = {.names = n,
		.link = link,
		.source = best_source(n, link, false),
		.of_guest = best_source(n, link, true),
		.self = self_text(n, link)};
	c.is_for_both = c.source.kind == c.of_guest.kind;
	if (c.is_for_both)
		c.of_guest.text = "";
	return c;
}

/* Finds the next label; false if there is no more. Words that are not labels are skipped. */
static bool candidates_next(struct candidates *c, struct candidate *ret)
{
	enum label_verdict verdict;
	while (source_next(c->names, c->link, &c->source, ret, &verdict)) {
		ret->has_link_addrs = true;
		ret->has_guest_addrs = c->is_for_both;
		if (verdict == LABEL_OK)
			return true;
	}
	while (source_next(c->names, c->link, &c->of_guest, ret, &verdict)) {
		ret->has_guest_addrs = true;
		if (verdict == LABEL_OK)
			return true;
	}
	*ret = (struct candidate){.is_self = true, .has_link_addrs = true};
	while ((ret->word = label_next_word(&c->self, &ret->len)))
		if (label_judge(ret->word, ret->len) == LABEL_OK)
			return true;
	return false;
}

static bool claim_is(const struct claim *claim, const struct candidate *candidate)
{
	return claim->rank == candidate->rank && claim->source == candidate->source &&
	       claim->is_self == candidate->is_self &&
	       claim->has_link_addrs == candidate->has_link_addrs &&
	       claim->has_guest_addrs == candidate->has_guest_addrs &&
	       strlen(claim->label) == candidate->len &&
	       memcmp(claim->label, candidate->word, candidate->len) == 0;
}

/* True if the claims equal the candidates, in the same order and spelling. */
static bool claims_match(const struct nlink *nlink, struct candidates candidates)
{
	const struct list *p = nlink->claims.next;
	struct candidate candidate;
	while (candidates_next(&candidates, &candidate)) {
		if (p == &nlink->claims ||
			!claim_is(container_of(p, struct claim, in_link), &candidate))
			return false;
		p = p->next;
	}
	return p == &nlink->claims;
}

void claims_update(struct names *n, struct nlink *nlink, bool may_report)
{
	struct candidates candidates = candidates_begin(n, nlink->link);
	struct candidate candidate;
	if (may_report && n->sink.on_reject)
		claims_each_reject(n, nlink->link, n->sink.on_reject, n->sink.arg);
	if (!claims_match(nlink, candidates)) {
		claims_drop_all(n, &nlink->claims);
		while (candidates_next(&candidates, &candidate)) {
			int err = claim_add(n, nlink, &candidate);
			names_check(n, err);
			n->has_lost_links |= err != 0;
		}
	}
	bound_update_link(n, nlink);
}
