/* SPDX-License-Identifier: ISC */
/*
 * Owns the command `export`: reads the kernel itself, needs no daemon, and prints the records.
 * Never listens on the network.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "io/file.h"
#include "io/process.h"
#include "watch/kernel.h"
#include "io/loop.h"
#include "ontap-zone/commands.h"
#include "ontap-zone/grants_dir.h"
#include "ontap-zone/render.h"
#include "ontap-zone/runtime.h"

/* With --watch: changes within this time are written together. */
#define EXPORT_DELAY (20 * NS_PER_MS)

struct exporter {
	struct runtime runtime;
	struct kernel *kernel;
	struct loop *loop;
	struct log *log;
	struct loop_watch kernel_watch, signal_watch;
	struct buf last; /* the last output: an equal one is not written again */
	bool is_stopping;
	bool has_news;
};

/* Some formats depend on where clients are. */
static void on_views(void *arg)
{
	struct exporter *x = container_of(arg, struct exporter, runtime);
	x->has_news = true;
}

static void on_kernel(void *arg, uint32_t events UNUSED)
{
	struct exporter *x = arg;
	kernel_handle(x->kernel, loop_now());
}

static void on_event(void *arg, const struct event *ev)
{
	(void)runtime_apply(arg, ev); /* has logged an error */
}

static void on_signal(void *arg, uint32_t events UNUSED)
{
	struct exporter *x = arg;
	x->is_stopping = true;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int run_exec(const struct exporter *x)
{
	pid_t pid;
	int status;
	if (!x->runtime.conf.exec)
		return 0;
	int err = file_run_command(x->runtime.conf.exec, &pid);
	if (err) {
		log_error(x->log, "cannot run command: option=exec error=\"%s\"", err_text(err));
		return EXIT_SYSTEM;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	log_error(x->log, "command failed: option=exec status=%d",
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return EXIT_SYSTEM;
}

/* Writes the export, unless it equals the last output. */
static int exporter_write(struct exporter *x)
{
	const struct conf *conf = &x->runtime.conf;
	const uint8_t *apex = conf->zone.len ? conf->zone.wire : conf->domain.wire;
	struct buf out = {0};
	x->has_news = false;
	int err = render_now(
		x->runtime.pipeline, (enum export_format)conf->format, conf->view, apex, &out);
	if (err) {
		log_error(x->log, "cannot export: error=\"%s\"",
			err == ERR_ABSENT ? "there is no such zone" : err_text(err));
		return err == ERR_ABSENT ? EXIT_NO : EXIT_SYSTEM;
	}
	if (out.len == x->last.len && out.len > 0 &&
		memcmp(out.bytes, x->last.bytes, out.len) == 0) {
		buf_fini(&out);
		return 0;
	}
	err = conf->output ? file_write(conf->output, buf_text(&out), out.len)
			   : write_all(STDOUT_FILENO, buf_text(&out), out.len);
	buf_fini(&x->last);
	x->last = out;
	if (!err)
		return run_exec(x);
	log_error(x->log, "cannot export: file=\"%s\" error=\"%s\"",
		conf->output ? conf->output : "-", err_text(err));
	return EXIT_SYSTEM;
}

static int exporter_turn(struct exporter *x, ns_t deadline)
{
	int err = loop_turn(x->loop, ns_min(deadline, kernel_deadline(x->kernel)));
	if (err) {
		log_error(x->log, "cannot wait for events: error=\"%s\"", err_text(err));
		return EXIT_SYSTEM;
	}
	if (kernel_deadline(x->kernel) <= loop_now())
		kernel_handle(x->kernel, loop_now());
	return 0;
}

/* After the first news, waits a little for more. */
static int exporter_follow(struct exporter *x)
{
	ns_t due = NS_NEVER;
	int code = 0;
	while (!x->is_stopping && !code) {
		code = exporter_turn(x, ns_min(due, runtime_deadline(&x->runtime)));
		x->has_news |= runtime_flush(&x->runtime);
		if (x->has_news && due == NS_NEVER)
			due = loop_now() + EXPORT_DELAY;
		if (loop_now() >= due && !code) {
			due = NS_NEVER;
			code = exporter_write(x);
		}
	}
	return code;
}

static int exporter_open(struct exporter *x)
{
	static const int signals[] = {SIGTERM, SIGINT};
	x->signal_watch = (struct loop_watch){.on_ready = on_signal, .arg = x};
	int err = process_signals_open(x->loop, &x->signal_watch, signals, ARRAY_LEN(signals));
	if (err) {
		log_error(x->log, "cannot start: step=signalfd error=\"%s\"", err_text(err));
		return EXIT_SYSTEM;
	}
	x->kernel =
		kernel_open(&(struct kernel_config){.netns_dir = conf_netns_dir(&x->runtime.conf),
			.has_all_nsids = conf_has_all_netns(&x->runtime.conf),
			.grants_dir = x->runtime.conf.grants_dir,
			.grants_owner = grants_dir_owner(x->runtime.conf.grants_dir),
			.census = (enum census_means)x->runtime.conf.census,
			.log = x->log,
			.on_event = on_event,
			.arg = &x->runtime});
	if (!x->kernel)
		return EXIT_SYSTEM; /* already logged */
	x->kernel_watch =
		(struct loop_watch){.fd = kernel_fd(x->kernel), .on_ready = on_kernel, .arg = x};
	err = loop_add(x->loop, &x->kernel_watch, EPOLLIN);
	if (err) {
		log_error(x->log, "cannot start: step=epoll error=\"%s\"", err_text(err));
		return EXIT_SYSTEM;
	}
	kernel_handle(x->kernel, loop_now());
	return 0;
}

static int exporter_run(struct exporter *x)
{
	int code = exporter_open(x);
	while (!code && !x->is_stopping && !kernel_is_synced(x->kernel))
		code = exporter_turn(x, NS_NEVER);
	if (code || x->is_stopping)
		return code;
	do
		runtime_flush(&x->runtime);
	while (runtime_has_more(&x->runtime));
	code = exporter_write(x);
	if (!code && x->runtime.conf.is_watching)
		code = exporter_follow(x);
	return code;
}

int command_export(struct conf *conf, struct log *log)
{
	struct exporter x = {.log = log, .loop = loop_new(), .signal_watch.fd = -1};
	struct conf_error error;
	if (!x.loop) {
		log_error(log, "cannot start: error=\"%s\"", err_text(-errno));
		conf_fini(conf);
		return EXIT_SYSTEM;
	}
	struct pipeline_sink sink = {.on_views = on_views};
	int code, err = runtime_init(&x.runtime, conf, log, sink, &error);
	const bool has_runtime = !err;
	if (!err)
		err = runtime_read_files(&x.runtime, &error);
	if (err) {
		log_error(log, "cannot start: error=\"%s\"", error.text);
		code = err == ERR_SYNTAX ? EXIT_USAGE : EXIT_SYSTEM;
	} else {
		code = exporter_run(&x);
		kernel_close(x.kernel);
		process_signals_close(x.loop, &x.signal_watch);
	}
	if (has_runtime)
		runtime_fini(&x.runtime);
	buf_fini(&x.last);
	loop_free(x.loop);
	return code;
}
