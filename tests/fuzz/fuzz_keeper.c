/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of what the keeper reads from the serving process, whose code a stranger may have: any
 * messages, in any pieces. It writes to nothing but its own list of files, and tells the outcome of each request
 * once.
 * Never writes a file: the functions that do are replaced. Run by a fuzzer, and its replay.
 *
 * The input: a byte for the length of the pieces, and the messages (channel_stream.h).
 */
#include "ontap-zone/keeper_process.c"

#include "channel_stream.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int __wrap_file_write(const char *path, const void *bytes, size_t len);
static bool is_diary(const char *name)
{
	return strcmp(name, "updates") == 0 || strcmp(name, "collected") == 0;
}

int __wrap_file_write_in(int dir, const char *name, const void *bytes, size_t len);
int __wrap_file_append_in(
	int dir, const char *name, uint64_t expected, const void *bytes, size_t len);
int __wrap_file_begin_in(int dir, const char *name);
int __wrap_file_add_piece(int fd, const void *bytes, size_t len);
int __wrap_file_end_in(int dir, const char *name, int fd, int err);
int __wrap_file_run_command(const char *command, pid_t *ret);
int __wrap_keeper_read_again(struct keeper_process *p);

enum { EXPORTS = 2, STATE_DIR = 1000, NEW_FILE = 1001 };

static char *const paths[EXPORTS] = {(char *)"a", (char *)"b"};
static unsigned long writes, sums;
static bool has_begun; /* the file of signatures */

/* Reads all of it: a sanitizer sees if it is not there. */
static int take_write(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sums += ((const uint8_t *)bytes)[i];
	writes++;
	return sums & 1 ? -ENOSPC : 0;
}

int __wrap_file_write(const char *path, const void *bytes, size_t len)
{
	require(path == paths[0] || path == paths[1]);
	return take_write(bytes, len);
}

int __wrap_file_write_in(int dir, const char *name, const void *bytes, size_t len)
{
	require(dir == STATE_DIR &&
		(strcmp(name, "serial") == 0 || strcmp(name, "mdns-names") == 0 || is_diary(name)));
	return take_write(bytes, len);
}

int __wrap_file_append_in(
	int dir, const char *name, uint64_t expected UNUSED, const void *bytes, size_t len)
{
	require(dir == STATE_DIR && is_diary(name));
	return take_write(bytes, len);
}

int __wrap_file_begin_in(int dir, const char *name)
{
	require(dir == STATE_DIR && strcmp(name, "signatures") == 0 && !has_begun);
	has_begun = !(sums & 2);
	return has_begun ? NEW_FILE : -ENOSPC;
}

int __wrap_file_add_piece(int fd, const void *bytes, size_t len)
{
	const unsigned long before = writes;
	require(fd == NEW_FILE && has_begun);
	const int err = take_write(bytes, len);
	writes = before; /* what is told is the end */
	return err;
}

int __wrap_file_end_in(int dir, const char *name, int fd, int err)
{
	require(dir == STATE_DIR && strcmp(name, "signatures") == 0);
	require(fd == NEW_FILE && has_begun);
	has_begun = false;
	return err;
}

int __wrap_file_run_command(const char *command, pid_t *ret)
{
	require(strcmp(command, "true") == 0);
	*ret = 0;
	return 0;
}

int __wrap_keeper_read_again(struct keeper_process *p)
{
	channel_put(&p->channel, SAY_LOADED, NULL, 0);
	return channel_flush_all(&p->channel);
}

/* Counts the messages in what the keeper has sent: one for each that it has taken and answered. */
static unsigned count_answers(int fd)
{
	struct channel c;
	struct channel_message m;
	unsigned count = 0;
	require(channel_init(&c, fd) == 0);
	while (channel_next(&c, &m) > 0) {
		require(m.type == SAY_LOADED || m.len == sizeof(struct keeper_written));
		count += m.type == SAY_WRITTEN;
	}
	channel_fini(&c);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct conf_export exports[EXPORTS] = {{.path = paths[0]}, {.path = paths[1]}};
	struct log log = {.fd = -1, .threshold = LOG_LEVEL_ERROR};
	struct keeper_process p = {.log = &log,
		.conf = {.exports = {.at = exports, .count = EXPORTS}, .on_export = (char *)"true"},
		.generation = 1,
		.has_command = true,
		.state_dir = STATE_DIR};
	struct buf stream = {0};
	size_t sent = 0;
	int fds[2], err = 0;
	if (len < 1)
		return 0;
	writes = 0;
	channel_stream_make(bytes + 1, len - 1, &stream);
	channel_stream_pair(fds);
	require(channel_init(&p.channel, fds[0]) == 0);
	/* Progress: each turn sends something, until all is sent. */
	for (bool has_more = true; has_more && !err;) {
		has_more = channel_stream_send(fds[1], &stream, 32 + 64u * bytes[0], &sent);
		err = take_all(&p);
		require(err <= 0);
	}
	keeper_close_signatures(&p, -ECANCELED);
	require(!has_begun);
	buf_fini(&p.export);
	buf_fini(&p.names);
	for (unsigned i = 0; i < KEEPER_DIARIES; i++)
		buf_fini(&p.diaries[i].text);
	/* Of another generation: nothing is written, but it is told. */
	require(count_answers(fds[1]) >= writes);
	channel_fini(&p.channel);
	buf_fini(&stream);
	return 0;
}
