/* SPDX-License-Identifier: ISC */
/*
 * Owns the meaning of EDNS options: which clients are verified, which subnet counts, and the
 * options of the reply.
 * Never looks up an answer.
 */
#include "serve/extension.h"

#include "serve/common.h"
#include "serve/near.h"

enum { COOKIE_RENEW_S = 1800 };

/* Header, the longest question, OPT and all options: they always fit in an empty reply. */
_Static_assert(MSG_HEADER_LEN + NAME_CAP + 4 + OPT_REPLY_LEN + OPTIONS_REPLY_CAP <= UDP_PAYLOAD_MIN,
	"options must fit in the shortest reply");

/* Adds the client's cookie: the old one if it is valid for a while, otherwise a new one. */
static void put_cookie(struct extension *e, const struct serve_ctx *ctx,
	const struct cookie_keys *keys, const struct serve_client *client, const uint8_t *cookie)
{
	uint8_t *to = edns_options_add(&e->reply, OPTION_COOKIE, COOKIE_LEN);
	/* RFC 9018 §4.3: a cookie older than half an hour is renewed. So is one from the future,
	 * which another server made. */
	if (e->is_verified && ctx->unix_s - cookie_time(cookie) < COOKIE_RENEW_S) {
		memcpy(to, cookie, COOKIE_LEN);
		return;
	}
	struct cookie_secret secret = cookie_secret_of(keys, ctx->unix_s);
	cookie_make(&secret, cookie, &client->addr, ctx->unix_s, to);
}

/* RFC 7873 §5.2.3 to §5.2.5, §5.4. */
static enum msg_rcode heed_cookie(struct extension *e, const struct serve_ctx *ctx,
	const struct serve_client *client, const struct query *q)
{
	const struct edns_options *o = &q->options;
	bool has_ours = o->cookie_len > COOKIE_CLIENT_LEN;
	bool is_strict = ctx->policy->cookies == SERVE_COOKIES_STRICT && !client->is_tcp;
	const struct cookie_keys *keys =
		atomic_load_explicit(&ctx->policy->cookie_keys->keys, memory_order_acquire);
	e->is_verified = cookie_is_good(keys, o->cookie, o->cookie_len, &client->addr, ctx->unix_s);
	put_cookie(e, ctx, keys, client, o->cookie);
	if (q->name_len == 0)
		return has_ours && !e->is_verified ? RCODE_BADCOOKIE : RCODE_NOERROR;
	return is_strict && !e->is_verified ? RCODE_BADCOOKIE : RCODE_NOERROR;
}

static bool is_trusted(const struct serve_policy *policy, const struct addr *client)
{
	return prefixes_have(policy->trusted, policy->trusted_count, client);
}

/* RFC 7871 §7.2.1. From an untrusted client, the option is ignored (§7.5; §11.3 has the
 * reasons). */
static enum msg_rcode heed_subnet(struct extension *e, const struct serve_ctx *ctx,
	const struct serve_client *client, const struct edns_options *o)
{
	struct subnet subnet;
	if (!is_trusted(ctx->policy, &client->addr))
		return RCODE_NOERROR;
	if (!subnet_parse(o, &subnet))
		return RCODE_FORMERR;
	e->has_subnet = subnet.prefix.addr.family != ADDR_NONE;
	e->subnet = subnet.prefix;
	/* If no answer depends on the client's position, the scope is 0: the answer
	 * is valid for all. */
	bool depends = zone_has_views(ctx->zone) || near_depends(ctx);
	edns_options_add_subnet(&e->reply, &subnet, depends ? subnet.prefix.len : 0);
	return RCODE_NOERROR;
}

static void put_nsid(struct extension *e, const struct serve_text *nsid)
{
	if (nsid->len > 0)
		memcpy(edns_options_add(&e->reply, OPTION_NSID, nsid->len), nsid->bytes, nsid->len);
}

enum msg_rcode extension_heed(struct extension *e, const struct serve_ctx *ctx,
	const struct serve_client *client, const struct query *query)
{
	const struct edns_options *o = &query->options;
	enum msg_rcode cookie = RCODE_NOERROR, subnet = RCODE_NOERROR;
	/* RFC 7828 §3.3.1: in units of 100 ms; has no meaning over UDP. 0: close the
	 * connection (§3.3.2). */
	if (o->has_keepalive && client->is_tcp)
		put_u16(edns_options_add(&e->reply, OPTION_KEEPALIVE, 2),
			ctx->is_short_of_conns ? 0 : LIMIT_TCP_IDLE_S * 10);
	if (!ctx->policy)
		return RCODE_NOERROR;
	if (o->has_nsid)
		put_nsid(e, &ctx->policy->nsid);
	if (o->cookie && ctx->policy->cookies != SERVE_COOKIES_NONE)
		cookie = heed_cookie(e, ctx, client, query);
	if (o->subnet)
		subnet = heed_subnet(e, ctx, client, o);
	return subnet ? subnet : cookie;
}

void extension_explain(struct extension *e, enum extended_error why)
{
	put_u16(edns_options_add(&e->reply, OPTION_ERROR, 2), (uint16_t)why);
}

void extension_put(const struct extension *e, struct reply *r, unsigned rcode, bool has_do)
{
	reply_add_opt(r, rcode, has_do);
	if (LIKELY(e->reply.len == 0))
		return;
	put_u16(r->at - 2, (uint16_t)e->reply.len);
	memcpy(r->at, e->reply.bytes, e->reply.len);
	r->at += e->reply.len;
}
