/* SPDX-License-Identifier: ISC */
/*
 * Owns the two netlink sockets, and carries out the requests of the sync automaton (model/sync.h).
 * Never stores events: each is passed on at once.
 */
#include "watch/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "watch/bridge_ports.h"
#include "watch/grants.h"
#include "io/netlink.h"
#include "watch/netns_dir.h"
#include "model/sync.h"
#include "watch/subscription.h"

/* After a lack of memory, everything is dumped again so much later. */
#define SHORTAGE_DELAY NS_PER_S

struct kernel {
	struct kernel_config config;
	int epoll_fd;
	int news_fd;
	int dump_fd;
	bool is_dump_open; /* the answer to a dump is still to come on dump_fd */
	struct rtnl_source dump;
	struct rtnl_outcome dump_outcome; /* so far */
	size_t rcvbuf;
	void *buf;
	struct rtnl rtnl;
	struct asker asker;
	struct sync *sync;
	struct netns_dir *netns_dir; /* NULL: none */
	struct census *census;
	struct grants *grants; /* NULL: none */
	struct bridge_ports *ports;
	nsid_t next_nsid;
	uint64_t own_cookie;
	ns_t now;      /* time of the running kernel_handle() */
	ns_t again_at; /* when everything is dumped again for lack of memory; NS_NEVER: not needed */
	bool has_refused; /* a namespace, at the limit */
	bool is_own_told;
	bool is_table_scanned;
	bool is_synced;
	struct kernel_stats stats;
	struct log_limit complaints;
};

/* --- outgoing events ------------------------------------------------------------------------ */

/* From its files, otherwise from its processes. */
const struct event_ns *kernel_ns_info(const struct kernel *k, nsid_t nsid)
{
	const struct event_ns *info = k->netns_dir ? netns_dir_info(k->netns_dir, nsid) : NULL;
	return !info && k->census ? census_info(k->census, nsid) : info;
}

static void emit(struct kernel *k, const struct event *ev)
{
	k->stats.events++;
	k->config.on_event(k->config.arg, ev);
}

static void emit_link(struct kernel *k, const struct event *ev)
{
	struct event marked = *ev;
	bridge_ports_mark(k->ports, ev->nsid, &marked.link);
	if (k->grants && ev->link.alias[0]) {
		grants_handle(k->grants, k->now); /* a grant is older than the name of its link */
		const struct event_ns *info = kernel_ns_info(k, ev->nsid);
		uint64_t cookie = info ? info->cookie : 0;
		cookie = ev->nsid == NSID_OWN ? k->own_cookie : cookie;
		grants_mark(k->grants, cookie, &marked.link);
	}
	emit(k, &marked);
}

/* Emits EV_NS with all facts from files and processes. Our own namespace counts as ours, whoever
 * owns it. */
static void emit_ns(struct kernel *k, nsid_t nsid)
{
	struct event ev = {.type = EV_NS, .nsid = nsid};
	const struct event_ns *info = kernel_ns_info(k, nsid);
	if (info)
		ev.ns = *info;
	if (nsid == NSID_OWN) {
		ev.ns.cookie = k->own_cookie;
		ev.ns.owner = OWNER_HOST;
	}
	emit(k, &ev);
}

/* Something was not stored for lack of memory. All is read again, as after lost notifications. Also a
 * callback of netns_dir and of the census. */
static void on_shortage(void *arg)
{
	struct kernel *k = arg;
	k->again_at = ns_min(k->again_at, k->now + SHORTAGE_DELAY);
}

static void ns_appeared(struct kernel *k, nsid_t nsid)
{
	if (nsid >= k->next_nsid && nsid < INT32_MAX)
		k->next_nsid = nsid + 1;
	int err = sync_ns_appeared(k->sync, nsid);
	if (err == ERR_NOMEM)
		on_shortage(k);
	k->has_refused |= err == ERR_RANGE;
	if (err && log_limit_may(&k->complaints, k->now))
		log_error(k->config.log, "namespace is not watched: nsid=%d error=\"%s\"", nsid,
			err_text(err));
}

static void ns_gone(struct kernel *k, const struct event *ev)
{
	emit(k, ev);
	if (k->netns_dir)
		netns_dir_ns_gone(k->netns_dir, ev->nsid, k->now);
	census_ns_gone(k->census, ev->nsid);
	if (k->has_refused) /* there is room for another one */
		on_shortage(k);
	k->has_refused = false;
}

