/* SPDX-License-Identifier: ISC */
/*
 * Owns the bytes of the protocol between ontapd and its clients.
 * Never judges a request, never touches a descriptor.
 */
#include "device/message.h"

#include "base/err.h"

enum attr_type {
	ATTR_TYPE = 1,
	ATTR_MODE = 2,
	ATTR_IFNAME = 3,
	ATTR_ALIAS = 4,
	ATTR_QUEUES = 5,
	ATTR_FLAGS = 6,
	ATTR_STATUS = 7,
	ATTR_ERROR = 8,
	ATTR_TEXT = 9,
	ATTR_IFINDEX = 10,
	ATTR_HWADDR = 11,
	ATTR_ID = 12,
	ATTR_MTU = 13,
	ATTR_UID = 14,
	ATTR_PID = 15,
	ATTR_NSID = 16,
	ATTR_ADDRS = 17,
	ATTR_OPTIONAL = 0x8000
};

enum { REPLY_BIT = 0x80 };

/* --- writing ------------------------------------------------------------------------------ */

static void put_header(struct wr *w, uint8_t op)
{
	wr_u8(w, DEVICE_PROTOCOL_VERSION);
	wr_u8(w, op);
	wr_u16(w, 0);
}

static void put_bytes(struct wr *w, uint16_t type, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	wr_u16(w, type);
	wr_u16(w, (uint16_t)len);
	wr_bytes(w, bytes, len);
}

static void put_text(struct wr *w, uint16_t type, const char *text, size_t cap)
{
	put_bytes(w, type, text, strnlen(text, cap - 1));
}

static void put_number16(struct wr *w, uint16_t type, uint16_t value)
{
	uint8_t bytes[2];
	put_u16(bytes, value);
	put_bytes(w, type, bytes, value ? sizeof(bytes) : 0);
}

static void put_number32(struct wr *w, uint16_t type, uint32_t value)
{
	uint8_t bytes[4];
	put_u32(bytes, value);
	put_bytes(w, type, bytes, value ? sizeof(bytes) : 0);
}

int device_request_encode(const struct device_request *req, struct wr *w)
{
	put_header(w, (uint8_t)req->op);
	put_text(w, ATTR_TYPE, req->type, sizeof(req->type));
	put_text(w, ATTR_MODE, req->mode, sizeof(req->mode));
	put_text(w, ATTR_IFNAME, req->ifname, sizeof(req->ifname));
	put_text(w, ATTR_ALIAS, req->alias, sizeof(req->alias));
	put_number16(w, ATTR_QUEUES, req->queues);
	put_number32(w, ATTR_FLAGS, req->flags);
	put_number32(w, ATTR_MTU, req->mtu);
	put_bytes(w, ATTR_HWADDR, req->hwaddr, req->hwaddr_len);
	return w->err;
}

int device_reply_encode(const struct device_reply *reply, struct wr *w)
{
	put_header(w, (uint8_t)(reply->op | REPLY_BIT));
	put_number32(w, ATTR_STATUS, reply->status);
	put_number32(w, ATTR_ERROR, reply->error);
	put_text(w, ATTR_TEXT, reply->text, sizeof(reply->text));
	put_text(w, ATTR_IFNAME, reply->ifname, sizeof(reply->ifname));
	put_number32(w, ATTR_IFINDEX, reply->ifindex);
	put_bytes(w, ATTR_HWADDR, reply->hwaddr, reply->hwaddr_len);
	put_number16(w, ATTR_QUEUES, reply->queues);
	put_bytes(w, ATTR_ID | ATTR_OPTIONAL, reply->id, reply->has_id ? DEVICE_ID_LEN : 0);
	put_number32(w, ATTR_MTU | ATTR_OPTIONAL, reply->mtu);
	put_text(w, ATTR_TYPE | ATTR_OPTIONAL, reply->type, sizeof(reply->type));
	return w->err;
}

int device_entry_encode(const struct device_entry *e, struct wr *w)
{
	uint8_t bytes[DEVICE_MESSAGE_CAP];
	struct wr attrs = wr_init(bytes, sizeof(bytes));
	put_text(&attrs, ATTR_TYPE, e->type, sizeof(e->type));
	put_text(&attrs, ATTR_MODE, e->mode, sizeof(e->mode));
	put_text(&attrs, ATTR_IFNAME, e->ifname, sizeof(e->ifname));
	put_text(&attrs, ATTR_ALIAS, e->alias, sizeof(e->alias));
	put_number32(&attrs, ATTR_FLAGS, e->is_kept ? DEVICE_KEEP : 0);
	put_number32(&attrs, ATTR_IFINDEX, e->ifindex);
	put_bytes(&attrs, ATTR_HWADDR, e->hwaddr, e->hwaddr_len);
	put_number32(&attrs, ATTR_UID, e->uid);
	put_number32(&attrs, ATTR_PID, e->pid);
	/* An absent number is 0, which must be our own namespace: -1. */
	put_number32(&attrs, ATTR_NSID, (uint32_t)e->nsid + 1);
	put_text(&attrs, ATTR_ADDRS | ATTR_OPTIONAL, e->addrs, sizeof(e->addrs));
	wr_u16(w, (uint16_t)wr_len(&attrs));
	wr_bytes(w, bytes, wr_len(&attrs));
	return attrs.err ? attrs.err : w->err;
}

