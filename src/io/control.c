/* SPDX-License-Identifier: ISC */
/*
 * Owns both ends of a socket for questions: the daemon's end, with its clients, their request lines
 * and the bytes of the answers; and the client's end.
 * Never waits for a client in the daemon, and never interprets a request.
 */
#include "io/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "io/process.h"
#include "base/limits.h"
#include "base/list.h"

struct control_client {
	struct list in_control;
	struct control *control;
	struct loop_watch watch;
	struct control_asker asker;
	ns_t since;
	char line[CONTROL_LINE_CAP];
	size_t line_len;
	struct buf out;
	size_t sent; /* of out */
	bool is_answered;
	unsigned stream; /* 0: none */
	bool is_in_loop;
};

/* Connections accepted in one turn of the loop, so that a client that opens many takes no more of
 * the turn than others. */
enum { ACCEPTS_A_TURN = 16 };

/* The length of the queue of connections to accept. Clients behind a burst of this size wait about
 * a millisecond. */
enum { CONTROL_BACKLOG = 256 };

/* If no file descriptors are left, accepting is tried again after this time. */
#define ACCEPT_PAUSE (100 * NS_PER_MS)

struct control {
	struct control_config config;
	struct loop *loop;
	struct loop_watch watch;
	struct sockaddr_un path;
	uint64_t netns_cookie; /* of our own namespace; 0: not known */
	struct list clients;   /* the oldest first */
	size_t client_count;
	bool is_paused; /* not accepting: too many clients … */
	ns_t resume_at; /* … or no descriptors, until then; NS_NEVER: until one is closed */
};

static void control_pause(struct control *c, ns_t until)
{
	loop_remove(c->loop, &c->watch);
	c->is_paused = true;
	c->resume_at = until;
}

static void control_resume(struct control *c)
{
	if (c->is_paused && loop_add(c->loop, &c->watch, EPOLLIN) == 0)
		c->is_paused = false;
}

static void client_free(struct control_client *client)
{
	struct control *c = client->control;
	if (client->is_in_loop)
		loop_remove(c->loop, &client->watch);
	close(client->watch.fd);
	list_remove(&client->in_control);
	buf_fini(&client->out);
	free(client);
	c->client_count--;
	control_resume(c);
}

/* Waits for events of the client. If out of memory, the client is freed. */
static void client_wait(struct control_client *client, uint32_t events)
{
	struct loop *loop = client->control->loop;
	int err = client->is_in_loop ? loop_change(loop, &client->watch, events)
				     : loop_add(loop, &client->watch, events);
	if (err)
		client_free(client);
	else
		client->is_in_loop = true;
}

/* Writes the pending output. Frees the client when it is done, gone, or too far behind. */
static void client_flush(struct control_client *client)
{
	while (client->sent < client->out.len) {
		ssize_t n = send(client->watch.fd, client->out.bytes + client->sent,
			client->out.len - client->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_free(client);
			return;
		}
		client->sent += (size_t)n;
	}
	bool is_done = client->sent == client->out.len;
	if (is_done) {
		buf_clear(&client->out);
		client->sent = 0;
	}
	bool is_behind = client->stream && client->out.len - client->sent > LIMIT_CONTROL_BACKLOG;
	if ((is_done && client->is_answered && !client->stream) || is_behind || client->out.err) {
		client_free(client);
		return;
	}
	client_wait(client, EPOLLIN | (is_done ? 0 : EPOLLOUT));
}

/* Reads more input. Returns false if the client is gone or its line is too long. */
static bool client_read(struct control_client *client)
{
	for (;;) {
		char *at = client->line + client->line_len;
		size_t room = sizeof(client->line) - client->line_len;
		ssize_t n = recv(client->watch.fd, at, room, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		if (client->is_answered)
			continue; /* one request per connection: the rest is read and dropped */
		client->line_len += (size_t)n;
		if (memchr(at, '\n', (size_t)n))
			return true;
		if (client->line_len == sizeof(client->line))
			return false;
	}
}

static void client_ready(void *arg, uint32_t events)
{
	struct control_client *client = arg;
	struct control *c = client->control;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !client_read(client)) {
		client_free(client);
		return;
	}
	char *newline = client->is_answered ? NULL : memchr(client->line, '\n', client->line_len);
	if (newline) {
		*newline = '\0';
		client->is_answered = true;
		client->stream =
			c->config.answer(c->config.arg, &client->asker, client->line, &client->out);
	}
	client_flush(client);
}

