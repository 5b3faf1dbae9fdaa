/* SPDX-License-Identifier: ISC */
/*
 * Turns rtnetlink bytes into events: RTM_{NEW,DEL}{LINK,ADDR,NSID}, as notifications and as
 * answers.
 *
 * How a message arrived decides which namespace it is about, and in whose table its ids for other
 * namespaces are:
 *
 *	notification          namespace of its cmsg       parent's namespace by the ids of the
 *	                                                  table of the *link's* namespace
 *	answer, with target   its TARGET_NETNSID          by our own ids
 *	RTM_*NSID             none: the table it names is its cmsg's; only our own table counts
 */
#pragma once

#include <linux/netlink.h>

#include "model/event.h"

/* How a datagram arrived. */
enum rtnl_origin {
	RTNL_NEWS,  /* on the socket that listens to all namespaces */
	RTNL_DUMP,  /* answer to a dump: its events are is_dump */
	RTNL_ANSWER /* answer to a request for one object: like news */
};

struct rtnl_source {
	enum rtnl_origin origin;
	nsid_t nsid;  /* news: from the cmsg, NSID_OWN without one; else that of the request */
	uint32_t seq; /* of the request; answers to others are ignored. Unused for news */
};

/* What a message says about the VLANs of a port of a bridge, or of the bridge itself. */
struct rtnl_port {
	nsid_t nsid;
	uint32_t ifindex;
	uint16_t pvid;  /* 0: it has none */
	bool has_vlans; /* the message has a list of them */
	bool is_gone;   /* it is a port no more */
};

/* The receiver of the events. The pointers are valid during the call only. */
struct rtnl_sink {
	void (*on_event)(void *arg, const struct event *ev);

	/* An EV_LINK notification without a known parent. There are two cases. The parent is in
	 * another namespace, and its id is only valid in the link's own namespace: `parent_nsid` is
	 * NSID_UNKNOWN. Or the link is the first of a pair that is being created, and the other end
	 * did not exist yet; no notification follows when it does. rtnl_get_link() requests the
	 * same link with our ids. NULL: on_event gets the event unchanged. */
	void (*on_incomplete_link)(void *arg, const struct event *ev);

	/* An alternative name (IFLA_ALT_IFNAME) of the EV_LINK that was just reported: untrusted
	 * bytes. NULL: such names are ignored. */
	void (*on_altname)(void *arg, const struct event *ev, const char *name);

	/* A message about a port of a bridge. NULL: they are ignored. */
	void (*on_bridge_port)(void *arg, const struct rtnl_port *port);

	/* A whole message of a type that makes no event here: RTM_NEWROUTE and others. NULL: they
	 * are ignored. */
	void (*on_message)(void *arg, const struct nlmsghdr *h);
	void *arg;
};

/* The state of a parser, and its counters. */
struct rtnl {
	/* The id of our own namespace in its own table, NSID_UNKNOWN if none. It becomes NSID_OWN
	 * wherever it appears, and RTM_*NSID messages about it make no event. */
	nsid_t own_id;
	/* The time of the datagram, in whole seconds of the monotonic clock: for lifetimes. */
	uint32_t now_s;
	struct rtnl_sink sink;
	uint64_t malformed;     /* malformed messages, which were dropped */
	uint64_t misattributed; /* answers from a namespace that was not asked; dropped */
};

/* Other results of a datagram. */
struct rtnl_outcome {
	bool is_done;        /* the request is answered, or failed with `error` */
	bool is_interrupted; /* NLM_F_DUMP_INTR: changes during the dump, some may be missing */
	bool is_overrun;     /* NLMSG_OVERRUN: data was lost */
	bool is_peers_id; /* RTM_NEWNSID for the table of another namespace, for example when a link
			   * moves from there to a namespace that we may not know */
	int error;        /* negative errno from the kernel, or 0 */
	size_t answers;   /* messages that answer the request, with or without an event */
};

/* Parses one received datagram, which may contain many messages, and calls the sink. `bytes` must
 * be aligned for an int. `ret` gets the combined result of all messages. Cannot fail: malformed
 * messages are counted. */
void rtnl_parse(struct rtnl *r, const struct rtnl_source *source, const void *bytes, size_t len,
	struct rtnl_outcome *ret) NONNULL;