/* Callback of the automaton: EV_SYNC_*, and EV_NS_GONE for namespaces whose notification we
 * missed. */
static void on_sync_event(void *arg, const struct event *ev)
{
	struct kernel *k = arg;
	if (ev->type == EV_NS_GONE)
		ns_gone(k, ev);
	else
		emit(k, ev);
}

/* A namespace has an id. Its file tells its owner; otherwise the census finds a process in it. */
static void told_of_ns(struct kernel *k, nsid_t nsid)
{
	if (nsid != NSID_OWN && !(k->netns_dir && netns_dir_info(k->netns_dir, nsid)))
		census_ns_appeared(k->census, nsid);
	emit_ns(k, nsid);
}

/* Callback of the parser. */
static void on_rtnl_event(void *arg, const struct event *ev)
{
	struct kernel *k = arg;
	bool is_ours = ev->nsid == NSID_OWN;
	if (k->stats.is_own_only && !is_ours)
		return;
	if (ev->type == EV_NS_GONE) {
		sync_ns_gone(k->sync, ev->nsid);
		ns_gone(k, ev);
		return;
	}
	if (!is_ours)
		ns_appeared(k, ev->nsid);
	if (ev->type == EV_NS)
		told_of_ns(k, ev->nsid);
	else if (ev->type == EV_LINK)
		emit_link(k, ev);
	else
		emit(k, ev);
}

/* A notification names the namespace of the link's parent by an id in the table of the link's own
 * namespace. Keeping such tables here would need a subscription to each. Instead we request this
 * one link: the kernel's answer has the id in our table. It is never outdated, since it is younger
 * than the notification. */
static void on_incomplete_link(void *arg, const struct event *ev)
{
	struct kernel *k = arg;
	if (k->stats.is_own_only && ev->nsid != NSID_OWN)
		return;
	struct event link;
	int err = asker_get_link(&k->asker, ev->nsid, ev->link.ifindex, &link);
	if (err == -ENODEV)
		return; /* the link is gone: EV_LINK_GONE will follow */
	on_rtnl_event(k, err ? ev : &link);
}

static void on_bridge_port(void *arg, const struct rtnl_port *port)
{
	bridge_ports_hear(((const struct kernel *)arg)->ports, port);
}

/* Callback of netns_dir and of the census. Grants refer to the cookie, which is known now. */
static void on_netns_info(void *arg, nsid_t nsid, const struct event_ns *info)
{
	struct kernel *k = arg;
	if (nsid != NSID_OWN)
		ns_appeared(k, nsid);
	emit_ns(k, nsid);
	if (k->grants)
		grants_ns_known(k->grants, nsid, info);
}

/* Callback of grants. */
static nsid_t find_ns(void *arg, uint64_t cookie)
{
	const struct kernel *k = arg;
	return census_find(k->census, cookie);
}

/* Callback for host names and for links with grants, which need no change. */
static void pass_on(void *arg, const struct event *ev)
{
	emit(arg, ev);
}

/* --- ids ---------------------------------------------------------------------------------- */

static int find_or_give_nsid(void *arg, int fd, bool may_give, nsid_t *ret)
{
	struct kernel *k = arg;
	return may_give ? asker_find_or_give_nsid(&k->asker, fd, &k->next_nsid, ret)
			: asker_get_nsid(&k->asker, fd, ret);
}

static int identify(void *arg, int fd, nsid_t *ret)
{
	return find_or_give_nsid(arg, fd, true, ret);
}

/* --- notifications ------------------------------------------------------------------------ */

static void dump_again(struct kernel *k)
{
	census_forget_ids(k->census);
	k->is_table_scanned = false; /* the table may be there again before anybody looks */
	sync_overrun(k->sync, k->rcvbuf / NETLINK_MIN_CHARGE);
}

static void overrun(struct kernel *k)
{
	k->stats.overruns++;
	dump_again(k);
	if (log_limit_may(&k->complaints, k->now))
		log_warning(k->config.log,
			"notifications lost, everything is dumped again: rcvbuf=%zu", k->rcvbuf);
}

