/* SPDX-License-Identifier: ISC */
/* The addresses that guests have: they are on their links, whatever we or the learner have forgotten. */
#pragma once

#include "ontapd/autoconf.h"

/* Calls ward_resume() with each address of each guest that is followed. The nursery is there. -errno. */
int recall_addrs(struct autoconf *a) NONNULL MUSTCHECK;
