/* SPDX-License-Identifier: ISC */
/*
 * Owns the replacement of tasks_bpf.c in a build without BPF (--without-bpf).
 * Never does anything.
 */
#include <errno.h>

#include "watch/tasks_bpf.h"

int tasks_bpf_open(
	struct tasks_bpf **ret UNUSED, const struct tasks_self *self UNUSED, bool has_news UNUSED)
{
	return -ENOTSUP;
}

void tasks_bpf_close(struct tasks_bpf *t UNUSED)
{
}

int tasks_bpf_fd(const struct tasks_bpf *t UNUSED)
{
	return -1;
}

int tasks_bpf_look(struct tasks_bpf *t UNUSED, const struct tasks_sink *sink UNUSED)
{
	return -ENOTSUP;
}

bool tasks_bpf_read(struct tasks_bpf *t UNUSED, const struct tasks_sink *sink UNUSED)
{
	return true;
}
