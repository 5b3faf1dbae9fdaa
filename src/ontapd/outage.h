/* SPDX-License-Identifier: ISC */
/* What happens when a parent vanishes, with all devices on it, and when it returns. */
#pragma once

#include "ontapd/daemon.h"

/* True if the parent of the device is gone, even if another link has its name now. The kernel
 * deletes the devices on a link with it. */
bool outage_has_begun(struct daemon *d, const struct device *dev) NONNULL;

/* Notes that the device has vanished with its parent, and removes it from the registry. */
void outage_note(struct daemon *d, struct device *dev) NONNULL;

/* Logs which parents have vanished, and closes the connections of those who had devices there. Call
 * it after a batch of outage_note(). */
void outage_report(struct daemon *d) NONNULL;

/* Makes the kept devices again that are wished for on this parent, if it is there. What does not
 * succeed is tried again with the next news of the parent. */
void outage_end(struct daemon *d, const char *parent) NONNULL;
