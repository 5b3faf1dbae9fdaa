/* SPDX-License-Identifier: ISC */
/* A build without BPF: no program is loaded, so none of the other functions is ever called. */
#include "ontapd/rewrite.h"

#include <errno.h>
#include <stdio.h>

int rewrite_open(struct rewrite **ret UNUSED, char ret_why[REWRITE_WHY_CAP])
{
	snprintf(ret_why, REWRITE_WHY_CAP, "this program was built without BPF");
	return -ENOSYS;
}

void rewrite_close(struct rewrite *r UNUSED)
{
}

int rewrite_program_fd(const struct rewrite *r UNUSED, enum rewrite_program program UNUSED)
{
	return -ENOSYS;
}

int rewrite_attach(struct rewrite *r UNUSED, struct asker *a UNUSED, uint32_t ifindex UNUSED,
	enum rewrite_program program UNUSED)
{
	return -ENOSYS;
}

void rewrite_detach(
	struct asker *a UNUSED, uint32_t ifindex UNUSED, enum rewrite_program program UNUSED)
{
}

bool rewrite_is_behind_others(
	struct asker *a UNUSED, uint32_t ifindex UNUSED, enum rewrite_program program UNUSED)
{
	return false;
}

int rewrite_put_guest(
	struct rewrite *r UNUSED, uint32_t ifindex UNUSED, const struct bpf_guest *guest UNUSED)
{
	return -ENOSYS;
}

void rewrite_drop_guest(struct rewrite *r UNUSED, uint32_t ifindex UNUSED)
{
}

int rewrite_put_parent(struct rewrite *r UNUSED, uint32_t ifindex UNUSED,
	const uint8_t hwaddr[BPF_HWADDR_LEN] UNUSED)
{
	return -ENOSYS;
}

void rewrite_drop_parent(struct rewrite *r UNUSED, uint32_t ifindex UNUSED)
{
}

int rewrite_put_claim(struct rewrite *r UNUSED, uint32_t wire UNUSED,
	const struct addr *addr UNUSED, uint32_t ifindex UNUSED)
{
	return -ENOSYS;
}

void rewrite_drop_claim(
	struct rewrite *r UNUSED, uint32_t wire UNUSED, const struct addr *addr UNUSED)
{
}

int rewrite_heard_fd(const struct rewrite *r UNUSED)
{
	return -1;
}

int rewrite_strays_fd(const struct rewrite *r UNUSED)
{
	return -1;
}

void rewrite_read_strays(struct rewrite *r UNUSED,
	void (*on_stray)(void *arg, uint32_t ifindex, const struct addr *addr) UNUSED,
	void *arg UNUSED)
{
}
