/* SPDX-License-Identifier: ISC */
/*
 * libontap(3): network devices from ontapd(8), for programs such as managers of virtual machines.
 * A connection is a descriptor; each call sends one request on it and waits for the reply.
 */
#ifndef ONTAP_H
#define ONTAP_H

#include <net/if.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call returns: 0, or why not. Numbers as in ontapd-protocol(7). */
enum ontap_status {
	ONTAP_OK = 0,
	ONTAP_MALFORMED = 1,
	ONTAP_VERSION = 2,
	ONTAP_NAMESPACE = 3,
	ONTAP_DENIED = 4,
	ONTAP_LIMIT = 5,
	ONTAP_EXISTS = 6,
	ONTAP_ABSENT = 7,
	ONTAP_UNSUPPORTED = 8,
	ONTAP_SYSTEM = 9,        /* the kernel refused there: ontap_error.error */
	ONTAP_DISCONNECTED = 100 /* no reply: ontap_error.error says what failed here */
};

/* Bits of ontap_request.flags. */
enum {
	ONTAP_KEEP = 1,      /* the device outlives connection and process */
	ONTAP_STAY_DOWN = 2, /* it is not set up */
	ONTAP_CONNECTION = 4 /* it goes with the connection, though this process goes on */
};

/* What is asked for; NULL and 0 leave it to the daemon. */
struct ontap_request {
	const char *type;   /* "ipvlan", "ipvtap", "macvlan", "macvtap" */
	const char *mode;   /* "bridge", "l3s,private", … */
	const char *ifname; /* NULL: a free one */
	const char *alias;  /* and so the name */
	unsigned queues;    /* descriptors of a tap that are wanted, at most ONTAP_QUEUES_MAX */
	unsigned flags;
};

#define ONTAP_QUEUES_MAX 64

struct ontap_device {
	char ifname[IF_NAMESIZE];
	unsigned ifindex;
	unsigned char hwaddr[32];
	unsigned hwaddr_len;
	unsigned char id
		[16]; /* tells it from all others, and is the same for a workload that comes again */
};

struct ontap_error {
	int error;      /* errno, or 0 */
	char text[256]; /* for a person */
};

/* Connects to the socket of a parent (/run/ontap/port.PARENT). A close-on-exec descriptor, or -1 with
 * errno. The devices live at least as long as it is open anywhere, so it may be left to a child. */
int ontap_connect(const char *path);

/* Makes a device in the network namespace that `netns_fd` is of (open "/proc/self/ns/net"). `fds` has
 * room for request->queues descriptors, which are the caller's, close-on-exec. `error` may be NULL. */
int ontap_create(int fd, int netns_fd, const struct ontap_request *request,
	struct ontap_device *device, int *fds, struct ontap_error *error);

/* Opens queues of a tap that was made before. */
int ontap_open(int fd, int netns_fd, const char *ifname, unsigned queues,
	struct ontap_device *device, int *fds, struct ontap_error *error);

/* Removes a device that was made before. */
int ontap_remove(int fd, int netns_fd, const char *ifname, struct ontap_error *error);

/* From now on, as long as the connection is open, each namespace that gets a device gets an id in that
 * of `netns_fd` before. For root. */
int ontap_watch(int fd, int netns_fd, struct ontap_error *error);

/* A few words for an enum ontap_status. */
const char *ontap_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