/* --- reading ------------------------------------------------------------------------------ */

/* An attribute; its value is all that is left in its cursor. */
struct attr {
	uint16_t type;
	struct rd value;
};

/* Reads the next attribute. A truncated one makes the message malformed. */
static int next_attr(struct rd *r, struct attr *ret)
{
	ret->type = rd_u16(r);
	uint16_t len = rd_u16(r);
	const uint8_t *bytes = rd_bytes(r, len);
	if (r->err)
		return r->err;
	ret->value = rd_init(bytes, len);
	return 0;
}

/* Reads the whole value as text of less than `cap` bytes, none of them zero. */
static int get_text(struct attr *attr, char *out, size_t cap)
{
	size_t len = rd_left(&attr->value);
	const uint8_t *bytes = rd_bytes(&attr->value, len);
	if (len >= cap || memchr(bytes, 0, len))
		return ERR_SYNTAX;
	memset(out, 0, cap); /* of a repeated attribute, the last counts as a whole */
	memcpy(out, bytes, len);
	return 0;
}

static int get_u16_value(struct attr *attr, uint16_t *ret)
{
	if (rd_left(&attr->value) != sizeof(*ret))
		return ERR_SYNTAX;
	*ret = rd_u16(&attr->value);
	return 0;
}

static int get_u32_value(struct attr *attr, uint32_t *ret)
{
	if (rd_left(&attr->value) != sizeof(*ret))
		return ERR_SYNTAX;
	*ret = rd_u32(&attr->value);
	return 0;
}

static int get_status(struct attr *attr, enum device_status *ret)
{
	uint32_t value;
	if (get_u32_value(attr, &value) || value >= DEVICE_STATUS_COUNT)
		return ERR_SYNTAX;
	*ret = (enum device_status)value;
	return 0;
}

static int get_hwaddr(struct attr *attr, uint8_t out[HWADDR_CAP], uint8_t *ret_len)
{
	size_t len = rd_left(&attr->value);
	const uint8_t *bytes = rd_bytes(&attr->value, len);
	if (len > HWADDR_CAP)
		return ERR_SYNTAX;
	memset(out, 0, HWADDR_CAP);
	memcpy(out, bytes, len);
	*ret_len = (uint8_t)len;
	return 0;
}

static int get_id(struct attr *attr, struct device_reply *ret)
{
	if (rd_left(&attr->value) != DEVICE_ID_LEN)
		return ERR_SYNTAX;
	memcpy(ret->id, rd_bytes(&attr->value, DEVICE_ID_LEN), DEVICE_ID_LEN);
	ret->has_id = true;
	return 0;
}

static int unknown_attr(const struct attr *attr)
{
	return attr->type & ATTR_OPTIONAL ? 0 : ERR_SYNTAX;
}

static int read_request_attr(struct attr *attr, struct device_request *ret)
{
	switch (attr->type) {
	case ATTR_TYPE: return get_text(attr, ret->type, sizeof(ret->type));
	case ATTR_MODE: return get_text(attr, ret->mode, sizeof(ret->mode));
	case ATTR_IFNAME: return get_text(attr, ret->ifname, sizeof(ret->ifname));
	case ATTR_ALIAS: return get_text(attr, ret->alias, sizeof(ret->alias));
	case ATTR_QUEUES: return get_u16_value(attr, &ret->queues);
	case ATTR_FLAGS: return get_u32_value(attr, &ret->flags);
	case ATTR_MTU: return get_u32_value(attr, &ret->mtu);
	case ATTR_HWADDR: return get_hwaddr(attr, ret->hwaddr, &ret->hwaddr_len);
	default: return unknown_attr(attr); /* a number from the peer, not our enum */
	}
}

static int read_reply_attr(struct attr *attr, struct device_reply *ret)
{
	switch (attr->type) {
	case ATTR_STATUS: return get_status(attr, &ret->status);
	case ATTR_ERROR: return get_u32_value(attr, &ret->error);
	case ATTR_TEXT: return get_text(attr, ret->text, sizeof(ret->text));
	case ATTR_IFNAME: return get_text(attr, ret->ifname, sizeof(ret->ifname));
	case ATTR_IFINDEX: return get_u32_value(attr, &ret->ifindex);
	case ATTR_HWADDR: return get_hwaddr(attr, ret->hwaddr, &ret->hwaddr_len);
	case ATTR_QUEUES: return get_u16_value(attr, &ret->queues);
	case ATTR_ID | ATTR_OPTIONAL: return get_id(attr, ret);
	case ATTR_MTU | ATTR_OPTIONAL: return get_u32_value(attr, &ret->mtu);
	case ATTR_TYPE | ATTR_OPTIONAL: return get_text(attr, ret->type, sizeof(ret->type));
	default: return unknown_attr(attr);
	}
}

