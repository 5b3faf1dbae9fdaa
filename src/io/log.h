/* SPDX-License-Identifier: ISC */
/*
 * Messages for people. Each event is one line on a file descriptor, lower-case, without a trailing
 * dot:
 *
 *	level: text: key=value key=value … error="why" note="what to do"
 *
 * A value that may contain spaces is quoted. error = something is lost, warning = degraded, info =
 * state change, debug = detail. tests/layers/check-log.sh checks that all of src uses this form.
 * Text from untrusted sources goes through log_escape(). Messages that untrusted clients can cause
 * go through log_limit_may().
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/time.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_COUNT
};

/* Longer lines and longer escaped texts are cut. */
enum { LOG_LINE_CAP = 1024, LOG_TEXT_CAP = 300 };

/* Where to write, and which messages. Threads may share it: while it is in use, only `threshold` may
 * change, through log_set_threshold(). */
struct log {
	int fd;                            /* normally 2; not owned */
	_Atomic(enum log_level) threshold; /* less urgent messages are left out */
	struct buf *copy; /* lines are appended there too; NULL: not. Only for one thread's log */
};

void log_set_threshold(struct log *log, enum log_level threshold) NONNULL;

/* Writes one line with one write(2). Writes nothing if `log` is NULL. errno is preserved. */
void log_print(const struct log *log, enum log_level level, const char *format, ...)
	PRINTFLIKE(3, 4) NONNULL_ARGS(3);

#define log_error(log, ...)   log_print(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_print(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(log, ...)    log_print(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_print(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Writes untrusted `text` to `out` (LOG_TEXT_CAP bytes) as one quoted word of printable ASCII.
 * Quotes, backslashes and all other bytes become \xNN; a text that is too long is cut. Returns
 * `out`. */
const char *log_escape(const char *text, char *out) NONNULL;

/* "error", "warning", "info", "debug". Static storage. */
const char *log_level_text(enum log_level level);

/* These words by level, NULL at the end, for tables of options. */
extern const char *const log_level_words[LOG_LEVEL_COUNT + 1];

/* Allows `LOG_LIMIT_BURST` messages of a kind in each `LOG_LIMIT_PERIOD`. All zero at first. */
enum { LOG_LIMIT_BURST = 5 };
#define LOG_LIMIT_PERIOD (60 * NS_PER_S)
struct log_limit {
	ns_t period_end;
	unsigned count;      /* in this period */
	unsigned suppressed; /* in the last period; the caller may report it and reset it */
};

/* True if one more message of that kind may be logged at `now`. Counts the message. */
bool log_limit_may(struct log_limit *limit, ns_t now) NONNULL;
