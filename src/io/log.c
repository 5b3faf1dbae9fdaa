/* SPDX-License-Identifier: ISC */
/*
 * Owns the form of a log line and the rate of repeated ones.
 * Never formats untrusted bytes unescaped, never blocks on anything but its descriptor.
 */
#include "io/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const log_level_words[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_COUNT] = NULL,
};

const char *log_level_text(enum log_level level)
{
	return (unsigned)level < LOG_LEVEL_COUNT ? log_level_words[level] : "unknown";
}

/* Formats the whole line: level, text and newline, cut to the size of the buffer.
 * Returns its length. */
PRINTFLIKE(3, 0)
static size_t format_line(char *line, enum log_level level, const char *format, va_list args)
{
	size_t room = LOG_LINE_CAP - 1; /* the last byte is for the newline */
	size_t len = (size_t)snprintf(line, room, "%s: ", log_level_text(level));
	int text_len = vsnprintf(line + len, room - len, format, args);
	if (text_len < 0)
		return 0;
	len += (size_t)text_len;
	if (len > room - 1)
		len = room - 1;
	line[len++] = '\n';
	return len;
}

void log_print(const struct log *log, enum log_level level, const char *format, ...)
{
	if (!log || level > atomic_load_explicit(&log->threshold, memory_order_relaxed))
		return;
	int saved_errno = errno;
	char line[LOG_LINE_CAP];
	va_list args;
	va_start(args, format);
	size_t len = format_line(line, level, format, args);
	va_end(args);
	if (log->copy)
		buf_add(log->copy, line, len);
	/* If the log cannot be written, there is no place to report it. */
	while (len > 0 && write(log->fd, line, len) < 0 && errno == EINTR)
		;
	errno = saved_errno;
}

void log_set_threshold(struct log *log, enum log_level threshold)
{
	atomic_store_explicit(&log->threshold, threshold, memory_order_relaxed);
}

const char *log_escape(const char *text, char *out)
{
	static const char digits[] = "0123456789abcdef";
	char *p = out, *end = out + LOG_TEXT_CAP - 6; /* room for one escape, the quote, the zero */
	*p++ = '"';
	for (; *text && p < end; text++) {
		unsigned char c = (unsigned char)*text;
		if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
			*p++ = (char)c;
			continue;
		}
		*p++ = '\\';
		*p++ = 'x';
		*p++ = digits[c >> 4];
		*p++ = digits[c & 15];
	}
	*p++ = '"';
	*p = '\0';
	return out;
}

bool log_limit_may(struct log_limit *limit, ns_t now)
{
	if (now >= limit->period_end) {
		limit->suppressed =
			limit->count > LOG_LIMIT_BURST ? limit->count - LOG_LIMIT_BURST : 0;
		limit->count = 0;
		limit->period_end = now + LOG_LIMIT_PERIOD;
	}
	return ++limit->count <= LOG_LIMIT_BURST;
}
