/* SPDX-License-Identifier: ISC */
/*
 * Owns the judgement on the clock. A machine without a battery begins in 1970, and signatures of then are of no
 * use: so nothing is signed until the clock is not before what it was, or before this program.
 * Never sets a clock.
 */
#include <errno.h>
#include <time.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "ontap-zone/signer_process.h"
#include "ontap-zone/signer_store.h"

enum {
	FIRST_S = 1767225600, /* 2026-01-01, before the first release that signs */
	BACK_MAX_S = 3600,    /* a clock may be set back by so much */
	STORE_S = 86400       /* so often the time is stored */
};

uint64_t signer_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) || now.tv_sec < 0)
		return 0;
	return (uint64_t)now.tv_sec;
}

void signer_clock_read(struct signer_process *p)
{
	struct buf text = {0};
	uint64_t stored_s;
	p->clock_s = FIRST_S;
	if (signer_store_read(p->dir, "clock", &text) == 0 &&
		date_parse(buf_text(&text), &stored_s) == 0 && stored_s > p->clock_s)
		p->clock_s = stored_s;
	buf_fini(&text);
}

static void tell(struct signer_process *p, uint64_t now_s)
{
	char now[DATE_TEXT_CAP], known[DATE_TEXT_CAP];
	if (p->has_told_clock)
		return;
	p->has_told_clock = true;
	log_warning(p->log,
		"nothing is signed: clock=%s known=%s error=\"the clock is before a time that has "
		"been\" note=\"waits for the right time; if that is it, stop, and remove "
		"%s/keys/clock\"",
		date_text(now_s, now), date_text(p->clock_s, known), p->state_dir);
}

bool signer_clock_is_good(struct signer_process *p, uint64_t now_s)
{
	char text[DATE_TEXT_CAP];
	struct buf file = {0};
	if (now_s + BACK_MAX_S < p->clock_s) {
		tell(p, now_s);
		return false;
	}
	if (p->has_told_clock)
		log_info(p->log, "signing begins: note=\"the clock is right now\"");
	p->has_told_clock = false;
	if (now_s < p->clock_s + STORE_S && p->clock_s != FIRST_S)
		return true;
	buf_printf(&file, "%s\n", date_text(now_s, text));
	int err = signer_store_write(p->dir, "clock", &file);
	buf_fini(&file);
	if (err)
		log_warning(p->log, "cannot store the time: file=\"%s/keys/clock\" error=\"%s\"",
			p->state_dir, err_text(err));
	p->clock_s = now_s;
	return true;
}
