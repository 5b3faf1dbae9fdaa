/* SPDX-License-Identifier: ISC */
/* The kernel's names of integers, for BPF programs: they include no headers of the kernel. Before those of libbpf. */
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
#define bool _Bool
#define false 0
#define true 1
