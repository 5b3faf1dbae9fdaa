/* SPDX-License-Identifier: ISC */
/* Decides what goes together with a guest that configures itself. */
#pragma once

#include "ontapd/create.h"

/* Checks a request with DEVICE_AUTOCONF, once type and mode are known. Makes the nursery if this is the first one, and
 * sets job->netns_fd to it. */
enum device_status admit_guest(struct job *job) NONNULL;
