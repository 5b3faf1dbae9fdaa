/* SPDX-License-Identifier: ISC */
/*
 * Answers of the resolve socket, which programs of this machine get through libnss_ontap(8).
 * They are the same as the machine itself would get over DNS and mDNS, and are made by the same
 * functions.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "mdns/mdns.h"
#include "zone/view.h"
#include "zone/zone.h"

/* The data that answers are made from; borrowed during the call. */
struct resolve_source {
	const struct zone_reader *zone;
	const struct view_slot *views;
	const uint8_t *domain;
	const struct mdns *mdns;
	bool has_links; /* the client is in our network namespace, so it has our links */
};

/* Answers "resolve NAME" or "reverse ADDRESS", which may contain any bytes. Appends the answer
 * as lines to `out`. Sets out->err if out of memory. */
void resolve_answer(
	const struct resolve_source *source, const char *request, struct buf *out) NONNULL;
