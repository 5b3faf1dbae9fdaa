/* SPDX-License-Identifier: ISC */
/*
 * The protocol between ontapd and its clients (ontapd-protocol(7)): requests and replies as values,
 * and as bytes. One message is one packet of a SOCK_SEQPACKET socket:
 *
 *	version 1 | operation 1 | zero 2 | { type 2 | length 2 | value }…     network byte order
 *
 * A request carries one descriptor, of a network namespace; a reply those of the queues.
 */
#pragma once

#include <net/if.h>

#include "base/compiler.h"
#include "base/cursor.h"
#include "device/secret.h"
#include "device/type.h"
#include "model/event.h"

enum { DEVICE_PROTOCOL_VERSION = 1, DEVICE_MESSAGE_CAP = 1024, DEVICE_TEXT_CAP = 256 };

enum device_op {
	DEVICE_CREATE = 1, /* makes a device */
	DEVICE_OPEN = 2,   /* opens queues of one that was made before */
	DEVICE_REMOVE = 3, /* removes one that was made before */
	DEVICE_WATCH = 4   /* gives namespaces ids in the sender's, as long as it is connected */
};

enum device_status {
	DEVICE_OK = 0,
	DEVICE_MALFORMED = 1,   /* the request is not of the form it should be */
	DEVICE_VERSION = 2,     /* it is of a version that is not spoken here */
	DEVICE_NAMESPACE = 3,   /* the descriptor is of no namespace, or of one not the caller's */
	DEVICE_DENIED = 4,      /* a rule says no */
	DEVICE_LIMIT = 5,       /* a limit is reached */
	DEVICE_EXISTS = 6,      /* there is a link of that name already */
	DEVICE_ABSENT = 7,      /* there is no such device, or no parent now */
	DEVICE_UNSUPPORTED = 8, /* the kernel does not have it, or not beside what there is */
	DEVICE_SYSTEM = 9,      /* the kernel refused otherwise: `error` */
	DEVICE_STATUS_COUNT
};

/* Bits of struct device_request.flags. */
enum {
	DEVICE_KEEP = 1,      /* it outlives its client */
	DEVICE_STAY_DOWN = 2, /* it is not set up */
	/* It goes with the connection. Without this and DEVICE_KEEP it goes when both the connection
	 * is closed and the process that connected is gone. */
	DEVICE_CONNECTION = 4,
	DEVICE_FLAGS_ALL = 7
};

/* Texts are zero-terminated; "" says nothing. */
struct device_request {
	enum device_op op;
	char type[KIND_CAP];
	char mode[DEVICE_MODE_CAP];
	char ifname[IF_NAMESIZE];
	char alias[ALIAS_CAP];
	uint16_t queues;
	uint32_t flags;
};

struct device_reply {
	enum device_op op; /* of the request */
	enum device_status status;
	uint32_t error;             /* errno, of DEVICE_SYSTEM */
	char text[DEVICE_TEXT_CAP]; /* why not, for a person; "" for DEVICE_OK */
	char ifname[IF_NAMESIZE];
	uint32_t ifindex;
	uint8_t hwaddr[HWADDR_CAP];
	uint8_t hwaddr_len;
	uint16_t queues; /* descriptors that come along */
	bool has_id;
	uint8_t id[DEVICE_ID_LEN];
};

/* Writes one message; a text without a zero in its array is our own mistake and is cut. ERR_SPACE. */
int device_request_encode(const struct device_request *req, struct wr *w) NONNULL MUSTCHECK;
int device_reply_encode(const struct device_reply *reply, struct wr *w) NONNULL MUSTCHECK;

/* Reads one message. ERR_RANGE: of another version; ERR_SYNTAX, ERR_SHORT: not of the form. Attributes
 * whose type has the highest bit set may be passed over by who does not know them; others not. */
int device_request_decode(struct rd *r, struct device_request *ret) NONNULL MUSTCHECK;
int device_reply_decode(struct rd *r, struct device_reply *ret) NONNULL MUSTCHECK;

/* A few words for a status. Static storage. */
const char *device_status_text(enum device_status status);
