/* SPDX-License-Identifier: ISC */
/*
 * Owns the parsing of rtnetlink messages.
 * Never trusts a length, never keeps anything of a message.
 */
#include "model/rtnl.h"

#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* --- attributes --------------------------------------------------------------------------- */

enum { ATTRS_CAP = 64 }; /* beyond the last attribute that is read here */

/* The attributes of a message or a nest, by type. Reading one that has a wrong length makes the
 * whole malformed; an absent one has the value of the given fallback. */
struct attrs {
	const struct nlattr *at[ATTRS_CAP];
	bool is_malformed;
};

static int keep_attr(const struct nlattr *attr, void *arg)
{
	struct attrs *attrs = arg;
	uint16_t type = mnl_attr_get_type(attr);
	if (type < ATTRS_CAP)
		attrs->at[type] = attr;
	return MNL_CB_OK;
}

/* Returns the value of attribute `type` if it exists and has `len` bytes, otherwise NULL. */
static const void *attr_bytes(struct attrs *attrs, uint16_t type, size_t len)
{
	const struct nlattr *attr = attrs->at[type];
	if (!attr)
		return NULL;
	if (mnl_attr_get_payload_len(attr) != len) {
		attrs->is_malformed = true;
		return NULL;
	}
	return mnl_attr_get_payload(attr);
}

static uint8_t attr_u8(struct attrs *attrs, uint16_t type, uint8_t fallback)
{
	const void *bytes = attr_bytes(attrs, type, sizeof(fallback));
	if (bytes)
		memcpy(&fallback, bytes, sizeof(fallback));
	return fallback;
}

static uint16_t attr_u16(struct attrs *attrs, uint16_t type, uint16_t fallback)
{
	const void *bytes = attr_bytes(attrs, type, sizeof(fallback));
	if (bytes)
		memcpy(&fallback, bytes, sizeof(fallback));
	return fallback;
}

static uint32_t attr_u32(struct attrs *attrs, uint16_t type, uint32_t fallback)
{
	const void *bytes = attr_bytes(attrs, type, sizeof(fallback));
	if (bytes)
		memcpy(&fallback, bytes, sizeof(fallback));
	return fallback;
}

/* Copies text of less than `cap` bytes, with or without a terminating zero, to `out`,
 * which is zeroed. */
static void attr_text(struct attrs *attrs, uint16_t type, char *out, size_t cap)
{
	const struct nlattr *attr = attrs->at[type];
	if (!attr)
		return;
	const char *text = mnl_attr_get_payload(attr);
	size_t len = strnlen(text, mnl_attr_get_payload_len(attr));
	if (len >= cap)
		attrs->is_malformed = true;
	else
		memcpy(out, text, len);
}

static void attr_nest(struct attrs *attrs, uint16_t type, struct attrs *ret)
{
	if (attrs->at[type])
		mnl_attr_parse_nested(attrs->at[type], keep_attr, ret);
}

/* --- the namespace of a message ----------------------------------------------------------- */

/* Returns our id for the namespace that the message calls `id`. */
static nsid_t translate_id(const struct rtnl *r, int32_t id)
{
	if (id < 0)
		return NSID_UNKNOWN;
	return id == r->own_id ? NSID_OWN : id;
}

/* True if an answer is about the namespace that was asked for, by its TARGET_NETNSID. */
static bool is_of_source(const struct rtnl *r, const struct rtnl_source *source,
	struct attrs *attrs, uint16_t target_type)
{
	if (source->origin == RTNL_NEWS)
		return true;
	if (!attrs->at[target_type])
		return source->nsid == NSID_OWN;
	return translate_id(r, (int32_t)attr_u32(attrs, target_type, 0)) == source->nsid;
}

/* A message that is being parsed. */
struct reading {
	struct rtnl *r;
	const struct rtnl_source *source;
	const struct nlmsghdr *header;
	struct attrs attrs;
	struct event event;
};

