/* SPDX-License-Identifier: ISC */
/*
 * The rig for unit tests of the querier: one engine on one link (or more), a clock that the test sets, the packets
 * that it sends (those of rig.heard, with the functions of mdns_rig.h), and the changes of its cache, as text.
 */
#pragma once

#include "mdns_rig.h"
#include "querier/querier.h"

/* The engine of the current case; the functions below make and free it. The clock is rig.now. */
extern struct querier *q;
int q_setup(void **state);
int q_teardown(void **state);

/* Makes an engine with a link that is up and has 10.0.0.0/24, 2001:db8::/64 and MTU 1500. Its own addresses are
 * 10.0.0.200 and fe80::200. */
void q_init(uint64_t seed, bool wants_signed);
void q_fini(void);
void q_link(uint32_t link, uint32_t mtu, bool has_v4, bool has_v6);

/* Interest in a question "web.local A" on the first link, or on another. */
void q_ask(const char *question);
void q_ask_on(uint32_t link, const char *question);
void q_stop(const char *question);
void q_reconfirm(const char *question);

/* Hands in a packet from a peer as for rig_say(): trusted, or not. */
void q_say(const char *peer, const char *message);
void q_say_on(uint32_t link, const char *peer, const char *message);
void q_say_untrusted(const char *peer, const char *message);
/* True if the message would be news. */
bool q_is_news(const char *peer, const char *message);

/* Lets that time pass, and takes what is sent. */
void q_wait(ns_t duration);
/* Asks, and waits until the first question is sent; then forgets the packets. */
void q_ask_settled(const char *question);

/* Returns the changes since the last call as text in static storage: "+web.local. A 10.0.0.1; " for a new record, "="
 * for one that was said again, "-… goodbye; " for one that is gone, with the reason. */
const char *q_changes(void);
/* Returns the records of a set, " 10.0.0.1 10.0.0.2", in alphabetical order, with " *" before those that leave. */
const char *q_records(const char *question);
const char *q_records_on(uint32_t link, const char *question);
/* Returns the only record of a set. */
struct querier_record q_record(const char *question);
