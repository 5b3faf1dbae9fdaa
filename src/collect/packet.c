/* SPDX-License-Identifier: ISC */
/*
 * Owns the reading of packets.
 * Never judges one, and keeps nothing of it.
 */
#include "collect/packet.h"

#include "wire/msg.h"
#include "wire/multicast.h"
#include "wire/rr.h"

const uint8_t collect_service[19] = "\6_ontap\4_udp\5local";

enum collect_verdict packet_find_signature(
	const uint8_t *packet, size_t len, struct sig0 *ret, struct name *ret_owner)
{
	struct rd r = rd_init(packet, len);
	struct msg_header header;
	struct rr rr;
	if (len > LIMIT_MDNS_PACKET || len < MSG_HEADER_LEN)
		return COLLECT_MALFORMED;
	rd_header(&r, &header);
	if (!(header.flags & MSG_QR) || msg_opcode(&header) != OPCODE_QUERY ||
		msg_rcode(&header) != 0)
		return COLLECT_UNSIGNED;
	int found = sig0_find(packet, len, ret);
	if (found <= 0)
		return found < 0 ? COLLECT_MALFORMED : COLLECT_UNSIGNED;
	r.at = packet + ret->off;
	rd_rr(&r, &rr);
	if (r.err)
		return COLLECT_MALFORMED;
	if (!name_is_mdns(rr.owner.wire) || rr.class != CLASS_IN || rr.ttl != 0)
		return COLLECT_UNSIGNED;
	*ret_owner = rr.owner;
	return COLLECT_ACCEPTED;
}

void wire_label_of(const uint8_t *name, struct wire_label *ret)
{
	wire_label_fill(ret, name + 1, name[0]);
}

/* Reads the label that the instance wants: "d=" and its bytes (RFC 6763 §6.4: the first one counts, and case does not
 * matter). None: `ret` is empty; what is too long for a label is none that anybody may have: a dot. */
static void read_wanted(const struct item *item, const struct rr *rr, struct wire_label *ret)
{
	struct rd r = rd_init(rr->rdata, rr->rdata_len);
	*ret = item->name;
	/* Progress: each turn reads a byte at least, or sets the error. */
	while (rd_left(&r) > 0 && !r.err) {
		const uint8_t len = rd_u8(&r);
		const uint8_t *text = rd_bytes(&r, len);
		if (!text || len < 2 || byte_lower(text[0]) != 'd' || text[1] != '=')
			continue;
		if (len > 2 && len - 2 <= LABEL_CAP)
			wire_label_fill(ret, text + 2, len - 2u);
		else
			wire_label_fill(ret, ".", 1);
		return;
	}
}

/* A record of the instance whose name is the owner. */
static bool read_of_instance(const struct rd *r, const struct rr *rr, struct item *ret)
{
	uint8_t rdata[6 + NAME_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	wire_label_of(rr->owner.wire, &ret->name);
	switch (rr->type) {
	case RR_TXT:
		ret->type = ITEM_TXT;
		read_wanted(ret, rr, &ret->wanted);
		return true;
	case RR_SRV: {
		struct wire_label target;
		if (rr_rdata_expand(r, rr, &w) || wr_len(&w) < 7)
			return false;
		const uint8_t *name = rdata + 6;
		wire_label_of(name, &target);
		ret->type = ITEM_SRV;
		ret->is_own_target = name[0] > 0 && name_equal(name_parent(name), name_local) &&
				     wire_label_equal(&target, &ret->name);
		return true;
	}
	default: return false;
	}
}

/* A record of a host's name. */
static bool read_of_host(const struct rr *rr, struct item *ret)
{
	wire_label_of(rr->owner.wire, &ret->name);
	switch (rr->type) {
	case RR_A:
	case RR_AAAA:
		if (rr->rdata_len != (rr->type == RR_A ? 4 : 16))
			return false;
		ret->type = ITEM_ADDR;
		ret->addr = addr_make(rr->type == RR_A ? ADDR_V4 : ADDR_V6, rr->rdata);
		return true;
	case RR_KEY:
		ret->type = ITEM_KEY;
		ret->key = (struct rdata){rr->rdata, rr->rdata_len};
		return true;
	default: return false;
	}
}

static bool read_pointer(const struct rd *r, const struct rr *rr, struct item *ret)
{
	uint8_t rdata[NAME_CAP];
	struct wr w = wr_init(rdata, sizeof(rdata));
	if (rr->type != RR_PTR || rr_rdata_expand(r, rr, &w) || wr_len(&w) == 0 || rdata[0] == 0 ||
		!name_equal(name_parent(rdata), collect_service))
		return false;
	ret->type = ITEM_PTR;
	wire_label_of(rdata, &ret->name);
	return true;
}

static bool read_item(const struct rd *r, const struct rr *rr, struct item *ret)
{
	*ret = (struct item){.is_flush = (rr->class & CLASS_FLUSH) != 0,
		.ttl_s = rr->ttl < LIMIT_COLLECT_TTL_S ? rr->ttl : LIMIT_COLLECT_TTL_S};
	const uint8_t *owner = rr->owner.wire;
	if ((rr->class & CLASS_MASK) != CLASS_IN || owner[0] == 0)
		return false;
	if (name_equal(owner, collect_service))
		return read_pointer(r, rr, ret);
	if (name_equal(name_parent(owner), collect_service))
		return read_of_instance(r, rr, ret);
	return name_equal(name_parent(owner), name_local) && read_of_host(rr, ret);
}

int packet_read(const uint8_t *packet, const struct sig0 *sig, struct item *items)
{
	struct rd r = rd_init(packet, sig->off);
	struct msg_header header;
	struct rr rr;
	int count = 0;
	rd_header(&r, &header);
	rd_skip_questions(&r, header.qdcount);
	/* Progress: each turn reads at least eleven bytes, or sets the error. */
	while (rd_left(&r) > 0 && !r.err) {
		rd_rr(&r, &rr);
		if (!r.err && count < ITEMS_MAX && read_item(&r, &rr, &items[count]))
			count++;
	}
	return r.err ? ERR_SYNTAX : count;
}