/* Parses the attributes, and returns the message's fixed part of `len` bytes, or NULL. */
static const void *read_fixed(struct reading *in, size_t len)
{
	if (mnl_nlmsg_get_payload_len(in->header) < len ||
		mnl_attr_parse(in->header, (unsigned)len, keep_attr, &in->attrs) != MNL_CB_OK) {
		in->attrs.is_malformed = true;
		return NULL;
	}
	return mnl_nlmsg_get_payload(in->header);
}

static void tell(struct reading *in)
{
	if (in->attrs.is_malformed)
		in->r->malformed++;
	else
		in->r->sink.on_event(in->r->sink.arg, &in->event);
}

/* --- links -------------------------------------------------------------------------------- */

/* Reads the kind of the driver, and the few of its attributes that we use. */
static void read_linkinfo(struct attrs *attrs, struct event_link *link)
{
	struct attrs info = {0}, data = {0};
	attr_nest(attrs, IFLA_LINKINFO, &info);
	attr_text(&info, IFLA_INFO_KIND, link->kind, sizeof(link->kind));
	if (strcmp(link->kind, "vlan") == 0) {
		attr_nest(&info, IFLA_INFO_DATA, &data);
		link->vlan_id = attr_u16(&data, IFLA_VLAN_ID, 0);
	} else if (strcmp(link->kind, "bridge") == 0) {
		attr_nest(&info, IFLA_INFO_DATA, &data);
		link->is_vlan_aware = attr_u8(&data, IFLA_BR_VLAN_FILTERING, 0) != 0;
	} else if (strcmp(link->kind, "ipvlan") == 0 || strcmp(link->kind, "ipvtap") == 0) {
		attr_nest(&info, IFLA_INFO_DATA, &data);
		link->ipvlan_mode = attr_u16(&data, IFLA_IPVLAN_MODE, 0);
		link->mode_flags = (uint8_t)attr_u16(&data, IFLA_IPVLAN_FLAGS, 0);
	} else if (strcmp(link->kind, "macvlan") == 0 || strcmp(link->kind, "macvtap") == 0) {
		attr_nest(&info, IFLA_INFO_DATA, &data);
		link->mode_flags = (uint8_t)attr_u32(&data, IFLA_MACVLAN_MODE, 0);
	}
	attrs->is_malformed |= info.is_malformed || data.is_malformed;
}

static void read_hwaddr(struct attrs *attrs, struct event_link *link)
{
	const struct nlattr *attr = attrs->at[IFLA_ADDRESS];
	if (!attr)
		return;
	size_t len = mnl_attr_get_payload_len(attr);
	if (len > sizeof(link->hwaddr)) {
		attrs->is_malformed = true;
		return;
	}
	memcpy(link->hwaddr, mnl_attr_get_payload(attr), len);
	link->hwaddr_len = (uint8_t)len;
}

static void read_link(struct attrs *attrs, struct event_link *link)
{
	link->operstate = attr_u8(attrs, IFLA_OPERSTATE, 0);
	link->mtu = attr_u32(attrs, IFLA_MTU, 0);
	link->master = attr_u32(attrs, IFLA_MASTER, 0);
	link->parent = attr_u32(attrs, IFLA_LINK, 0);
	attr_text(attrs, IFLA_IFNAME, link->name, sizeof(link->name));
	attr_text(attrs, IFLA_IFALIAS, link->alias, sizeof(link->alias));
	read_hwaddr(attrs, link);
	read_linkinfo(attrs, link);
}

/* Reads the parent's namespace. In a notification, IFLA_LINK_NETNSID is an id in the table
 * of the link's own namespace: that is our table only for links of ours. False if the id
 * means nothing here. */
static bool read_parent_nsid(struct reading *in)
{
	struct event_link *link = &in->event.link;
	link->parent_nsid = in->source->nsid;
	if (!in->attrs.at[IFLA_LINK_NETNSID])
		return true;
	nsid_t id = translate_id(in->r, (int32_t)attr_u32(&in->attrs, IFLA_LINK_NETNSID, 0));
	bool is_known = in->source->origin != RTNL_NEWS || in->source->nsid == NSID_OWN;
	link->parent_nsid = is_known ? id : NSID_UNKNOWN;
	return is_known;
}

