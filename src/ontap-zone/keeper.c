/* SPDX-License-Identifier: ISC */
/*
 * Owns the serving process's end of the channel to the keeper.
 * Never waits for the keeper while there is something to serve, and never opens a file.
 */
#include "ontap-zone/keeper.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "io/exit.h"
#include "io/loop.h"

/* Longest time that messages are handled at once, before others have their turn. */
#define HANDLE_TIME (NS_PER_MS)
/* So many owners are put between two looks at the clock. */
enum { OWNERS_A_LOOK = 16 };

struct keeper {
	struct channel channel;
	struct keeper_config config;
	pid_t pid;
	uint32_t generation;
	uint32_t serial;
	struct buf names, text, told, signers, trusted, signatures; /* pieces so far */
	struct buf diaries[KEEPER_DIARIES];                         /* likewise */
	struct conf_keys keys;
	struct address_names addresses;
	struct cookie_keys cookies;
	struct owners_room room;
	struct sandbox_report sandbox;
	uint32_t exit_code;
	bool is_loaded, has_ended; /* the first load; with or without success */
};

/* Life. */

static int start_process(struct keeper *k)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	k->pid = fork();
	if (k->pid == 0) {
		close(fds[0]);
		keeper_process_run(&k->config, fds[1]);
	}
	int err = k->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (!err)
		return channel_init(&k->channel, fds[0]);
	close(fds[0]);
	return err;
}

struct keeper *keeper_start(const struct keeper_config *config)
{
	struct keeper *k = calloc(1, sizeof(*k));
	if (k) {
		k->config = *config;
		k->channel.fd = -1;
	}
	int err = k ? start_process(k) : ERR_NOMEM;
	if (!err)
		return k;
	log_error(config->log, "cannot start the keeper: error=\"%s\"", err_text(err));
	keeper_stop(k);
	return NULL;
}

static void free_diaries(struct keeper *k)
{
	for (unsigned i = 0; i < KEEPER_DIARIES; i++)
		buf_fini(&k->diaries[i]);
}

static void free_parts(struct keeper *k)
{
	channel_fini(&k->channel);
	buf_fini(&k->names);
	free_diaries(k);
	buf_fini(&k->text);
	buf_fini(&k->told);
	buf_fini(&k->signers);
	buf_fini(&k->signatures);
	buf_fini(&k->trusted);
	tsig_keys_free(k->keys.at, k->keys.count);
	address_names_fini(&k->addresses);
	owners_room_fini(&k->room);
	free(k);
}

/* Messages. */

/* Without memory, the message is put back: it comes again. */
static int put_back(struct keeper *k, const struct channel_message *m)
{
	channel_return(&k->channel, m, 0);
	return ERR_NOMEM;
}

/* Adds what follows the first `head` bytes of the message. */
static int add_rest(struct keeper *k, struct buf *to, const struct channel_message *m, size_t head)
{
	if (buf_reserve(to, m->len - head)) {
		to->err = 0; /* what it has is whole */
		return put_back(k, m);
	}
	buf_add(to, m->bytes + head, m->len - head);
	return 0;
}

static int add_piece(struct keeper *k, struct buf *to, const struct channel_message *m)
{
	return add_rest(k, to, m, 0);
}

static int take_diary(struct keeper *k, const struct channel_message *m)
{
	uint32_t diary;
	if (m->len < sizeof(diary))
		return -EBADMSG;
	memcpy(&diary, m->bytes, sizeof(diary));
	if (diary >= KEEPER_DIARIES)
		return -EBADMSG;
	return add_rest(k, &k->diaries[diary], m, sizeof(diary));
}

static int take_keys(struct keeper *k, const struct channel_message *m)
{
	if (m->len == 0 || m->len % sizeof(struct tsig_key) != 0)
		return -EBADMSG;
	size_t more = m->len / sizeof(struct tsig_key);
	struct tsig_key *at = calloc(k->keys.count + more, sizeof(*at));
	if (!at)
		return put_back(k, m);
	/* A new block instead of realloc(), which might leave secrets behind. */
	if (k->keys.count > 0)
		memcpy(at, k->keys.at, k->keys.count * sizeof(*at));
	memcpy(at + k->keys.count, m->bytes, m->len);
	tsig_keys_free(k->keys.at, k->keys.count);
	k->keys = (struct conf_keys){at, k->keys.count + more};
	return 0;
}

