/* SPDX-License-Identifier: ISC */
/*
 * Owns the connections, and how long devices live.
 * Never waits for a client: if a reply cannot be sent at once, the connection ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "io/packet.h"
#include "ontapd/daemon.h"
#include "ontapd/account.h"
#include "ontapd/list.h"

/* --- end ---------------------------------------------------------------------------------- */

static void client_free(struct client *c)
{
	struct daemon *d = c->daemon;
	loop_remove(d->loop, &c->conn);
	loop_remove(d->loop, &c->process);
	if (c->conn.fd >= 0)
		closer_hang_up(&d->closer, c->conn.fd);
	caller_close(&c->caller);
	netns_watcher_remove(&d->visits, c->watcher);
	list_remove(&c->in_daemon);
	list_remove(&c->in_idle);
	free(c);
	d->client_count--;
}

/* Dooms the client's devices that are not kept; if not `is_all`, only those that live as long
 * as the connection. */
static void doom_devices(struct client *c, bool is_all)
{
	LIST_EACH(dev, &c->devices, struct device, in_holder) {
		if (is_all || dev->is_connection_only)
			registry_doom(&c->daemon->registry, dev);
	}
}

/* Frees the client if its connection and its process have ended, or it has no devices left to
 * hold. */
static void settle(struct client *c)
{
	bool has_conn = c->conn.fd >= 0, has_process = c->process.fd >= 0;
	if (has_conn)
		return;
	doom_devices(c, !has_process);
	if (!has_process || list_is_empty(&c->devices))
		client_free(c);
}

void client_close(struct client *c)
{
	struct daemon *d = c->daemon;
	loop_remove(d->loop, &c->conn);
	closer_hang_up(&d->closer, c->conn.fd);
	c->conn.fd = -1;
	list_remove(&c->in_idle);
	netns_watcher_remove(&d->visits, c->watcher);
	c->watcher = NULL;
	settle(c);
}

static void on_process_end(void *arg, uint32_t events UNUSED)
{
	struct client *c = arg;
	loop_remove(c->daemon->loop, &c->process);
	c->process.fd = -1; /* closed with the caller */
	settle(c);
}

/* --- requests ----------------------------------------------------------------------------- */

static void log_reply(const struct client *c, const struct job *job)
{
	static const char *const ops[] = {
		[DEVICE_CREATE] = "create",
		[DEVICE_OPEN] = "open",
		[DEVICE_REMOVE] = "remove",
		[DEVICE_WATCH] = "watch",
		[DEVICE_LIST] = "list",
	};
	const struct device_reply *reply = job->reply;
	char text[LOG_TEXT_CAP], name[LOG_TEXT_CAP];
	const char *op = job->request->op ? ops[job->request->op] : "none";
	if (reply->status == DEVICE_OK)
		log_info(c->daemon->log,
			"%s: parent=%s type=%s ifname=%s ifindex=%u uid=%u pid=%d queues=%u "
			"alias=%s",
			op, c->listener->parent,
			job->request->op == DEVICE_CREATE ? device_type_text(job->type) : "-",
			reply->ifname, reply->ifindex, c->caller.uid, (int)c->caller.pid,
			reply->queues, log_escape(job->request->alias, name));
	else if (log_limit_may(&c->daemon->complaints, loop_now()))
		log_warning(c->daemon->log, "refused: request=%s parent=%s uid=%u error=%s", op,
			c->listener->parent, c->caller.uid, log_escape(reply->text, text));
}

static enum device_status watch(struct client *c, struct job *job)
{
	if (c->watcher)
		return DEVICE_OK;
	int err = netns_watcher_add(&c->daemon->visits, job->netns_fd, &c->watcher);
	if (err == -EUSERS)
		return job_refuse(job, DEVICE_LIMIT, "limit: %d watchers", LIMIT_DEVICE_WATCHERS);
	if (err)
		return job_refuse(job, DEVICE_SYSTEM, "%s", err_text(err));
	return DEVICE_OK;
}

/* Anyone who may connect may know this: all are on one wire. */
static enum device_status list(struct client *c, struct job *job)
{
	int err = list_devices(&c->daemon->registry, c->listener->parent, &job->fds[0]);
	if (err)
		return job_refuse(job, DEVICE_SYSTEM, "%s", err_text(err));
	job->reply->queues = 1;
	return DEVICE_OK;
}

