/* SPDX-License-Identifier: ISC */
/*
 * Owns the listening sockets, their owner, group and mode.
 * Never lets anybody connect before these are set.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "io/privilege.h"
#include "io/process.h"
#include "base/limits.h"
#include "ontapd/daemon.h"

#define SOCKET_PREFIX "port."

enum { SOCKET_MODE = 0660 };

/* --- accepting ---------------------------------------------------------------------------- */

/* Too few descriptors, or too many clients: waits until a client has gone. */
static void pause_all(struct daemon *d)
{
	d->is_accepting = false;
	d->clients_at_pause = d->client_count;
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon)
		loop_remove(d->loop, &listener->watch);
	log_warning(d->log, "not accepting: clients=%zu", d->client_count);
}

void listener_resume(struct daemon *d)
{
	if (d->is_accepting || d->client_count >= d->clients_at_pause)
		return;
	d->is_accepting = true;
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
		int err = loop_add(d->loop, &listener->watch, EPOLLIN);
		if (err)
			log_error(d->log, "not accepting: error=\"%s\"", err_text(err));
	}
}

static void on_connection(void *arg, uint32_t events UNUSED)
{
	struct listener *listener = arg;
	struct daemon *d = listener->daemon;
	if (d->client_count >= LIMIT_DEVICE_CLIENTS) {
		pause_all(d);
		return;
	}
	int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		client_new(listener, fd);
	else if (process_lacks_resources(errno))
		pause_all(d);
}

/* --- opening ------------------------------------------------------------------------------ */

static int complain(struct daemon *d, const char *path, int err)
{
	log_error(d->log, "socket: path=\"%s\" error=\"%s\"", path, err_text(err));
	return err;
}

/* Not an error, because the link may come later. A warning, because the name may be mistyped. */
static void warn_if_absent(const struct daemon *d, const char *parent)
{
	char name[LOG_TEXT_CAP];
	if (if_nametoindex(parent) == 0)
		log_warning(d->log,
			"no such link: parent=%s note=\"requests are refused until it exists\"",
			log_escape(parent, name));
}

/* Takes ownership of the descriptor and the path. */
static int add_port(struct daemon *d, const char *parent, int fd, char *path)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	if (!listener) {
		close(fd);
		free(path);
		return ERR_NOMEM;
	}
	listener->daemon = d;
	listener->path = path;
	memcpy(listener->parent, parent, strlen(parent));
	listener->watch = (struct loop_watch){.fd = fd, .on_ready = on_connection, .arg = listener};
	list_append(&d->listeners, &listener->in_daemon);
	warn_if_absent(d, parent);
	return loop_add(d->loop, &listener->watch, EPOLLIN);
}

/* Removes a socket that nobody listens on. A socket in use is left. */
static int remove_stale(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int err = connect(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno : 0;
	close(fd);
	if (!err || err == -EAGAIN)
		return -EADDRINUSE;
	if (err != -ECONNREFUSED)
		return 0; /* it does not exist, or bind(2) will report the error */
	return unlink(un->sun_path) ? -errno : 0;
}

/* Nobody can connect between bind(2) and listen(2), so owner and mode are set there. */
static int bind_and_listen(int fd, const struct sockaddr_un *un, gid_t group)
{
	mode_t mask = umask(0777);
	int err = bind(fd, (const struct sockaddr *)un, sizeof(*un)) ? -errno : 0;
	umask(mask);
	if (err)
		return err;
	if (chown(un->sun_path, (uid_t)-1, group) || chmod(un->sun_path, SOCKET_MODE) ||
		listen(fd, SOMAXCONN)) {
		err = -errno;
		unlink(un->sun_path);
	}
	return err;
}

static int open_port(struct daemon *d, const char *parent, gid_t group)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char *path;
	if (asprintf(&path, "%s/" SOCKET_PREFIX "%s", d->settings->socket_dir, parent) < 0)
		return ERR_NOMEM;
	int fd = -1, err = -ENAMETOOLONG;
	if (strlen(path) < sizeof(un.sun_path)) {
		memcpy(un.sun_path, path, strlen(path));
		err = remove_stale(&un);
	}
	if (!err) {
		fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		err = fd < 0 ? -errno : bind_and_listen(fd, &un, group);
	}
	if (!err)
		return add_port(d, parent, fd, path);
	complain(d, path, err);
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

static int find_group(struct daemon *d, gid_t *ret)
{
	const char *name = d->settings->group;
	*ret = (gid_t)-1; /* chown(2): unchanged */
	if (!name)
		return 0;
	int err = privilege_find_group(name, ret);
	if (err)
		log_error(d->log, "cannot find group: group=\"%s\" error=\"%s\"", name,
			err == ERR_ABSENT ? "there is no such group" : err_text(err));
	return err;
}

/* --- sockets of the service manager ------------------------------------------------------- */

/* Returns the parent in the socket's path ".../port.PARENT", or NULL. */
static const char *parent_of(const struct sockaddr_un *un)
{
	const char *slash = strrchr(un->sun_path, '/');
	const char *name = slash ? slash + 1 : un->sun_path;
	if (strncmp(name, SOCKET_PREFIX, strlen(SOCKET_PREFIX)) != 0)
		return NULL;
	name += strlen(SOCKET_PREFIX);
	return device_is_name(name) ? name : NULL;
}

static int take_socket(struct daemon *d, int fd)
{
	union {
		struct sockaddr_un un;
		char bytes[sizeof(struct sockaddr_un) + 1]; /* and always a zero */
	} at = {0};
	socklen_t len = sizeof(at.un);
	int type = 0;
	socklen_t type_len = sizeof(type);
	if (getsockname(fd, (struct sockaddr *)&at.un, &len) != 0 || at.un.sun_family != AF_UNIX ||
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 ||
		type != SOCK_SEQPACKET || !parent_of(&at.un)) {
		log_error(d->log,
			"socket: fd=%d error=\"not a SOCK_SEQPACKET socket at a path "
			"that ends in port.PARENT\"",
			fd);
		return -EINVAL;
	}
	return add_port(d, parent_of(&at.un), fd, NULL);
}

/* --- life --------------------------------------------------------------------------------- */

static bool has_port(const struct daemon *d, const char *parent)
{
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon)
		if (strcmp(listener->parent, parent) == 0)
			return true;
	return false;
}

int listener_open_all(struct daemon *d, int listen_fds)
{
	gid_t group;
	int err = find_group(d, &group);
	d->is_accepting = true;
	for (int i = 0; i < listen_fds && !err; i++)
		err = take_socket(d, LISTEN_FIRST + i);
	if (!err && d->settings->parents.count > 0 && mkdir(d->settings->socket_dir, 0755) &&
		errno != EEXIST)
		err = complain(d, d->settings->socket_dir, -errno);
	for (size_t i = 0; i < d->settings->parents.count && !err; i++)
		if (!has_port(d, d->settings->parents.at[i]))
			err = open_port(d, d->settings->parents.at[i], group);
	return err;
}

void listener_close_all(struct daemon *d)
{
	LIST_EACH(listener, &d->listeners, struct listener, in_daemon) {
		loop_remove(d->loop, &listener->watch);
		/* Packets of connections that were not accepted may have descriptors. */
		closer_take(&d->closer, &listener->watch.fd, 1);
		if (listener->path)
			unlink(listener->path);
		free(listener->path);
		list_remove(&listener->in_daemon);
		free(listener);
	}
}
