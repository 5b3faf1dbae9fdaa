/* SPDX-License-Identifier: ISC */
/*
 * What programs of this machine are told of names and addresses: the answers on the resolve socket, as
 * libnss_ontap(8) has them. They are what the machine itself would be answered over DNS and
 * mDNS, asked of the very functions that answer there.
 */
#pragma once

#include "base/buf.h"
#include "base/compiler.h"
#include "mdns/mdns.h"
#include "zone/view.h"
#include "zone/zone.h"

/* What is looked at; borrowed for the call. */
struct resolve_source {
	const struct zone_reader *zone;
	const struct view_slot *views;
	const uint8_t *domain;
	const struct mdns *mdns;
	bool has_links; /* the asker has our links: who is in another network namespace has not */
};

/* Answers "resolve NAME" or "reverse ADDRESS", which may be any bytes, in lines that are appended to
 * `out`. Sets out->err where there is no memory. */
void resolve_answer(
	const struct resolve_source *source, const char *request, struct buf *out) NONNULL;
