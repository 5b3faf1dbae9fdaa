/* SPDX-License-Identifier: ISC */
/*
 * Owns the client side of ontapd's protocol.
 * Never prints, never keeps anything between calls.
 */
#include "libontap/ontap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "device/message.h"
#include "io/packet.h"

/* The public constants are the numbers of the protocol. */
#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a " is " #b)
SAME(ONTAP_OK, DEVICE_OK);
SAME(ONTAP_MALFORMED, DEVICE_MALFORMED);
SAME(ONTAP_VERSION, DEVICE_VERSION);
SAME(ONTAP_NAMESPACE, DEVICE_NAMESPACE);
SAME(ONTAP_DENIED, DEVICE_DENIED);
SAME(ONTAP_LIMIT, DEVICE_LIMIT);
SAME(ONTAP_EXISTS, DEVICE_EXISTS);
SAME(ONTAP_ABSENT, DEVICE_ABSENT);
SAME(ONTAP_UNSUPPORTED, DEVICE_UNSUPPORTED);
SAME(ONTAP_SYSTEM, DEVICE_SYSTEM);
SAME(ONTAP_SYSTEM + 1, DEVICE_STATUS_COUNT);
SAME(ONTAP_KEEP, DEVICE_KEEP);
SAME(ONTAP_STAY_DOWN, DEVICE_STAY_DOWN);
SAME(ONTAP_CONNECTION, DEVICE_CONNECTION);
SAME(ONTAP_AUTOCONF, DEVICE_AUTOCONF);
SAME(ONTAP_OWN_ADDRS, DEVICE_OWN_ADDRS);
SAME(ONTAP_KEEP | ONTAP_STAY_DOWN | ONTAP_CONNECTION | ONTAP_AUTOCONF | ONTAP_OWN_ADDRS,
	DEVICE_FLAGS_ALL);
SAME(ONTAP_QUEUES_MAX, LIMIT_DEVICE_QUEUES);
SAME(sizeof(((struct ontap_device *)0)->type), KIND_CAP);

int ontap_connect(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(un.sun_path, path, len);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&un, sizeof(un)) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int fail(struct ontap_error *error, int status, int number, const char *text)
{
	if (error) {
		error->error = number;
		snprintf(error->text, sizeof(error->text), "%s", text);
	}
	return status;
}

static int fail_here(struct ontap_error *error, int number)
{
	return fail(error, ONTAP_DISCONNECTED, number,
		number == EPIPE ? "ontapd has closed the connection" : err_text(-number));
}

/* Copies a text that may be NULL. Returns -1 if there is no room. */
static int copy_text(char *out, size_t cap, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	if (len >= cap)
		return -1;
	if (text)
		memcpy(out, text, len + 1);
	return 0;
}

static int send_request(int fd, int netns_fd, const struct device_request *req)
{
	uint8_t bytes[DEVICE_MESSAGE_CAP];
	struct wr w = wr_init(bytes, sizeof(bytes));
	if (device_request_encode(req, &w))
		return EMSGSIZE;
	const struct packet out = {
		.bytes = bytes, .len = wr_len(&w), .fds = &netns_fd, .fd_count = 1};
	return -packet_send(fd, &out);
}

/* Receives the reply with the number of descriptors that it promises. Returns 0, or an errno; then
 * all descriptors are closed. */
static int receive_reply(int fd, struct device_reply *reply, int *fds, unsigned fd_cap)
{
	uint8_t bytes[DEVICE_MESSAGE_CAP];
	int none;
	struct packet in = {
		.bytes = bytes, .cap = sizeof(bytes), .fds = fds ? fds : &none, .fd_cap = fd_cap};
	int err = packet_receive(fd, &in);
	if (err) {
		packet_close_fds(&in);
		return -err;
	}
	struct rd r = rd_init(in.bytes, in.len);
	if (in.is_cut || device_reply_decode(&r, reply) || reply->queues != in.fd_count) {
		packet_close_fds(&in);
		return EPROTO;
	}
	return 0;
}

static void copy_device(struct ontap_device *device, const struct device_reply *reply)
{
	memset(device, 0, sizeof(*device));
	memcpy(device->ifname, reply->ifname, sizeof(device->ifname));
	device->ifindex = reply->ifindex;
	memcpy(device->hwaddr, reply->hwaddr, reply->hwaddr_len);
	device->hwaddr_len = reply->hwaddr_len;
	memcpy(device->id, reply->id, sizeof(device->id));
	device->mtu = reply->mtu;
	memcpy(device->type, reply->type, sizeof(device->type));
}

static int ask(int fd, int netns_fd, const struct device_request *req, struct ontap_device *device,
	int *fds, unsigned fd_cap, struct ontap_error *error)
{
	struct device_reply reply = {0};
	/* A daemon that refuses at once may have closed the connection already, but its
	 * reply can be read. */
	int number = send_request(fd, netns_fd, req);
	if (number && number != EPIPE)
		return fail_here(error, number);
	number = receive_reply(fd, &reply, fds, fd_cap);
	if (number)
		return fail_here(error, number);
	if (reply.status != DEVICE_OK)
		return fail(error, (int)reply.status, (int)reply.error,
			reply.text[0] ? reply.text : device_status_text(reply.status));
	if (device)
		copy_device(device, &reply);
	return ONTAP_OK;
}

