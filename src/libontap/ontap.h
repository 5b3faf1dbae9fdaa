/* SPDX-License-Identifier: ISC */
/*
 * libontap(3): network devices from ontapd(8), for programs such as virtual machine managers. A
 * connection is a file descriptor. Each call sends one request on it and waits for the reply.
 */
#ifndef ONTAP_H
#define ONTAP_H

#include <net/if.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a call returns: 0, or the reason of the failure. The numbers are those of
 * ontapd-protocol(7). */
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
	ONTAP_SYSTEM = 9,        /* an error of the kernel: ontap_error.error */
	ONTAP_DISCONNECTED = 100 /* no reply: ontap_error.error is the local error */
};

/* Bits of ontap_request.flags. */
enum {
	ONTAP_KEEP = 1,       /* the device outlives the connection and the process */
	ONTAP_STAY_DOWN = 2,  /* the link stays down */
	ONTAP_CONNECTION = 4, /* the device is removed when the connection closes */
	/* A tap whose guest configures itself. The link is not in your namespace; use the hardware address of
	 * the reply in the guest. */
	ONTAP_AUTOCONF = 8,
	ONTAP_OWN_ADDRS = 16 /* you give the link its addresses: not the fixed ones of its name */
};

/* What is requested. NULL or 0: the daemon chooses. */
struct ontap_request {
	const char *type;   /* "ipvlan", "ipvtap", "macvlan", "macvtap", on a bridge "veth", "tap";
			       "auto" or "autotap": one that the parent can have */
	const char *mode;   /* "bridge", "l3s,private", … */
	const char *ifname; /* NULL: a free name */
	const char *alias;  /* the alias, and so the name in DNS */
	unsigned queues;    /* how many descriptors of a tap, at most ONTAP_QUEUES_MAX */
	unsigned flags;
	unsigned mtu;                /* at most the parent's; 0: the parent's */
	const unsigned char *hwaddr; /* six bytes; NULL: derived from the alias */
};

#define ONTAP_QUEUES_MAX 64

struct ontap_device {
	char ifname[IF_NAMESIZE];
	unsigned ifindex;
	unsigned char hwaddr[32];
	unsigned hwaddr_len;
	unsigned char id
		[16]; /* unique to the device, and is still the same if its workload starts again */
	unsigned mtu; /* 0: an old daemon does not send it */
	/* "" from an old daemon. A "tap" is a link in the daemon's namespace, and all others are in
	 * yours. Its hardware address is the guest's, not the link's. */
	char type[16];
};

struct ontap_error {
	int error;      /* errno, or 0 */
	char text[256]; /* for a person */
};

/* Connects to the socket of a parent (/run/ontap/port.PARENT). Returns a close-on-exec file
 * descriptor, or -1 with errno. The devices live at least as long as it is open in any process, so
 * a child may inherit it. */
int ontap_connect(const char *path);

/* Makes a device in the network namespace that `netns_fd` refers to (for your own, open
 * "/proc/self/ns/net"). `fds` has room for request->queues file descriptors, which are
 * close-on-exec and belong to the caller. `error` may be NULL. */
int ontap_create(int fd, int netns_fd, const struct ontap_request *request,
	struct ontap_device *device, int *fds, struct ontap_error *error);

/* Opens queues of an existing tap. */
int ontap_open(int fd, int netns_fd, const char *ifname, unsigned queues,
	struct ontap_device *device, int *fds, struct ontap_error *error);

/* Removes an existing device. */
int ontap_remove(int fd, int netns_fd, const char *ifname, struct ontap_error *error);

/* A device of anyone's on the parent. */
struct ontap_entry {
	char type[16];
	char mode[16];
	char ifname[IF_NAMESIZE];
	char alias[256]; /* "": none */
	unsigned ifindex;
	unsigned char hwaddr[32];
	unsigned hwaddr_len;
	unsigned uid;
	unsigned pid; /* of the process that it ends with; 0: kept, or not known */
	int is_kept;
	int nsid;        /* of its namespace, in the daemon's; -1: in the daemon's own */
	char addrs[256]; /* the fixed ones of its name, "192.0.2.5/24,2001:db8::5/64"; "": none */
};

/* Calls `each` for each device on the parent. */
int ontap_list(int fd, int netns_fd, void (*each)(void *arg, const struct ontap_entry *entry),
	void *arg, struct ontap_error *error);

/* From now on, while the connection is open, each namespace gets an nsid in the namespace of
 * `netns_fd` before it gets a device. Only for root. */
int ontap_watch(int fd, int netns_fd, struct ontap_error *error);

/* Returns a few words for an enum ontap_status. */
const char *ontap_status_text(int status);

#ifdef __cplusplus
}
#endif

#endif
