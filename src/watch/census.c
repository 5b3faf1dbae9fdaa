/* SPDX-License-Identifier: ISC */
/*
 * Owns the census: its means, its triggers, and the ids of namespaces that it has found.
 * Never decides what becomes a name.
 */
#include "watch/census.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/loop.h"
#include "io/privilege.h"
#include "watch/known_ids.h"
#include "watch/tasks_bpf.h"
#include "watch/tasks_proc.h"
#include "watch/pidwatch.h"

/* The delay of a second look. After lost news it finds what the first look saw half-made; after new
 * pairs it drops tasks that were only passing through. */
#define LOOK_AGAIN (100 * NS_PER_MS)
#define RETRY_MIN  NS_PER_MS
/* The delay of a look for namespaces that were refused an id, after another's has become free; and of one
 * after a look that has failed. */
#define ROOM_AGAIN NS_PER_S

/* Delay of looks whose only reason is that a pidwatch has ended. It doubles while such looks find
 * no change, because a workload that starts short-lived processes all the time may offer no better
 * process to watch. It is forgotten after twice VAIN_MAX. */
#define VAIN_MIN NS_PER_MS
#define VAIN_MAX NS_PER_S

enum {
	SHARE = 5,    /* looks may take 1/SHARE of a CPU */
	OWN_PROXY = 0 /* our own entry: neither a struct nsproxy nor an inode number is 0 */
};

struct census {
	struct census_config config;
	struct tasks_self self;
	struct tasks_bpf *bpf;
	struct relation *relation;
	struct pidwatches *pidwatches;
	int wakes_fd, changed_fd; /* /proc/sys/kernel/hostname, for epoll and for poll(); or -1 */
	struct known_ids ids;
	bool has_refused;  /* an id, because the user, or all, have as many as they may have */
	bool has_left_out; /* a set of namespaces, for the same reason */
	ns_t now;
	ns_t credit, credit_at; /* CPU time that looks may still use, as of credit_at */
	ns_t retry_at, again_at;
	ns_t pidwatch_at;        /* when to look because a pidwatch has ended; NS_NEVER: none has */
	ns_t vain_at, vain_wait; /* when such a look last found nothing; the next delay */
	uint64_t told;           /* number of events passed on */
	unsigned tries;          /* since the last trigger */
	bool is_wanted, is_settled;
	bool is_for_pidwatch; /* the end of a pidwatch is the only reason for it */
	bool is_fresh;        /* the next look sweeps; always so without news */
	struct census_stats stats;
	struct log_limit complaints;
};

/* --- ids ---------------------------------------------------------------------------------- */

/* Finds the id of network namespace `net`, which contains task `pid`, or gives it one. -EAGAIN: the
 * task has left the namespace. */
static int identify(struct census *c, uint64_t net, int32_t pid)
{
	char path[32];
	struct event_ns info = {.name = ""};
	nsid_t nsid;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	int fd = netns_open(path);
	if (fd < 0)
		return -EAGAIN;
	netns_facts(&c->self.net, fd, &info);
	bool is_foreign = info.owner < OWNER_SYSTEM;
	bool may_give =
		c->config.has_all_nsids && (!is_foreign || known_ids_has_share(&c->ids, &info));
	int err = info.cookie != net ? -EAGAIN
				     : c->config.identify(c->config.arg, fd, may_give, &nsid);
	close(fd);
	c->has_refused |= err == -ENOENT && c->config.has_all_nsids && !may_give;
	if (err)
		return err;
	err = nsid == NSID_OWN ? 0 : known_ids_set(&c->ids, nsid, &info, may_give && is_foreign);
	if (err)
		return err;
	relation_set_nsid(c->relation, net, nsid);
	if (nsid != NSID_OWN)
		c->config.on_info(c->config.arg, nsid, &info);
	return 0;
}

static void identify_all(struct census *c)
{
	uint64_t net;
	int32_t pid;
	bool has_missed = false;
	while (relation_next_without_nsid(c->relation, &net, &pid)) {
		int err = identify(c, net, pid);
		if (err == ERR_NOMEM)
			c->config.on_shortage(c->config.arg);
		if (err == -EAGAIN) {
			relation_doubt(c->relation, net);
			has_missed = true;
		} else if (err && err != -ENOENT && log_limit_may(&c->complaints, c->now)) {
			log_warning(c->config.log,
				"namespace has no id and is not watched: pid=%d error=\"%s\"", pid,
				err_text(err));
		}
	}
	if (has_missed && c->tries < CENSUS_RETRIES)
		c->retry_at = c->now + (RETRY_MIN << c->tries++);
}

/* --- looks -------------------------------------------------------------------------------- */

/* True if the process is in another PID namespace than ours; false if that cannot be found out. */
static bool is_apart(const struct census *c, int32_t pid)
{
	char path[32];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return stat(path, &st) == 0 && (uint32_t)st.st_ino != c->self.pid_ino;
}

