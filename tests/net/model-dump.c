/* SPDX-License-Identifier: ISC */
/*
 * Owns a model that follows the kernel, and prints it on request: the real sockets, automaton and
 * model without the rest of the daemon.
 * Never serves anything. Run by tests/net/test_kernel.py.
 *
 *	model-dump [--netns-dir=DIR] [--rcvbuf=BYTES] [--all-nsids] [--census=MEANS] [--debug]
 *
 * Commands on standard input, one per line; each is answered by lines of JSON and an empty line:
 *	dump     the model, as soon as nothing more can be read
 *	changes  the reports to the listener since the previous command
 *	stall    stop reading notifications until
 *	go
 *
 * Bytes of strangers are printed as the characters U+0000 to U+00FF.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "watch/kernel.h"
#include "model/model.h"

struct program {
	struct kernel *kernel;
	struct model *model;
	struct buf changes;
	uint64_t refused; /* events that the model refused */
	bool is_stalled;
	bool has_to_dump;
};

static ns_t now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* --- JSON --------------------------------------------------------------------------------- */

static void put_text(struct buf *b, const char *key, const char *text)
{
	buf_printf(b, ", \"%s\": \"", key);
	for (; *text; text++)
		buf_printf(b, "\\u%04x", (unsigned char)*text);
	buf_puts(b, "\"");
}

static void put_hwaddr(struct buf *b, const struct event_link *link)
{
	buf_puts(b, ", \"address\": \"");
	for (size_t i = 0; i < link->hwaddr_len; i++)
		buf_printf(b, "%s%02x", i ? ":" : "", link->hwaddr[i]);
	buf_puts(b, "\"");
}

static void put_ns(struct buf *b, const char *what, const struct model_ns *ns)
{
	buf_printf(b, "{\"what\": \"%s\", \"nsid\": %d, \"cookie\": %" PRIu64 ", \"owner\": \"%s\"",
		what, ns->nsid, ns->info.cookie, event_owner_text(ns->info.owner));
	put_text(b, "name", ns->info.name);
	buf_puts(b, "}\n");
}

static void put_hostname(struct buf *b, const struct model_ns *ns, const struct event_hostname *h)
{
	buf_printf(b,
		"{\"what\": \"hostname\", \"nsid\": %d, \"uts\": %" PRIu64
		", \"own\": %d, \"owner\": \"%s\"",
		ns->nsid, h->uts, h->is_own, event_owner_text(h->owner));
	put_text(b, "name", h->name);
	buf_puts(b, "}\n");
}

static void put_link(struct buf *b, const char *what, const struct model_link *link)
{
	const struct event_link *i = &link->info;
	buf_printf(b,
		"{\"what\": \"%s\", \"nsid\": %d, \"ifindex\": %u, \"flags\": %u, "
		"\"mtu\": %u, \"operstate\": %u, \"master\": %u, \"parent\": %u, "
		"\"parent_nsid\": %d, \"up\": %d",
		what, link->ns->nsid, i->ifindex, i->flags, i->mtu, i->operstate, i->master,
		i->parent, i->parent_nsid, model_link_is_up(i));
	put_text(b, "ifname", i->name);
	put_text(b, "kind", i->kind);
	put_text(b, "alias", i->alias);
	put_hwaddr(b, i);
	buf_puts(b, "}\n");
}

static void put_addr(struct buf *b, const char *what, const struct model_addr *a)
{
	char text[ADDR_TEXT_CAP], peer[ADDR_TEXT_CAP];
	buf_printf(b,
		"{\"what\": \"%s\", \"nsid\": %d, \"ifindex\": %u, \"flags\": %u, "
		"\"local\": \"%s\", \"peer\": \"%s\", \"prefixlen\": %u, \"scope\": %u}\n",
		what, a->link->ns->nsid, a->info.ifindex, a->info.flags,
		addr_format(&a->info.addr, text), addr_format(&a->info.peer, peer),
		a->info.prefix_len, a->info.rt_scope);
}

/* --- the model ---------------------------------------------------------------------------- */

static const char *change_text(enum model_change change)
{
	static const char *const texts[] = {"ns new", "ns changed", "ns gone", "link new",
		"link changed", "link gone", "addr new", "addr changed", "addr gone"};
	return texts[change];
}

static void on_ns(void *arg, enum model_change change, const struct model_ns *ns)
{
	put_ns(&((struct program *)arg)->changes, change_text(change), ns);
}

static void on_link(void *arg, enum model_change change, const struct model_link *link,
	const struct event_link *before)
{
	(void)before;
	put_link(&((struct program *)arg)->changes, change_text(change), link);
}

static void on_addr(void *arg, enum model_change change, const struct model_addr *a,
	const struct event_addr *before)
{
	(void)before;
	put_addr(&((struct program *)arg)->changes, change_text(change), a);
}

static void on_event(void *arg, const struct event *ev)
{
	struct program *p = arg;
	if (model_apply(p->model, ev))
		p->refused++;
}

static void put_whole_ns(void *arg, const struct model_ns *ns)
{
	struct buf *b = arg;
	put_ns(b, "ns", ns);
	LIST_EACH(model_hostname, &ns->hostnames, struct model_hostname, in_ns)
		put_hostname(b, ns, &model_hostname->info);
	LIST_EACH(link, &ns->links, const struct model_link, in_ns) {
		if (!link->is_present)
			continue;
		put_link(b, "link", link);
		LIST_EACH(addr, &link->addrs, const struct model_addr, in_link) {
			if (addr->is_present)
				put_addr(b, "addr", addr);
		}
	}
}

