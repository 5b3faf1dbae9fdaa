/* SPDX-License-Identifier: ISC */
/*
 * Owns the measurement of the ordered index of a signed zone: N owners as a signed zone of N / 3 names has
 * them (NAME, NAME.wan and NAME.lan), put in no order. Prints the time to find the owner before a name
 * that does not exist, the time to remove an owner and add it again, and the bytes of an owner. Run by
 * bench.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "base/time.h"
#include "zone/order.h"

enum { KEYS = 65536, CHANGES_A_COMMIT = 64 };

static void die(const char *what)
{
	fprintf(stderr, "order-loop: %s\n", what);
	exit(111);
}

static ns_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* The name of an owner, or a name that is none. */
static struct name name_of(unsigned i, const char *label)
{
	static const char *const sides[] = {"", "wan.", "lan."};
	char text[64];
	struct name n;
	snprintf(text, sizeof(text), "%s%u.%sbench.example.", label, i / 3, sides[i % 3]);
	if (name_from_text(text, NULL, &n))
		die("bad name");
	return n;
}

static struct node *make_node(unsigned i)
{
	const struct facts none = {0};
	struct name name = name_of(i, "host");
	struct node *n;
	if (node_new(name.wire, &none, (struct node_form){0}, &n))
		die("no memory");
	return n;
}

static void add(struct order *o, struct garbage *g, struct node *n)
{
	if (order_add(o, g, n))
		die("no memory");
	order_replace(o, n);
}

static void shuffle(struct node **nodes, unsigned count)
{
	for (unsigned i = count; i > 1; i--) {
		struct node **other = &nodes[hash_mix(i, 79) % i], *n = *other;
		*other = nodes[i - 1];
		nodes[i - 1] = n;
	}
}

static double before_ns(const struct order *o, unsigned owners, unsigned long rounds)
{
	static struct key keys[KEYS];
	uintptr_t sum = 0;
	for (unsigned i = 0; i < KEYS; i++) {
		struct name name =
			name_of((unsigned)(hash_mix(i, 77) % owners), i % 2 ? "host1" : "none");
		key_from_name(&keys[i], name.wire);
	}
	ns_t begin = now();
	for (unsigned long i = 0; i < rounds; i++)
		sum += (uintptr_t)order_at_or_before(o, &keys[i % KEYS]);
	ns_t end = now();
	if (sum == 0)
		die("nothing found");
	return (double)(end - begin) / (double)rounds;
}

/* Removes an owner and adds the one that was removed before it. */
static double change_ns(struct order *o, struct node **nodes, unsigned owners, unsigned long rounds)
{
	struct garbage g = {0};
	struct node *out = nodes[0];
	ns_t spent = 0;
	order_remove(o, &g, node_name(out));
	for (unsigned long i = 0; i < rounds; i += CHANGES_A_COMMIT) {
		ns_t begin = now();
		for (unsigned long k = i; k < i + CHANGES_A_COMMIT; k++) {
			struct node *n = nodes[hash_mix(k, 78) % owners];
			if (n == out)
				continue;
			order_remove(o, &g, node_name(n));
			add(o, &g, out);
			out = n;
		}
		spent += now() - begin;
		garbage_free_all(&g);
	}
	return (double)spent / (double)rounds;
}

int main(int argc, char **argv)
{
	unsigned owners = argc > 1 ? (unsigned)atoi(argv[1]) : 3000;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000000;
	if (owners < 3 || rounds == 0)
		die("usage: order-loop [OWNERS [ROUNDS]]");
	struct order *o = order_new();
	struct node **nodes = calloc(owners, sizeof(struct node *));
	struct garbage g = {0};
	if (!o || !nodes)
		die("no memory");
	for (unsigned i = 0; i < owners; i++)
		nodes[i] = make_node(i);
	shuffle(nodes, owners);
	ns_t begin = now();
	for (unsigned i = 0; i < owners; i++)
		add(o, &g, nodes[i]);
	ns_t end = now();
	garbage_free_all(&g);
	printf("owners=%zu build_ns=%.1f bytes=%.1f\n", order_count(o),
		(double)(end - begin) / owners, (double)order_bytes(o) / (double)order_count(o));
	printf("before_ns=%.1f", before_ns(o, owners, rounds));
	printf(" change_ns=%.1f\n", change_ns(o, nodes, owners, rounds));
	order_free(o);
	for (unsigned i = 0; i < owners; i++)
		node_free(nodes[i]);
	free(nodes);
	return 0;
}
