/* SPDX-License-Identifier: ISC */
/*
 * Owns everything about sd-bus: loads it, and speaks to logind with it.
 * Never believes a signal: any local user may send one like it. What counts is what logind answers.
 */
#include "io/logind.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

#define SD_CALLS(CALL)                                                                             \
	CALL(sd_bus_call_method)                                                                   \
	CALL(sd_bus_close_unref)                                                                   \
	CALL(sd_bus_error_free)                                                                    \
	CALL(sd_bus_error_has_name)                                                                \
	CALL(sd_bus_get_events)                                                                    \
	CALL(sd_bus_get_fd)                                                                        \
	CALL(sd_bus_get_property_trivial)                                                          \
	CALL(sd_bus_get_timeout)                                                                   \
	CALL(sd_bus_match_signal)                                                                  \
	CALL(sd_bus_message_read)                                                                  \
	CALL(sd_bus_message_unref)                                                                 \
	CALL(sd_bus_open_system)                                                                   \
	CALL(sd_bus_process)

static const char *const call_names[] = DYNLIB_NAMES(SD_CALLS);

#define LOGIND  "org.freedesktop.login1"
#define PATH    "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"

struct logind {
	void *library;
	DYNLIB_TABLE(SD_CALLS) sd;
	sd_bus *bus;   /* NULL: not connected */
	int inhibitor; /* -1: none */
	bool is_told;  /* that the answer to "does it sleep" may have changed */
	bool sleeps;   /* the last answer */
};

int logind_new(struct logind **ret, char ret_why[DYNLIB_WHY_CAP])
{
	struct logind *l = calloc(1, sizeof(*l));
	if (!l)
		return ERR_NOMEM;
	l->inhibitor = -1;
	l->library =
		dynlib_open(SYSTEMD_SONAME, call_names, ARRAY_LEN(call_names), &l->sd, ret_why);
	if (!l->library) {
		free(l);
		return ERR_ABSENT;
	}
	*ret = l;
	return 0;
}

static void disconnect(struct logind *l)
{
	logind_release(l);
	if (l->bus)
		l->sd.sd_bus_close_unref(l->bus);
	l->bus = NULL;
}

void logind_free(struct logind *l)
{
	if (!l)
		return;
	disconnect(l);
	dynlib_close(l->library);
	free(l);
}

static int on_signal(sd_bus_message *m UNUSED, void *arg, sd_bus_error *error UNUSED)
{
	struct logind *l = arg;
	l->is_told = true;
	return 0;
}

int logind_connect(struct logind *l)
{
	disconnect(l);
	l->is_told = true; /* it may be about to sleep already */
	int err = l->sd.sd_bus_open_system(&l->bus);
	if (err < 0)
		return err;
	err = l->sd.sd_bus_match_signal(
		l->bus, NULL, LOGIND, PATH, MANAGER, "PrepareForSleep", on_signal, l);
	return err < 0 ? err : 0;
}

/* The descriptor is the message's. */
static int keep_inhibitor(struct logind *l, sd_bus_message *reply)
{
	int fd, err = l->sd.sd_bus_message_read(reply, "h", &fd);
	if (err < 0)
		return err;
	l->inhibitor = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return l->inhibitor < 0 ? -errno : 0;
}

static bool is_absent(const struct logind *l, const sd_bus_error *error)
{
	return l->sd.sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) > 0 ||
	       l->sd.sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) > 0;
}

int logind_hold(struct logind *l, const char *who)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	if (l->inhibitor >= 0)
		return 0;
	int err = l->sd.sd_bus_call_method(l->bus, LOGIND, PATH, MANAGER, "Inhibit", &error, &reply,
		"ssss", "sleep", who, "Says goodbye to other hosts first", "delay");
	if (err < 0)
		err = is_absent(l, &error) ? ERR_ABSENT : err;
	else
		err = keep_inhibitor(l, reply);
	l->sd.sd_bus_error_free(&error);
	l->sd.sd_bus_message_unref(reply);
	return err;
}

void logind_release(struct logind *l)
{
	if (l->inhibitor >= 0)
		close(l->inhibitor);
	l->inhibitor = -1;
}

/* Who cannot say whether it sleeps does not sleep. */
static bool does_sleep(struct logind *l)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int sleeps = 0;
	int err = l->sd.sd_bus_get_property_trivial(
		l->bus, LOGIND, PATH, MANAGER, "PreparingForSleep", &error, 'b', &sleeps);
	l->sd.sd_bus_error_free(&error);
	return err >= 0 && sleeps;
}

int logind_next(struct logind *l, bool *ret_sleeps)
{
	int more;
	/* One look is enough for several signals; who sends many of them must not keep it from the rest. */
	while (!l->is_told && (more = l->sd.sd_bus_process(l->bus, NULL)) != 0)
		if (more < 0)
			return more;
	if (!l->is_told)
		return 0;
	l->is_told = false;
	const bool did_sleep = l->sleeps;
	*ret_sleeps = l->sleeps = does_sleep(l);
	return did_sleep != l->sleeps;
}

/* For poll(2): from a time of CLOCK_MONOTONIC in microseconds, UINT64_MAX: never. */
static int timeout_ms(uint64_t at_us)
{
	struct timespec now;
	if (at_us == UINT64_MAX)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const uint64_t now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	const uint64_t ms = at_us <= now_us ? 0 : (at_us - now_us) / 1000 + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int logind_wait(struct logind *l, int fd, bool *ret_is_readable)
{
	uint64_t at_us; /* 0: a message that has come waits */
	struct pollfd fds[] = {{.fd = l->sd.sd_bus_get_fd(l->bus)}, {.fd = fd, .events = POLLIN}};
	const int events = l->sd.sd_bus_get_events(l->bus);
	const int err = l->sd.sd_bus_get_timeout(l->bus, &at_us);
	if (fds[0].fd < 0 || events < 0 || err < 0)
		return fds[0].fd < 0 ? fds[0].fd : events < 0 ? events : err;
	fds[0].events = (short)events;
	if (poll(fds, ARRAY_LEN(fds), timeout_ms(at_us)) < 0 && errno != EINTR)
		return -errno;
	*ret_is_readable = fds[1].revents != 0;
	return 0;
}
