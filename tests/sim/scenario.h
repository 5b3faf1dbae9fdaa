/* SPDX-License-Identifier: ISC */
/*
 * Scenarios as text, one statement a line; "#" begins a comment, the first of which says in one
 * sentence what the scenario proves.
 *
 *	wire NAME [loss=PERCENT] [duplicate=PERCENT] [delay=MS..MS] [reflector]
 *	host NAME on WIRE V4 V6             again for each further port; "-" for no address
 *	limit PACKETS                       a second, port and family
 *	at MS HOST[:LINK] put OWNER RECORDS | remove OWNER | down | up | goodbye | restart
 *	at MS WIRE says ADDRESS PORT MESSAGE
 *	at MS join WIRE WIRE | part WIRE
 *	at MS expect HOST[:LINK] STATE OWNER CURRENT
 *	at MS expect packets HOST[:LINK] MIN..MAX    since the last such line
 *	at MS settled
 *
 * RECORDS and MESSAGE are msgtext.h's; STATE is established, probing, announcing, conflict,
 * yielded, silent, deferred.
 */
#pragma once

#include "simnet.h"

/* Runs the file. False, with a message in `sim->failure`. The caller ends the simulation. */
bool scenario_run(struct sim *sim, const char *path);
