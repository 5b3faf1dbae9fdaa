/* SPDX-License-Identifier: ISC */
/* The compiled BPF programs, NAME.bpf.c each: NAME_object.c is made of it by `make bpf-object`, and
 * distributed. */
#pragma once

#include <stddef.h>

extern const unsigned char bpf_hostnames_bytes[];
extern const size_t bpf_hostnames_len;

extern const unsigned char bpf_autoconf_bytes[];
extern const size_t bpf_autoconf_len;
