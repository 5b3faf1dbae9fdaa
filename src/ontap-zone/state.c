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

/* Returns the whole file, or NULL if it cannot be read. The caller frees it. */
static char *state_read(const char *dir, const char *name, const struct log *log)
{
	char *path = malloc(STATE_PATH_CAP);
	struct buf b = {0};
	if (!path)
		return NULL;
	int err = file_read(state_path_to_read(dir, name, path), STATE_FILE_MAX, &b);
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
	(void)!file_make_dirs(dir); /* if it fails, the write fails too, and is logged */
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
	/* Serials follow the clock, so this writes at most once in half an hour, or once in 1 800
	 * changes if they come faster than one per second. After a quiet time, when a new serial
	 * starts from the clock, the stored one may be late by one change: at the next start the
	 * clock makes up for that. */
	enum { AHEAD = 3600 };
	if (*reserved != 0 && serial_is_after(*reserved, latest + AHEAD / 2))
		return;
	*reserved = latest + AHEAD;
	state_write_serial(dir, log, *reserved);
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
