/* SPDX-License-Identifier: ISC */
/*
 * Owns the content of the files in the state directory, and when they are written.
 * Never opens a file: the keeper does.
 */
#include "ontap-zone/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/serial.h"

void state_note_write(
	const struct log *log, const char *name, int err, struct retry *retry, ns_t now)
{
	bool has_failed = retry_has_failed(retry);
	if (err && !has_failed)
		log_warning(log,
			"cannot write state: file=\"%s\" error=\"%s\" note=\"will try again\"",
			name, err_text(err));
	else if (!err && has_failed)
		log_info(log, "state written: file=\"%s\"", name);
	if (err)
		retry_failed(retry, now);
	else
		retry_done(retry);
}

bool state_reserve_serial(
	struct state_serial *s, ns_t now, uint32_t latest, char ret[STATE_SERIAL_CAP])
{
	/* Serials follow the clock, so this writes at most once in half an hour, or once in 1 800
	 * changes if they come faster than one per second. After a quiet time, when a new serial
	 * starts from the clock, the stored one may be late by one change: at the next start the
	 * clock makes up for that. */
	enum { AHEAD = 3600 };
	if (s->asked || (s->reserved != 0 && serial_is_after(s->reserved, latest + AHEAD / 2)))
		return false;
	if (!retry_is_due(&s->retry, now))
		return false;
	s->asked = latest + AHEAD;
	state_serial_text(s->asked, ret);
	return true;
}

void state_serial_text(uint32_t serial, char ret[STATE_SERIAL_CAP])
{
	snprintf(ret, STATE_SERIAL_CAP, "%u\n", serial);
}

bool state_serial_parse(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long serial = strtoul(text, &end, 10);
	bool is_number = *text >= '0' && *text <= '9' && (*end == '\0' || *end == '\n');
	if (!is_number || serial > UINT32_MAX)
		return false;
	*ret = (uint32_t)serial;
	return true;
}

void state_serial_written(struct state_serial *s, ns_t now, const struct log *log, int err)
{
	state_note_write(log, "serial", err, &s->retry, now);
	if (!err)
		s->reserved = s->asked;
	s->asked = 0;
}

ns_t state_serial_deadline(const struct state_serial *s)
{
	return s->asked ? NS_NEVER : retry_deadline(&s->retry);
}

/* Reads the line "WANTED CURRENT". False if it is malformed. */
static bool read_pair(char *line, struct name *wanted, struct name *current)
{
	line[strcspn(line, "\n")] = '\0';
	char *second = strchr(line, ' ');
	if (!second)
		return false;
	*second++ = '\0';
	return !name_from_text(line, NULL, wanted) && !name_from_text(second, NULL, current);
}

void state_take_names(const char *text, const struct log *log, struct mdns *mdns)
{
	char line[2 * NAME_TEXT_CAP];
	struct name wanted, current;
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line))
			continue;
		memcpy(line, text, len);
		line[len] = '\0';
		int err = read_pair(line, &wanted, &current)
				  ? mdns_set_name(mdns, wanted.wire, current.wire)
				  : 0;
		if (err)
			log_warning(log, "cannot keep mdns name: name=%s error=\"%s\"",
				name_to_text(wanted.wire, line), err_text(err));
	}
}

static void write_pair(void *arg, const uint8_t *wanted, const uint8_t *current)
{
	struct buf *out = arg;
	char text[NAME_TEXT_CAP];
	buf_puts(out, name_to_text(wanted, text));
	buf_puts(out, " ");
	buf_puts(out, name_to_text(current, text));
	buf_puts(out, "\n");
}

ns_t state_names_deadline(const struct state_names *names)
{
	return names->has_changed && !names->is_asked ? ns_max(names->next, names->retry.at)
						      : NS_NEVER;
}

bool state_names_poll(struct state_names *names, ns_t now, const struct mdns *mdns, struct buf *ret)
{
	if (now < state_names_deadline(names))
		return false;
	mdns_each_renamed(mdns, write_pair, ret);
	names->has_changed = false;
	names->is_asked = true;
	names->next = now + NS_PER_S;
	return true;
}

void state_names_written(struct state_names *names, ns_t now, const struct log *log, int err)
{
	state_note_write(log, "mdns-names", err, &names->retry, now);
	names->is_asked = false;
	names->has_changed |= err != 0;
}
