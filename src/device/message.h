/* SPDX-License-Identifier: ISC */
/*
 * The protocol between ontapd and its clients (ontapd-protocol(7)): requests and replies as values,
 * and as bytes. One message is one packet of a SOCK_SEQPACKET socket:
 *
 *	version 1 | operation 1 | zero 2 | { type 2 | length 2 | value }…     network byte order
 *
 * A request carries one file descriptor, of a network namespace. A reply carries the file
 * descriptors of the queues.
 */
#pragma once

#include <net/if.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "device/fixed.h"
#include "device/secret.h"
#include "device/type.h"
#include "model/event.h"

enum { DEVICE_PROTOCOL_VERSION = 1, DEVICE_MESSAGE_CAP = 1024, DEVICE_TEXT_CAP = 256 };

enum device_op {
	DEVICE_CREATE = 1, /* makes a device */
	DEVICE_OPEN = 2,   /* opens queues of an existing device */
	DEVICE_REMOVE = 3, /* removes an existing device */
	DEVICE_WATCH = 4,  /* gives nsids in the sender's namespace while it is connected */
	DEVICE_LIST = 5,   /* tells all devices of the parent: entries in a file */
	DEVICE_OP_LAST = DEVICE_LIST
};

enum device_status {
	DEVICE_OK = 0,
	DEVICE_MALFORMED = 1,   /* the request is malformed */
	DEVICE_VERSION = 2,     /* the protocol version is not supported */
	DEVICE_NAMESPACE = 3,   /* no network namespace, or not the caller's */
	DEVICE_DENIED = 4,      /* a rule denies it */
	DEVICE_LIMIT = 5,       /* a limit is reached */
	DEVICE_EXISTS = 6,      /* a link of that name exists already */
	DEVICE_ABSENT = 7,      /* no such device, or the parent is gone */
	DEVICE_UNSUPPORTED = 8, /* not in this kernel, or conflicts with other devices */
	DEVICE_SYSTEM = 9,      /* another error of the kernel, in `error` */
	DEVICE_STATUS_COUNT
};

/* Bits of struct device_request.flags. */
enum {
	DEVICE_KEEP = 1,      /* the device outlives its client */
	DEVICE_STAY_DOWN = 2, /* the link stays down */
	/* The device is removed when the connection closes. Without this and without DEVICE_KEEP,
	 * it is removed when the connection is closed and the process that connected has ended. */
	DEVICE_CONNECTION = 4,
	/* A tap whose guest configures itself: the link is in a namespace of ontapd's, and has the
	 * addresses that the guest is heard to have. The hardware address in the reply is the guest's. */
	DEVICE_AUTOCONF = 8,
	/* The caller gives the link its addresses: the fixed ones of its name are not wanted. */
	DEVICE_OWN_ADDRS = 16,
	DEVICE_FLAGS_ALL = 31
};

/* Texts are zero-terminated; "" means not given. */
struct device_request {
	enum device_op op;
	char type[KIND_CAP];
	char mode[DEVICE_MODE_CAP];
	char ifname[IF_NAMESIZE];
	char alias[ALIAS_CAP];
	uint16_t queues;
	uint32_t flags;
	uint32_t mtu;               /* 0: that of the parent */
	uint8_t hwaddr[HWADDR_CAP]; /* of the device, if hwaddr_len is not 0 */
	uint8_t hwaddr_len;
};

struct device_reply {
	enum device_op op; /* of the request */
	enum device_status status;
	uint32_t error;             /* errno, if status is DEVICE_SYSTEM */
	char text[DEVICE_TEXT_CAP]; /* the reason, for people; "" if DEVICE_OK */
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	uint8_t hwaddr[HWADDR_CAP];
	uint8_t hwaddr_len;
	uint32_t mtu;
	uint16_t queues; /* how many descriptors come with the reply */
	bool has_id;
	uint8_t id[DEVICE_ID_LEN];
	char type[KIND_CAP]; /* of the device; "" from an old daemon */
};

/* One device in the answer to DEVICE_LIST, which is a file of entries: two bytes with the length of
 * the rest, and attributes as in a message. */
struct device_entry {
	char type[KIND_CAP];
	char mode[DEVICE_MODE_CAP];
	char ifname[IF_NAMESIZE];
	char alias[ALIAS_CAP]; /* "": none */
	uint32_t ifindex;
	uint8_t hwaddr[HWADDR_CAP];
	uint8_t hwaddr_len;
	bool is_kept;
	uint32_t uid, pid; /* of its maker; pid 0: kept, or not known */
	nsid_t nsid;       /* of its namespace, in the daemon's; NSID_OWN: in the daemon's own */
	char addrs[DEVICE_FIXED_CAP]; /* the fixed ones of its name, with commas; "": none */
};

/* Writes one message. A text without a zero byte in its array is a bug of ours and is cut.
 * ERR_SPACE. */
int device_request_encode(const struct device_request *req, struct wr *w) NONNULL MUSTCHECK;
int device_reply_encode(const struct device_reply *reply, struct wr *w) NONNULL MUSTCHECK;

/* Reads one message. ERR_RANGE if it has another version; ERR_SYNTAX or ERR_SHORT if it is
 * malformed. An unknown attribute is ignored if the highest bit of its type is set; otherwise it is
 * an error. */
int device_request_decode(struct rd *r, struct device_request *ret) NONNULL MUSTCHECK;
int device_reply_decode(struct rd *r, struct device_reply *ret) NONNULL MUSTCHECK;

/* Write or read one entry, with its length. ERR_SPACE; ERR_SHORT or ERR_SYNTAX. */
int device_entry_encode(const struct device_entry *e, struct wr *w) NONNULL MUSTCHECK;
int device_entry_decode(struct rd *r, struct device_entry *ret) NONNULL MUSTCHECK;

/* Returns a few words for a status. Static storage. */
const char *device_status_text(enum device_status status);
