/* SPDX-License-Identifier: ISC */
/*
 * Runs watch/kernel.h in a process of its own, which keeps the privileges that watching needs and
 * never sees a byte from the network. The serving process gets the events over a socketpair, and
 * can give up all privileges.
 *
 *	watcher process                       serving process
 *	netlink ─► kernel_handle ─► send ───► receive ─► on_event
 *	/proc ◄─── port_owners_ask ◄── ask ── watcher_look_for_owners
 *	netlink ◄─ kernel_look_again ◄─ ask ─ watcher_look_again
 *	bind ◄──── guest_sockets_open ◄ ask ─ watcher_open_guest_socket
 *
 * The serving process may be under an attacker's control, so what it can ask for is little: a look for the
 * owners of ports, without any parameter; all about a namespace once more; and a packet socket for one link,
 * if it is of a kind that has guests behind it (watch/guest_socket.h).
 *
 * If the serving process does not keep up, the watcher waits and the kernel drops notifications.
 * The dump that follows repairs this, so no queue grows. Each process ends when the other does.
 */
#pragma once

#include "base/compiler.h"
#include "base/limits.h"
#include "io/privilege.h"
#include "io/sandbox.h"
#include "watch/kernel.h"

struct watcher_config {
	const char *netns_dir; /* these five as in struct kernel_config */
	bool has_all_nsids;
	enum census_means census;
	const char *grants_dir;
	uid_t grants_owner;
	const char *socket_paths[2];       /* to be removed when both processes end; NULL: none */
	const struct privilege_user *user; /* whom the process becomes; NULL: it stays what it is.
					    * Borrowed during watcher_start() */
	uint16_t ports[LIMIT_OWNED_PORTS]; /* whose owners are looked for; 0: no port */
	const struct log *log;

	/* Called for each event, from within watcher_handle() only. If it returns ERR_NOMEM, it
	 * gets the same event again later. */
	int (*on_event)(void *arg, const struct event *ev);

	/* The answer to watcher_open_guest_socket(): EV_GUEST_SOCKET, and the descriptor, which belongs
	 * to the receiver, or -1. */
	void (*on_guest_socket)(void *arg, const struct event *ev, int fd);
	void *arg;
};

struct watcher; /* opaque */

/* Starts the process. Call it before there are threads, with those signals blocked that must not
 * kill it. Returns NULL on an error, which has been logged. */
struct watcher *watcher_start(const struct watcher_config *config) NONNULL MUSTCHECK;

/* Ends the process and waits for its end. */
void watcher_stop(struct watcher *w);

/* Returns the file descriptor to poll for reading. */
int watcher_fd(const struct watcher *w) NONNULL;

/* Passes on the received events, up to a limit. -errno if the watcher has ended: then no more
 * events come, and the watcher has logged the reason. ERR_NOMEM: on_event had no memory for an
 * event. The next call passes it again; until then nothing is received, so nothing is lost. */
int watcher_handle(struct watcher *w) NONNULL MUSTCHECK;

/* Makes the watcher look for the owners of the ports, see watch/port_owner.h: on_event gets
 * EV_PORT_OWNER for each socket, then EV_PORTS_LISTED. */
void watcher_look_for_owners(const struct watcher *w) NONNULL;

/* Requests a packet socket for a link; on_guest_socket gets the answer. -EAGAIN: there is no room for
 * the request now. -errno. */
int watcher_open_guest_socket(const struct watcher *w, nsid_t nsid, uint32_t ifindex) NONNULL
	MUSTCHECK;

/* Makes the watcher report all of a namespace again, see kernel_look_again(). -EAGAIN: there is no room
 * for the request now. -errno. */
int watcher_look_again(const struct watcher *w, nsid_t nsid) NONNULL MUSTCHECK;

/* Return kernel_is_synced() and kernel_stats(), as of the last message. */
bool watcher_is_synced(const struct watcher *w) NONNULL;
struct kernel_stats watcher_stats(const struct watcher *w) NONNULL;
/* What the watcher had given up at its last message. And the process that removes the sockets: NULL if there is none
 * (watch/remover.h). */
const struct sandbox_report *watcher_sandbox(const struct watcher *w) NONNULL;
const struct sandbox_report *watcher_remover_sandbox(const struct watcher *w) NONNULL;
