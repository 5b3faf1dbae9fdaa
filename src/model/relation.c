/* SPDX-License-Identifier: ISC */
/*
 * Owns the relation of network and UTS namespaces: nsproxies, pairs, and what was reported of them.
 * Never asks the kernel, never decides what is a name.
 */
#include "model/relation.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"

struct net {
	struct map_node node; /* key: cookie */
	uint64_t cookie;
	nsid_t nsid;                 /* NSID_UNKNOWN: no id is known */
	struct list pairs;           /* of struct pair.in_net */
	struct list in_without_nsid; /* linked to itself: nobody has to find its id */
};

struct uts {
	struct map_node node; /* key: number */
	struct event_hostname info;
	bool is_copy;      /* its name was the host's name when it was first seen */
	bool is_early;     /* the first inventory found it, and its name has not changed */
	bool is_apart;     /* a task in it is in another PID namespace */
	struct list pairs; /* of struct pair.in_uts */
};

/* A network and a UTS namespace that share an nsproxy, or whose end has to be reported. */
struct pair {
	struct net *net;
	struct uts *uts;
	struct list in_net, in_uts;
	struct list in_dirty; /* linked to itself: nothing to report */
	size_t nsproxies;     /* 0: not related any more */
	int32_t pid;      /* a task seen since the last begin: `known`, or the lowest; 0: none */
	int32_t known;    /* the previous `pid` */
	nsid_t told_nsid; /* NSID_UNKNOWN: not reported */
	struct event_hostname told; /* otherwise, the report */
};

struct nsproxy {
	struct map_node node; /* key: id */
	uint64_t id;
	struct pair *pair;
	struct share *share; /* of the stranger it belongs to; NULL: root's */
	bool is_seen;        /* found by the running inventory */
};

struct relation {
	struct map nets, utses, nsproxies;
	struct shares strangers;   /* pot 0: nsproxies */
	struct list without_nsid;  /* of struct net.in_without_nsid */
	struct list dirty;         /* of struct pair.in_dirty */
	bool has_looked;           /* the first inventory has ended */
	char host[HOSTNAME_CAP];   /* the host's name */
	char before[HOSTNAME_CAP]; /* its name before the running inventory; "" if unchanged */
	size_t pair_count;
	uint64_t made; /* number of pairs made so far */
	uint64_t seed;
	void (*sink)(void *arg, const struct event *ev);
	void *arg;
};

/* --- objects ------------------------------------------------------------------------------ */

static uint64_t key_hash(const struct relation *r, uint64_t key)
{
	return hash_mix(r->seed, key);
}

static struct net *net_find(const struct relation *r, uint64_t cookie)
{
	return MAP_FIND(
		&r->nets, key_hash(r, cookie), struct net, node, net, net->cookie == cookie);
}

static struct uts *uts_find(const struct relation *r, uint64_t number)
{
	return MAP_FIND(
		&r->utses, key_hash(r, number), struct uts, node, uts, uts->info.uts == number);
}

static struct nsproxy *nsproxy_find(const struct relation *r, uint64_t id)
{
	return MAP_FIND(
		&r->nsproxies, key_hash(r, id), struct nsproxy, node, nsproxy, nsproxy->id == id);
}

static struct pair *pair_find(const struct net *net, const struct uts *uts)
{
	LIST_EACH(pair, &net->pairs, struct pair, in_net)
		if (pair->uts == uts)
			return pair;
	return NULL;
}

static struct net *net_get(struct relation *r, uint64_t cookie)
{
	struct net *net = net_find(r, cookie);
	if (net)
		return net;
	net = calloc(1, sizeof(*net));
	if (!net || map_add(&r->nets, &net->node, key_hash(r, cookie))) {
		free(net);
		return NULL;
	}
	net->cookie = cookie;
	net->nsid = NSID_UNKNOWN;
	list_init(&net->pairs);
	list_init(&net->in_without_nsid);
	return net;
}