static int take_addresses(struct keeper *k, const struct channel_message *m)
{
	struct address_names *all = &k->addresses;
	const size_t more = m->len / sizeof(*all->at);
	if (m->len == 0 || m->len % sizeof(*all->at) != 0)
		return -EBADMSG;
	if (ARRAY_RESERVE(all->at, all->cap, all->count + more))
		return put_back(k, m);
	memcpy(all->at + all->count, m->bytes, m->len);
	all->count += more;
	return 0;
}

/* Pieces end where they are full, so only the sum of them is a number of keys. */
static int collect_keys(struct buf *from, struct signer_keys *ret)
{
	const size_t count = from->len / sizeof(*ret->at);
	if (from->len % sizeof(*ret->at) != 0)
		return -EBADMSG;
	*ret = (struct signer_keys){(void *)buf_take(from), count, count};
	return 0;
}

static int apply(struct keeper *k, const struct channel_message *m)
{
	const struct keeper_sink *sink = &k->config.sink;
	struct keeper_apply how;
	struct signer_keys signers = {0}, trusted = {0};
	if (m->len != sizeof(how) || collect_keys(&k->signers, &signers) ||
		collect_keys(&k->trusted, &trusted)) {
		signer_keys_fini(&signers);
		return -EBADMSG;
	}
	memcpy(&how, m->bytes, sizeof(how));
	struct keeper_news news = {.text = how.has_file ? buf_text(&k->text) : NULL,
		.len = k->text.len,
		.addresses = &k->addresses,
		.keys = &k->keys,
		.signers = &signers,
		.trusted = &trusted,
		.cookies = k->cookies};
	if (!k->is_loaded) {
		sink->on_state(sink->arg, k->serial, buf_text(&k->names));
		sink->on_signatures(sink->arg, &k->signatures);
	}
	k->generation = how.generation;
	sink->on_apply(sink->arg, &news);
	for (unsigned i = 0; i < KEEPER_DIARIES && !k->is_loaded; i++)
		sink->on_diary(sink->arg, (enum keeper_diary)i, buf_text(&k->diaries[i]),
			k->diaries[i].len);
	signer_keys_fini(&signers);
	signer_keys_fini(&trusted);
	tsig_keys_free(k->keys.at, k->keys.count);
	k->keys = (struct conf_keys){0};
	address_names_fini(&k->addresses);
	k->addresses = (struct address_names){0};
	explicit_bzero(&k->cookies, sizeof(k->cookies));
	buf_fini(&k->text);
	buf_fini(&k->names);
	free_diaries(k);
	buf_fini(&k->signatures);
	return 0;
}

/* Without memory, or when the time is over, the rest of the message is put back. Returns 1 then in the
 * second case. */
static int take_owners(struct keeper *k, const struct channel_message *m, ns_t end)
{
	struct rd r = rd_init(m->bytes, m->len);
	struct owners_read owner;
	for (unsigned count = 1; rd_left(&r) > 0; count++) {
		const size_t at = rd_off(&r);
		int err = owners_next(&r, &k->room, &owner);
		if (err == ERR_SYNTAX)
			return -EBADMSG;
		if (!err)
			err = k->config.sink.on_owner(
				k->config.sink.arg, owner.name, owner.sets, owner.count);
		if (err == ERR_NOMEM) {
			channel_return(&k->channel, m, at);
			return err;
		}
		if (count % OWNERS_A_LOOK == 0 && rd_left(&r) > 0 && loop_now() >= end) {
			channel_return(&k->channel, m, rd_off(&r));
			return 1;
		}
	}
	return 0;
}

static void end_series(struct keeper *k, bool is_done)
{
	const struct keeper_sink *sink = &k->config.sink;
	k->has_ended = true;
	k->is_loaded |= is_done;
	sink->on_end(sink->arg, is_done, buf_text(&k->told));
	buf_fini(&k->told);
}

