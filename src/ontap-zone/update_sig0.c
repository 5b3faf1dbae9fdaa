/* SPDX-License-Identifier: ISC */
/*
 * Owns what is made of a signature by a key pair.
 * Never decides what its key may do.
 */
#include "ontap-zone/update_sig0.h"

#include <string.h>

#include "base/err.h"
#include "net/dns_answer.h"
#include "ontap-zone/registration.h"
#include "update/seen.h"

/* Times are serial numbers of 32 bits (RFC 4034 §3.1.5). */
static const char *why_untimely(const struct sig0 *sig, uint64_t now_s)
{
	if ((int32_t)(sig->inception - (uint32_t)now_s) > 0)
		return "its signature is not valid yet: is its clock ahead, or ours behind?";
	if ((int32_t)(sig->expiration - (uint32_t)now_s) < 0)
		return "its signature is not valid any more: is its clock behind, or ours ahead?";
	return "its signature is valid for too long";
}

static const char *tell(int err, const struct sig0 *sig, uint64_t now_s)
{
	switch (err) {
	case ERR_ABSENT: return "no file and no zone of ours has such a key of the signer";
	case ERR_RANGE: return why_untimely(sig, now_s);
	case ERR_NOMEM: return "out of memory";
	default: return "its signature is wrong";
	}
}

/* What is known only to the collector has no rights by its name, which may be of its own choice. */
static int verify(const struct signer_keys *keys, const struct update_collected *collected,
	const struct runtime *runtime, struct update_ask *ask, const struct sig0 *sig,
	uint64_t now_s)
{
	int err = signer_keys_verify(keys, pipeline_zone(runtime->pipeline), ask->msg, sig, now_s);
	if (err != ERR_ABSENT)
		return err;
	err = update_collected_verify(collected, ask->msg, sig, now_s);
	ask->is_collected = err == 0;
	return err;
}

const char *update_sig0_verify(const struct signer_keys *keys,
	const struct update_collected *collected, const struct runtime *runtime,
	struct transfer *update)
{
	struct update_ask *ask = update->update;
	struct sig0 sig;
	if (sig0_find(ask->msg, ask->len, &sig) != 1)
		return "its signature is malformed";
	ask->tsig.key.name = sig.signer; /* which is signed as it was sent: the copy is changed */
	name_lower(&ask->tsig.key.name);
	const uint64_t now_s = dns_unix_time();
	int err = verify(keys, collected, runtime, ask, &sig, now_s);
	const char *wrong = NULL;
	if (err == ERR_ABSENT && runtime->conf.has_srp)
		wrong = registration_verify(runtime, &update->client, ask, &sig, now_s);
	else if (err)
		wrong = tell(err, &sig, now_s);
	if (wrong)
		return wrong;
	ask->tsig.mac_len = SEEN_MAC;
	memcpy(ask->tsig.mac, sig.signature, SEEN_MAC);
	ask->inception_s = sig0_since(&sig, now_s);
	ask->until_s = sig0_until(&sig, now_s);
	ask->alg = sig.alg;
	ask->tag = sig.tag;
	return NULL;
}
