/* SPDX-License-Identifier: ISC */
/* What was refused for lack of room: for model.c only. The rest of the interface is in model.h. */
#pragma once

#include "model/table.h"

/* The event was refused with ERR_RANGE. */
void lacking_note(struct model *m, const struct event *ev) NONNULL;

/* The namespace goes. */
void lacking_forget(struct model *m, struct model_ns *ns) NONNULL;
