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
#include <unistd.h>

#include "base/err.h"
#include "base/serial.h"
#include "conf/conf.h"
#include "io/file.h"

enum { STATE_FILE_MAX = 64, STATE_PATH_CAP = 4096 };

/* Former versions kept the files of the default directory here: by default, and under s6. The first
 * directory was shared with ontapd and was given to the user. */
static const char *const former_dirs[] = {"/var/lib/ontap", "/var/lib/ontap-zone"};

static bool is_default_dir(const char *dir)
{
	return strcmp(dir, CONF_DEFAULT_STATE) == 0;
}

static const char *state_path(const char *dir, const char *name, char path[STATE_PATH_CAP])
{
	snprintf(path, STATE_PATH_CAP, "%s/%s", dir, name);
	return path;
}

/* The file to read: the one in a former directory, if only that exists. */
static const char *state_path_to_read(const char *dir, const char *name, char path[STATE_PATH_CAP])
{
	state_path(dir, name, path);
	for (size_t i = 0; is_default_dir(dir) && i < ARRAY_LEN(former_dirs); i++) {
		if (access(path, F_OK) == 0)
			return path;
		state_path(former_dirs[i], name, path);
	}
	return access(path, F_OK) == 0 ? path : state_path(dir, name, path);
}

int state_give(const char *dir, uid_t uid, gid_t gid)
{
	struct stat above;
	int err = file_make_dirs(dir);
	if (err)
		return err;
	if (chown(dir, uid, gid))
		return -errno;
	/* The owner of the parent directory could replace ontapd's directory. Give the parent back
	 * to root. */
	if (is_default_dir(dir) && stat(former_dirs[0], &above) == 0 && above.st_uid == uid)
		return chown(former_dirs[0], 0, 0) ? -errno : 0;
	return 0;
}

static void tell_unread(const struct log *log, const char *path, int err)
{
	log_warning(log, "cannot read state: file=\"%s\" error=\"%s\"", path, err_text(err));
}

/* Logs the first failure, and the first success after one. */
static void tell_write(
	const struct log *log, const char *path, int err, struct retry *retry, ns_t now)
{
	bool has_failed = retry_has_failed(retry);
	if (err && !has_failed)
		log_warning(log,
			"cannot write state: file=\"%s\" error=\"%s\" note=\"will try again\"",
			path, err_text(err));
	else if (!err && has_failed)
		log_info(log, "state written: file=\"%s\"", path);
	if (err)
		retry_failed(retry, now);
	else
		retry_done(retry);
}

/* Returns true if the file was written. Otherwise `retry` has the time of the next try. */
static bool state_write(const char *dir, const char *name, const struct log *log,
	const struct buf *text, struct retry *retry, ns_t now)
{
	char *path = malloc(STATE_PATH_CAP);
	int err = path ? text->err : ERR_NOMEM;
	if (!err) {
		(void)!file_make_dirs(dir); /* if it fails, the write fails too, and is logged */
		err = file_write(state_path(dir, name, path), buf_text(text), text->len);
	}
	tell_write(log, path ? path : name, err, retry, now);
	free(path);
	return !err;
}

/* Reads the serial in the text. False if there is none, as in an empty file. */
static bool parse_serial(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long serial = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || (*end != '\0' && *end != '\n') || serial > UINT32_MAX)
		return false;
	*ret = (uint32_t)serial;
	return true;
}

uint32_t state_read_serial(const char *dir, const struct log *log)
{
	char *path = malloc(STATE_PATH_CAP);
	struct buf text = {0};
	uint32_t serial = 0;
	if (!path)
		return 0;
	int err = file_read(state_path_to_read(dir, "serial", path), STATE_FILE_MAX, &text);
	if (err && err != -ENOENT)
		tell_unread(log, path, err);
	else if (!err && !parse_serial(buf_text(&text), &serial))
		tell_unread(log, path, ERR_SYNTAX);
	buf_fini(&text);
	free(path);
	return serial;
}

bool state_write_serial(
	struct state_serial *s, ns_t now, const char *dir, const struct log *log, uint32_t serial)
{
	struct buf text = {0};
	char line[16];
	snprintf(line, sizeof(line), "%u\n", serial);
	buf_puts(&text, line);
	bool is_written = state_write(dir, "serial", log, &text, &s->retry, now);
	buf_fini(&text);
	return is_written;
}

void state_reserve_serial(
	struct state_serial *s, ns_t now, const char *dir, const struct log *log, uint32_t latest)
{
	/* Serials follow the clock, so this writes at most once in half an hour, or once in 1 800
	 * changes if they come faster than one per second. After a quiet time, when a new serial
	 * starts from the clock, the stored one may be late by one change: at the next start the
	 * clock makes up for that. */
	enum { AHEAD = 3600 };
	if (s->reserved != 0 && serial_is_after(s->reserved, latest + AHEAD / 2))
		return;
	if (retry_is_due(&s->retry, now) && state_write_serial(s, now, dir, log, latest + AHEAD))
		s->reserved = latest + AHEAD;
}

ns_t state_serial_deadline(const struct state_serial *s)
{
	return retry_deadline(&s->retry);
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

/* Reads line by line: there may be as many lines as names. */
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
	FILE *file = fopen(state_path_to_read(dir, "mdns-names", path), "re");
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
	return names->has_changed ? ns_max(names->next, names->retry.at) : NS_NEVER;
}

void state_names_poll(struct state_names *names, ns_t now, const char *dir, const struct log *log,
	const struct mdns *mdns)
{
	struct buf out = {0};
	if (now < state_names_deadline(names))
		return;
	mdns_each_renamed(mdns, write_pair, &out);
	names->has_changed = !state_write(dir, "mdns-names", log, &out, &names->retry, now);
	buf_fini(&out);
	names->next = now + NS_PER_S;
}
