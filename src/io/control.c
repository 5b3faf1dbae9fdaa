/* SPDX-License-Identifier: ISC */
/*
 * Owns both ends of the control socket: the daemon's, with its clients, their lines in and bytes out;
 * and that of one who asks. The daemon's never waits for a client and never interprets a request.
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
#include "base/limits.h"
#include "base/list.h"

struct control_client {
	struct list in_control;
	struct control *control;
	struct loop_watch watch;
	char line[CONTROL_LINE_CAP];
	size_t line_len;
	struct buf out;
	size_t sent; /* of out */
	bool is_answered;
	bool is_watching;
};

struct control {
	struct loop *loop;
	const struct log *log;
	struct loop_watch watch;
	struct sockaddr_un path;
	control_fn *answer;
	void *arg;
	struct list clients;
	size_t client_count;
	bool is_paused; /* too many clients: not accepting */
};

static void client_free(struct control_client *client)
{
	struct control *c = client->control;
	loop_remove(c->loop, &client->watch);
	close(client->watch.fd);
	list_remove(&client->in_control);
	buf_fini(&client->out);
	free(client);
	c->client_count--;
	if (c->is_paused && loop_add(c->loop, &c->watch, EPOLLIN) == 0)
		c->is_paused = false;
}

/* Writes what there is. Frees the client when it is done, or gone, or too far behind. */
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
	bool is_behind =
		client->is_watching && client->out.len - client->sent > LIMIT_CONTROL_BACKLOG;
	if ((is_done && client->is_answered && !client->is_watching) || is_behind ||
		client->out.err) {
		client_free(client);
		return;
	}
	uint32_t events = EPOLLIN | (is_done ? 0 : EPOLLOUT);
	if (loop_change(client->control->loop, &client->watch, events))
		client_free(client);
}

/* Reads on; false when the client is gone or says more than a line may be. */
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
			continue; /* one request a connection: what follows is read and dropped */
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
		client->is_watching = c->answer(c->arg, client->line, &client->out);
	}
	client_flush(client);
}

static void control_accept(struct control *c)
{
	int fd = accept4(c->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct control_client *client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	client->control = c;
	client->watch = (struct loop_watch){.fd = fd, .on_ready = client_ready, .arg = client};
	if (loop_add(c->loop, &client->watch, EPOLLIN)) {
		close(fd);
		free(client);
		return;
	}
	list_append(&c->clients, &client->in_control);
	if (++c->client_count < LIMIT_CONTROL_CLIENTS)
		return;
	loop_remove(c->loop, &c->watch);
	c->is_paused = true;
}

static void control_ready(void *arg, uint32_t events UNUSED)
{
	control_accept(arg);
}

static int control_sockaddr(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	strcpy(ret->sun_path, path);
	return 0;
}

/* Whether somebody listens at that path; also if he accepts nobody just now. */
static bool is_in_use(const struct sockaddr_un *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_used = fd >= 0 && (connect(fd, (const struct sockaddr *)path, sizeof(*path)) == 0 ||
					  errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return is_used;
}

/* Takes away the socket that a daemon left which was killed, but nothing else. */
static int remove_stale(const char *path)
{
	struct stat st;
	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return unlink(path) ? -errno : 0;
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
	mkdir(dir, 0755); /* if this fails, bind() does too, and says why */
}

/* A listening socket at that path, its mode set before anyone can connect; -errno. */
static int listen_at(const struct sockaddr_un *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mode_t mask = umask(0117);
	int err = bind(fd, (const struct sockaddr *)path, sizeof(*path)) ? -errno : 0;
	umask(mask);
	if (!err && listen(fd, 16))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

int control_open(struct control **ret, struct loop *loop, const struct log *log, const char *path,
	control_fn *answer, void *arg)
{
	struct control *c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NOMEM;
	*c = (struct control){.loop = loop, .log = log, .answer = answer, .arg = arg};
	c->watch = (struct loop_watch){.fd = -1, .on_ready = control_ready, .arg = c};
	list_init(&c->clients);
	int err = control_sockaddr(path, &c->path);
	if (err)
		goto fail;
	if (is_in_use(&c->path)) {
		err = ERR_EXISTS;
		goto fail;
	}
	make_parent(path);
	err = remove_stale(path);
	if (err)
		goto fail;
	c->watch.fd = listen_at(&c->path);
	err = c->watch.fd < 0 ? c->watch.fd : loop_add(loop, &c->watch, EPOLLIN);
	if (err)
		goto fail;
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

bool control_has_watchers(const struct control *c)
{
	LIST_EACH(control_client, &c->clients, struct control_client, in_control)
		if (control_client->is_watching)
			return true;
	return false;
}

void control_broadcast(struct control *c, const char *bytes, size_t len)
{
	LIST_EACH(client, &c->clients, struct control_client, in_control) {
		if (!client->is_watching)
			continue;
		buf_add(&client->out, bytes, len);
		client_flush(client);
	}
}

/* Hands on each whole line in `in`, and keeps the rest. */
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

int control_ask(const char *path, const char *request, bool (*on_line)(void *arg, const char *line),
	void *arg)
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
		send(fd, line, (size_t)len, MSG_NOSIGNAL) < 0)
		err = -errno;
	else
		err = ask_read(fd, on_line, arg);
	close(fd);
	return err;
}
