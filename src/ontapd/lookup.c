/* SPDX-License-Identifier: ISC */
/*
 * Owns the process that reads the administrator's files.
 * Never decides what they mean: permit.c does.
 */
#include "ontapd/lookup.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/limits.h"
#include "device/rules.h"
#include "device/subids.h"
#include "io/file.h"
#include "io/privilege.h"
#include "ontapd/confine.h"

#define SUBIDS_PATH "/etc/subuid"

/* --- the process -------------------------------------------------------------------------- */

struct answers {
	struct lookup_answer *at;
	size_t count, cap;
};

static int find_id(bool is_group, const char *name, uint32_t *ret)
{
	if (is_group) {
		const struct group *group = getgrnam(name);
		if (!group)
			return ERR_ABSENT;
		*ret = group->gr_gid;
		return 0;
	}
	const struct passwd *user = getpwnam(name);
	if (!user)
		return ERR_ABSENT;
	*ret = user->pw_uid;
	return 0;
}

static int look_up_and_note(void *arg, bool is_group, const char *name, uint32_t *ret)
{
	struct answers *answers = arg;
	if (ARRAY_RESERVE(answers->at, answers->cap, answers->count + 1))
		return ERR_NOMEM;
	struct lookup_answer answer = {0};
	answer.err = find_id(is_group, name, &answer.id);
	answers->at[answers->count++] = answer;
	if (!answer.err)
		*ret = answer.id;
	return answer.err;
}

static int write_all(int sock, const void *bytes, size_t len)
{
	const char *at = bytes;
	while (len > 0) {
		ssize_t done = send(sock, at, len, MSG_NOSIGNAL);
		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			at += done;
			len -= (size_t)done;
		}
	}
	return 0;
}

/* Looks up each name as often as the parsers ask for it, so that ontapd's own parsing meets the answers
 * in the same order. */
static void gather(const struct buf *rules, const struct buf *subids, struct answers *answers)
{
	struct rules parsed = {0};
	struct subids ranges = {0};
	struct rules_error error;
	(void)!rules_parse(&parsed, buf_text(rules), rules->len, look_up_and_note, answers, &error);
	(void)!subids_parse(&ranges, buf_text(subids), subids->len, look_up_and_note, answers);
	rules_fini(&parsed);
	subids_fini(&ranges);
}

static int answer_one(int sock, const char *rules_file)
{
	struct buf rules = {0}, subids = {0};
	struct answers answers = {0};
	struct lookup_head head = {0};
	if (rules_file)
		head.rules_err = file_read(rules_file, LIMIT_DEVICE_RULES_FILE, &rules);
	if (head.rules_err)
		buf_clear(&rules);
	if (file_read(SUBIDS_PATH, LIMIT_DEVICE_SUBIDS_FILE, &subids))
		buf_clear(&subids);
	gather(&rules, &subids, &answers);
	head.rules_len = (uint32_t)rules.len;
	head.subids_len = (uint32_t)subids.len;
	head.answer_count = (uint32_t)answers.count;
	int err = write_all(sock, &head, sizeof(head));
	if (!err)
		err = write_all(sock, buf_text(&rules), rules.len);
	if (!err)
		err = write_all(sock, buf_text(&subids), subids.len);
	if (!err)
		err = write_all(sock, answers.at, answers.count * sizeof(*answers.at));
	buf_fini(&rules);
	buf_fini(&subids);
	free(answers.at);
	return err;
}

static _Noreturn void run_child(int sock, pid_t parent, const char *rules_file)
{
	enum { CHILD_SOCKET = 3 };
	char byte;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || (sock != CHILD_SOCKET && dup3(sock, CHILD_SOCKET, 0) < 0))
		_exit(1);
	close_range(CHILD_SOCKET + 1, ~0U, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	privilege_drop_thread();
	confine_lookup();
	while (read(CHILD_SOCKET, &byte, 1) == 1)
		if (answer_one(CHILD_SOCKET, rules_file))
			break;
	_exit(0);
}

/* --- what it says ------------------------------------------------------------------------- */

