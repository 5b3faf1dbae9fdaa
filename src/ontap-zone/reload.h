/* SPDX-License-Identifier: ISC */
/* A change of the configuration while the daemon runs. */
#pragma once

#include "ontap-zone/daemon.h"

/* Reads the configuration again and applies it. If that fails, the old one stays in force. The
 * outcome is logged, and sent to the service manager. */
void daemon_reload(struct daemon *d) NONNULL;