/* The kernel reports the first link of a pair before it has registered the second. */
static bool has_peer_to_come(const struct reading *in)
{
	const struct event_link *link = &in->event.link;
	return in->source->origin == RTNL_NEWS && link->parent == 0 &&
	       (strcmp(link->kind, "veth") == 0 || strcmp(link->kind, "netkit") == 0);
}

/* A link may have several altnames, each an attribute of the same type. */
static void tell_altnames(struct reading *in)
{
	const struct nlattr *list = in->attrs.at[IFLA_PROP_LIST], *attr;
	if (!list || !in->r->sink.on_altname || in->attrs.is_malformed)
		return;
	mnl_attr_for_each_nested(attr, list)
	{
		char name[ALTNAME_CAP];
		const char *text = mnl_attr_get_payload(attr);
		size_t len = strnlen(text, mnl_attr_get_payload_len(attr));
		if (mnl_attr_get_type(attr) != IFLA_ALT_IFNAME || len >= sizeof(name))
			continue;
		memcpy(name, text, len);
		name[len] = '\0';
		in->r->sink.on_altname(in->r->sink.arg, &in->event, name);
	}
}

/* Messages of AF_BRIDGE are about a port of a bridge, or the bridge itself: RTM_DELLINK when a port
 * leaves its bridge. The VLANs are a list of attributes of one type; a range has no PVID
 * (net/bridge/br_netlink.c, br_fill_ifvlaninfo_compressed()). */
static void read_port(struct reading *in, uint32_t ifindex)
{
	const struct nlattr *list = in->attrs.at[IFLA_AF_SPEC], *attr;
	struct rtnl_port port = {.nsid = in->source->nsid,
		.ifindex = ifindex,
		.has_vlans = list != NULL,
		.is_gone = in->header->nlmsg_type == RTM_DELLINK};
	if (!in->r->sink.on_bridge_port)
		return;
	if (list)
		mnl_attr_for_each_nested(attr, list)
		{
			struct bridge_vlan_info vlan;
			if (mnl_attr_get_type(attr) != IFLA_BRIDGE_VLAN_INFO ||
				mnl_attr_get_payload_len(attr) != sizeof(vlan))
				continue;
			memcpy(&vlan, mnl_attr_get_payload(attr), sizeof(vlan));
			if (vlan.flags & BRIDGE_VLAN_INFO_PVID)
				port.pvid = vlan.vid;
		}
	in->r->sink.on_bridge_port(in->r->sink.arg, &port);
}

static void read_link_message(struct reading *in)
{
	const struct ifinfomsg *fixed = read_fixed(in, sizeof(*fixed));
	if (!fixed || fixed->ifi_index <= 0) {
		in->r->malformed++;
		return;
	}
	if (fixed->ifi_family == AF_BRIDGE)
		read_port(in, (uint32_t)fixed->ifi_index);
	/* Messages with IFLA_WIRELESS are events of wireless extensions, and have little else. */
	if (fixed->ifi_family != AF_UNSPEC || in->attrs.at[IFLA_WIRELESS])
		return;
	if (!is_of_source(in->r, in->source, &in->attrs, IFLA_TARGET_NETNSID)) {
		in->r->misattributed++;
		return;
	}

	struct event_link *link = &in->event.link;
	link->ifindex = (uint32_t)fixed->ifi_index;
	if (in->header->nlmsg_type == RTM_DELLINK) {
		in->event.type = EV_LINK_GONE;
		link->has_moved = in->attrs.at[IFLA_NEW_NETNSID] != NULL;
		tell(in);
		return;
	}
	in->event.type = EV_LINK;
	link->flags = fixed->ifi_flags;
	link->type = fixed->ifi_type;
	read_link(&in->attrs, link);
	bool is_complete = read_parent_nsid(in) && !has_peer_to_come(in);
	if (is_complete || !in->r->sink.on_incomplete_link || in->attrs.is_malformed)
		tell(in);
	else
		in->r->sink.on_incomplete_link(in->r->sink.arg, &in->event);
	tell_altnames(in);
}

