/* SPDX-License-Identifier: ISC */
/*
 * Owns the watcher process and the socketpair to it: batches of events, in one direction, with a packet
 * socket where one was requested. In the other direction there are requests of a fixed form.
 * Never reads a byte of a packet.
 */
#include "watch/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "io/control.h"
#include "io/exit.h"
#include "io/loop.h"
#include "io/packet.h"
#include "watch/confine.h"
#include "watch/guest_socket.h"
#include "watch/neighbour_news.h"
#include "watch/port_owner.h"
#include "watch/remover.h"

enum {
	BATCH_EVENTS = 64,   /* a datagram is below 32 KiB */
	HANDLE_BATCHES = 16, /* read at once, before other descriptors have their turn */
	TAKE_REQUESTS = GUEST_SOCKETS_AT_ONCE /* likewise */
};

enum request_kind { REQUEST_OWNERS, REQUEST_GUEST_SOCKET, REQUEST_AGAIN };

/* What the serving process may ask for. */
struct request {
	uint32_t kind; /* enum request_kind */
	nsid_t nsid;   /* REQUEST_AGAIN, and REQUEST_GUEST_SOCKET: of which link */
	uint32_t ifindex;
};

/* One datagram: the state of the watcher, and events. */
struct batch {
	struct kernel_stats stats;
	struct sandbox_report sandbox; /* of the watcher, once all is open */
	struct sandbox_report remover; /* the same; only if `has_remover` */
	bool has_remover;
	bool is_synced;
	uint32_t count;
	struct event events[BATCH_EVENTS]; /* only the first `count` are sent */
};

struct watcher {
	struct watcher_config config;
	int fd; /* of the socketpair */
	pid_t pid;
	bool is_synced;
	struct kernel_stats stats;
	struct batch batch; /* received last */
	uint32_t next;      /* its first event that is not passed on yet */
	int passed_fd;      /* came with it; -1: none */
};

/* The watcher process. */

struct sender {
	int fd;
	const char *const *socket_paths; /* two; NULL: no such socket */
	struct remover remover;          /* if batch.has_remover: it removes them */
	struct kernel *kernel;           /* NULL until it is open */
	struct port_owners *ports;       /* the same */
	struct guest_sockets *guests;    /* the same */
	struct neighbour_news *news;     /* the same; it hears from the first guest on */
	bool was_synced;
	nsid_t opened_nsid; /* links of guests whose neighbours are to be found, all in this namespace */
	uint32_t opened[GUEST_SOCKETS_AT_ONCE];
	size_t opened_count;
	struct batch batch;
};

/* The serving process may have changed its user, and then cannot remove its own sockets. */
static _Noreturn void sender_end(struct sender *s)
{
	if (s->batch.has_remover)
		remover_end(&s->remover);
	for (size_t i = 0; i < 2; i++)
		if (s->socket_paths[i] && !s->batch.has_remover)
			control_remove_abandoned(s->socket_paths[i]);
	_exit(EXIT_DONE);
}

static size_t batch_size(const struct batch *b)
{
	return offsetof(struct batch, events) + b->count * sizeof(b->events[0]);
}

/* Sends the batch, with the descriptor unless it is -1; blocks until the serving process has room.
 * Ends this process if the other is gone. */
static void sender_send(struct sender *s, int fd)
{
	struct batch *b = &s->batch;
	if (s->kernel) {
		b->stats = kernel_stats(s->kernel);
		b->is_synced = kernel_is_synced(s->kernel);
	}
	const struct packet packet = {
		.bytes = (uint8_t *)b, .len = batch_size(b), .fds = &fd, .fd_count = fd >= 0};
	if (packet_send(s->fd, &packet))
		sender_end(s);
	s->was_synced = b->is_synced;
	b->count = 0;
}

static void sender_flush(struct sender *s)
{
	sender_send(s, -1);
}

static void sender_add(void *arg, const struct event *ev)
{
	struct sender *s = arg;
	s->batch.events[s->batch.count++] = *ev;
	if (s->batch.count == BATCH_EVENTS)
		sender_flush(s);
}

/* After the answers: the serving process knows these guests then. */
static void find_neighbours(struct sender *s)
{
	if (s->opened_count > 0)
		guest_sockets_find_neighbours(s->guests, s->opened_nsid,
			kernel_ns_info(s->kernel, s->opened_nsid), s->opened, s->opened_count,
			sender_add, s);
	s->opened_count = 0;
}

static void note_opened(struct sender *s, nsid_t nsid, uint32_t ifindex)
{
	if (s->opened_count == GUEST_SOCKETS_AT_ONCE || nsid != s->opened_nsid)
		find_neighbours(s);
	s->opened_nsid = nsid;
	s->opened[s->opened_count++] = ifindex;
}

