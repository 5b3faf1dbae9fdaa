/* SPDX-License-Identifier: ISC */
/* A guest with a sink that writes down what it is told, and a small builder of the frames that
 * it hears. */
#pragma once

#include <stdbool.h>

#include "base/cursor.h"
#include "guest/guest.h"

enum { FRAME_CAP = 2048, LOG_CAP = 8192, TAKEN_CAP = 4 };

extern const uint8_t GUEST_HW[GUEST_HWADDR_LEN]; /* the guest's */
extern const uint8_t PARENT_HW[GUEST_HWADDR_LEN];
extern const uint8_t ROUTER_HW[GUEST_HWADDR_LEN];
extern const uint8_t OTHER_HW[GUEST_HWADDR_LEN]; /* some host on the wire */

struct guest_rig {
	struct guest *g;
	ns_t now;
	char log[LOG_CAP];
	struct addr taken[TAKEN_CAP];
	unsigned taken_count;
};

/* `policy` as text; "": nothing is allowed. `hwaddr` NULL: to be learnt. */
void rig_start(struct guest_rig *rig, const char *policy, const uint8_t *hwaddr);
void rig_stop(struct guest_rig *rig);

/* Compares with what the sink was told since the last call, and forgets it. Words with a space
 * behind each: "+10.0.0.7/dhcp/3600" (address, origin, seconds or "ever"), "-10.0.0.7",
 * "name=vm", "name=", "refused=10.0.0.1/POLICY". */
#define rig_expect(rig, text) rig_expect_at((rig), (text), __FILE__, __LINE__)
void rig_expect_at(struct guest_rig *rig, const char *text, const char *file, int line);

/* Goes to that time after now, and polls on the way whenever the guest wants. */
void rig_wait(struct guest_rig *rig, ns_t span);

/* Hands over what is in `w`, in a block of exactly its size. */
void rig_says(struct guest_rig *rig, const struct wr *w);
void rig_hears(struct guest_rig *rig, const struct wr *w);

struct addr rig_addr(const char *text);

/* A DHCP message. Texts of addresses may be NULL: 0.0.0.0 or no option. */
struct rig_dhcp4 {
	uint8_t type; /* option 53; 0: none */
	bool is_reply;
	uint32_t xid;
	const uint8_t *hwaddr; /* chaddr; NULL: GUEST_HW */
	const char *ciaddr, *yiaddr, *requested, *server, *router, *name;
	bool has_lease;
	uint32_t lease_s;
	const void *more; /* options as they are */
	size_t more_len;
	const void *file; /* options in `file`, with option 52; then in `sname` */
	size_t file_len;
	const void *sname;
	size_t sname_len;
};

/* Each builds a frame in `w`, from `from` (Ethernet). */
void frame_dhcp4(struct wr *w, const uint8_t *from, const struct rig_dhcp4 *m);
void frame_arp(struct wr *w, const uint8_t *from, const char *sender, const char *target);
void frame_udp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	uint16_t port, const void *payload, size_t len);
void frame_icmp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	const void *payload, size_t len);
/* An NS or NA. */
void frame_nd(struct wr *w, const uint8_t *from, uint8_t type, const char *source, const char *dest,
	const char *target);
/* An RA with one prefix, on-link and for autoconfiguration; NULL: without. */
void frame_ra(struct wr *w, const char *source, const char *prefix, uint8_t bits, uint32_t valid_s);

/* A DHCPv6 message with one IA_NA. */
struct rig_dhcp6 {
	uint8_t type;
	uint32_t xid;
	const char *addr; /* NULL: no IA_NA */
	uint32_t valid_s;
	int status;       /* of the message; -1: no option */
	const void *fqdn; /* in wire format; NULL: no option */
	size_t fqdn_len;
};
void frame_dhcp6(struct wr *w, const uint8_t *from, const char *source, const char *dest,
	const struct rig_dhcp6 *m);
