/* SPDX-License-Identifier: ISC */
/*
 * Owns the words for what a process has given up, or could not.
 * Never gives up anything.
 */
#include "io/sandbox_tell.h"

#include <stdio.h>

#include "base/err.h"

int sandbox_tell(const struct log *log, const char *process, const char *step, int err)
{
	char failure[64];
	snprintf(failure, sizeof(failure), "cannot start the %s", process);
	if (err == ERR_DENIED)
		log_error(log, "%s: error=\"it has privileges left\"", failure);
	else if (err == ERR_ABSENT)
		log_info(log, "%s: kernel_lacks=%s", process, step);
	else if (err)
		log_error(log, "%s: step=%s error=\"%s\"", failure, step, err_text(err));
	return err == ERR_ABSENT ? 0 : err;
}
