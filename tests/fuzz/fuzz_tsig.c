/* SPDX-License-Identifier: ISC */
/*
 * Owns the fuzz target of strangers' input to transfers: queries, TSIG records, answers to NOTIFY.
 * Never expects more than that no input does harm. Run by a fuzzer, and its replay.
 */
#include <stdlib.h>
#include <string.h>

#include "steps.h"
#include "transfer/notify.h"
#include "transfer/request.h"
#include "transfer/tsig.h"
#include "wire/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { NOW = 1700000000, STEPS_A_BYTE = 8, STEPS_FIXED = 200 };

static void verify(const struct tsig_key *key, const uint8_t *msg, const struct request *q)
{
	uint8_t reply[1500];
	struct tsig t;
	if (tsig_verify_request(key, 1, msg, &q->tsig, NOW, &t))
		return;
	size_t len = request_refuse(q, msg, RCODE_NOTAUTH, reply, sizeof(reply));
	size_t room = tsig_room(&t), whole = tsig_sign_reply(&t, reply, len, sizeof(reply), NOW);
	if (whole > len + room || (whole == 0 && len + room <= sizeof(reply)))
		abort(); /* it uses more than it says */
}

static void take_answer(struct notify *n, const uint8_t *bytes, size_t len)
{
	steps_begin();
	notify_input(n, 0, 0, bytes, len);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
}

/* The whole input is a message: a query, then an answer to a NOTIFY. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t example[] = "\7example";
	struct tsig_key key;
	struct request q;
	struct tsig_rr rr;
	uint8_t msg[512];
	size_t target;
	if (tsig_key_parse("k:hmac-sha256:c2VjcmV0", &key))
		abort();
	steps_begin();
	(void)!request_concerns(bytes, len);
	bool is_good = request_parse(bytes, len, &q) == 0;
	if (is_good && q.is_signed)
		verify(&key, bytes, &q);
	steps_check(len, STEPS_A_BYTE, STEPS_FIXED);
	if (is_good && !q.is_signed && tsig_find(bytes, len, &rr) != 0)
		abort();
	static const uint8_t rdata[22];
	struct buf b = {0};
	records_add(&b, &(struct record){example, RR_SOA, VIEW_ANY, 60, {rdata, sizeof(rdata)}});
	struct records *soa = records_new(&b);
	struct notify *n = notify_new(1);
	if (!n || !soa)
		abort();
	if (notify_set_targets(n, (const struct tsig_key *[]){NULL}, 1) == 0 &&
		notify_zone(n, 0, example, soa) == 0 &&
		notify_poll(n, 0, 0, &target, msg, sizeof(msg)) > 0)
		take_answer(n, bytes, len);
	notify_free(n);
	records_unref(soa);
	buf_fini(&b);
	return 0;
}