int ontap_create(int fd, int netns_fd, const struct ontap_request *request,
	struct ontap_device *device, int *fds, struct ontap_error *error)
{
	struct device_request req = {
		.op = DEVICE_CREATE, .flags = request->flags, .mtu = request->mtu};
	if (request->hwaddr) {
		memcpy(req.hwaddr, request->hwaddr, DEVICE_HWADDR_LEN);
		req.hwaddr_len = DEVICE_HWADDR_LEN;
	}
	if (request->queues > ONTAP_QUEUES_MAX)
		return fail(error, ONTAP_LIMIT, 0, "too many queues");
	req.queues = (uint16_t)request->queues;
	if (copy_text(req.type, sizeof(req.type), request->type) ||
		copy_text(req.mode, sizeof(req.mode), request->mode) ||
		copy_text(req.ifname, sizeof(req.ifname), request->ifname) ||
		copy_text(req.alias, sizeof(req.alias), request->alias))
		return fail(error, ONTAP_MALFORMED, 0, "a text is too long");
	return ask(fd, netns_fd, &req, device, fds, req.queues, error);
}

int ontap_open(int fd, int netns_fd, const char *ifname, unsigned queues,
	struct ontap_device *device, int *fds, struct ontap_error *error)
{
	struct device_request req = {.op = DEVICE_OPEN};
	if (queues > ONTAP_QUEUES_MAX)
		return fail(error, ONTAP_LIMIT, 0, "too many queues");
	req.queues = (uint16_t)queues;
	if (copy_text(req.ifname, sizeof(req.ifname), ifname))
		return fail(error, ONTAP_MALFORMED, 0, "the name is too long");
	return ask(fd, netns_fd, &req, device, fds, req.queues, error);
}

int ontap_remove(int fd, int netns_fd, const char *ifname, struct ontap_error *error)
{
	struct device_request req = {.op = DEVICE_REMOVE};
	if (copy_text(req.ifname, sizeof(req.ifname), ifname))
		return fail(error, ONTAP_MALFORMED, 0, "the name is too long");
	return ask(fd, netns_fd, &req, NULL, NULL, 0, error);
}

static struct ontap_entry copy_entry(const struct device_entry *e)
{
	struct ontap_entry copy = {.ifindex = e->ifindex,
		.hwaddr_len = e->hwaddr_len,
		.uid = e->uid,
		.pid = e->pid,
		.is_kept = e->is_kept,
		.nsid = e->nsid};
	memcpy(copy.type, e->type, sizeof(copy.type));
	memcpy(copy.mode, e->mode, sizeof(copy.mode));
	memcpy(copy.ifname, e->ifname, sizeof(copy.ifname));
	memcpy(copy.alias, e->alias, sizeof(copy.alias));
	memcpy(copy.hwaddr, e->hwaddr, sizeof(copy.hwaddr));
	memcpy(copy.addrs, e->addrs, sizeof(e->addrs));
	return copy;
}

/* Reads the whole file, which cannot change. Returns 0 or an errno. */
static int read_entries(const uint8_t *bytes, size_t len,
	void (*each)(void *arg, const struct ontap_entry *entry), void *arg)
{
	struct rd r = rd_init(bytes, len);
	/* Progress: each turn reads at least the length of an entry, or fails. */
	while (rd_left(&r) > 0) {
		struct device_entry e;
		if (device_entry_decode(&r, &e))
			return EPROTO;
		const struct ontap_entry entry = copy_entry(&e);
		each(arg, &entry);
	}
	return 0;
}

/* Without the seals the file could be cut while it is read. Returns 0 or an errno. */
static int read_list(int fd, void (*each)(void *arg, const struct ontap_entry *entry), void *arg)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || !(seals & F_SEAL_WRITE) || fstat(fd, &st) != 0)
		return EPROTO;
	size_t len = (size_t)st.st_size;
	if (len == 0)
		return 0;
	void *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return errno;
	int err = read_entries(bytes, len, each, arg);
	munmap(bytes, len);
	return err;
}

int ontap_list(int fd, int netns_fd, void (*each)(void *arg, const struct ontap_entry *entry),
	void *arg, struct ontap_error *error)
{
	/* The reply has one descriptor, as if it were of a queue. */
	const struct device_request req = {.op = DEVICE_LIST};
	int list_fd = -1;
	int status = ask(fd, netns_fd, &req, NULL, &list_fd, 1, error);
	if (status)
		return status;
	int number = list_fd < 0 ? EPROTO : read_list(list_fd, each, arg);
	if (list_fd >= 0)
		close(list_fd);
	return number ? fail_here(error, number) : ONTAP_OK;
}

int ontap_watch(int fd, int netns_fd, struct ontap_error *error)
{
	const struct device_request req = {.op = DEVICE_WATCH};
	return ask(fd, netns_fd, &req, NULL, NULL, 0, error);
}

const char *ontap_status_text(int status)
{
	if (status == ONTAP_DISCONNECTED)
		return "no reply";
	return device_status_text((enum device_status)status);
}