static int take_number(const struct channel_message *m, uint32_t *ret)
{
	if (m->len != sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, m->bytes, sizeof(*ret));
	return 0;
}

static int take_written(struct keeper *k, const struct channel_message *m)
{
	struct keeper_written written;
	if (m->len != sizeof(written))
		return -EBADMSG;
	memcpy(&written, m->bytes, sizeof(written));
	if (written.what != ASK_EXPORT || written.generation == k->generation)
		k->config.sink.on_written(k->config.sink.arg, &written);
	return 0;
}

static int take_expect(struct keeper *k, const struct channel_message *m)
{
	uint32_t names;
	int err = take_number(m, &names);
	if (!err)
		k->config.sink.on_expect(k->config.sink.arg, names);
	return err;
}

static int take_cookies(struct keeper *k, const struct channel_message *m)
{
	if (m->len != sizeof(k->cookies))
		return -EBADMSG;
	memcpy(&k->cookies, m->bytes, sizeof(k->cookies));
	return 0;
}

static int take_sandbox(struct keeper *k, const struct channel_message *m)
{
	if (m->len != sizeof(k->sandbox))
		return -EBADMSG;
	memcpy(&k->sandbox, m->bytes, sizeof(k->sandbox));
	return 0;
}

const struct sandbox_report *keeper_sandbox(const struct keeper *k)
{
	static const struct sandbox_report none;
	return k ? &k->sandbox : &none;
}

/* Of what it says now, only the outcome of requests counts. */
static int take_last(struct keeper *k)
{
	struct channel_message message;
	int got;
	while ((got = channel_next(&k->channel, &message)) > 0)
		if (message.type == SAY_WRITTEN)
			(void)!take_written(k, &message);
	return got;
}

/* Meanwhile it reads, too: during a reload the other process waits until it has been heard, before it takes anything. */
int keeper_send_all(struct keeper *k)
{
	int err = channel_flush(&k->channel);
	while (!err && channel_is_pending(&k->channel)) {
		struct pollfd fd = {.fd = k->channel.fd, .events = POLLIN | POLLOUT};
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
		err = take_last(k);
		if (!err)
			err = channel_flush(&k->channel);
	}
	return err;
}

