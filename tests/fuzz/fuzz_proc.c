/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of short texts that other programs of this machine have a part in: what /proc says of an open file
 * of anybody, and what a supervisor puts into the environment.
 * Never opens a file. Run by a fuzzer, and its replay.
 *
 * The input: a byte with the kind ('f' an open file, 'l' LISTEN_FDS, 'w' WATCHDOG_USEC), and the text; of the last two a
 * newline and the process follow, or nothing for this one.
 */
#include "watch/port_owner.c"

#include "io/ready.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void open_file(const char *text)
{
	char again[FDINFO_CAP];
	struct open_file file, same;
	if (!parse_fdinfo(text, &file))
		return;
	require(strstr(text, "mnt_id:") && strstr(text, "ino:"));
	snprintf(again, sizeof(again), "pos:\t0\nflags:\t02\nmnt_id:\t%u\nino:\t%" PRIu64 "\n",
		file.mount, file.inode);
	require(parse_fdinfo(again, &same) && same.mount == file.mount && same.inode == file.inode);
}

static void supervisor(uint8_t kind, char *text)
{
	char own[16];
	const char *value = strsep(&text, "\n");
	snprintf(own, sizeof(own), "%d", (int)getpid());
	const bool is_ours = !text || strtol(text, NULL, 10) == getpid();
	const char *pid = text ? text : own;
	const ns_t period = ready_watchdog_period(value, pid);
	const int count = ready_listen_fds(value, pid);
	if (kind == 'w')
		require(period > 0 || (period == 0 && is_ours));
	require(count >= 0 && count < 1024 && (is_ours || (count == 0 && period == NS_NEVER)));
	require(count == 0 || strtol(value, NULL, 10) == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	char *text = malloc(len);
	require(text != NULL);
	memcpy(text, bytes + 1, len - 1);
	text[len - 1] = '\0';
	if (bytes[0] == 'f')
		open_file(text);
	else
		supervisor(bytes[0], text);
	free(text);
	return 0;
}