/* The answer is alone in its batch, so the descriptor belongs to it. */
static void send_guest_socket(struct sender *s, const struct request *request)
{
	struct event ev = {.type = EV_GUEST_SOCKET, .nsid = request->nsid};
	const struct event_ns *info = kernel_ns_info(s->kernel, request->nsid);
	int fd = guest_sockets_open(s->guests, request->nsid, info, request->ifindex);
	ev.guest_socket.ifindex = request->ifindex;
	ev.guest_socket.error = fd < 0 ? fd : 0;
	if (s->batch.count > 0)
		sender_flush(s);
	s->batch.events[s->batch.count++] = ev;
	sender_send(s, fd);
	if (fd < 0)
		return;
	close(fd);
	(void)neighbour_news_start(s->news); /* else again with the next guest */
	note_opened(s, request->nsid, request->ifindex);
}

static void take_request(struct sender *s, const struct request *request)
{
	if (request->kind == REQUEST_OWNERS)
		port_owners_ask(s->ports);
	else if (request->kind == REQUEST_GUEST_SOCKET && request->nsid >= NSID_OWN)
		send_guest_socket(s, request);
	else if (request->kind == REQUEST_AGAIN)
		kernel_look_again(s->kernel, request->nsid);
}

static void take_requests(struct sender *s)
{
	struct request request;
	for (int i = 0; i < TAKE_REQUESTS; i++) {
		ssize_t len = recv(s->fd, &request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);
		if (len <= 0)
			break;
		if (len == sizeof(request))
			take_request(s, &request);
	}
	find_neighbours(s);
}

/* ERR_ABSENT: the serving process has ended. */
static int wait_for(struct sender *s)
{
	struct pollfd fds[] = {{.fd = kernel_fd(s->kernel), .events = POLLIN},
		{.fd = s->fd, .events = POLLIN}, {.fd = port_owners_fd(s->ports), .events = POLLIN},
		{.fd = neighbour_news_fd(s->news), .events = POLLIN}};
	ns_t deadline = ns_min(kernel_deadline(s->kernel), port_owners_deadline(s->ports));
	deadline = ns_min(deadline, neighbour_news_deadline(s->news));
	ns_t left = deadline - loop_now();
	struct timespec ts = {.tv_sec = left > 0 ? left / NS_PER_S : 0,
		.tv_nsec = left > 0 ? left % NS_PER_S : 0};
	int n = ppoll(fds, ARRAY_LEN(fds), deadline == NS_NEVER ? NULL : &ts, NULL);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents & (POLLHUP | POLLERR))
		return ERR_ABSENT;
	if (fds[1].revents)
		take_requests(s);
	if (fds[2].revents || loop_now() >= port_owners_deadline(s->ports))
		port_owners_handle(s->ports, loop_now());
	if (fds[3].revents || loop_now() >= neighbour_news_deadline(s->news))
		neighbour_news_handle(s->news, loop_now());
	return 0;
}

static void sender_run(struct sender *s)
{
	do {
		kernel_handle(s->kernel, loop_now());
		if (s->batch.count > 0 || s->was_synced != kernel_is_synced(s->kernel))
			sender_flush(s);
	} while (wait_for(s) == 0);
}

/* Keeps only standard streams and the socket; closes all descriptors of the serving process. */
static int keep_only(int fd)
{
	enum { SENDER_FD = 3 };
	if (fd != SENDER_FD && dup3(fd, SENDER_FD, 0) < 0)
		return -errno;
	return close_range(SENDER_FD + 1, ~0u, 0) ? -errno : SENDER_FD;
}

static void open_parts(struct sender *s, const struct watcher_config *config)
{
	struct port_owner_config ports = {.self = getppid(), .on_event = sender_add, .arg = s};
	memcpy(ports.ports, config->ports, sizeof(ports.ports));
	int err = port_owners_new(&ports, &s->ports);
	s->guests = guest_sockets_new(config->netns_dir);
	s->news = neighbour_news_new(sender_add, s);
	if (!err && s->guests && s->news)
		return;
	err = err ? err : ERR_NOMEM;
	log_error(config->log, "cannot start the watcher: error=\"%s\"", err_text(err));
	_exit(EXIT_SYSTEM);
}

/* All is open now: from here on it is not root any more. */
static void close_doors(
	struct sender *s, const struct watcher_config *config, bool has_empty_bounding)
{
	s->batch.has_remover = config->user != NULL;
	if (config->user && remover_start(&s->remover, s->socket_paths, config->log))
		_exit(EXIT_SYSTEM); /* already logged */
	s->batch.remover = s->remover.sandbox;
	if (watch_confine(config->user, has_empty_bounding, config->log, &s->batch.sandbox))
		_exit(EXIT_SYSTEM); /* already logged */
}