/* --- addresses ---------------------------------------------------------------------------- */

static struct addr attr_addr(struct attrs *attrs, uint16_t type, enum addr_family family)
{
	const void *bytes = attr_bytes(attrs, type, family == ADDR_V4 ? 4 : 16);
	return bytes ? addr_make(family, bytes) : (struct addr){0};
}

/* IFA_ADDRESS is the peer's address if there is a peer; IFA_LOCAL, if present, is always ours. */
static void read_addr(struct attrs *attrs, enum addr_family family, struct event_addr *addr)
{
	struct addr local = attr_addr(attrs, IFA_LOCAL, family);
	struct addr address = attr_addr(attrs, IFA_ADDRESS, family);
	addr->addr = local.family != ADDR_NONE ? local : address;
	if (local.family != ADDR_NONE && !addr_equal(&local, &address))
		addr->peer = address;
	if (addr->addr.family == ADDR_NONE || addr->prefix_len > 8 * addr_len(&addr->addr))
		attrs->is_malformed = true;
}

/* Returns when the address ends, by what is left of its valid lifetime at the time of the message
 * (net/ipv6/addrconf.c, inet6_fill_ifaddr()). */
static uint32_t read_expiry(const struct rtnl *r, struct attrs *attrs)
{
	const void *bytes = attr_bytes(attrs, IFA_CACHEINFO, sizeof(struct ifa_cacheinfo));
	struct ifa_cacheinfo info;
	if (!bytes)
		return 0;
	memcpy(&info, bytes, sizeof(info));
	/* The longest finite lifetime is as good as for ever; so is one beyond the clock's range. */
	const uint64_t end = (uint64_t)r->now_s + info.ifa_valid;
	return info.ifa_valid == UINT32_MAX || end > UINT32_MAX ? 0 : (uint32_t)end;
}

/* The kernel has a label for each IPv4 address: the link's name, or that and a colon with a word
 * (net/ipv4/devinet.c, inetdev_changename() keeps the word when the link is renamed). */
static void read_label(struct attrs *attrs, struct event_addr *addr)
{
	char text[IF_NAMESIZE] = "";
	attr_text(attrs, IFA_LABEL, text, sizeof(text));
	const char *colon = strchr(text, ':');
	if (colon)
		memcpy(addr->label, colon + 1, strlen(colon + 1));
}

static void read_addr_message(struct reading *in)
{
	const struct ifaddrmsg *fixed = read_fixed(in, sizeof(*fixed));
	if (!fixed || fixed->ifa_index == 0) {
		in->r->malformed++;
		return;
	}
	if (fixed->ifa_family != AF_INET && fixed->ifa_family != AF_INET6)
		return;
	if (!is_of_source(in->r, in->source, &in->attrs, IFA_TARGET_NETNSID)) {
		in->r->misattributed++;
		return;
	}

	in->event.type = in->header->nlmsg_type == RTM_DELADDR ? EV_ADDR_GONE : EV_ADDR;
	struct event_addr *addr = &in->event.addr;
	addr->ifindex = fixed->ifa_index;
	addr->prefix_len = fixed->ifa_prefixlen;
	addr->rt_scope = fixed->ifa_scope;
	addr->flags = attr_u32(&in->attrs, IFA_FLAGS, fixed->ifa_flags);
	read_addr(&in->attrs, fixed->ifa_family == AF_INET ? ADDR_V4 : ADDR_V6, addr);
	if (in->event.type == EV_ADDR)
		addr->expires_s = read_expiry(in->r, &in->attrs);
	if (fixed->ifa_family == AF_INET)
		read_label(&in->attrs, addr);
	tell(in);
}

/* --- ids of namespaces -------------------------------------------------------------------- */

