/* SPDX-License-Identifier: ISC */
/*
 * Owns the files in the state directory.
 * Never keeps their content in memory.
 */
#include "ontap-zone/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/serial.h"
#include "io/file.h"

enum { STATE_FILE_MAX = 64, STATE_PATH_CAP = 4096 };

static const char *state_path(const char *dir, const char *name, char path[STATE_PATH_CAP])
{
	snprintf(path, STATE_PATH_CAP, "%s/%s", dir, name);
	return path;
}

static void tell_unread(const struct log *log, const char *path, int err)
{
	log_warning(log, "cannot read state: file=\"%s\" error=\"%s\"", path, err_text(err));
}

/* The whole file, or NULL if there is none that can be read. The caller frees it. */
static char *state_read(const char *dir, const char *name, const struct log *log)
{
	char *path = malloc(STATE_PATH_CAP);
	struct buf b = {0};
	if (!path)
		return NULL;
	int err = file_read(state_path(dir, name, path), STATE_FILE_MAX, &b);
	if (err && err != -ENOENT)
		tell_unread(log, path, err);
	free(path);
	if (!err)
		return buf_take(&b);
	buf_fini(&b);
	return NULL;
}

static void state_write(
	const char *dir, const char *name, const struct log *log, const char *bytes, size_t len)
{
	char *path = malloc(STATE_PATH_CAP);
	if (!path)
		return;
	mkdir(dir, 0755); /* if that fails, so does the write, and says why */
	int err = file_write(state_path(dir, name, path), bytes, len);
	if (err)
		log_warning(
			log, "cannot write state: file=\"%s\" error=\"%s\"", path, err_text(err));
	free(path);
}

uint32_t state_read_serial(const char *dir, const struct log *log)
{
	char *text = state_read(dir, "serial", log);
	unsigned long serial = text ? strtoul(text, NULL, 10) : 0;
	free(text);
	return serial <= UINT32_MAX ? (uint32_t)serial : 0;
}

void state_write_serial(const char *dir, const struct log *log, uint32_t serial)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u\n", serial);
	state_write(dir, "serial", log, text, (size_t)len);
}

void state_reserve_serial(
	const char *dir, const struct log *log, uint32_t latest, uint32_t *reserved)
{
	/* Serials follow the clock, so that is one write in half an hour at most; where changes come faster than
	 * seconds, one in 1 800 of them. The file is late by one change after a quiet time, when the
	 * serial is a date that has just begun: at a start the clock stands for that. */
	enum { AHEAD = 3600 };
	if (*reserved != 0 && serial_is_after(*reserved, latest + AHEAD / 2))
		return;
	*reserved = latest + AHEAD;
	state_write_serial(dir, log, *reserved);
}

/* Reads the line "WANTED CURRENT". False: it is malformed. */
static bool read_pair(char *line, struct name *wanted, struct name *current)
{
	line[strcspn(line, "\n")] = '\0';
	char *second = strchr(line, ' ');
	if (!second)
		return false;
	*second++ = '\0';
	return !name_from_text(line, NULL, wanted) && !name_from_text(second, NULL, current);
}

/* A line at a time: there may be as many as there are names. */
static int read_pairs(FILE *file, const struct log *log, struct mdns *mdns)
{
	char line[2 * NAME_TEXT_CAP];
	struct name wanted, current;
	errno = 0;
	while (fgets(line, sizeof(line), file)) {
		int err = read_pair(line, &wanted, &current)
				  ? mdns_set_name(mdns, wanted.wire, current.wire)
				  : 0;
		if (err)
			log_warning(log, "cannot keep mdns name: name=%s error=\"%s\"",
				name_to_text(wanted.wire, line), err_text(err));
	}
	return ferror(file) ? -errno : 0;
}

void state_read_names(const char *dir, const struct log *log, struct mdns *mdns)
{
	char *path = malloc(STATE_PATH_CAP);
	if (!path)
		return;
	FILE *file = fopen(state_path(dir, "mdns-names", path), "re");
	int err = file ? read_pairs(file, log, mdns) : -errno;
	if (err && err != -ENOENT)
		tell_unread(log, path, err);
	if (file)
		fclose(file);
	free(path);
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
	return names->has_changed ? names->next : NS_NEVER;
}

void state_names_poll(struct state_names *names, ns_t now, const char *dir, const struct log *log,
	const struct mdns *mdns)
{
	struct buf out = {0};
	if (!names->has_changed || now < names->next)
		return;
	mdns_each_renamed(mdns, write_pair, &out);
	if (!out.err)
		state_write(dir, "mdns-names", log, buf_text(&out), out.len);
	buf_fini(&out);
	names->has_changed = false;
	names->next = now + NS_PER_S;
}