/* Reads some notifications. Returns true if there may be more. */
static bool read_news(struct kernel *k)
{
	for (int i = 0; i < LIMIT_NEWS_BATCH; i++) {
		struct rtnl_source source = {.origin = RTNL_NEWS};
		long len = netlink_receive(k->news_fd, k->buf, &source.nsid);
		if (len == -ENOBUFS || len == -EMSGSIZE) {
			overrun(k);
			continue;
		}
		if (len < 0) {
			sync_drained(k->sync, k->now);
			return false;
		}
		k->stats.datagrams++;
		if (source.nsid == k->rtnl.own_id)
			source.nsid = NSID_OWN;
		struct rtnl_outcome outcome;
		rtnl_parse(&k->rtnl, &source, k->buf, (size_t)len, &outcome);
		sync_received(k->sync, k->now);
		if (outcome.is_overrun)
			overrun(k);
		if (outcome.is_peers_id)
			census_trigger(k->census);
	}
	return true;
}

/* --- dumps -------------------------------------------------------------------------------- */

/* Replaces the dump socket while an unwanted answer is still to come: the old one accepts no new
 * request until then. */
static int reopen_dump_socket(struct kernel *k)
{
	if (k->dump_fd >= 0)
		close(k->dump_fd);
	k->is_dump_open = false;
	k->dump_fd = netlink_open();
	if (k->dump_fd < 0)
		return k->dump_fd;
	struct epoll_event ev = {.events = EPOLLIN};
	return epoll_ctl(k->epoll_fd, EPOLL_CTL_ADD, k->dump_fd, &ev) == 0 ? 0 : -errno;
}

static void end_dump(struct kernel *k, enum sync_outcome outcome)
{
	if (outcome == SYNC_INTERRUPTED)
		k->stats.interrupted++;
	if (outcome == SYNC_REFUSED && log_limit_may(&k->complaints, k->now))
		log_warning(k->config.log, "namespace may not be asked about: nsid=%d error=\"%s\"",
			k->dump.nsid, err_text(k->dump_outcome.error));
	if (outcome == SYNC_ABSENT || outcome == SYNC_FAILED)
		log_debug(k->config.log, "dump failed: nsid=%d error=\"%s\"", k->dump.nsid,
			err_text(k->dump_outcome.error));
	sync_dump_done(k->sync, outcome, k->now);
}

static void begin_dump(struct kernel *k, const struct sync_request *ask)
{
	int err = k->is_dump_open || k->dump_fd < 0 ? reopen_dump_socket(k) : 0;
	struct rtnl_request request = {0};
	uint32_t seq = ++k->dump.seq;
	k->dump.origin = RTNL_DUMP;
	k->dump.nsid = ask->ask == SYNC_ASK_TABLE ? NSID_OWN : ask->nsid;
	k->dump_outcome = (struct rtnl_outcome){0};
	switch (ask->ask) {
	case SYNC_ASK_TABLE: request = rtnl_dump_nsids(seq); break;
	case SYNC_ASK_LINKS:
		if (ask->nsid == NSID_OWN)
			bridge_ports_read(k->ports, false);
		request = rtnl_dump_links(seq, ask->nsid);
		break;
	case SYNC_ASK_ADDRS: request = rtnl_dump_addrs(seq, ask->nsid); break;
	case SYNC_ASK_NOTHING: return;
	}
	k->stats.dumps++;
	if (!err)
		err = netlink_send(k->dump_fd, &request);
	k->is_dump_open = err == 0;
	k->dump_outcome.error = err;
	if (err)
		end_dump(k, SYNC_FAILED);
}

/* Reads one datagram of the dump in flight. False if there was none. */
static bool read_dump(struct kernel *k)
{
	nsid_t ignored;
	if (k->dump_fd < 0)
		return false;
	long len = netlink_receive(k->dump_fd, k->buf, &ignored);
	if (len == -EAGAIN)
		return false;
	struct rtnl_outcome part = {.is_done = true, .error = (int)len};
	if (len >= 0) {
		k->stats.datagrams++;
		rtnl_parse(&k->rtnl, &k->dump, k->buf, (size_t)len, &part);
	}
	k->dump_outcome.is_interrupted |= part.is_interrupted;
	if (!part.is_done)
		return true;
	k->is_dump_open = len < 0; /* after an error, more may follow */
	k->dump_outcome.error = part.error;
	end_dump(k, sync_outcome_of(k->dump_outcome.error, k->dump_outcome.is_interrupted));
	return true;
}