/* Host names that existed in our network namespace before our start may be copies of a former name
 * of this host. Only the first look has to check. */
static void saw(void *arg, const struct relation_sight *sight)
{
	struct census *c = arg;
	struct relation_sight asked = *sight;
	if (!c->is_settled && sight->net == c->self.net.cookie && !sight->uts.is_own)
		asked.is_apart = is_apart(c, sight->pid);
	int err = relation_saw(c->relation, &asked);
	if (err == ERR_NOMEM)
		c->config.on_shortage(c->config.arg);
	c->has_left_out |= err == ERR_RANGE;
	if (err == ERR_RANGE && log_limit_may(&c->complaints, c->now))
		log_error(c->config.log, "too many host names: uid=%d limit=%d",
			sight->owner == OWNER_USER ? (int)sight->uid : -1,
			sight->owner < OWNER_SYSTEM ? LIMIT_RELATION_PROXIES / LIMIT_MODEL_USER_PART
						    : LIMIT_RELATION_PROXIES);
}

/* There is room for what was left out. */
static void has_room(struct census *c)
{
	if (c->has_left_out)
		c->again_at = ns_min(c->again_at, c->now + ROOM_AGAIN);
	c->has_left_out = false;
}

static void gone(void *arg, uint64_t nsproxy)
{
	struct census *c = arg;
	if (relation_gone(c->relation, nsproxy))
		has_room(c);
}

static void renamed(void *arg, uint64_t uts, const char name[HOSTNAME_CAP])
{
	struct census *c = arg;
	if (!relation_renamed(c->relation, uts, name))
		census_trigger(c);
}

static struct tasks_sink sink_of(struct census *c)
{
	return (struct tasks_sink){
		.on_sight = saw, .on_gone = gone, .on_renamed = renamed, .arg = c};
}

static void read_news(struct census *c)
{
	struct tasks_sink sink = sink_of(c);
	if (!c->bpf || tasks_bpf_read(c->bpf, &sink))
		return;
	c->stats.news_lost++;
	c->is_wanted = c->is_fresh = true;
	c->again_at = c->now + LOOK_AGAIN;
}

static void see_self(struct census *c)
{
	struct relation_sight own = {.nsproxy = OWN_PROXY,
		.net = c->self.net.cookie,
		.pid = (int32_t)getpid(),
		.owner = OWNER_HOST,
		.uts = tasks_self_hostname(&c->self)};
	saw(c, &own);
	relation_set_nsid(c->relation, own.net, NSID_OWN);
}

static int look_by_means(struct census *c)
{
	struct tasks_sink sink = sink_of(c);
	switch (c->stats.means) {
	case CENSUS_FEXIT:
	case CENSUS_ITER: return tasks_bpf_look(c->bpf, &sink);
	case CENSUS_PROC: return tasks_proc_look(&c->self, &sink);
	case CENSUS_AUTO:
	case CENSUS_NONE:
	case CENSUS_MEANS_COUNT: break;
	}
	return 0;
}

static void pidwatch_ended(struct census *c)
{
	if (c->now - c->vain_at > 2 * VAIN_MAX)
		c->vain_wait = 0;
	c->pidwatch_at = ns_min(c->pidwatch_at, c->now + c->vain_wait);
}

static void want_pidwatch(
	void *arg, nsid_t nsid UNUSED, const struct event_hostname *uts UNUSED, int32_t pid)
{
	struct census *c = arg;
	if (pid > 0 && pid != getpid() && !pidwatches_want(c->pidwatches, pid))
		pidwatch_ended(c);
}

static void choose_pidwatches(struct census *c)
{
	if (!c->pidwatches)
		return;
	pidwatches_begin(c->pidwatches);
	relation_each(c->relation, want_pidwatch, c);
	pidwatches_end(c->pidwatches);
}

static ns_t cpu_now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* The CPU time that looks may use grows with time, up to CENSUS_BURST. */
static ns_t credit_now(const struct census *c, ns_t now)
{
	return ns_min(c->credit + (now - c->credit_at) / SHARE, CENSUS_BURST);
}

/* News that arrives after relation_begin() counts as found: a nsproxy that is being made may have
 * no task yet. */
