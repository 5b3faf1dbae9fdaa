/* SPDX-License-Identifier: ISC */
/*
 * rtnetlink bytes to events: RTM_{NEW,DEL}{LINK,ADDR,NSID}, as notifications and as answers.
 *
 * Which namespace a message is about, and by whose ids it names others, depends on how it came:
 *
 *	notification          namespace of its cmsg       parent's namespace by the ids of the
 *	                                                  table of the *link's* namespace
 *	answer, with target   its TARGET_NETNSID          by our own ids
 *	RTM_*NSID             none: the table it names is its cmsg's; only our own table counts
 */
#pragma once

#include <linux/netlink.h>

#include "model/event.h"

/* How a datagram came. */
enum rtnl_origin {
	RTNL_NEWS,  /* on the socket that listens to all namespaces */
	RTNL_DUMP,  /* answer to a dump: its events are is_dump */
	RTNL_ANSWER /* to a question for one thing: as good as news */
};

struct rtnl_source {
	enum rtnl_origin origin;
	nsid_t nsid;  /* news: of the cmsg, NSID_OWN without one; else the one that was asked */
	uint32_t seq; /* of the request: answers to others are passed over. News: not looked at */
};

/* What receives the events. The pointers are valid during the call only. */
struct rtnl_sink {
	void (*on_event)(void *arg, const struct event *ev);

	/* EV_LINK, as news, which does not tell its parent, in one of two ways. The parent is in
	 * another namespace, named by an id that means something in the link's own namespace only:
	 * `parent_nsid` is NSID_UNKNOWN. Or it is the first of a pair that is being made, and the
	 * other end was not there yet; no notification follows when it is. rtnl_get_link() asks for
	 * the same link, in our ids. NULL: on_event gets it as it is. */
	void (*on_incomplete_link)(void *arg, const struct event *ev);

	/* An alternative name (IFLA_ALT_IFNAME) of the EV_LINK that was just told: untrusted bytes.
	 * NULL: nobody wants to know. */
	void (*on_altname)(void *arg, const struct event *ev, const char *name);

	/* A whole message of a type that makes no event here: RTM_NEWROUTE and others. NULL: they
	 * are passed over. */
	void (*on_message)(void *arg, const struct nlmsghdr *h);
	void *arg;
};

/* What a parser has to know, and its counters. */
struct rtnl {
	/* The id that our own namespace has in its own table, NSID_UNKNOWN if none: becomes
	 * NSID_OWN wherever it appears, and RTM_*NSID messages about it make no event. */
	nsid_t own_id;
	struct rtnl_sink sink;
	uint64_t malformed;     /* messages that were not what they should be, and dropped */
	uint64_t misattributed; /* answers of a namespace that was not asked, and dropped */
};

/* What a datagram said besides. */
struct rtnl_outcome {
	bool is_done;        /* the dump or the question is answered, or failed with `error` */
	bool is_interrupted; /* NLM_F_DUMP_INTR: the dump saw changes, something may be missing */
	bool is_overrun;     /* NLMSG_OVERRUN: data was lost */
	bool is_peers_id; /* RTM_NEWNSID in the table of another namespace, as when a link moves from
	                      * there to one that we may not know */
	int error;        /* negative errno of the kernel, or 0 */
	size_t answers;   /* messages that answer the request, with or without an event */
};

/* Takes one received datagram apart, which may hold many messages, and tells the sink. `bytes` are
 * aligned for an int. `ret` is what they said together. Cannot fail: what is malformed is
 * counted. */
void rtnl_parse(struct rtnl *r, const struct rtnl_source *source, const void *bytes, size_t len,
	struct rtnl_outcome *ret) NONNULL;