static enum device_status create(struct client *c, struct job *job, struct device **ret)
{
	enum device_status status = create_device(job, ret);
	if (!status && !(*ret)->mark.is_kept)
		list_append(&c->devices, &(*ret)->in_holder);
	return status;
}

static enum device_status perform(struct client *c, struct job *job, struct device **ret)
{
	switch (job->request->op) {
	case DEVICE_CREATE: return create(c, job, ret);
	case DEVICE_OPEN: return create_open(job);
	case DEVICE_REMOVE: return create_remove(job);
	case DEVICE_WATCH: return watch(c, job);
	case DEVICE_LIST: return list(c, job);
	}
	return DEVICE_MALFORMED;
}

/* Decodes the packet. A request has exactly one descriptor. */
static enum device_status read_request(
	struct job *job, const struct packet *p, struct device_request *req)
{
	struct rd r = rd_init(p->bytes, p->len);
	int err = device_request_decode(&r, req);
	if (err == ERR_RANGE)
		return job_refuse(job, DEVICE_VERSION, "version %d of the protocol is spoken here",
			DEVICE_PROTOCOL_VERSION);
	if (err)
		return job_refuse(job, DEVICE_MALFORMED, "the request %s", err_text(err));
	if (p->fd_count != 1 || p->is_cut)
		return job_refuse(job, DEVICE_MALFORMED, "a request has one descriptor");
	return DEVICE_OK;
}

/* False: the reply cannot be sent, so the connection must be closed. */
static bool send_reply(struct client *c, const struct job *job)
{
	uint8_t bytes[DEVICE_MESSAGE_CAP];
	struct wr w = wr_init(bytes, sizeof(bytes));
	if (device_reply_encode(job->reply, &w))
		return false;
	const struct packet out = {.bytes = bytes,
		.len = wr_len(&w),
		.fds = job->fds,
		.fd_count = job->reply->status == DEVICE_OK ? job->reply->queues : 0};
	return packet_send(c->conn.fd, &out) == 0;
}

/* Handles one request, from its bytes to its reply. False: close the connection. */
static bool serve(struct client *c, struct packet *p)
{
	struct device_request req = {0};
	struct device_reply reply = {0};
	int fds[LIMIT_DEVICE_QUEUES];
	struct job job = {.creator = &c->daemon->creator,
		.parent = c->listener->parent,
		.caller = &c->caller,
		.netns_fd = p->fd_count > 0 ? p->fds[0] : -1,
		.request = &req,
		.reply = &reply,
		.fds = fds};
	struct device *made = NULL;
	enum device_status status = read_request(&job, p, &req);
	bool is_understood = status == DEVICE_OK;
	reply.op = is_understood ? req.op : DEVICE_CREATE;
	if (!status)
		status = permit_request(c->daemon, &job);
	if (!status)
		status = perform(c, &job, &made);
	reply.status = status;
	if (status)
		reply.queues = 0;
	log_reply(c, &job);
	bool is_sent = send_reply(c, &job);
	for (unsigned i = 0; i < reply.queues; i++)
		close(fds[i]);
	if (made && !is_sent)
		registry_doom(&c->daemon->registry, made); /* the client does not know of it */
	return is_sent && is_understood;
}

/* A network namespace is closed at once, because it may be the last descriptor of one that is to end
 * now, and nobody can make that slow. All others go to the closer. */
static void drop_fds(struct client *c, struct packet *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->fd_count; i++) {
		if (netns_visit_is_netns(&c->daemon->visits, p->fds[i]))
			close(p->fds[i]);
		else
			p->fds[count++] = p->fds[i];
	}
	p->fd_count = 0;
	closer_take(&c->daemon->closer, p->fds, count);
}

/* From now on it has some seconds for its next request, if it holds nothing. All have the same time, so
 * the list stays in order. */
static void expect_request(struct client *c)
{
	if (c->conn.fd < 0 || c->watcher || !list_is_empty(&c->devices))
		return;
	c->ask_by = loop_now() + LIMIT_DEVICE_IDLE_S * NS_PER_S;
	list_append(&c->daemon->idle, &c->in_idle);
}