static struct uts *uts_get(struct relation *r, uint64_t number)
{
	struct uts *uts = uts_find(r, number);
	if (uts)
		return uts;
	uts = calloc(1, sizeof(*uts));
	if (!uts || map_add(&r->utses, &uts->node, key_hash(r, number))) {
		free(uts);
		return NULL;
	}
	uts->info.uts = number;
	list_init(&uts->pairs);
	return uts;
}

static void net_unref(struct relation *r, struct net *net)
{
	if (!list_is_empty(&net->pairs))
		return;
	map_remove(&r->nets, &net->node);
	list_remove(&net->in_without_nsid);
	free(net);
}

static void uts_unref(struct relation *r, struct uts *uts)
{
	if (!list_is_empty(&uts->pairs))
		return;
	map_remove(&r->utses, &uts->node);
	free(uts);
}

static void pair_mark(struct relation *r, struct pair *pair)
{
	if (list_is_empty(&pair->in_dirty))
		list_append(&r->dirty, &pair->in_dirty);
}

static void pair_free(struct relation *r, struct pair *pair)
{
	list_remove(&pair->in_net);
	list_remove(&pair->in_uts);
	list_remove(&pair->in_dirty);
	net_unref(r, pair->net);
	uts_unref(r, pair->uts);
	r->pair_count--;
	free(pair);
}

static struct pair *pair_get(struct relation *r, uint64_t cookie, uint64_t number)
{
	struct net *net = net_get(r, cookie);
	struct uts *uts = net ? uts_get(r, number) : NULL;
	struct pair *pair = uts ? pair_find(net, uts) : NULL;
	if (!pair && uts)
		pair = calloc(1, sizeof(*pair));
	if (!pair) {
		if (net)
			net_unref(r, net);
		if (uts)
			uts_unref(r, uts);
		return NULL;
	}
	if (pair->net)
		return pair;
	pair->net = net;
	pair->uts = uts;
	pair->told_nsid = NSID_UNKNOWN;
	list_append(&net->pairs, &pair->in_net);
	list_append(&uts->pairs, &pair->in_uts);
	list_init(&pair->in_dirty);
	pair_mark(r, pair);
	r->pair_count++;
	r->made++;
	return pair;
}

/* --- input -------------------------------------------------------------------------------- */

static void uts_mark(struct relation *r, const struct uts *uts)
{
	LIST_EACH(pair, &uts->pairs, struct pair, in_uts)
		pair_mark(r, pair);
}

/* Sets the name of this host. */
static void host_set(struct relation *r, const char *name)
{
	memcpy(r->before, r->host, sizeof(r->before));
	memcpy(r->host, name, sizeof(r->host));
}

/* Judges who chose the name, once for each new name. */
static void uts_judge(const struct relation *r, struct uts *uts, bool is_first_sight)
{
	const char *name = uts->info.name;
	bool was_host = is_first_sight && r->before[0] != '\0' &&
			strncmp(name, r->before, HOSTNAME_CAP) == 0;
	uts->is_copy = was_host || strncmp(name, r->host, HOSTNAME_CAP) == 0;
	uts->is_early = is_first_sight && !r->has_looked;
}

static void uts_set(struct relation *r, struct uts *uts, const struct event_hostname *info)
{
	bool is_first_sight = uts->info.name[0] == '\0';
	bool is_renamed = memcmp(uts->info.name, info->name, sizeof(info->name)) != 0;
	if (memcmp(&uts->info, info, sizeof(*info)) == 0)
		return;
	uts->info = *info;
	if (is_renamed && info->is_own)
		host_set(r, info->name);
	else if (is_renamed)
		uts_judge(r, uts, is_first_sight);
	uts_mark(r, uts);
}

static void uts_see_apart(struct relation *r, struct uts *uts)
{
	if (uts->is_apart)
		return;
	uts->is_apart = true;
	uts_mark(r, uts);
}