/* The other process reads until the end of the channel, and tells the outcome of each request. */
void keeper_stop(struct keeper *k)
{
	struct channel_message message;
	if (!k)
		return;
	if (k->channel.fd >= 0 && keeper_send_all(k) == 0) {
		shutdown(k->channel.fd, SHUT_WR);
		while (channel_wait(&k->channel, &message) > 0)
			if (message.type == SAY_WRITTEN)
				(void)!take_written(k, &message);
	}
	channel_fini(&k->channel);
	while (k->pid > 0 && waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free_parts(k);
}

/* Returns 1 if the time is over. */
static int handle(struct keeper *k, const struct channel_message *m, ns_t end)
{
	int err = 0;
	switch (m->type) {
	case SAY_SERIAL: return take_number(m, &k->serial);
	case SAY_NAMES: return add_piece(k, &k->names, m);
	case SAY_EXPECT: return take_expect(k, m);
	case SAY_CONF: return add_piece(k, &k->text, m);
	case SAY_ADDRESSES: return take_addresses(k, m);
	case SAY_KEYS: return take_keys(k, m);
	case SAY_COOKIES: return take_cookies(k, m);
	case SAY_SIGNERS: return add_piece(k, &k->signers, m);
	case SAY_TRUSTED: return add_piece(k, &k->trusted, m);
	case SAY_APPLY: return apply(k, m);
	case SAY_OWNERS: return take_owners(k, m, end);
	case SAY_LOADED: end_series(k, true); return 0;
	case SAY_REFUSED:
		err = take_number(m, &k->exit_code);
		end_series(k, false);
		return err;
	case SAY_LOG: return add_piece(k, &k->told, m);
	case SAY_WRITTEN: return take_written(k, m);
	case SAY_SANDBOX: return take_sandbox(k, m);
	case SAY_DIARY: return take_diary(k, m);
	/* Without memory, there are none. */
	case SAY_SIGNATURES: buf_add(&k->signatures, m->bytes, m->len); return 0;
	default: return -EBADMSG;
	}
}

int keeper_handle(struct keeper *k)
{
	struct channel_message message;
	const ns_t end = loop_now() + HANDLE_TIME;
	int got;
	while ((got = channel_next(&k->channel, &message)) > 0) {
		int err = handle(k, &message, end);
		if (err)
			return err < 0 ? err : 0;
		if (loop_now() >= end)
			return 0;
	}
	return got;
}

int keeper_wait(struct keeper *k)
{
	struct channel_message message;
	int err = 0;
	while (err >= 0 && !k->has_ended) {
		err = channel_wait(&k->channel, &message);
		if (err > 0)
			err = handle(k, &message, NS_NEVER);
	}
	if (err >= 0)
		return k->is_loaded ? 0 : (int)k->exit_code;
	log_error(k->config.log, "cannot start: step=keeper error=\"%s\"", err_text(err));
	return EXIT_SYSTEM;
}

int keeper_fd(const struct keeper *k)
{
	return k->channel.fd;
}

bool keeper_has_more(const struct keeper *k)
{
	return channel_has_message(&k->channel);
}

int keeper_flush(struct keeper *k, bool *ret_is_pending)
{
	int err = channel_flush(&k->channel);
	*ret_is_pending = channel_is_pending(&k->channel);
	return err;
}

/* Requests. */

/* Sends the bytes in pieces, each behind `head`. Only the last piece, perhaps an empty one, has `*is_last`, if
 * that is set. */
static void put_pieces(struct keeper *k, uint32_t type, const void *head, size_t head_len,
	uint32_t *is_last, const char *bytes, size_t len)
{
	char piece[sizeof(struct keeper_piece) + 3072];
	const size_t room = sizeof(piece) - head_len;
	const uint32_t is_end = *is_last;
	size_t done = 0;
	do {
		const size_t now = len - done < room ? len - done : room;
		*is_last = is_end && done + now == len;
		memcpy(piece, head, head_len);
		if (now > 0)
			memcpy(piece + head_len, bytes + done, now);
		channel_put(&k->channel, type, piece, head_len + now);
		done += now;
	} while (done < len);
}

void keeper_write_export(
	struct keeper *k, const struct keeper_piece *piece, const char *bytes, size_t len)
{
	struct keeper_piece head = *piece;
	put_pieces(k, ASK_EXPORT, &head, sizeof(head), &head.is_last, bytes, len);
}

bool keeper_is_full(const struct keeper *k)
{
	return channel_is_pending(&k->channel);
}

uint32_t keeper_generation(const struct keeper *k)
{
	return k->generation;
}

void keeper_write_serial(struct keeper *k, const char *text)
{
	channel_put(&k->channel, ASK_SERIAL, text, strlen(text));
}

void keeper_write_names(struct keeper *k, const char *text, size_t len)
{
	uint32_t is_last = 1;
	put_pieces(k, ASK_NAMES, &is_last, sizeof(is_last), &is_last, text, len);
}

void keeper_write_diary(
	struct keeper *k, enum keeper_diary diary, bool is_all, const char *text, size_t len)
{
	struct keeper_entry head = {.diary = diary, .is_all = is_all, .is_last = 1};
	put_pieces(k, ASK_DIARY, &head, sizeof(head), &head.is_last, text, len);
}

void keeper_write_signatures(struct keeper *k, bool is_last, const char *bytes, size_t len)
{
	struct keeper_signatures head = {.is_last = is_last};
	put_pieces(k, ASK_SIGNATURES, &head, sizeof(head), &head.is_last, bytes, len);
}

void keeper_drop_signatures(struct keeper *k)
{
	const struct keeper_signatures head = {.is_last = 1, .is_dropped = 1};
	channel_put(&k->channel, ASK_SIGNATURES, &head, sizeof(head));
}

void keeper_reload(struct keeper *k)
{
	channel_put(&k->channel, ASK_RELOAD, NULL, 0);
}
