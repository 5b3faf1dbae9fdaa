/* SPDX-License-Identifier: ISC */
/*
 * Owns the sweep of failing allocations: the same story of the whole daemon again and again, each
 * time with another allocation of the product that fails, alone or with those that follow it.
 * Afterwards everything must be as if it had not failed.
 */
#include <stdlib.h>
#include <string.h>

#include "whole.h"

/* How many allocations fail, one after the other. */
static const unsigned long bursts[] = {1, 7, 40};

enum { RANDOM_SEEDS = 300, RANDOM_STEPS = 40, RANDOM_ODDS = 12 };

static struct {
	bool is_working;      /* the product works: only its allocations count */
	unsigned long count;  /* of them so far */
	unsigned long first;  /* the first that fails */
	unsigned long length; /* how many do */
	unsigned long failed;
	struct sim *random; /* not NULL: each fails at random instead, one of RANDOM_ODDS */
} fault;

static bool must_fail(void)
{
	if (!fault.is_working)
		return false;
	fault.count++;
	bool is_it = fault.random ? sim_random(fault.random, RANDOM_ODDS) == 0
				  : fault.count >= fault.first &&
					    fault.count - fault.first < fault.length;
	fault.failed += is_it;
	return is_it;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return must_fail() ? NULL : __real_realloc(p, size);
}

static void on_work(bool is_working)
{
	fault.is_working = is_working;
}

/* --- the story ------------------------------------------------------------------------------ */

static void give_link(struct whole *w, int space, int l, uint32_t lower, const char *alias)
{
	struct kernel_link link = {.is_up = true, .mtu = 1500, .lower = lower};
	snprintf(link.alias, sizeof(link.alias), "%s", alias);
	simkernel_set_link(&w->kernel, space, l, &link);
}

static void give_addr(
	struct whole *w, int space, int l, int at, const char *text, uint8_t prefix_len)
{
	struct kernel_addr addr = {.prefix_len = prefix_len};
	if (addr_parse(text, &addr.addr))
		abort();
	simkernel_set_addr(&w->kernel, space, l, at, &addr);
}

static void give_workload(struct whole *w, int space, const char *alias)
{
	char v4[32], v6[32];
	snprintf(v4, sizeof(v4), "10.0.%d.1", space);
	snprintf(v6, sizeof(v6), "2001:db8:%d::7", space);
	simkernel_add_space(&w->kernel, space);
	give_link(w, space, 0, 1, alias);
	give_addr(w, space, 0, 0, v4, 16);
	give_addr(w, space, 0, 1, v6, 64);
}

enum { STORY_STEPS = 10 };

/* Everything comes, changes and goes, in small steps. */
static void story(struct whole *w, unsigned step)
{
	switch (step) {
	case 0:
		give_link(w, 0, 0, 0, "");
		give_addr(w, 0, 0, 0, "10.0.0.1", 16);
		simkernel_set_hostname(&w->kernel, 0, "box");
		break;
	case 1: give_workload(w, 1, "web"); break;
	case 2: give_workload(w, 2, "web, db"); break;
	case 3:
		whole_reload(w, 1);
		give_link(w, 1, 0, 1, "mail");
		break;
	case 4:
		simkernel_remove_addr(&w->kernel, 2, 0, 0);
		give_link(w, 0, 1, 0, "db");
		give_addr(w, 0, 1, 0, "10.1.0.1", 16);
		break;
	case 5:
		whole_reload(w, 0);
		simkernel_set_hostname(&w->kernel, 0, "crate");
		break;
	case 6: give_link(w, 2, 0, 2, "web"); break;
	case 7: simkernel_remove_space(&w->kernel, 1); break;
	case 8: simkernel_remove_link(&w->kernel, 0, 0); break;
	case 9: /* notifications are lost, of a namespace's beginning among others */
		for (int i = 0; i < 3 * KERNEL_QUEUE; i++)
			give_addr(w, 2, 0, 2, i % 2 ? "198.51.100.7" : "198.51.100.8", 24);
		give_workload(w, 1, "mail");
		break;
	}
}

/* There is memory again: what has failed is tried again, and everything is right. */
static void settle(struct whole *w)
{
	fault.length = 0;
	fault.random = NULL;
	whole_turn(w);
	w->on_work = NULL;
	whole_check(w);
}

static bool end(struct whole *w, const char *what, unsigned long first, unsigned long length)
{
	bool is_good = !w->net.failure[0];
	if (!is_good)
		printf("FAIL %s %lu, %lu: %s\n", what, first, length, w->net.failure);
	whole_fini(w);
	return is_good;
}

static bool run_random(uint64_t seed)
{
	static struct whole w;
	memset(&fault, 0, sizeof(fault));
	bool is_made = whole_init(&w, seed);
	for (unsigned i = 0; is_made && i < RANDOM_STEPS && !w.net.failure[0]; i++) {
		uint8_t step[WHOLE_STEP_LEN];
		for (size_t j = 0; j < sizeof(step); j++)
			step[j] = (uint8_t)sim_random(&w.net, 256);
		w.on_work = on_work;
		fault.random = &w.net;
		whole_step(&w, step);
		if (i % 10 == 9)
			settle(&w);
	}
	return end(&w, "seed", seed, 0);
}

/* Returns false if something is wrong afterwards. */
static bool run(unsigned long first, unsigned long length)
{
	static struct whole w;
	memset(&fault, 0, sizeof(fault));
	fault.first = first;
	fault.length = length;
	if (whole_init(&w, 1)) {
		w.on_work = on_work;
		/* Later steps might hide what is wrong. */
		for (unsigned step = 0; step < STORY_STEPS && fault.failed == 0; step++) {
			story(&w, step);
			whole_turn(&w);
		}
		settle(&w);
	}
	return end(&w, "allocations (first, number)", first, length);
}

int main(void)
{
	unsigned long runs = 0, failures = 0;
	for (size_t i = 0; i < ARRAY_LEN(bursts); i++) {
		unsigned long first = 0;
		do {
			first++;
			failures += !run(first, bursts[i]);
			runs++;
		} while (fault.failed > 0);
	}
	for (uint64_t seed = 1; seed <= RANDOM_SEEDS; seed++)
		failures += !run_random(seed);
	printf("%lu runs, %lu failures\n", runs, failures);
	/* A sweep that ends at once has tested nothing. */
	return failures > 0 || runs < 500;
}