static int get_kept(struct attr *attr, bool *ret)
{
	uint32_t flags;
	if (get_u32_value(attr, &flags))
		return ERR_SYNTAX;
	*ret = flags & DEVICE_KEEP;
	return 0;
}

static int get_nsid(struct attr *attr, nsid_t *ret)
{
	uint32_t value;
	if (get_u32_value(attr, &value) || value > (uint32_t)INT32_MAX + 1)
		return ERR_SYNTAX;
	*ret = (nsid_t)((int64_t)value - 1);
	return 0;
}

static int read_entry_attr(struct attr *attr, struct device_entry *ret)
{
	switch (attr->type) {
	case ATTR_TYPE: return get_text(attr, ret->type, sizeof(ret->type));
	case ATTR_MODE: return get_text(attr, ret->mode, sizeof(ret->mode));
	case ATTR_IFNAME: return get_text(attr, ret->ifname, sizeof(ret->ifname));
	case ATTR_ALIAS: return get_text(attr, ret->alias, sizeof(ret->alias));
	case ATTR_FLAGS: return get_kept(attr, &ret->is_kept);
	case ATTR_IFINDEX: return get_u32_value(attr, &ret->ifindex);
	case ATTR_HWADDR: return get_hwaddr(attr, ret->hwaddr, &ret->hwaddr_len);
	case ATTR_UID: return get_u32_value(attr, &ret->uid);
	case ATTR_PID: return get_u32_value(attr, &ret->pid);
	case ATTR_NSID: return get_nsid(attr, &ret->nsid);
	case ATTR_ADDRS | ATTR_OPTIONAL: return get_text(attr, ret->addrs, sizeof(ret->addrs));
	default: return unknown_attr(attr);
	}
}

int device_entry_decode(struct rd *r, struct device_entry *ret)
{
	struct device_entry e = {.nsid = NSID_OWN};
	struct attr attr;
	uint16_t len = rd_u16(r);
	const uint8_t *bytes = rd_bytes(r, len);
	if (r->err)
		return r->err;
	struct rd attrs = rd_init(bytes, len);
	int err = 0;
	/* Progress: each turn reads at least the four bytes of an attribute, or fails. */
	while (!err && rd_left(&attrs) > 0) {
		err = next_attr(&attrs, &attr);
		if (!err)
			err = read_entry_attr(&attr, &e);
	}
	if (!err)
		*ret = e;
	return err;
}

/* Reads version and operation. The highest bit of the latter must be `reply_bit`. */
static int read_header(struct rd *r, uint8_t reply_bit, enum device_op *ret)
{
	uint8_t version = rd_u8(r);
	uint8_t op = rd_u8(r);
	uint16_t zero = rd_u16(r);
	if (r->err)
		return r->err;
	if (version != DEVICE_PROTOCOL_VERSION)
		return ERR_RANGE;
	if ((op & REPLY_BIT) != reply_bit || zero != 0)
		return ERR_SYNTAX;
	op &= (uint8_t)~REPLY_BIT;
	if (op < DEVICE_CREATE || op > DEVICE_OP_LAST)
		return ERR_SYNTAX;
	*ret = (enum device_op)op;
	return 0;
}

int device_request_decode(struct rd *r, struct device_request *ret)
{
	struct device_request req = {0};
	struct attr attr;
	int err = read_header(r, 0, &req.op);
	/* Progress: each turn reads at least the four bytes of an attribute, or fails. */
	while (!err && rd_left(r) > 0) {
		err = next_attr(r, &attr);
		if (!err)
			err = read_request_attr(&attr, &req);
	}
	if (!err && (req.flags & ~(uint32_t)DEVICE_FLAGS_ALL))
		err = ERR_SYNTAX;
	if (!err)
		*ret = req;
	return err;
}

int device_reply_decode(struct rd *r, struct device_reply *ret)
{
	struct device_reply reply = {0};
	struct attr attr;
	int err = read_header(r, REPLY_BIT, &reply.op);
	while (!err && rd_left(r) > 0) {
		err = next_attr(r, &attr);
		if (!err)
			err = read_reply_attr(&attr, &reply);
	}
	if (!err)
		*ret = reply;
	return err;
}

const char *device_status_text(enum device_status status)
{
	static const char *const texts[DEVICE_STATUS_COUNT] = {
		[DEVICE_OK] = "done",
		[DEVICE_MALFORMED] = "malformed request",
		[DEVICE_VERSION] = "unknown version of the protocol",
		[DEVICE_NAMESPACE] = "not a namespace of the caller's",
		[DEVICE_DENIED] = "denied",
		[DEVICE_LIMIT] = "limit reached",
		[DEVICE_EXISTS] = "exists already",
		[DEVICE_ABSENT] = "no such device",
		[DEVICE_UNSUPPORTED] = "not supported",
		[DEVICE_SYSTEM] = "system error",
	};
	return (unsigned)status < DEVICE_STATUS_COUNT ? texts[status] : "unknown status";
}