static _Noreturn void watcher_main(const struct watcher_config *config, int fd)
{
	struct sender *s = calloc(1, sizeof(*s));
	int kept = keep_only(fd);
	prctl(PR_SET_NAME, "ontap-watcher");
	if (!s || kept < 0) {
		log_error(config->log, "cannot start the watcher: error=\"%s\"",
			err_text(s ? kept : ERR_NOMEM));
		_exit(EXIT_SYSTEM);
	}
	s->fd = kept;
	s->socket_paths = config->socket_paths;
	const bool has_empty_bounding = watch_drop_privileges();
	s->kernel = kernel_open(&(struct kernel_config){.netns_dir = config->netns_dir,
		.has_all_nsids = config->has_all_nsids,
		.grants_dir = config->grants_dir,
		.grants_owner = config->grants_owner,
		.census = config->census,
		.log = config->log,
		.on_event = sender_add,
		.arg = s});
	if (!s->kernel)
		_exit(EXIT_SYSTEM); /* already logged */
	open_parts(s, config);
	close_doors(s, config, has_empty_bounding);
	sender_run(s);
	neighbour_news_free(s->news);
	guest_sockets_free(s->guests);
	port_owners_free(s->ports);
	kernel_close(s->kernel);
	sender_end(s);
}

/* The serving process. */

static int start_process(struct watcher *w)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	/* Only this end: the watcher waits until there is room. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK)) {
		int err = -errno;
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	w->pid = fork();
	if (w->pid == 0) {
		close(fds[0]);
		watcher_main(&w->config, fds[1]);
	}
	int err = w->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (err)
		close(fds[0]);
	else
		w->fd = fds[0];
	return err;
}

struct watcher *watcher_start(const struct watcher_config *config)
{
	struct watcher *w = calloc(1, sizeof(*w));
	if (w) {
		w->config = *config;
		w->fd = w->passed_fd = -1;
	}
	int err = w ? start_process(w) : ERR_NOMEM;
	if (!err)
		return w;
	log_error(config->log, "cannot start the watcher: error=\"%s\"", err_text(err));
	free(w);
	return NULL;
}

static void drop_passed(struct watcher *w)
{
	if (w->passed_fd >= 0)
		close(w->passed_fd);
	w->passed_fd = -1;
}

void watcher_stop(struct watcher *w)
{
	if (!w)
		return;
	close(w->fd);
	drop_passed(w);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(w);
}

int watcher_fd(const struct watcher *w)
{
	return w->fd;
}

/* The receiver takes the descriptor over. */
static void pass_socket(struct watcher *w, const struct event *ev)
{
	w->config.on_guest_socket(w->config.arg, ev, w->passed_fd);
	w->passed_fd = -1;
}

/* Passes on the rest of the batch. ERR_NOMEM: there still is a rest. */
static int pass_on(struct watcher *w)
{
	const struct batch *b = &w->batch;
	for (; w->next < b->count; w->next++) {
		const struct event *ev = &b->events[w->next];
		if (ev->type == EV_GUEST_SOCKET)
			pass_socket(w, ev);
		else if (w->config.on_event(w->config.arg, ev) == ERR_NOMEM)
			return ERR_NOMEM;
	}
	drop_passed(w);
	w->stats = b->stats;
	w->is_synced = b->is_synced;
	return 0;
}

static int handle_batch(struct watcher *w, size_t len)
{
	const struct batch *b = &w->batch;
	if (len < offsetof(struct batch, events) || b->count > BATCH_EVENTS || len != batch_size(b))
		return -EBADMSG;
	w->next = 0;
	return pass_on(w);
}

int watcher_handle(struct watcher *w)
{
	if (pass_on(w))
		return ERR_NOMEM;
	for (int i = 0; i < HANDLE_BATCHES; i++) {
		struct packet packet = {.bytes = (uint8_t *)&w->batch,
			.cap = sizeof(w->batch),
			.fds = &w->passed_fd,
			.fd_cap = 1};
		int err = packet_receive(w->fd, &packet);
		if (packet.fd_count == 0)
			w->passed_fd = -1;
		if (err)
			return err == -EAGAIN ? 0 : err;
		err = packet.is_cut ? -EBADMSG : handle_batch(w, packet.len);
		if (err)
			return err;
	}
	return 0;
}

static int send_request(const struct watcher *w, const struct request *request)
{
	ssize_t sent = send(w->fd, request, sizeof(*request), MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 ? -errno : 0;
}

void watcher_look_for_owners(const struct watcher *w)
{
	/* If there is no room, it has not yet taken an earlier one. */
	(void)!send_request(w, &(struct request){.kind = REQUEST_OWNERS});
}

int watcher_open_guest_socket(const struct watcher *w, nsid_t nsid, uint32_t ifindex)
{
	return send_request(w, &(struct request){REQUEST_GUEST_SOCKET, nsid, ifindex});
}

int watcher_look_again(const struct watcher *w, nsid_t nsid)
{
	return send_request(w, &(struct request){.kind = REQUEST_AGAIN, .nsid = nsid});
}

bool watcher_is_synced(const struct watcher *w)
{
	return w->is_synced;
}

const struct sandbox_report *watcher_sandbox(const struct watcher *w)
{
	return &w->batch.sandbox;
}

const struct sandbox_report *watcher_remover_sandbox(const struct watcher *w)
{
	return w->batch.has_remover ? &w->batch.remover : NULL;
}

struct kernel_stats watcher_stats(const struct watcher *w)
{
	return w->stats;
}