static void nsproxy_leave(struct relation *r, struct nsproxy *nsproxy)
{
	if (nsproxy->pair && --nsproxy->pair->nsproxies == 0)
		pair_mark(r, nsproxy->pair);
	nsproxy->pair = NULL;
}

static void nsproxy_enter(struct relation *r, struct nsproxy *nsproxy, struct pair *pair)
{
	if (nsproxy->pair == pair)
		return;
	nsproxy_leave(r, nsproxy);
	nsproxy->pair = pair;
	if (pair->nsproxies++ == 0) {
		pair->pid = pair->known = 0;
		pair_mark(r, pair);
	}
}

static void unaccount(struct relation *r, struct nsproxy *nsproxy)
{
	if (nsproxy->share)
		share_take(&r->strangers, nsproxy->share, 0, 1);
	nsproxy->share = NULL;
}

static void nsproxy_free(struct relation *r, struct nsproxy *nsproxy)
{
	nsproxy_leave(r, nsproxy);
	unaccount(r, nsproxy);
	map_remove(&r->nsproxies, &nsproxy->node);
	free(nsproxy);
}

static int nsproxy_get(struct relation *r, uint64_t id, struct nsproxy **ret)
{
	struct nsproxy *nsproxy = nsproxy_find(r, id);
	if (!nsproxy) {
		if (r->nsproxies.count >= LIMIT_RELATION_PROXIES)
			return ERR_RANGE;
		nsproxy = calloc(1, sizeof(*nsproxy));
		if (!nsproxy || map_add(&r->nsproxies, &nsproxy->node, key_hash(r, id))) {
			free(nsproxy);
			return ERR_NOMEM;
		}
		nsproxy->id = id;
	}
	*ret = nsproxy;
	return 0;
}

/* A task may enter other namespaces, and keeps its nsproxy then. */
static int account(struct relation *r, struct nsproxy *nsproxy, const struct relation_sight *sight)
{
	const bool is_stranger = sight->owner < OWNER_SYSTEM;
	const uint32_t uid = sight->owner == OWNER_USER ? sight->uid : SHARE_NOBODY;
	if (is_stranger ? nsproxy->share && nsproxy->share->uid == uid : !nsproxy->share)
		return 0;
	unaccount(r, nsproxy);
	if (!is_stranger)
		return 0;
	if (r->strangers.sums[0] >= LIMIT_RELATION_PROXIES / LIMIT_MODEL_STRANGERS_PART ||
		share_count(&r->strangers, uid, 0) >=
			LIMIT_RELATION_PROXIES / LIMIT_MODEL_USER_PART)
		return ERR_RANGE;
	struct share *share = share_get(&r->strangers, uid);
	if (!share)
		return ERR_NOMEM;
	share_add(&r->strangers, share, 0, 1);
	nsproxy->share = share;
	return 0;
}

/* Queues the namespace if its id is not known: somebody has to find it. */
static void net_unplace(struct relation *r, struct net *net)
{
	if (net->nsid == NSID_UNKNOWN && list_is_empty(&net->in_without_nsid))
		list_append(&r->without_nsid, &net->in_without_nsid);
}

int relation_saw(struct relation *r, const struct relation_sight *sight)
{
	struct nsproxy *nsproxy;
	int err = nsproxy_get(r, sight->nsproxy, &nsproxy);
	if (err)
		return err;
	err = account(r, nsproxy, sight);
	struct pair *pair = err ? NULL : pair_get(r, sight->net, sight->uts.uts);
	if (!pair) {
		nsproxy_free(r, nsproxy);
		return err ? err : ERR_NOMEM;
	}
	nsproxy_enter(r, nsproxy, pair);
	nsproxy->is_seen = true;
	if (pair->pid == 0 || sight->pid == pair->known ||
		(pair->pid != pair->known && sight->pid < pair->pid))
		pair->pid = sight->pid;
	uts_set(r, pair->uts, &sight->uts);
	if (sight->is_apart)
		uts_see_apart(r, pair->uts);
	net_unplace(r, pair->net);
	return 0;
}