/* A notification with a cmsg is about the table of another namespace: ignore it. */
static void read_nsid_message(struct reading *in)
{
	if (in->source->nsid != NSID_OWN)
		return;
	if (!read_fixed(in, sizeof(struct rtgenmsg)) || !in->attrs.at[NETNSA_NSID]) {
		in->r->malformed++;
		return;
	}
	int32_t id = (int32_t)attr_u32(&in->attrs, NETNSA_NSID, 0);
	bool is_answer = in->source->origin == RTNL_ANSWER;
	if (id < 0 && is_answer)
		return; /* no id is assigned: NETNSA_NSID_NOT_ASSIGNED */
	if (id < 0)
		in->attrs.is_malformed = true;
	in->event.nsid = translate_id(in->r, id);
	in->event.type = in->header->nlmsg_type == RTM_DELNSID ? EV_NS_GONE : EV_NS;
	if (in->event.nsid != NSID_OWN || is_answer)
		tell(in);
}

/* --- datagrams ---------------------------------------------------------------------------- */

/* NLMSG_ERROR has a negative errno, or zero for an acknowledgement. NLMSG_DONE has the same: a dump
 * that fails after its start reports it there. */
static void read_end(struct reading *in, struct rtnl_outcome *ret)
{
	int error = 0;
	if (mnl_nlmsg_get_payload_len(in->header) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(in->header), sizeof(error));
	else if (in->header->nlmsg_type == NLMSG_ERROR)
		in->r->malformed++;
	ret->is_done = true;
	if (error < 0)
		ret->error = error;
}

static void read_message(struct reading *in, struct rtnl_outcome *ret)
{
	bool is_answer = in->source->origin != RTNL_NEWS;
	if (is_answer && in->header->nlmsg_seq != in->source->seq)
		return;
	if (is_answer && (in->header->nlmsg_flags & NLM_F_DUMP_INTR))
		ret->is_interrupted = true;
	if (is_answer && in->header->nlmsg_type >= NLMSG_MIN_TYPE)
		ret->answers++;

	switch (in->header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK: read_link_message(in); break;
	case RTM_NEWADDR:
	case RTM_DELADDR: read_addr_message(in); break;
	case RTM_NEWNSID:
		ret->is_peers_id |= !is_answer && in->source->nsid != NSID_OWN;
		read_nsid_message(in);
		break;
	case RTM_DELNSID: read_nsid_message(in); break;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		if (is_answer)
			read_end(in, ret);
		break;
	case NLMSG_OVERRUN: ret->is_overrun = true; break;
	default: /* the kernel's enum, not ours: we requested nothing else */
		if (in->r->sink.on_message)
			in->r->sink.on_message(in->r->sink.arg, in->header);
		break;
	}
}

/* Returns the length of the message at the start of `left` bytes, or 0 if it is not complete.
 * Checked here, since mnl_nlmsg_ok() takes lengths above INT_MAX as negative, hence as short
 * enough. The kernel pads each message to NLMSG_ALIGNTO; libmnl reads up to that. */
static size_t message_len(const struct nlmsghdr *h, size_t left)
{
	if (left < sizeof(*h) || h->nlmsg_len < sizeof(*h) || h->nlmsg_len > left)
		return 0;
	size_t len = NLMSG_ALIGN((size_t)h->nlmsg_len);
	return len <= left ? len : 0;
}

void rtnl_parse(struct rtnl *r, const struct rtnl_source *source, const void *bytes, size_t len,
	struct rtnl_outcome *ret)
{
	*ret = (struct rtnl_outcome){0};
	const char *at = bytes, *end = at + len;
	/* Progress: each turn steps over one message, which is not empty. */
	while (at < end) {
		const struct nlmsghdr *h = (const void *)at;
		size_t step = message_len(h, (size_t)(end - at));
		if (step == 0) {
			r->malformed++;
			return;
		}
		struct reading in = {.r = r, .source = source, .header = h};
		in.event.nsid = source->nsid;
		in.event.is_dump = source->origin == RTNL_DUMP;
		read_message(&in, ret);
		at += step;
	}
}
