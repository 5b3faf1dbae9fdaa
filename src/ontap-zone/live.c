/* SPDX-License-Identifier: ISC */
/*
 * Owns the screen of a live view, and the wait for changes.
 * Never asks the daemon unless the daemon has reported that something may have changed.
 */
#include "ontap-zone/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "io/control.h"
#include "io/exit.h"
#include "io/loop.h"

/* Changes within this time are drawn together, so that a machine that changes all the time does not
 * keep the daemon busy with our requests. It is longer if a drawing takes more than a part of it. */
enum { SETTLE_MS = 200, BUSY_PART = 5 };

/* Another screen without a cursor, on which long lines are cut; and back. */
static const char screen_on[] = "\033[?1049h\033[?25l\033[?7l",
		  screen_off[] = "\033[?7h\033[?25h\033[?1049l";

struct live {
	int control_fd, signal_fd;
	live_draw_fn *draw;
	void *arg;
	struct buf last; /* not on a terminal: the last drawing */
	int code;
	int settle_ms; /* 0 until the first drawing */
	bool is_on;    /* the screen is ours */
	bool is_over;
};

/* The screen. */

static void put(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

static void screen_switch(struct live *l, bool is_on)
{
	if (l->is_on != is_on)
		put(is_on ? screen_on : screen_off);
	l->is_on = is_on;
}

/* Draws as many lines as fit; the last one shows how many do not. */
static void draw_in_place(const struct terminal *terminal, const char *text)
{
	size_t row = 0, hidden = 0;
	fputs("\033[H", stdout);
	for (; *text; text += strcspn(text, "\n"), text += *text != '\0', row++) {
		if (row + 1 < terminal->height)
			printf("%.*s\033[K\r\n", (int)strcspn(text, "\n"), text);
		else
			hidden++;
	}
	if (hidden > 0)
		printf("%zu more lines", hidden);
	put("\033[J");
}

/* Prints each drawing that differs from the previous one, with an empty line between them. */
static void draw_after(struct live *l, struct buf *out)
{
	if (l->last.len == out->len && memcmp(buf_text(&l->last), buf_text(out), out->len) == 0)
		return;
	if (l->last.len > 0)
		put("\n");
	put(buf_text(out));
	buf_fini(&l->last);
	l->last = *out;
	*out = (struct buf){0};
}

static void live_draw(struct live *l)
{
	struct terminal terminal = terminal_look();
	struct buf out = {0};
	ns_t start = loop_now();
	l->code = l->draw(l->arg, &terminal, &out);
	int used_ms = (int)((loop_now() - start) / NS_PER_MS);
	l->settle_ms = used_ms * BUSY_PART > SETTLE_MS ? used_ms * BUSY_PART : SETTLE_MS;
	if (l->code || out.err) {
		l->is_over = true;
	} else if (terminal.is_terminal) {
		screen_switch(l, true);
		draw_in_place(&terminal, buf_text(&out));
	} else {
		draw_after(l, &out);
	}
	if (ferror(stdout))
		l->is_over = true;
	buf_fini(&out);
}

/* Signals. */

/* Stops on request of the terminal; meanwhile the shell has its own screen. */
static void suspend(struct live *l)
{
	screen_switch(l, false);
	raise(SIGSTOP);
}

/* Returns true if the view must be drawn again. */
static bool handle_signal(struct live *l)
{
	struct signalfd_siginfo info;
	if (read(l->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	switch (info.ssi_signo) {
	case SIGWINCH: return true;
	case SIGTSTP: suspend(l); return true;
	default: l->is_over = true; return false;
	}
}

static int open_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGWINCH, SIGTSTP};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Reads the daemon's news, whose content does not matter. Returns true if the view
 * must be drawn again. */
static bool handle_news(struct live *l)
{
	char chunk[2048];
	ssize_t len = read(l->control_fd, chunk, sizeof(chunk));
	if (len > 0)
		return true;
	l->is_over = true;
	l->code = EXIT_SYSTEM;
	return false;
}

/* Waits for news or a signal; if the view must be drawn, only SETTLE_MS for more. */
static void live_turn(struct live *l, bool *has_to_draw)
{
	struct pollfd fds[] = {{.fd = l->signal_fd, .events = POLLIN},
		{.fd = *has_to_draw ? -1 : l->control_fd, .events = POLLIN}};
	int count = poll(fds, ARRAY_LEN(fds), *has_to_draw ? l->settle_ms : -1);
	if (count == 0) {
		*has_to_draw = false;
		live_draw(l);
	}
	if (count > 0 && fds[0].revents)
		*has_to_draw |= handle_signal(l);
	if (count > 0 && fds[1].revents)
		*has_to_draw |= handle_news(l);
	if (count < 0 && errno != EINTR)
		l->is_over = true;
}

int live_run(const char *path, live_draw_fn *draw, void *arg, int *ret_code)
{
	struct live l = {.draw = draw, .arg = arg, .code = EXIT_DONE};
	bool has_to_draw = false;
	int err = control_connect(path, "follow", &l.control_fd);
	if (err)
		return err;
	l.signal_fd = open_signals();
	l.is_over = l.signal_fd < 0;
	while (!l.is_over)
		live_turn(&l, &has_to_draw);
	screen_switch(&l, false);
	if (l.signal_fd >= 0)
		close(l.signal_fd);
	close(l.control_fd);
	buf_fini(&l.last);
	*ret_code = l.code;
	return 0;
}
