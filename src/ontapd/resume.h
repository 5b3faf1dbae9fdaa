/* SPDX-License-Identifier: ISC */
/* Guests that an earlier run has left: what they have is on their links. */
#pragma once

#include "ontapd/daemon.h"

/* Follows the guests of all devices in the nursery that have been taken over: attaches the programs anew, and tells
 * the learner what each guest has. What fails is logged. */
void resume_guests(struct daemon *d) NONNULL;
