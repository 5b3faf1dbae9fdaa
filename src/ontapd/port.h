/* SPDX-License-Identifier: ISC */
/*
 * Devices that are ports of a bridge: a tap, or a veth whose outer end is the port. The port is in our
 * own namespace, where no caller can change it.
 *
 *	caller's namespace │ our own namespace
 *	   inner end ──────┼── outer end ─┐
 *	   descriptors ────┼── tap ───────┴─ bridge (the parent)
 */
#pragma once

#include "ontapd/daemon.h"

/* True if the parent of the job is there, and a bridge. */
bool port_is_on_bridge(const struct job *job) NONNULL;

/* Joins the port to its bridge, with what its mode allows, and sets it up. `mtu` is the bridge's: a
 * lower one would become that of the bridge. Returns a negative errno or 0. */
int port_join(struct asker *own, const struct device *d, uint32_t mtu) NONNULL MUSTCHECK;

/* The devices on a bridge that has gone remain, and are joined to the next one of that name. Call it
 * with each news of a link of our own namespace. */
void port_follow_bridge(struct daemon *d, const struct event *ev) NONNULL;

/* Who has a tap's descriptor may change its hardware address (tun(4): SIOCSIFHWADDR), to that of a
 * router for example, and the bridge would take the router's frames for its own. So such a tap of an
 * unprivileged user is doomed. Call it with each news of a device. */
void port_check_hwaddr(struct daemon *d, struct device *dev, const struct event_link *link) NONNULL;