static size_t whole_size(const struct lookup_head *head)
{
	return sizeof(*head) + head->rules_len + head->subids_len +
	       head->answer_count * sizeof(struct lookup_answer);
}

/* The answers are not aligned in the reply: they are copied. */
static int pass_on(struct lookup *l, const struct lookup_head *head)
{
	const char *at = buf_text(&l->received) + sizeof(*head);
	size_t size = head->answer_count * sizeof(struct lookup_answer);
	struct lookup_answer *answers = malloc(size + 1);
	if (!answers)
		return ERR_NOMEM;
	memcpy(answers, at + head->rules_len + head->subids_len, size);
	const struct lookup_files files = {.rules_err = head->rules_err,
		.rules = at,
		.rules_len = head->rules_len,
		.subids = at + head->rules_len,
		.subids_len = head->subids_len,
		.answers = answers,
		.answer_count = head->answer_count};
	l->on_files(l->arg, &files);
	free(answers);
	return 0;
}

/* Adds what has arrived to the reply, and passes on a whole one. -EAGAIN: there is more to come. */
static int receive(struct lookup *l)
{
	char bytes[2048];
	ssize_t len = recv(l->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (len <= 0)
		return len == 0 ? -EPIPE : errno == EINTR ? -EAGAIN : -errno;
	buf_add(&l->received, bytes, (size_t)len);
	if (l->received.err)
		return l->received.err;
	struct lookup_head head;
	if (l->received.len < sizeof(head))
		return -EAGAIN;
	memcpy(&head, buf_text(&l->received), sizeof(head));
	if (l->received.len < whole_size(&head))
		return -EAGAIN;
	int err = pass_on(l, &head);
	buf_clear(&l->received);
	l->is_asked = false;
	return err;
}

/* --- in ontapd ---------------------------------------------------------------------------- */

static void give_up(struct lookup *l, int err)
{
	log_error(l->log,
		"users cannot be looked up: error=\"%s\" note=\"what was read stays; restart "
		"ontapd to read the files again\"",
		err_text(err));
	lookup_close(l);
}

static void on_reply(void *arg, uint32_t events UNUSED)
{
	struct lookup *l = arg;
	int err = receive(l);
	if (err == -EAGAIN)
		return;
	if (err)
		give_up(l, err);
	else if (l->has_to_ask)
		lookup_ask(l);
}

void lookup_ask(struct lookup *l)
{
	l->has_to_ask = l->is_asked;
	if (l->is_asked || l->watch.fd < 0)
		return;
	l->is_asked = true;
	if (send(l->watch.fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
		give_up(l, -errno);
}

int lookup_ask_and_wait(struct lookup *l)
{
	lookup_ask(l);
	int err = l->watch.fd < 0 ? -EPIPE : -EAGAIN;
	while (err == -EAGAIN) {
		struct pollfd p = {.fd = l->watch.fd, .events = POLLIN};
		(void)poll(&p, 1, -1);
		err = receive(l);
	}
	return err;
}

int lookup_open(struct lookup *l, struct loop *loop, const struct log *log, const char *rules_file)
{
	int pair[2];
	l->loop = loop;
	l->log = log;
	l->watch = (struct loop_watch){.fd = -1, .on_ready = on_reply, .arg = l};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -errno;
	pid_t parent = getpid();
	l->pid = fork();
	if (l->pid == 0)
		run_child(pair[1], parent, rules_file);
	int err = l->pid < 0 ? -errno : 0;
	close(pair[1]);
	l->watch.fd = pair[0];
	return err ? err : loop_add(loop, &l->watch, EPOLLIN);
}

void lookup_close(struct lookup *l)
{
	if (l->watch.fd >= 0) {
		loop_remove(l->loop, &l->watch);
		close(l->watch.fd);
	}
	l->watch.fd = -1;
	if (l->pid > 0) {
		kill(l->pid, SIGKILL);
		(void)waitpid(l->pid, NULL, WNOHANG);
	}
	l->pid = 0;
	buf_fini(&l->received);
}
