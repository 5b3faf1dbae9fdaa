/* SPDX-License-Identifier: ISC */
/* Parts that the answers on the control socket share, and the answers that have their own file. */
#pragma once

#include "export/jsonw.h"
#include "ontap-zone/report.h"

/* "lan", "wan" or "any". Static storage. */
const char *report_view_text(unsigned view);

void report_name(struct jsonw *w, const char *key, const uint8_t *name) NONNULL_ARGS(1, 3);
void report_addr(struct jsonw *w, const char *key, const struct addr *addr) NONNULL_ARGS(1, 3);

/* Writes the members for the place of a link: "nsid", "netns", "hostname" (of the namespace, if its
 * processes have set one) and "link". */
void report_link(struct jsonw *w, const struct model_link *link) NONNULL;

/* Writes the members of an object for one address of a workload. */
void report_addr_members(struct jsonw *w, const struct names_addr *addr) NONNULL;

/* Writes the member "link": the name of that link of our own namespace. */
void report_ifname(const struct report *r, struct jsonw *w, uint32_t ifindex) NONNULL;

/* Writes an object for a name on a link, with its state in mDNS. `arg` is a struct report_mdns. */
struct report_mdns {
	const struct report *report;
	struct jsonw *w;
};
void report_mdns_status(void *arg, const struct mdns_status *status) NONNULL;

/* Writes the member "local": the states of one name in mDNS, one object for each link. */
void report_local(struct jsonw *w, const struct report *r, const uint8_t *owner) NONNULL;

/* Writes the member "processes": what each may still do. */
void report_sandbox(const struct report *r, struct jsonw *w) NONNULL;

/* report_updates.c: what updates have added. Writes the member "updates" for that name; appends a line for each name. */
void report_updates_of(const struct report *r, struct jsonw *w, const uint8_t *name) NONNULL;
void report_updates(const struct report *r, struct buf *out) NONNULL;

/* report_collected.c: what is collected. Adds the member "collected" for that label, if it is; appends a line for each name;
 * adds the member "collector". */
void report_collected_of(const struct report *r, struct jsonw *w, const char *label) NONNULL;
void report_collected(const struct report *r, struct buf *out) NONNULL;
void report_collector(const struct report *r, struct jsonw *w) NONNULL;

/* Ends a line of the answer. */
void report_end_line(struct buf *out) NONNULL;
/* Appends a whole line with an error message. */
void report_error(struct buf *out, const char *text) NONNULL;

/* The answers. They append lines to `out`, whose `err` is set if out of memory. */
void report_names(const struct report *r, struct buf *out) NONNULL;
void report_graph(const struct report *r, struct buf *out) NONNULL;
/* What the parent of the domain should have. */
void report_delegation(const struct report *r, struct buf *out) NONNULL;
/* `words`: "NAME [ADDR]". */
void report_explain(const struct report *r, const char *words, struct buf *out) NONNULL;
