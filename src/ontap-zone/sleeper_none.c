/* SPDX-License-Identifier: ISC */
/* The place of sleeper.c in a program that is built --without-logind. */
#include "base/err.h"
#include "ontap-zone/sleeper.h"

int sleeper_start(const struct privilege_user *user UNUSED, const struct log *log UNUSED,
	int *ret_fd UNUSED, pid_t *ret_pid UNUSED)
{
	return ERR_ABSENT;
}
