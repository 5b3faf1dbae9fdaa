/* SPDX-License-Identifier: ISC */
/* How long a turn of the daemon waits: ontap-zone/turn.h. Its steps are those of this file. */
#include "ontap-zone/reload.h"
#include "ontap-zone/signed.h"
#include "ontap-zone/sleep.h"
#include "ontap-zone/turn.h"
#include "unit.h"

#define NOW (1000 * NS_PER_S)

static struct {
	bool is_synced;
	ns_t waited_until;
	unsigned polls;
	bool has_keeper_more, is_keeper_ready; /* a message that was read before; the descriptor */
	unsigned kept;
	struct daemon *daemon;
} world;

/* --- the loop and the watcher ------------------------------------------------------------- */

int __wrap_loop_turn(struct loop *l, ns_t deadline);
int __wrap_loop_turn(struct loop *l UNUSED, ns_t deadline)
{
	world.waited_until = deadline;
	if (world.is_keeper_ready)
		daemon_on_keeper(world.daemon, 0);
	return 0;
}

ns_t __wrap_loop_now(void);
ns_t __wrap_loop_now(void)
{
	return NOW;
}

bool __wrap_watcher_is_synced(const struct watcher *w);
bool __wrap_watcher_is_synced(const struct watcher *w UNUSED)
{
	return world.is_synced;
}

ns_t __wrap_mdns_deadline(const struct mdns *m);
ns_t __wrap_mdns_deadline(const struct mdns *m UNUSED)
{
	return NS_NEVER;
}

ns_t __wrap_control_deadline(const struct control *c);
ns_t __wrap_control_deadline(const struct control *c UNUSED)
{
	return NOW + 9 * NS_PER_S;
}

void __wrap_control_poll(struct control *c, ns_t now);
void __wrap_control_poll(struct control *c UNUSED, ns_t now UNUSED)
{
}

/* --- the steps: only listening has something to do, and since a second --------------------- */

ns_t collecting_deadline(const struct collecting *c UNUSED)
{
	return NS_NEVER;
}

void collecting_poll(struct collecting *c UNUSED, ns_t now UNUSED)
{
}

ns_t updates_deadline(const struct updates *u UNUSED)
{
	return NS_NEVER;
}

void updates_poll(struct updates *u UNUSED, ns_t now UNUSED)
{
}

ns_t signatures_deadline(const struct signatures *s UNUSED)
{
	return NS_NEVER;
}

void signatures_poll(struct signatures *s UNUSED, ns_t now UNUSED)
{
}

void updates_put(struct updates *u UNUSED)
{
}

ns_t listening_deadline(const struct listening *l UNUSED)
{
	return NOW - NS_PER_S;
}

void listening_poll(struct listening *l UNUSED, ns_t now UNUSED)
{
	world.polls++;
}

ns_t guests_deadline(const struct guests *g UNUSED)
{
	return NOW - NS_PER_S;
}

void guests_poll(struct guests *g UNUSED, ns_t now UNUSED)
{
}

ns_t runtime_deadline(const struct runtime *r UNUSED)
{
	return NS_NEVER;
}

ns_t daemon_sleep_deadline(const struct daemon *d UNUSED)
{
	return NS_NEVER;
}

void daemon_poll_sleep(struct daemon *d UNUSED)
{
}

ns_t state_names_deadline(const struct state_names *names UNUSED)
{
	return NS_NEVER;
}

ns_t state_serial_deadline(const struct state_serial *s UNUSED)
{
	return NS_NEVER;
}

ns_t files_deadline(const struct files *f UNUSED)
{
	return NS_NEVER;
}

ns_t peers_deadline(const struct peers *o UNUSED)
{
	return NS_NEVER;
}

bool runtime_is_dirty(const struct runtime *r UNUSED)
{
	return false;
}

void files_poll(struct files *f UNUSED, ns_t now UNUSED)
{
}
void peers_poll(struct peers *o UNUSED, ns_t now UNUSED)
{
}
void daemon_on_watcher(void *arg UNUSED, uint32_t events UNUSED)
{
}
void daemon_ask_again(struct daemon *d UNUSED)
{
}
void daemon_on_keeper(void *arg, uint32_t events UNUSED)
{
	struct daemon *d = arg;
	d->has_kept = true;
	world.kept++;
}
void daemon_pump_keeper(struct daemon *d UNUSED)
{
}
bool keeper_has_more(const struct keeper *k UNUSED)
{
	return world.has_keeper_more;
}
ns_t daemon_signer_deadline(const struct daemon *d UNUSED)
{
	return NS_NEVER;
}
bool daemon_has_signatures(const struct daemon *d UNUSED)
{
	return false;
}

ns_t spoken_deadline(const struct spoken *s UNUSED)
{
	return NS_NEVER;
}

void daemon_hear_signer(struct daemon *d UNUSED)
{
}
void daemon_pump_signer(struct daemon *d UNUSED)
{
}
void daemon_reload(struct daemon *d UNUSED)
{
}
void daemon_flush(struct daemon *d UNUSED)
{
}
void daemon_tell_status(struct daemon *d UNUSED)
{
}
void daemon_pump_mdns(struct daemon *d UNUSED)
{
}
void daemon_tell_watchers(struct daemon *d UNUSED)
{
}
void daemon_reserve_serial(struct daemon *d UNUSED)
{
}

/* --- tests -------------------------------------------------------------------------------- */

static void turn(bool is_synced)
{
	static uint8_t others[1]; /* stands for objects that nobody looks into */
	static struct daemon d;
	d.loop = (struct loop *)others;
	d.watcher = (struct watcher *)others;
	d.keeper = (struct keeper *)others;
	d.mdns = (struct mdns *)others;
	d.updates = (struct updates *)others;
	world.is_synced = is_synced;
	world.polls = world.kept = 0;
	world.daemon = &d;
	assert_int_equal(daemon_turn(&d, NS_NEVER), 0);
}

static void a_step_that_is_due_is_done_at_once(void **state)
{
	(void)state;
	turn(true);
	assert_true(world.waited_until < NOW);
	assert_int_equal(world.polls, 1);
}

static void a_step_that_waits_for_the_watcher_makes_no_turn_shorter(void **state)
{
	(void)state;
	turn(false);
	assert_int_equal(world.polls, 0);
	assert_int_equal(world.waited_until, NOW + 9 * NS_PER_S);
}

/* It takes a millisecond each time, and others wait. */
static void the_keeper_is_heard_once_in_a_turn(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		world.has_keeper_more = i & 1;
		world.is_keeper_ready = i & 2;
		turn(true);
		assert_int_equal(world.kept, i > 0);
	}
	world.has_keeper_more = world.is_keeper_ready = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_that_is_due_is_done_at_once),
		cmocka_unit_test(a_step_that_waits_for_the_watcher_makes_no_turn_shorter),
		cmocka_unit_test(the_keeper_is_heard_once_in_a_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