static void look(struct census *c)
{
	bool has_to_sweep = c->is_fresh || c->stats.means != CENSUS_FEXIT;
	uint64_t made = relation_stats(c->relation).made;
	ns_t start = cpu_now();
	c->is_wanted = c->is_fresh = c->is_for_pidwatch = false;
	c->retry_at = c->pidwatch_at = NS_NEVER;
	c->stats.looks++;
	if (has_to_sweep)
		relation_begin(c->relation);
	read_news(c);
	see_self(c);
	int err = look_by_means(c);
	if (!err && has_to_sweep && relation_end(c->relation))
		has_room(c);
	if (err)
		c->again_at = ns_min(c->again_at, c->now + ROOM_AGAIN);
	if (err && log_limit_may(&c->complaints, c->now))
		log_error(c->config.log, "cannot look at tasks: by=%s error=\"%s\"",
			census_means_text(c->stats.means), err_text(err));
	if (has_to_sweep && relation_stats(c->relation).made != made)
		c->again_at = c->now + LOOK_AGAIN;
	identify_all(c);
	choose_pidwatches(c);
	c->credit = credit_now(c, c->now) - (cpu_now() - start);
	c->credit_at = c->now;
	c->is_settled = true;
}

/* Adjusts the delay after a look whose only reason was the end of a pidwatch. `has_told`: the look
 * found a change. */
static void judge_pidwatch_look(struct census *c, bool has_told)
{
	c->vain_wait = has_told ? 0 : ns_min(c->vain_wait ? 2 * c->vain_wait : VAIN_MIN, VAIN_MAX);
	c->vain_at = c->now;
}

static void tell(void *arg, const struct event *ev)
{
	struct census *c = arg;
	c->told++;
	c->config.on_event(c->config.arg, ev);
}

/* Polls a separate open file: waiting in epoll consumes the event of the file that is in the epoll
 * set. */
static bool has_hostname_changed(const struct census *c)
{
	struct pollfd fd = {.fd = c->changed_fd, .events = POLLPRI};
	return c->changed_fd >= 0 && poll(&fd, 1, 0) > 0 && (fd.revents & POLLPRI);
}

static ns_t look_at(const struct census *c)
{
	ns_t credit = credit_now(c, c->now);
	return credit >= 0 ? c->now : c->now - credit * SHARE;
}

void census_handle(struct census *c, ns_t now)
{
	c->now = now;
	if (has_hostname_changed(c))
		census_trigger(c);
	if (c->pidwatches && pidwatches_have_ended(c->pidwatches))
		pidwatch_ended(c);
	read_news(c);
	if (now >= c->again_at) {
		c->is_wanted = c->is_fresh = true;
		c->again_at = NS_NEVER;
	}
	if (now >= c->retry_at) {
		c->is_wanted = true;
		c->retry_at = NS_NEVER;
	}
	if (now >= c->pidwatch_at) {
		c->is_for_pidwatch = !c->is_wanted;
		c->is_wanted = true;
		c->pidwatch_at = NS_NEVER;
	}
	uint64_t told = c->told;
	bool has_to_look = c->is_wanted && look_at(c) <= now;
	bool is_for_pidwatch = c->is_for_pidwatch;
	if (has_to_look)
		look(c);
	else
		identify_all(c);
	relation_flush(c->relation);
	if (has_to_look && is_for_pidwatch)
		judge_pidwatch_look(c, c->told != told);
}

ns_t census_deadline(const struct census *c)
{
	ns_t wanted = c->is_wanted ? look_at(c) : NS_NEVER;
	return ns_min(ns_min(wanted, c->pidwatch_at), ns_min(c->retry_at, c->again_at));
}

void census_trigger(struct census *c)
{
	c->is_wanted = true;
	c->is_for_pidwatch = false;
	c->tries = 0;
}

void census_ns_appeared(struct census *c, nsid_t nsid)
{
	if (!known_ids_info(&c->ids, nsid))
		census_trigger(c);
}

void census_ns_gone(struct census *c, nsid_t nsid)
{
	if (known_ids_forget(&c->ids, nsid) && c->has_refused) {
		c->has_refused = false;
		c->again_at = ns_min(c->again_at, c->now + ROOM_AGAIN);
	}
	relation_nsid_gone(c->relation, nsid);
}

void census_tell_again(struct census *c, nsid_t nsid)
{
	relation_tell_again(c->relation, nsid);
}

void census_forget_ids(struct census *c)
{
	known_ids_fini(&c->ids);
	relation_forget_nsids(c->relation);
	census_trigger(c);
}

const struct event_ns *census_info(const struct census *c, nsid_t nsid)
{
	return known_ids_info(&c->ids, nsid);
}

nsid_t census_find(const struct census *c, uint64_t cookie)
{
	return relation_find_nsid(c->relation, cookie);
}

bool census_is_settled(const struct census *c)
{
	return c->is_settled;
}

struct census_stats census_stats(const struct census *c)
{
	struct census_stats stats = c->stats;
	struct relation_stats r = relation_stats(c->relation);
	stats.given = c->ids.given.sums[0];
	stats.pairs = r.pairs;
	stats.nsproxies = r.nsproxies;
	return stats;
}

