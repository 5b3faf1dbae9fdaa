/* SPDX-License-Identifier: ISC */
/*
 * Owns the clocks of the signer, and the file of the time that was known last. A machine without a battery begins in
 * 1970, and signatures of then are of no use.
 * Never sets a clock.
 */
#include <errno.h>
#include <time.h>

#include "base/err.h"
#include "dnssec/date.h"
#include "ontap-zone/signer_process.h"
#include "ontap-zone/signer_store.h"

uint64_t signer_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) || now.tv_sec < 0)
		return 0;
	return (uint64_t)now.tv_sec;
}

static uint64_t boot_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_BOOTTIME, &now) || now.tv_sec < 0)
		return 0;
	return (uint64_t)now.tv_sec;
}

uint64_t signer_clock_load(const struct signer_process *p, const char *name)
{
	struct buf text = {0};
	uint64_t stored_s = 0;
	if (signer_store_read(p->dir, name, &text) || date_parse(buf_text(&text), &stored_s))
		stored_s = 0;
	buf_fini(&text);
	return stored_s;
}

int signer_clock_store(const struct signer_process *p, const char *name, uint64_t time_s)
{
	char text[DATE_TEXT_CAP];
	struct buf file = {0};
	buf_printf(&file, "%s\n", date_text(time_s, text));
	int err = signer_store_write(p->dir, name, &file);
	buf_fini(&file);
	if (err)
		log_warning(p->log, "cannot store the time: file=\"%s/keys/%s\" error=\"%s\"",
			p->state_dir, name, err_text(err));
	return err;
}

/* What the host has said last was a time, too. */
void signer_clock_read(struct signer_process *p)
{
	const uint64_t known_s = signer_clock_load(p, "clock");
	const uint64_t host_s = signer_clock_load(p, SIGNER_HOST_CLOCK);
	time_check_init(&p->time_check, known_s > host_s ? known_s : host_s);
}

static void tell(struct signer_process *p, uint64_t now_s)
{
	char now[DATE_TEXT_CAP], known[DATE_TEXT_CAP];
	if (p->has_told_clock)
		return;
	p->has_told_clock = true;
	log_warning(p->log,
		"nothing is signed: clock=%s known=%s file=\"%s/keys/clock\" error=\"the clock is "
		"before a time that has been\" note=\"waits for the right time, or six hours; if "
		"this is the right time: ontap-zone keys clock\"",
		date_text(now_s, now), date_text(p->time_check.known_s, known), p->state_dir);
}

/* Without the file, a later start believes an earlier time: that is no reason to sign nothing. */
static int store(struct signer_process *p, uint64_t now_s)
{
	int err = signer_clock_store(p, "clock", now_s);
	time_check_stored(&p->time_check, now_s);
	return err;
}

static void tell_good(struct signer_process *p)
{
	if (p->has_told_clock)
		log_info(p->log, "signing begins: note=\"%s\"",
			p->time_check.was_behind_for_long
				? "the clock has been so for hours: the time known before was wrong"
				: "the clock is right now");
	p->has_told_clock = false;
}

bool signer_clock_is_good(struct signer_process *p, uint64_t now_s)
{
	const uint64_t boot_s = boot_now();
	if (!time_check_look(&p->time_check, now_s, boot_s)) {
		tell(p, now_s);
		return false;
	}
	tell_good(p);
	if (time_check_is_due(&p->time_check, now_s, boot_s))
		(void)!store(p, now_s);
	return true;
}

int signer_clock_accept(struct signer_process *p, uint64_t now_s)
{
	time_check_accept(&p->time_check, now_s, boot_now());
	return store(p, now_s);
}