/* Returns the cookie of the network namespace in which the socket at the other end was made: the
 * kernel makes this end in the same one. 0 if the kernel does not support it. */
static uint64_t netns_cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) ? 0 : cookie;
}

static uid_t uid_of(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ? (uid_t)-1 : peer.uid;
}

static bool is_limited(const struct control *c, uid_t uid)
{
	return uid != 0 || !c->config.has_trusted_root;
}

/* Returns the connection of the user that was opened first, and how many there are. */
static struct control_client *first_of_user(struct control *c, uid_t uid, size_t *ret_count)
{
	struct control_client *first = NULL;
	*ret_count = 0;
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (client->asker.uid != uid)
			continue;
		if (!first)
			first = client;
		++*ret_count;
	}
	return first;
}

static struct control_client *first_limited(struct control *c)
{
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (is_limited(c, client->asker.uid))
			return client;
	}
	return NULL;
}

/* Closes a connection to make room for a new one, if necessary. A client that asks at once, and
 * takes its answer, is done in the same turn; so only others are closed. */
static void control_make_room(struct control *c, uid_t uid)
{
	size_t count;
	struct control_client *first = first_of_user(c, uid, &count), *victim = NULL;
	if (is_limited(c, uid) && count >= c->config.user_clients_max)
		victim = first;
	else if (c->client_count >= c->config.clients_max)
		victim = first_limited(c);
	if (victim)
		client_free(victim);
}

static void control_add(struct control *c, int fd)
{
	uid_t uid = uid_of(fd);
	control_make_room(c, uid);
	struct control_client *client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	uint64_t cookie = netns_cookie_of(fd);
	*client = (struct control_client){.control = c,
		.watch = {.fd = fd, .on_ready = client_ready, .arg = client},
		.asker = {.has_our_links = cookie == c->netns_cookie, .uid = uid},
		.since = loop_now()};
	list_append(&c->clients, &client->in_control);
	c->client_count++;
	client_ready(client, EPOLLIN);
	if (c->client_count >= c->config.clients_max && !first_limited(c))
		control_pause(c, NS_NEVER);
}

static void control_ready(void *arg, uint32_t events UNUSED)
{
	struct control *c = arg;
	for (int i = 0; i < ACCEPTS_A_TURN && !c->is_paused; i++) {
		int fd = accept4(c->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			control_add(c, fd);
		else if (process_lacks_resources(errno))
			control_pause(c, loop_now() + ACCEPT_PAUSE);
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
}

/* Returns the client without a stream that was accepted first, or NULL. */
static struct control_client *first_without_stream(const struct control *c)
{
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (client->stream == 0)
			return client;
	}
	return NULL;
}

ns_t control_deadline(const struct control *c)
{
	if (!c)
		return NS_NEVER;
	const struct control_client *first = first_without_stream(c);
	ns_t resume_at = c->is_paused ? c->resume_at : NS_NEVER;
	return first ? ns_min(resume_at, first->since + c->config.patience) : resume_at;
}

void control_poll(struct control *c, ns_t now)
{
	if (!c)
		return;
	if (c->is_paused && now >= c->resume_at)
		control_resume(c);
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (client->since + c->config.patience > now)
			break;
		if (client->stream == 0)
			client_free(client);
	}
}

static int control_sockaddr(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	strcpy(ret->sun_path, path);
	return 0;
}