static void on_packet(void *arg, uint32_t events UNUSED)
{
	struct client *c = arg;
	uint8_t bytes[DEVICE_MESSAGE_CAP];
	int *fds = c->daemon->received_fds;
	struct packet p = {
		.bytes = bytes, .cap = sizeof(bytes), .fds = fds, .fd_cap = PACKET_FDS_CAP};
	int err = packet_receive(c->conn.fd, &p);
	if (err == -EAGAIN)
		return;
	list_remove(&c->in_idle);
	bool is_open = err == 0 && serve(c, &p);
	drop_fds(c, &p);
	if (is_open)
		expect_request(c);
	else
		client_close(c);
}

/* --- start -------------------------------------------------------------------------------- */

static struct client *client_make(struct daemon *d, struct listener *listener, int fd)
{
	struct client *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->daemon = d;
	c->listener = listener;
	c->caller.pidfd = -1;
	c->conn = (struct loop_watch){.fd = fd, .on_ready = on_packet, .arg = c};
	c->process = (struct loop_watch){.fd = -1, .on_ready = on_process_end, .arg = c};
	list_init(&c->devices);
	list_init(&c->in_idle);
	list_append(&d->clients, &c->in_daemon);
	d->client_count++;
	return c;
}

/* Watches for the end of the process, if we can see it. */
static int watch_process(struct client *c)
{
	if (c->caller.pid <= 0)
		return 0;
	c->process.fd = c->caller.pidfd;
	int err = loop_add(c->daemon->loop, &c->process, EPOLLIN);
	if (err)
		c->process.fd = -1;
	return err;
}

static size_t count_of_user(const struct daemon *d, uid_t account)
{
	size_t count = 0;
	LIST_EACH(client, &d->clients, struct client, in_daemon)
		count += client->caller.account == account;
	return count;
}

/* True if its user has more connections than allowed, or it would take those that are kept for
 * root. */
static bool is_surplus(const struct client *c)
{
	const struct daemon *d = c->daemon;
	return c->caller.uid != 0 &&
	       (count_of_user(d, c->caller.account) > LIMIT_DEVICE_USER_CLIENTS ||
		       d->client_count > LIMIT_DEVICE_CLIENTS - LIMIT_DEVICE_ROOT_CLIENTS);
}

static int identify(struct client *c, int fd)
{
	struct daemon *d = c->daemon;
	int err = caller_identify(fd, &c->caller);
	if (!err)
		c->caller.account = account_of(&c->caller, &d->subids, &d->visits.self);
	return err;
}

void client_new(struct listener *listener, int fd)
{
	struct daemon *d = listener->daemon;
	struct client *c = client_make(d, listener, fd);
	if (!c) {
		closer_hang_up(&d->closer, fd);
		return;
	}
	if (identify(c, fd) || is_surplus(c) || watch_process(c) ||
		loop_add(d->loop, &c->conn, EPOLLIN)) {
		client_free(c);
		return;
	}
	expect_request(c);
}

struct client *client_adopt(struct daemon *d, const struct caller *caller)
{
	LIST_EACH(known, &d->clients, struct client, in_daemon) {
		if (known->caller.pid != caller->pid)
			continue;
		struct caller surplus = *caller;
		caller_close(&surplus);
		return known;
	}
	struct client *c = client_make(d, NULL, -1);
	if (!c)
		return NULL;
	c->caller = *caller;
	if (watch_process(c)) {
		client_free(c);
		return NULL;
	}
	return c;
}

void client_end_idle(struct daemon *d)
{
	if (!d->registry.has_removed)
		return;
	d->registry.has_removed = false;
	LIST_EACH(c, &d->clients, struct client, in_daemon) {
		if (c->conn.fd < 0 && list_is_empty(&c->devices))
			client_free(c);
		else if (list_is_empty(&c->in_idle))
			expect_request(c);
	}
}

ns_t client_expire(struct daemon *d, ns_t now)
{
	while (!list_is_empty(&d->idle)) {
		struct client *c = container_of(d->idle.next, struct client, in_idle);
		if (c->ask_by > now)
			return c->ask_by;
		client_close(c);
	}
	return NS_NEVER;
}

void client_free_all(struct daemon *d)
{
	LIST_EACH(client, &d->clients, struct client, in_daemon)
		client_free(client);
}