/* Sends the next request, and reads answers. Returns true if there may be more to do at once. */
static bool advance_dumps(struct kernel *k)
{
	if (k->is_dump_open && !sync_is_dumping(k->sync))
		(void)reopen_dump_socket(k); /* begin_dump() tries again */
	struct sync_request ask = sync_next(k->sync, k->now);
	if (ask.ask != SYNC_ASK_NOTHING)
		begin_dump(k, &ask);
	return k->is_dump_open && read_dump(k);
}

/* Scans the files once the table is known, at the start and after each loss: an id may have passed
 * to another namespace meanwhile. */
static void scan_after_table(struct kernel *k)
{
	bool has_table = sync_has_table(k->sync);
	if (has_table && !k->is_table_scanned && k->netns_dir)
		netns_dir_scan(k->netns_dir, k->now);
	k->is_table_scanned = has_table;
}

static void check_synced(struct kernel *k)
{
	if (k->is_synced || !k->is_table_scanned || !sync_is_settled(k->sync) ||
		!census_is_settled(k->census))
		return;
	k->is_synced = true;
	log_debug(k->config.log, "all namespaces are known: dumps=%llu events=%llu",
		(unsigned long long)k->stats.dumps, (unsigned long long)k->stats.events);
}

void kernel_handle(struct kernel *k, ns_t now)
{
	k->now = now;
	k->rtnl.now_s = (uint32_t)(now / NS_PER_S);
	if (!k->is_own_told)
		emit_ns(k, NSID_OWN);
	k->is_own_told = true;
	if (k->netns_dir)
		netns_dir_handle(k->netns_dir, now);
	grants_handle(k->grants, k->now);
	if (now >= k->again_at) {
		k->again_at = NS_NEVER;
		dump_again(k);
	}
	bool has_more = true;
	for (int i = 0; i < LIMIT_NEWS_TURNS && has_more; i++) {
		has_more = read_news(k);
		has_more |= advance_dumps(k);
		scan_after_table(k);
		if (k->is_table_scanned)
			census_handle(k->census, now);
		has_more |= sync_deadline(k->sync) <= now;
		check_synced(k);
	}
}

void kernel_look_again(struct kernel *k, nsid_t nsid)
{
	if (nsid == NSID_UNKNOWN)
		dump_again(k);
	else
		sync_ns_again(k->sync, nsid);
	census_tell_again(k->census, nsid);
}

ns_t kernel_deadline(const struct kernel *k)
{
	ns_t deadline = ns_min(sync_deadline(k->sync),
		k->is_table_scanned ? census_deadline(k->census) : NS_NEVER);
	deadline = ns_min(ns_min(deadline, k->again_at), grants_deadline(k->grants));
	return k->netns_dir ? ns_min(deadline, netns_dir_deadline(k->netns_dir)) : deadline;
}

/* --- the whole ---------------------------------------------------------------------------- */

int kernel_fd(const struct kernel *k)
{
	return k->epoll_fd;
}

bool kernel_is_synced(const struct kernel *k)
{
	return k->is_synced;
}

bool kernel_is_quiet(const struct kernel *k)
{
	struct epoll_event ev;
	return sync_deadline(k->sync) == NS_NEVER && census_deadline(k->census) == NS_NEVER &&
	       k->again_at == NS_NEVER && epoll_wait(k->epoll_fd, &ev, 1, 0) == 0;
}

struct kernel_stats kernel_stats(const struct kernel *k)
{
	struct kernel_stats stats = k->stats;
	stats.census = census_stats(k->census);
	stats.malformed = k->rtnl.malformed + k->asker.rtnl.malformed;
	stats.misattributed = k->rtnl.misattributed + k->asker.rtnl.misattributed;
	return stats;
}

static int subscribe(struct kernel *k)
{
	struct subscription heard;
	int err = subscription_open(&k->asker, k->news_fd, k->config.log, &heard);
	k->rtnl.own_id = k->asker.rtnl.own_id = heard.own_id;
	k->own_cookie = heard.own_cookie;
	k->stats.is_own_only = heard.is_own_only;
	return err;
}

