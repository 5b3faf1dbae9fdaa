/* SPDX-License-Identifier: ISC */
/*
 * Owns the groups and sizes of Multicast DNS, and the packets that wait to be sent.
 * Never looks at the contents of a message.
 */
#include "wire/multicast.h"

#include <string.h>

#include "base/limits.h"
#include "wire/msg.h"

struct mdns_path multicast_group(uint32_t link, enum lane lane)
{
	static const struct addr groups[LANE_COUNT] = {
		[LANE_V4] = {ADDR_V4, {224, 0, 0, 251}},
		[LANE_V6] = {ADDR_V6, {0xff, 0x02, [15] = 0xfb}},
	};
	return (struct mdns_path){
		.link = link,
		.peer = groups[lane],
		.peer_port = MDNS_PORT,
		.is_multicast = true,
	};
}

size_t multicast_payload(uint32_t link_mtu, unsigned lanes)
{
	size_t headers = lanes & 1 << LANE_V6 ? 40 + 8 : 20 + 8;
	size_t mtu = link_mtu < UDP_PAYLOAD_MIN + headers ? UDP_PAYLOAD_MIN + headers : link_mtu;
	return mtu < LIMIT_MDNS_PACKET ? mtu - headers : LIMIT_MDNS_PACKET - headers;
}

bool multicast_is_on_link(const struct prefix *prefixes, size_t count, const struct addr *peer)
{
	return prefixes_have(prefixes, count, peer) || addr_scope(peer) == ADDR_SCOPE_LOCAL;
}

uint8_t *outbox_room(const struct outbox *box, size_t len)
{
	if (box->cap - box->tail < sizeof(struct outbox_head) + len)
		return NULL;
	return box->bytes + box->tail + sizeof(struct outbox_head);
}

void outbox_add(struct outbox *box, const struct mdns_path *to, size_t len)
{
	struct outbox_head head = {.len = len, .to = *to};
	memcpy(box->bytes + box->tail, &head, sizeof(head));
	box->tail += sizeof(head) + len;
}

size_t outbox_take(struct outbox *box, struct mdns_path *to, uint8_t *buffer)
{
	struct outbox_head head;
	if (outbox_is_empty(box))
		return 0;
	memcpy(&head, box->bytes + box->head, sizeof(head));
	memcpy(buffer, box->bytes + box->head + sizeof(head), head.len);
	*to = head.to;
	box->head += sizeof(head) + head.len;
	if (outbox_is_empty(box))
		box->head = box->tail = 0;
	return head.len;
}
