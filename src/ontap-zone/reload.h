/* SPDX-License-Identifier: ISC */
/* A change of the configuration while the daemon runs. */
#pragma once

#include "ontap-zone/daemon.h"

/* Reads the configuration again and puts it in force. If it cannot be, the old one stays. The outcome is
 * logged, and told to the service manager. */
void daemon_reload(struct daemon *d) NONNULL;
