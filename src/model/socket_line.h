/* SPDX-License-Identifier: ISC */
/*
 * Lines of /proc/net/tcp, tcp6, udp and udp6: the sockets of a network namespace. Each line is
 *
 *	  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode …
 *	   0: 3500007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 17712 …
 *
 * An address is written as 32-bit numbers in the byte order of the machine (net/ipv4/tcp_ipv4.c:
 * get_openreq4, net/ipv6/tcp_ipv6.c: get_tcp6_sock). The first line is a heading.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/compiler.h"

/* The states that matter here (include/net/tcp_states.h). A datagram socket that is not
 * connected is "closed". */
enum { SOCKET_LINE_CLOSED = 7, SOCKET_LINE_LISTENING = 10 };

struct socket_line {
	struct addr addr; /* local address; an IPv4-mapped one is ADDR_V4 */
	uint16_t port;
	uint8_t state;
	uint64_t uid;   /* the user who has made it */
	uint64_t inode; /* 0: no process has it open */
};

/* Parses one line of `len` bytes, without its newline. ERR_SYNTAX: it has another form,
 * like the heading. */
int socket_line_parse(const char *line, size_t len, struct socket_line *ret) NONNULL MUSTCHECK;