const char *census_means_text(enum census_means means)
{
	switch (means) {
	case CENSUS_AUTO: return "auto";
	case CENSUS_FEXIT: return "fexit";
	case CENSUS_ITER: return "iter";
	case CENSUS_PROC: return "proc";
	case CENSUS_NONE: return "none";
	case CENSUS_MEANS_COUNT: break;
	}
	return "";
}

/* --- means -------------------------------------------------------------------------------- */

/* All means need these two: to enter namespaces and read their names, and to open them. */
static uint64_t missing_capabilities(void)
{
	const uint64_t needed = 1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_PTRACE;
	return needed & ~privilege_effective();
}

static int try_means(struct census *c, enum census_means means)
{
	switch (means) {
	case CENSUS_FEXIT:
	case CENSUS_ITER: return tasks_bpf_open(&c->bpf, &c->self, means == CENSUS_FEXIT);
	case CENSUS_PROC:
		return faccessat(AT_FDCWD, "/proc/1/ns", X_OK, AT_EACCESS) == 0 ? 0 : -errno;
	case CENSUS_AUTO:
	case CENSUS_NONE:
	case CENSUS_MEANS_COUNT: break;
	}
	return 0;
}

static void log_fault(const struct census *c, enum census_means means, enum log_level level)
{
	const struct census_fault *fault = &c->stats.faults[means];
	log_print(c->config.log, level,
		"host names cannot be found that way: by=%s missing=%s%s error=\"%s\"",
		census_means_text(means),
		fault->missing & 1ull << CAP_SYS_ADMIN ? "CAP_SYS_ADMIN," : "",
		fault->missing & 1ull << CAP_SYS_PTRACE ? "CAP_SYS_PTRACE" : "",
		err_text(fault->err));
}

/* Chooses the best means that works, beginning with the configured one. The last in the list, NONE,
 * always works. */
static void find_means(struct census *c)
{
	enum census_means wanted = c->config.means;
	enum census_means first = wanted == CENSUS_AUTO ? CENSUS_FEXIT : wanted;
	uint64_t missing = missing_capabilities();
	for (enum census_means means = first; means <= CENSUS_NONE; means++) {
		bool is_last = means == CENSUS_NONE;
		int err = is_last ? 0 : missing ? -EPERM : try_means(c, means);
		c->stats.means = means;
		if (!err)
			break;
		c->stats.faults[means] = (struct census_fault){.err = err, .missing = missing};
		log_fault(c, means,
			wanted == CENSUS_AUTO && means != CENSUS_PROC ? LOG_LEVEL_DEBUG
								      : LOG_LEVEL_WARNING);
	}
	log_info(c->config.log, "host names: by=%s", census_means_text(c->stats.means));
}

static void add_descriptor(const struct census *c, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events};
	if (fd >= 0 && epoll_ctl(c->config.epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		log_warning(c->config.log, "host names: step=epoll error=\"%s\"", err_text(-errno));
}

/* News from BPF makes other triggers unnecessary. */
static int open_triggers(struct census *c)
{
	static const char path[] = "/proc/sys/kernel/hostname";
	if (c->stats.means == CENSUS_FEXIT) {
		add_descriptor(c, tasks_bpf_fd(c->bpf), EPOLLIN);
		return 0;
	}
	c->wakes_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->wakes_fd >= 0)
		c->changed_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->changed_fd < 0)
		log_warning(c->config.log, "host names: error=\"%s\" note=\"changes are not seen\"",
			err_text(-errno));
	add_descriptor(c, c->wakes_fd, EPOLLPRI);
	(void)has_hostname_changed(c); /* forget changes until now */
	if (c->stats.means == CENSUS_NONE)
		return 0;
	return pidwatches_new(c->config.epoll_fd, &c->pidwatches);
}

static int open_parts(struct census *c)
{
	int err = tasks_self_open(&c->self);
	if (err)
		return err;
	c->relation = relation_new(loop_random(), tell, c);
	if (!c->relation)
		return ERR_NOMEM;
	find_means(c);
	return open_triggers(c);
}

int census_new(const struct census_config *config, struct census **ret)
{
	struct census *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NOMEM;
	c->config = *config;
	c->wakes_fd = c->changed_fd = c->self.uts_fd = c->self.net.net_fd = -1;
	c->retry_at = c->again_at = c->pidwatch_at = NS_NEVER;
	c->credit = CENSUS_BURST;
	c->is_wanted = c->is_fresh = true;
	int err = open_parts(c);
	if (err)
		census_free(c);
	else
		*ret = c;
	return err;
}

void census_free(struct census *c)
{
	if (!c)
		return;
	known_ids_fini(&c->ids);
	pidwatches_free(c->pidwatches);
	tasks_bpf_close(c->bpf);
	relation_free(c->relation);
	tasks_self_close(&c->self);
	if (c->wakes_fd >= 0)
		close(c->wakes_fd);
	if (c->changed_fd >= 0)
		close(c->changed_fd);
	free(c);
}
