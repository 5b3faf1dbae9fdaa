/* SPDX-License-Identifier: ISC */
/*
 * Owns the tests of ontap-zone/render.h: texts of a zone that changes while they are made.
 * Never has a keeper or a file. Run by `make check`.
 */
#include "ontap-zone/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "unit.h"

enum { HOSTS = 20000 };

static struct rig {
	struct pipeline *p;
	struct loop *loop;
	struct render render;
	unsigned done;
	uint32_t serial;
} rig;

static void on_done(void *arg)
{
	struct rig *r = arg;
	r->done++;
}

static void flush(void)
{
	struct pipeline_retired retired;
	do {
		pipeline_flush(rig.p, ++rig.serial, &retired);
		zone_garbage_free(retired.garbage);
		view_table_free(retired.views);
	} while (pipeline_has_more(rig.p));
}

static void put_host(unsigned number, bool is_there)
{
	const uint8_t bytes[4] = {10, 0, (uint8_t)(number >> 8), (uint8_t)number};
	const struct rdata rdata = {bytes, sizeof(bytes)};
	const struct rrset set = {
		.type = RR_A, .view = VIEW_ANY, .ttl = 60, .count = 1, .rdata = &rdata};
	char text[32];
	struct name name;
	snprintf(text, sizeof(text), "h%05u.example.", number);
	assert_int_equal(name_from_text(text, NULL, &name), 0);
	assert_int_equal(pipeline_put_static(rig.p, name.wire, &set, is_there), 0);
}

static int setup(void **state)
{
	struct pipeline_config config = {.policy = {.ttl_s = 60, .mdns = NAME_MDNS_NONE}};
	(void)state;
	memset(&rig, 0, sizeof(rig));
	assert_int_equal(name_from_text("example.", NULL, &config.policy.domain), 0);
	rig.serial = 100;
	rig.p = pipeline_new(7, &config, (struct pipeline_sink){0});
	rig.loop = loop_new();
	assert_true(rig.p && rig.loop);
	return render_init(&rig.render, rig.loop, on_done, &rig);
}

static int teardown(void **state)
{
	(void)state;
	render_fini(&rig.render);
	loop_free(rig.loop);
	pipeline_free(rig.p);
	return 0;
}

static void begin(void)
{
	static const enum export_format formats[] = {EXPORT_ZONE, EXPORT_JSON};
	assert_int_equal(render_begin(&rig.render, rig.p, formats, ARRAY_LEN(formats)), 0);
	rig.done = 0;
}

static bool text_has(size_t i, const char *what)
{
	const struct buf *text;
	assert_int_equal(render_text(&rig.render, i, &text), 0);
	return strstr(buf_text(text), what);
}

static size_t hosts_in(size_t i)
{
	const struct buf *text;
	size_t count = 0;
	assert_int_equal(render_text(&rig.render, i, &text), 0);
	for (const char *at = buf_text(text); (at = strstr(at, "h0")); at++)
		count++;
	return count;
}

static void a_text_of_few_records_is_made_at_once(void **state)
{
	(void)state;
	put_host(1, true);
	flush();
	begin();
	render_go_on(&rig.render, rig.p);
	assert_int_equal(rig.done, 1);
	assert_true(text_has(0, "h00001\t60\tIN\tA\t10.0.0.1\n"));
	assert_true(text_has(1, "h00001.example."));
	render_end(&rig.render);
	assert_false(render_is_busy(&rig.render));
}

/* What changes meanwhile may be in the text or not; but its serial is not that of the change. */
static void a_text_has_the_serial_of_its_start(void **state)
{
	char serial[32];
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		put_host(i, true);
	flush();
	begin();
	render_go_on(&rig.render, rig.p);
	assert_true(render_has_more(&rig.render));
	const uint32_t before = zone_serial(pipeline_zone(rig.p), pipeline_domain(rig.p));
	for (unsigned i = 0; i < HOSTS; i += 2)
		put_host(i, false);
	flush();
	assert_int_not_equal(zone_serial(pipeline_zone(rig.p), pipeline_domain(rig.p)), before);
	render_finish(&rig.render, rig.p);
	assert_int_equal(rig.done, 1);
	snprintf(serial, sizeof(serial), " %u 3600 ", before);
	assert_true(text_has(0, serial) && text_has(1, serial));
	assert_true(text_has(1, "h00001.example."));
	render_end(&rig.render);
}

/* The table of names is replaced by a larger one: the copy begins anew. */
static void a_zone_that_grows_meanwhile_comes_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOSTS / 2; i++)
		put_host(i, true);
	flush();
	begin();
	render_go_on(&rig.render, rig.p);
	for (unsigned i = HOSTS / 2; i < HOSTS; i++)
		put_host(i, true);
	flush();
	render_finish(&rig.render, rig.p);
	assert_int_equal(rig.done, 1);
	assert_true(text_has(0, "h19999") && text_has(0, "h00000") && text_has(0, "h09999"));
	assert_int_equal(hosts_in(0), HOSTS / 2);
	render_end(&rig.render);
}

static void an_end_while_the_thread_writes_waits_for_it(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOSTS; i++)
		put_host(i, true);
	flush();
	begin();
	while (render_has_more(&rig.render))
		render_go_on(&rig.render, rig.p);
	assert_int_equal(rig.done, 0);
	assert_true(render_is_busy(&rig.render));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_text_of_few_records_is_made_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_text_has_the_serial_of_its_start, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_zone_that_grows_meanwhile_comes_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_end_while_the_thread_writes_waits_for_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
