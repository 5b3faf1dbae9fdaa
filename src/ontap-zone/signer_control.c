/* SPDX-License-Identifier: ISC */
/*
 * Owns the socket in STATE/keys on which keys are changed. Who may open that directory may change keys: root, or the user
 * that the daemon was started as. So a server under an attacker's control cannot.
 * Never waits for a client: one at a time is heard, and a new one replaces it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "ontap-zone/signer_process.h"

static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SIGNER_CONTROL};

static int is_in_use(bool *ret)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	*ret = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	close(fd);
	return 0;
}

/* ERR_EXISTS: another daemon has these keys. Two of them would undo each other's steps. One that was killed has a signer
 * for a moment. */
static int check_alone(void)
{
	enum { TRIES = 20, PAUSE_MS = 100 };
	bool is_used = true;
	int err = 0;
	for (int i = 0; !err && is_used && i < TRIES; i++) {
		if (i > 0)
			(void)!poll(NULL, 0, PAUSE_MS);
		err = is_in_use(&is_used);
	}
	return err ? err : is_used ? ERR_EXISTS : 0;
}

static int listen_here(void)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)!unlink(SIGNER_CONTROL);
	const mode_t mask = umask(S_IRWXG | S_IRWXO);
	int err = bind(fd, (const struct sockaddr *)&address, sizeof(address)) ||
				  listen(fd, SOMAXCONN)
			  ? -errno
			  : 0;
	umask(mask);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* By its name in the directory: the path may be longer than an address of a socket. */
int signer_control_open(struct signer_process *p)
{
	p->client = -1;
	p->listener = -1;
	int err = fchdir(p->dir) ? -errno : check_alone();
	if (!err)
		p->listener = listen_here();
	if (!err && p->listener < 0)
		err = p->listener;
	if (err)
		log_error(p->log, "cannot start the signer: dir=\"%s/keys\" error=\"%s\"",
			p->state_dir,
			err == ERR_EXISTS ? "another daemon uses these keys" : err_text(err));
	return err;
}

static void end_client(struct signer_process *p)
{
	if (p->client >= 0)
		close(p->client);
	p->client = -1;
	p->line_len = 0;
}

void signer_control_accept(struct signer_process *p)
{
	const int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	end_client(p);
	p->client = fd;
}

/* What does not fit into the socket at once is more than anybody asks for. */
static void answer(struct signer_process *p)
{
	struct buf out = {0};
	(void)signer_zones_run(p); /* what is due comes first */
	signer_command_run(p, p->line, true, &out);
	if (!out.err)
		(void)!send(p->client, buf_text(&out), out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	buf_fini(&out);
}

void signer_control_read(struct signer_process *p)
{
	const size_t room = sizeof(p->line) - 1 - p->line_len;
	const ssize_t got = recv(p->client, p->line + p->line_len, room, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	p->line_len += got > 0 ? (size_t)got : 0;
	p->line[p->line_len] = '\0';
	char *end = memchr(p->line, '\n', p->line_len);
	if (end) {
		*end = '\0';
		answer(p);
	} else if (got > 0 && p->line_len < sizeof(p->line) - 1) {
		return;
	}
	end_client(p);
}