/* True if a process listens at that path, even if it accepts no connection at the moment. */
static bool is_in_use(const struct sockaddr_un *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_used = fd >= 0 && (connect(fd, (const struct sockaddr *)path, sizeof(*path)) == 0 ||
					  errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return is_used;
}

/* Removes the socket that a killed daemon has left, but nothing else. */
static int remove_stale(const char *path)
{
	struct stat st;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(path) ? -errno : 0;
}

bool control_is_in_use(const char *path)
{
	struct sockaddr_un un;
	return control_sockaddr(path, &un) == 0 && is_in_use(&un);
}

void control_remove_abandoned(const char *path)
{
	struct sockaddr_un un;
	if (control_sockaddr(path, &un) == 0 && !is_in_use(&un))
		(void)!remove_stale(path);
}

static void make_parent(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	strcpy(dir, path);
	char *slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return;
	*slash = '\0';
	mkdir(dir, 0755); /* if it fails, bind() fails too, and is logged */
}

/* Returns a listening socket at that path, whose mode is set before anyone can connect; -errno. */
static int listen_at(const struct sockaddr_un *path, mode_t mode, gid_t group)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mode_t mask = umask(0777 & ~mode);
	int err = bind(fd, (const struct sockaddr *)path, sizeof(*path)) ? -errno : 0;
	umask(mask);
	if (!err && group != CONTROL_OWN_GROUP && lchown(path->sun_path, (uid_t)-1, group))
		err = -errno;
	if (!err && listen(fd, CONTROL_BACKLOG))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int control_open(struct control **ret, struct loop *loop, const struct control_config *config)
{
	struct control *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NOMEM;
	*c = (struct control){.config = *config, .loop = loop};
	c->watch = (struct loop_watch){.fd = -1, .on_ready = control_ready, .arg = c};
	list_init(&c->clients);
	int err = control_sockaddr(config->path, &c->path);
	if (err)
		goto fail;
	if (is_in_use(&c->path)) {
		err = ERR_EXISTS;
		goto fail;
	}
	make_parent(config->path);
	err = remove_stale(config->path);
	if (err)
		goto fail;
	c->watch.fd = listen_at(&c->path, config->mode, config->group);
	err = c->watch.fd < 0 ? c->watch.fd : loop_add(loop, &c->watch, EPOLLIN);
	if (err)
		goto fail;
	c->netns_cookie = netns_cookie_of(c->watch.fd);
	*ret = c;
	return 0;
fail:
	if (c->watch.fd >= 0)
		close(c->watch.fd);
	free(c);
	return err;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	LIST_EACH(control_client, &c->clients, struct control_client, in_control)
		client_free(control_client);
	loop_remove(c->loop, &c->watch);
	close(c->watch.fd);
	unlink(c->path.sun_path);
	free(c);
}

bool control_has_stream(const struct control *c, unsigned stream)
{
	if (!c)
		return false;
	LIST_EACH(client, &c->clients, struct control_client, in_control)
		if (client->stream == stream)
			return true;
	return false;
}

void control_broadcast(struct control *c, unsigned stream, const char *bytes, size_t len)
{
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (client->stream != stream)
			continue;
		buf_add(&client->out, bytes, len);
		client_flush(client);
	}
}

void control_end_stream(struct control *c, unsigned stream)
{
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (client->stream != stream)
			continue;
		client->stream = 0;
		client_flush(client);
	}
}

/* Passes on each whole line in `in`, and keeps the rest. */
static bool take_lines(struct buf *in, bool (*on_line)(void *arg, const char *line), void *arg)
{
	char *start = in->bytes, *newline;
	while ((newline = memchr(start, '\n', in->len - (size_t)(start - in->bytes)))) {
		*newline = '\0';
		if (!on_line(arg, start))
			return false;
		start = newline + 1;
	}
	in->len -= (size_t)(start - in->bytes);
	memmove(in->bytes, start, in->len);
	in->bytes[in->len] = '\0';
	return true;
}

static int ask_read(int fd, bool (*on_line)(void *arg, const char *line), void *arg)
{
	struct buf in = {0};
	char chunk[2048];
	int err = 0;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n < 0 ? -errno : 0;
			break;
		}
		buf_add(&in, chunk, (size_t)n);
		if (in.err || !take_lines(&in, on_line, arg)) {
			err = in.err;
			break;
		}
	}
	buf_fini(&in);
	return err;
}

int control_connect(const char *path, const char *request, int *ret_fd)
{
	struct sockaddr_un un;
	char line[CONTROL_LINE_CAP];
	int len = snprintf(line, sizeof(line), "%s\n", request);
	if (len < 0 || (size_t)len >= sizeof(line))
		return ERR_RANGE;
	int err = control_sockaddr(path, &un);
	if (err)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) ||
		send(fd, line, (size_t)len, MSG_NOSIGNAL) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

int control_ask(const char *path, const char *request, bool (*on_line)(void *arg, const char *line),
	void *arg)
{
	int fd;
	int err = control_connect(path, request, &fd);
	if (err)
		return err;
	err = ask_read(fd, on_line, arg);
	close(fd);
	return err;
}