static void put_stats(struct buf *b, const struct program *p)
{
	const struct kernel_stats s = kernel_stats(p->kernel);
	const struct model_stats m = model_stats(p->model);
	buf_printf(b,
		"{\"what\": \"stats\", \"datagrams\": %" PRIu64 ", \"events\": %" PRIu64
		", \"dumps\": %" PRIu64 ", \"overruns\": %" PRIu64 ", \"interrupted\": %" PRIu64
		", \"malformed\": %" PRIu64 ", \"misattributed\": %" PRIu64 ", \"own_only\": %d, "
		"\"refused\": %" PRIu64 ", \"synced\": %d, \"namespaces\": %zu, \"links\": %zu, "
		"\"addrs\": %zu, \"by\": \"%s\", \"looks\": %" PRIu64 ", \"pairs\": %zu, "
		"\"proxies\": %zu, \"news_lost\": %" PRIu64 "}\n",
		s.datagrams, s.events, s.dumps, s.overruns, s.interrupted, s.malformed,
		s.misattributed, s.is_own_only, p->refused, kernel_is_synced(p->kernel),
		m.namespaces, m.links, m.addrs, census_means_text(s.census.means), s.census.looks,
		s.census.pairs, s.census.nsproxies, s.census.news_lost);
}

/* --- commands ----------------------------------------------------------------------------- */

static void print(struct buf *b)
{
	buf_puts(b, "\n");
	if (b->err)
		exit(111);
	fputs(buf_text(b), stdout);
	fflush(stdout);
	buf_clear(b);
}

static void print_model(struct program *p)
{
	struct buf b = {0};
	if (model_each_ns(p->model, put_whole_ns, &b))
		exit(111);
	put_stats(&b, p);
	print(&b);
	buf_fini(&b);
	p->has_to_dump = false;
}

static void obey(struct program *p, const char *command)
{
	struct buf nothing = {0};
	if (strcmp(command, "dump\n") == 0) {
		p->has_to_dump = true;
	} else if (strcmp(command, "changes\n") == 0) {
		print(&p->changes);
		buf_fini(&p->changes); /* after a storm they were many */
	} else {
		p->is_stalled = strcmp(command, "stall\n") == 0;
		print(&nothing);
		buf_fini(&nothing);
	}
}

static int timeout_ms(const struct program *p)
{
	ns_t deadline = p->is_stalled ? NS_NEVER : kernel_deadline(p->kernel);
	if (deadline == NS_NEVER)
		return -1;
	ns_t wait = deadline - now();
	return wait <= 0 ? 0 : (int)(wait / NS_PER_MS + 1);
}

static void run(struct program *p)
{
	char command[64];
	for (;;) {
		if (p->has_to_dump && kernel_is_quiet(p->kernel))
			print_model(p);
		struct pollfd fds[] = {
			{.fd = 0, .events = POLLIN},
			{.fd = p->is_stalled ? -1 : kernel_fd(p->kernel), .events = POLLIN},
		};
		if (poll(fds, 2, timeout_ms(p)) < 0 && errno != EINTR)
			exit(111);
		if (!p->is_stalled)
			kernel_handle(p->kernel, now());
		if (fds[0].revents == 0)
			continue;
		ssize_t len = read(0, command, sizeof(command) - 1); /* one line at a time */
		if (len <= 0)
			return;
		command[len] = '\0';
		obey(p, command);
	}
}

static enum census_means census_of(const char *text)
{
	for (enum census_means means = CENSUS_AUTO; means < CENSUS_MEANS_COUNT; means++)
		if (strcmp(text, census_means_text(means)) == 0)
			return means;
	exit(100);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"netns-dir", required_argument, NULL, 'd'},
		{"rcvbuf", required_argument, NULL, 'r'},
		{"all-nsids", no_argument, NULL, 'a'},
		{"census", required_argument, NULL, 'c'},
		{"debug", no_argument, NULL, 'v'},
		{0},
	};
	struct program p = {0};
	struct log log = {.fd = 2, .threshold = LOG_LEVEL_INFO};
	struct kernel_config config = {
		.census = CENSUS_NONE, .log = &log, .on_event = on_event, .arg = &p};
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (c) {
		case 'd': config.netns_dir = optarg; break;
		case 'r': config.rcvbuf = strtoul(optarg, NULL, 10); break;
		case 'a': config.has_all_nsids = true; break;
		case 'c': config.census = census_of(optarg); break;
		case 'v': log.threshold = LOG_LEVEL_DEBUG; break;
		default: return 100;
		}
	}
	p.model = model_new(
		1, (struct model_listener){
			   .on_ns = on_ns, .on_link = on_link, .on_addr = on_addr, .arg = &p});
	p.kernel = p.model ? kernel_open(&config) : NULL;
	if (!p.kernel)
		return 111;
	kernel_handle(p.kernel, now());
	run(&p);
	kernel_close(p.kernel);
	model_free(p.model);
	buf_fini(&p.changes);
	return 0;
}