static int open_news(struct kernel *k)
{
	size_t wanted = k->config.rcvbuf ? k->config.rcvbuf : KERNEL_RCVBUF;
	k->news_fd = netlink_open();
	if (k->news_fd < 0)
		return k->news_fd;
	k->rcvbuf = netlink_set_buffer(k->news_fd, wanted);
	if (k->rcvbuf < wanted)
		log_info(k->config.log, "receive buffer is small: rcvbuf=%zu wanted=%zu missing=%s",
			k->rcvbuf, wanted, "CAP_NET_ADMIN");
	struct epoll_event ev = {.events = EPOLLIN};
	if (epoll_ctl(k->epoll_fd, EPOLL_CTL_ADD, k->news_fd, &ev) != 0)
		return -errno;
	return subscribe(k);
}

static int open_netns_dir(struct kernel *k)
{
	if (!k->config.netns_dir || k->stats.is_own_only)
		return 0;
	const struct netns_dir_config config = {
		.path = k->config.netns_dir,
		.epoll_fd = k->epoll_fd,
		.log = k->config.log,
		.identify = identify,
		.on_info = on_netns_info,
		.on_shortage = on_shortage,
		.arg = k,
	};
	return netns_dir_new(&config, &k->netns_dir);
}

/* Failure is logged by grants_open(). */
static void open_grants(struct kernel *k)
{
	const struct grants_config config = {
		.path = k->config.grants_dir,
		.owner = k->config.grants_owner,
		.epoll_fd = k->epoll_fd,
		.asker = &k->asker,
		.log = k->config.log,
		.find_ns = find_ns,
		.on_link = pass_on,
		.arg = k,
	};
	if (config.path && !k->stats.is_own_only)
		k->grants = grants_open(&config);
}

static int open_census(struct kernel *k)
{
	const struct census_config config = {
		.means = k->stats.is_own_only ? CENSUS_NONE : k->config.census,
		.has_all_nsids = k->config.has_all_nsids,
		.epoll_fd = k->epoll_fd,
		.log = k->config.log,
		.identify = find_or_give_nsid,
		.on_info = on_netns_info,
		.on_event = pass_on,
		.on_shortage = on_shortage,
		.arg = k,
	};
	return census_new(&config, &k->census);
}

static int open_parts(struct kernel *k)
{
	k->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (k->epoll_fd < 0)
		return -errno;
	k->buf = malloc(NETLINK_DATAGRAM_CAP);
	if (!k->buf)
		return ERR_NOMEM;
	int err = asker_open(&k->asker);
	k->ports = bridge_ports_new(&k->asker, on_rtnl_event, k);
	if (!err)
		err = k->ports ? open_news(k) : ERR_NOMEM;
	if (!err)
		err = reopen_dump_socket(k);
	if (!err)
		err = open_netns_dir(k);
	if (!err)
		err = open_census(k);
	if (err)
		return err;
	open_grants(k);
	k->sync = sync_new(!k->stats.is_own_only, on_sync_event, k);
	return k->sync ? 0 : ERR_NOMEM;
}

struct kernel *kernel_open(const struct kernel_config *config)
{
	struct kernel *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->config = *config;
	k->epoll_fd = k->news_fd = k->dump_fd = k->asker.fd = -1;
	k->next_nsid = NSID_FIRST;
	k->again_at = NS_NEVER;
	k->rtnl.own_id = NSID_UNKNOWN;
	k->rtnl.sink = (struct rtnl_sink){.on_event = on_rtnl_event,
		.on_incomplete_link = on_incomplete_link,
		.on_bridge_port = on_bridge_port,
		.arg = k};
	int err = open_parts(k);
	if (err) {
		log_error(config->log, "the kernel cannot be watched: error=\"%s\"", err_text(err));
		kernel_close(k);
		return NULL;
	}
	return k;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	netns_dir_free(k->netns_dir);
	grants_close(k->grants);
	census_free(k->census);
	bridge_ports_free(k->ports);
	sync_free(k->sync);
	asker_close(&k->asker);
	if (k->dump_fd >= 0)
		close(k->dump_fd);
	if (k->news_fd >= 0)
		close(k->news_fd);
	if (k->epoll_fd >= 0)
		close(k->epoll_fd);
	free(k->buf);
	free(k);
}
