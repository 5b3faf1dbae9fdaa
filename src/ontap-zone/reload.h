/* SPDX-License-Identifier: ISC */
/* A change of the configuration while the daemon runs. */
#pragma once

#include "ontap-zone/daemon.h"

/* Makes the keeper read the configuration again. If that fails, the old one stays in force. The
 * outcome is logged, and sent to the service manager and to those who have asked. */
void daemon_reload(struct daemon *d) NONNULL;

/* What the keeper has read, but for the records; and the end. `arg` is the daemon. See struct
 * keeper_sink. At the start, they only keep what there is no place for yet. */
void daemon_on_apply(void *arg, struct keeper_news *news);
void daemon_on_loaded(void *arg, bool is_done, const char *told);
