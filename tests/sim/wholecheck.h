/* SPDX-License-Identifier: ISC */
/* Checks of the whole daemon: whole.c reports what is put and sent. */
#pragma once

#include "whole.h"

void wholecheck_note_put(struct whole *w, uint32_t link, const uint8_t *owner,
	const struct mdns_rrset *sets, size_t count);
void wholecheck_forget_link(struct whole *w, uint32_t link);

/* For sim.on_sent; `arg` is the whole. */
void wholecheck_note_sent(
	void *arg, unsigned host, const struct mdns_path *to, const uint8_t *packet, size_t len);

/* Compares everything with the naive model. */
void wholecheck_compare(struct whole *w);
