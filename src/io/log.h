/* SPDX-License-Identifier: ISC */
/*
 * Messages for people: one event one line on a descriptor, lower-case, no trailing dot:
 *
 *	level: text: key=value key=value … error="why" note="what to do"
 *
 * A value that may have spaces is in quotes. error = we lost something, warning = degraded, info = state
 * change, debug = detail. tests/layers/check-log.sh holds all of src to that form.
 * What strangers wrote goes through log_escape(), what they can provoke through log_limit_may().
 */
#pragma once

#include <stdbool.h>

#include "base/compiler.h"
#include "base/time.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_COUNT
};

/* A line longer than this is cut; an escaped text longer than that too. */
enum { LOG_LINE_CAP = 1024, LOG_TEXT_CAP = 300 };

/* Where to, and what not. Read-only while in use, so that threads may share it. */
struct log {
	int fd;                   /* normally 2; not owned */
	enum log_level threshold; /* what is less urgent is left out */
};

/* Writes one line in one write(2). `log` NULL is silence. errno is kept. */
void log_print(const struct log *log, enum log_level level, const char *format, ...)
	PRINTFLIKE(3, 4) NONNULL_ARGS(3);

#define log_error(log, ...)   log_print(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_print(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(log, ...)    log_print(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_print(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

/* Writes untrusted `text` to `out` (LOG_TEXT_CAP bytes) as one quoted word of printable ASCII:
 * quotes, backslashes and all other bytes become \xNN; what does not fit is cut. Returns `out`. */
const char *log_escape(const char *text, char *out) NONNULL;

/* "error", "warning", "info", "debug". Static storage. */
const char *log_level_text(enum log_level level);

/* These words by level, NULL at the end, for tables of options. */
extern const char *const log_level_words[LOG_LEVEL_COUNT + 1];

/* Lets `LOG_LIMIT_BURST` messages of a kind through in each `LOG_LIMIT_PERIOD`; all zero at
 * first. */
enum { LOG_LIMIT_BURST = 5 };
#define LOG_LIMIT_PERIOD (60 * NS_PER_S)
struct log_limit {
	ns_t period_end;
	unsigned count;      /* in this period */
	unsigned suppressed; /* in the last one: the caller may report it and set it to zero */
};

/* Whether one more message of that kind may be logged at `now`; counts it. */
bool log_limit_may(struct log_limit *limit, ns_t now) NONNULL;
