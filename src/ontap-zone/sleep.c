/* SPDX-License-Identifier: ISC */
/*
 * Owns what the daemon does before and after the machine sleeps.
 * Never waits.
 */
#include "ontap-zone/sleep.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "ontap-zone/sleeper.h"

/* If neither a sleep follows nor the news that it does not. logind waits for five seconds, and then for programs that are to
 * run before. */
#define SLEEP_PATIENCE (60 * NS_PER_S)

static void fall_asleep(struct daemon *d)
{
	const ns_t now = loop_now();
	log_info(d->log, "goodbye before the machine sleeps");
	mdns_sleep(d->mdns, now);
	d->sleep.said_by = now + GOODBYE_PATIENCE;
	d->sleep.awake_at = now + SLEEP_PATIENCE;
}

void daemon_wake(struct daemon *d)
{
	d->sleep.said_by = d->sleep.awake_at = NS_NEVER;
	mdns_restart(d->mdns, loop_now());
	peers_hurry(d->peers);
}

static void hear(struct daemon *d, const struct sleeper_message *m)
{
	const bool is_asleep = d->sleep.awake_at != NS_NEVER;
	d->sleep.sandbox = m->sandbox;
	if (m->news == SLEEPER_SLEEPS && !is_asleep)
		fall_asleep(d);
	if (m->news == SLEEPER_AWAKE && is_asleep)
		daemon_wake(d);
}

/* What has come from the sleeper; the end of it is no fault: it says why. */
static void on_sleeper(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	struct sleeper_message message;
	const ssize_t got = recv(d->sleep.watch.fd, &message, sizeof(message), 0);
	if (got == sizeof(message))
		hear(d, &message);
	else if (got >= 0 || (errno != EAGAIN && errno != EINTR)) {
		daemon_stop_sleeper(d);
		(void)!waitpid(d->sleep.pid, NULL, 0);
	}
}

void daemon_start_sleeper(struct daemon *d, const struct conf *conf)
{
	d->sleep.watch = (struct loop_watch){.fd = -1, .on_ready = on_sleeper, .arg = d};
	if (!conf->has_sleep_goodbye || conf->mdns == NAME_MDNS_NONE)
		return;
	int err = sleeper_start(
		d->user_name ? &d->user : NULL, d->log, &d->sleep.watch.fd, &d->sleep.pid);
	if (!err)
		err = loop_add(d->loop, &d->sleep.watch, EPOLLIN);
	if (err)
		daemon_stop_sleeper(d);
}

void daemon_stop_sleeper(struct daemon *d)
{
	if (d->sleep.watch.fd < 0)
		return;
	loop_remove(d->loop, &d->sleep.watch);
	close(d->sleep.watch.fd);
	d->sleep.watch.fd = -1;
	d->sleep.sandbox = (struct sandbox_report){0};
}

ns_t daemon_sleep_deadline(const struct daemon *d)
{
	return ns_min(d->sleep.said_by, d->sleep.awake_at);
}

void daemon_poll_sleep(struct daemon *d)
{
	const ns_t now = loop_now();
	if (d->sleep.said_by != NS_NEVER &&
		((mdns_deadline(d->mdns) == NS_NEVER && spoken_is_empty(&d->spoken)) ||
			now >= d->sleep.said_by)) {
		(void)!send(d->sleep.watch.fd, "", 1, MSG_NOSIGNAL);
		d->sleep.said_by = NS_NEVER;
	}
	if (now >= d->sleep.awake_at) {
		log_info(d->log, "awake: note=\"the machine was about to sleep, and did not\"");
		daemon_wake(d);
	}
}