bool relation_gone(struct relation *r, uint64_t id)
{
	struct nsproxy *nsproxy = nsproxy_find(r, id);
	if (nsproxy)
		nsproxy_free(r, nsproxy);
	return nsproxy;
}

bool relation_renamed(struct relation *r, uint64_t number, const char *name)
{
	struct uts *uts = uts_find(r, number);
	if (!uts)
		return false;
	struct event_hostname info = uts->info;
	memset(info.name, 0, sizeof(info.name));
	memcpy(info.name, name, strnlen(name, sizeof(info.name) - 1));
	uts_set(r, uts, &info);
	r->before[0] = '\0'; /* news is in order: the former name is not seen after it */
	LIST_EACH(pair, &uts->pairs, struct pair, in_uts)
		net_unplace(r, pair->net);
	return true;
}

void relation_begin(struct relation *r)
{
	MAP_EACH(nsproxy, &r->nsproxies, struct nsproxy, node) {
		struct pair *pair = nsproxy->pair;
		nsproxy->is_seen = false;
		if (pair->pid != 0)
			pair->known = pair->pid;
		pair->pid = 0;
	}
}

bool relation_end(struct relation *r)
{
	const size_t count = r->nsproxies.count;
	MAP_EACH(nsproxy, &r->nsproxies, struct nsproxy, node) {
		if (!nsproxy->is_seen)
			nsproxy_free(r, nsproxy);
	}
	r->has_looked = true;
	r->before[0] = '\0';
	return r->nsproxies.count < count;
}

/* --- ids ---------------------------------------------------------------------------------- */

static int32_t net_pid(const struct net *net)
{
	int32_t pid = 0;
	LIST_EACH(pair, &net->pairs, const struct pair, in_net) {
		if (pair->nsproxies > 0 && pair->pid > 0 && (pid == 0 || pair->pid < pid))
			pid = pair->pid;
	}
	return pid;
}

bool relation_next_without_nsid(struct relation *r, uint64_t *ret_net, int32_t *ret_pid)
{
	/* Progress: each turn removes one element from the list. */
	while (!list_is_empty(&r->without_nsid)) {
		struct net *net = container_of(r->without_nsid.next, struct net, in_without_nsid);
		list_remove(&net->in_without_nsid);
		*ret_net = net->cookie;
		*ret_pid = net_pid(net);
		if (*ret_pid > 0)
			return true;
	}
	return false;
}

static void net_place(struct relation *r, struct net *net, nsid_t nsid)
{
	if (net->nsid == nsid)
		return;
	net->nsid = nsid;
	list_remove(&net->in_without_nsid);
	LIST_EACH(pair, &net->pairs, struct pair, in_net)
		pair_mark(r, pair);
}

void relation_set_nsid(struct relation *r, uint64_t cookie, nsid_t nsid)
{
	struct net *net = net_find(r, cookie);
	if (net)
		net_place(r, net, nsid);
}

nsid_t relation_find_nsid(const struct relation *r, uint64_t cookie)
{
	const struct net *net = net_find(r, cookie);
	return net ? net->nsid : NSID_UNKNOWN;
}

void relation_doubt(struct relation *r, uint64_t cookie)
{
	struct net *net = net_find(r, cookie);
	if (net)
		LIST_EACH(pair, &net->pairs, struct pair, in_net)
			pair->pid = 0;
}

/* The model has dropped everything about that id: nothing must be withdrawn. */
static void net_forget_told(const struct net *net, nsid_t nsid)
{
	LIST_EACH(pair, &net->pairs, struct pair, in_net) {
		if (pair->told_nsid == nsid)
			pair->told_nsid = NSID_UNKNOWN;
	}
}

void relation_nsid_gone(struct relation *r, nsid_t nsid)
{
	MAP_EACH(net, &r->nets, struct net, node) {
		net_forget_told(net, nsid);
		if (net->nsid == nsid)
			net_place(r, net, NSID_UNKNOWN);
	}
}

