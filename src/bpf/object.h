/* SPDX-License-Identifier: ISC */
/* The compiled hostnames.bpf.c: object.c is made of it by `make bpf-object`, and distributed. */
#pragma once

#include <stddef.h>

extern const unsigned char bpf_object_bytes[];
extern const size_t bpf_object_len;
