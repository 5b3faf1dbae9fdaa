/* SPDX-License-Identifier: ISC */
/*
 * Owns who may register: clients of the lan, with a key in the update that has signed it.
 * Never decides what a registration does.
 */
#include "ontap-zone/registration.h"

#include "base/err.h"

/* Returns the lease that is granted. False: the update has none, or a malformed one. */
static bool find_lease(const struct update_ask *ask, struct update_lease *ret)
{
	struct update_lease asked;
	if (update_lease_find(ask->msg, ask->len, &asked) != 1)
		return false;
	*ret = update_lease_grant(&asked);
	return true;
}

const char *registration_verify(const struct runtime *runtime, const struct serve_client *client,
	struct update_ask *ask, const struct sig0 *sig, uint64_t now_s)
{
	struct update_lease lease;
	struct rdata key;
	if (!find_lease(ask, &lease))
		return "it registers nothing: it has no lease";
	if (!srp_find_key(ask->msg, ask->len, sig, &key))
		return "it registers nothing: it has no KEY for its signer";
	if (pipeline_view_of(runtime->pipeline, &client->addr) != VIEW_LAN)
		return "only clients of the lan may register";
	if (!srp_is_valid_now(sig, now_s, LIMIT_SIG0_VALID_S))
		return "its signature is not valid now, or for too long";
	int err = sig0_verify(ask->msg, sig, key);
	if (err)
		return err == ERR_NOMEM ? "out of memory" : "its signature is wrong";
	ask->is_registration = true;
	ask->option_len = update_lease_put(&lease, ask->option);
	return NULL;
}

bool registration_removes_all(const struct update_ask *ask)
{
	struct update_lease lease;
	return find_lease(ask, &lease) && lease.lease_s == 0;
}

static bool is_of_other(const void *arg, const uint8_t *name)
{
	const struct update_collected *collected = arg;
	return collected->collect && collect_has_signer(collected->collect, name);
}

int registration_judge(const struct update_collected *collected, const struct update_ground *ground,
	const struct update_ask *ask, const struct update_message *m, struct added_draft *draft,
	struct update_outcome *ret)
{
	struct sig0 sig;
	struct srp srp = {.is_of_other = is_of_other, .arg = collected};
	*ret = (struct update_outcome){.reason = NULL};
	if (sig0_find(ask->msg, ask->len, &sig) != 1 || !find_lease(ask, &srp.lease) ||
		!srp_find_key(ask->msg, ask->len, &sig, &srp.key))
		return RCODE_SERVFAIL; /* it was there a moment ago */
	srp_set_times(&srp, &sig, ground->by.when_s);
	return srp_judge(ground, &srp, m, draft, ret);
}
