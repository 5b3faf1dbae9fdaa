/* SPDX-License-Identifier: ISC */
/*
 * Owns the names of the counters, and their sums.
 * Never counts.
 */
#include "serve/answer.h"

void serve_add_counts(const struct serve_ctx *ctx, uint64_t sums[SERVE_COUNT])
{
	for (int i = 0; i < SERVE_COUNT; i++)
		sums[i] += atomic_load_explicit(&ctx->counts[i], memory_order_relaxed);
}

const char *serve_count_text(enum serve_count which)
{
	switch (which) {
	case SERVE_QUERIES_UDP: return "queries_udp";
	case SERVE_QUERIES_TCP: return "queries_tcp";
	case SERVE_DROPPED: return "dropped";
	case SERVE_NOERROR: return "noerror";
	case SERVE_NODATA: return "nodata";
	case SERVE_NXDOMAIN: return "nxdomain";
	case SERVE_REFERRAL: return "referral";
	case SERVE_REFUSED: return "refused";
	case SERVE_FORMERR: return "formerr";
	case SERVE_NOTIMP: return "notimp";
	case SERVE_OTHER: return "other";
	case SERVE_TRUNCATED: return "truncated";
	case SERVE_EDNS: return "edns";
	case SERVE_COOKIES: return "cookies";
	case SERVE_BADCOOKIE: return "badcookie";
	case SERVE_LIMITED: return "limited";
	case SERVE_COUNT: break;
	}
	return "unknown";
}
