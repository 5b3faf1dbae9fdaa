/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of what the serving process reads from the keeper: any messages, in any pieces. The pieces
 * make no difference to what arrives, no message is longer than allowed, and owners are names and records that lie
 * in the message; if there is no memory for one, it comes again.
 * Never starts a process: the keeper is a pair of sockets. Run by a fuzzer, and its replay.
 *
 * The input: a byte for the length of the pieces, one for how often there is no memory, and the messages
 * (channel_stream.h). With the first byte 255 instead: packets with descriptors (io/packet.h).
 */
#include "ontap-zone/keeper.c" /* without its process */

#include "base/hash.h"
#include "channel_stream.h"
#include "io/packet.h"
#include "wire/name.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { PACKETS = 255, PACKET_CAP_MAX = 64, TURNS_MAX = 100000 };

/* What the sink got. */
struct told {
	uint64_t digest;
	uint64_t calls;
	unsigned refuse_each; /* each such owner is refused once; 0: none */
	bool was_refused;
};

/* Never called: there is no process. */
_Noreturn void keeper_process_run(const struct keeper_config *config, int fd)
{
	(void)config, (void)fd;
	abort();
}

static void note(struct told *t, unsigned what, const void *bytes, size_t len)
{
	t->calls++;
	t->digest = hash_mix(t->digest, what);
	if (len > 0)
		t->digest = hash_bytes(t->digest, bytes, len);
}

static void on_state(void *arg, uint32_t serial, const char *names)
{
	note(arg, serial, names, strlen(names));
}

static void on_diary(void *arg, enum keeper_diary diary, const char *text, size_t len)
{
	note(arg, 0x200 + diary, text, len);
}

/* What is taken over is freed. */
static void on_signatures(void *arg, struct buf *file)
{
	note(arg, 9, file->bytes, file->len);
	buf_fini(file);
}

static void on_expect(void *arg, size_t names)
{
	note(arg, (unsigned)names, NULL, 0);
}

static void on_apply(void *arg, struct keeper_news *news)
{
	note(arg, 3, news->text, news->text ? news->len : 0);
	note(arg, 4, news->addresses->at, news->addresses->count * sizeof(*news->addresses->at));
	note(arg, 5, news->keys->at, news->keys->count * sizeof(*news->keys->at));
	note(arg, 7, news->signers->at, news->signers->count * sizeof(*news->signers->at));
	note(arg, 10, news->trusted->at, news->trusted->count * sizeof(*news->trusted->at));
}

static int on_owner(void *arg, const uint8_t *name, const struct rrset *sets, size_t count)
{
	struct told *t = arg;
	t->was_refused = !t->was_refused && t->refuse_each > 0 && t->calls % t->refuse_each == 0;
	if (t->was_refused)
		return ERR_NOMEM;
	require(name_len(name) <= NAME_CAP);
	note(t, 6, name, name_len(name));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sets[i].count; j++)
			note(t, sets[i].type, sets[i].rdata[j].bytes, sets[i].rdata[j].len);
	return 0;
}

static void on_end(void *arg, bool is_done, const char *told)
{
	note(arg, is_done, told, strlen(told));
}

static void on_written(void *arg, const struct keeper_written *written)
{
	note(arg, 8, written, sizeof(*written));
}

/* Reads until nothing more comes. Returns the error that ended the channel; 0: none. */
static int read_all(struct keeper *k, int fd, const struct buf *stream, size_t piece)
{
	size_t sent = 0;
	int err = 0;
	/* Progress: each turn sends something or takes something. */
	for (unsigned i = 0; i < TURNS_MAX; i++) {
		const bool has_more = channel_stream_send(fd, stream, piece, &sent);
		err = keeper_handle(k);
		if (err == ERR_NOMEM)
			continue;
		if (err || (!has_more && !keeper_has_more(k)))
			return err;
	}
	abort(); /* it does not end */
}

static struct told run(const struct buf *stream, size_t piece, unsigned refuse_each, int *ret_err)
{
	struct told told = {.refuse_each = refuse_each};
	struct keeper *k = calloc(1, sizeof(*k));
	int fds[2];
	require(k != NULL);
	channel_stream_pair(fds);
	k->config.sink = (struct keeper_sink){.on_state = on_state,
		.on_diary = on_diary,
		.on_signatures = on_signatures,
		.on_expect = on_expect,
		.on_apply = on_apply,
		.on_owner = on_owner,
		.on_end = on_end,
		.on_written = on_written,
		.arg = &told};
	require(channel_init(&k->channel, fds[0]) == 0);
	*ret_err = read_all(k, fds[1], stream, piece);
	free_parts(k);
	close(fds[1]);
	return told;
}

static void messages(const uint8_t *bytes, size_t len)
{
	struct buf stream = {0};
	int err, other_err;
	channel_stream_make(bytes + 2, len - 2, &stream);
	struct told told = run(&stream, 32 + 64u * bytes[0], bytes[1], &err);
	struct told other = run(&stream, stream.len + 1, 0, &other_err);
	require(err == other_err && told.digest == other.digest && told.calls == other.calls);
	buf_fini(&stream);
}

/* A byte with the descriptors that are sent, one with those there is room for, one with the bytes there is room
 * for, and the bytes: nothing is lost or kept. */
static void packets(const uint8_t *bytes, size_t len)
{
	static int fds[PACKET_FDS_CAP], got[PACKET_FDS_CAP];
	uint8_t room[PACKET_CAP_MAX + 1];
	int pair[2];
	if (len < 3)
		return;
	const struct packet out = {.bytes = (uint8_t *)(uintptr_t)bytes + 3,
		.len = len - 3,
		.fds = fds,
		.fd_count = bytes[0] < PACKET_FDS_CAP ? bytes[0] : PACKET_FDS_CAP};
	struct packet in = {.bytes = room,
		.cap = bytes[2] % sizeof(room),
		.fds = got,
		.fd_cap = bytes[1] < PACKET_FDS_CAP ? bytes[1] : PACKET_FDS_CAP};
	const int before = dup(STDERR_FILENO);
	close(before);
	require(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	for (size_t i = 0; i < out.fd_count; i++)
		fds[i] = pair[0];
	require(packet_send(pair[0], &out) == 0);
	const int err = packet_receive(pair[1], &in);
	require(err == (out.len > 0 && in.cap > 0 ? 0 : -EPIPE) || (err == 0 && out.len > 0));
	require(in.len <= in.cap && in.fd_count <= in.fd_cap);
	require(err || in.is_cut == (out.len > in.cap || out.fd_count > in.fd_cap));
	require(memcmp(room, out.bytes, in.len) == 0);
	packet_close_fds(&in);
	close(pair[0]);
	close(pair[1]);
	const int after = dup(STDERR_FILENO);
	require(after == before); /* no descriptor is left */
	close(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len < 2)
		return 0;
	if (bytes[0] == PACKETS)
		packets(bytes + 1, len - 1);
	else
		messages(bytes, len);
	return 0;
}