void relation_tell_again(struct relation *r, nsid_t nsid)
{
	MAP_EACH(net, &r->nets, struct net, node) {
		LIST_EACH(pair, &net->pairs, struct pair, in_net) {
			if (nsid != NSID_UNKNOWN && pair->told_nsid != nsid)
				continue;
			pair->told_nsid = NSID_UNKNOWN;
			pair_mark(r, pair);
		}
	}
}

void relation_forget_nsids(struct relation *r)
{
	MAP_EACH(net, &r->nets, struct net, node) {
		net->nsid = NSID_UNKNOWN;
	}
}

/* --- output ------------------------------------------------------------------------------- */

void relation_each(const struct relation *r,
	void (*visit)(void *arg, nsid_t nsid, const struct event_hostname *uts, int32_t pid),
	void *arg)
{
	MAP_EACH(net, &r->nets, const struct net, node) {
		LIST_EACH(pair, &net->pairs, const struct pair, in_net) {
			if (pair->nsproxies > 0)
				visit(arg, net->nsid, &pair->uts->info, pair->pid);
		}
	}
}

static void tell(const struct relation *r, enum event_type type, nsid_t nsid,
	const struct event_hostname *info)
{
	struct event ev = {.type = type, .nsid = nsid};
	ev.hostname = *info;
	r->sink(r->arg, &ev);
}

/* True if nobody has chosen the name, as far as we can tell. */
static bool pair_is_inherited(const struct pair *pair)
{
	const struct uts *uts = pair->uts;
	bool is_sandbox = uts->is_early && !uts->is_apart && pair->net->nsid == NSID_OWN;
	return !uts->info.is_own && (uts->is_copy || is_sandbox);
}

static void pair_tell(const struct relation *r, struct pair *pair)
{
	nsid_t nsid = pair->nsproxies > 0 ? pair->net->nsid : NSID_UNKNOWN;
	struct event_hostname said = pair->uts->info;
	const struct event_hostname *info = &said;
	said.is_inherited = pair_is_inherited(pair);
	if (pair->told_nsid != NSID_UNKNOWN && pair->told_nsid != nsid)
		tell(r, EV_HOSTNAME_GONE, pair->told_nsid, &pair->told);
	else if (pair->told_nsid != NSID_UNKNOWN && memcmp(&pair->told, info, sizeof(*info)) == 0)
		return;
	if (nsid != NSID_UNKNOWN)
		tell(r, EV_HOSTNAME, nsid, info);
	pair->told_nsid = nsid;
	pair->told = *info;
}

void relation_flush(struct relation *r)
{
	LIST_EACH(pair, &r->dirty, struct pair, in_dirty) {
		list_remove(&pair->in_dirty);
		pair_tell(r, pair);
		if (pair->nsproxies == 0)
			pair_free(r, pair);
	}
}

struct relation_stats relation_stats(const struct relation *r)
{
	return (struct relation_stats){.nsproxies = r->nsproxies.count,
		.pairs = r->pair_count,
		.nets = r->nets.count,
		.utses = r->utses.count,
		.made = r->made};
}

/* --- life --------------------------------------------------------------------------------- */

static void ignore(void *arg UNUSED, const struct event *ev UNUSED)
{
}

struct relation *relation_new(
	uint64_t seed, void (*sink)(void *arg, const struct event *ev), void *arg)
{
	struct relation *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->seed = seed;
	r->sink = sink;
	r->arg = arg;
	list_init(&r->without_nsid);
	list_init(&r->dirty);
	return r;
}

void relation_free(struct relation *r)
{
	if (!r)
		return;
	r->sink = ignore;
	MAP_EACH(nsproxy, &r->nsproxies, struct nsproxy, node)
		nsproxy_free(r, nsproxy);
	relation_flush(r);
	map_fini(&r->nets);
	map_fini(&r->utses);
	map_fini(&r->nsproxies);
	shares_fini(&r->strangers);
	free(r);
}
