/* SPDX-License-Identifier: ISC */
/*
 * Owns a typical program that uses libavahi-client: it resolves a host name, an address, and the
 * first service of a type.
 * Never asks the network itself: its avahi-daemon does. Run by test_mdns_clients.py:  avahi-client
 * NAME ADDRESS TYPE
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>
#include <avahi-common/timeval.h>

enum {
	PATIENCE_MS = 10000,
	EXIT_FOUND = 0,
	EXIT_NOT_FOUND = 1,
	EXIT_USAGE = 100,
	EXIT_SYSTEM = 111
};

static AvahiSimplePoll *simple_poll;
static AvahiClient *client;
static unsigned open_questions = 3;
static bool is_resolving_service;

static void answered(void)
{
	if (--open_questions == 0)
		avahi_simple_poll_quit(simple_poll);
}

static void on_name(AvahiHostNameResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiResolverEvent event, const char *name, const AvahiAddress *address,
	AvahiLookupResultFlags flags, void *arg)
{
	char text[AVAHI_ADDRESS_STR_MAX];
	(void)interface, (void)protocol, (void)flags, (void)arg;
	if (event == AVAHI_RESOLVER_FOUND) {
		printf("name %s %s\n", name, avahi_address_snprint(text, sizeof(text), address));
		answered();
	}
	avahi_host_name_resolver_free(r);
}

static void on_address(AvahiAddressResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiResolverEvent event, const AvahiAddress *address, const char *name,
	AvahiLookupResultFlags flags, void *arg)
{
	char text[AVAHI_ADDRESS_STR_MAX];
	(void)interface, (void)protocol, (void)flags, (void)arg;
	if (event == AVAHI_RESOLVER_FOUND) {
		printf("address %s %s\n", avahi_address_snprint(text, sizeof(text), address), name);
		answered();
	}
	avahi_address_resolver_free(r);
}

static void on_service(AvahiServiceResolver *r, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiResolverEvent event, const char *name, const char *type, const char *domain,
	const char *host, const AvahiAddress *address, uint16_t port, AvahiStringList *txt,
	AvahiLookupResultFlags flags, void *arg)
{
	(void)interface, (void)protocol, (void)type, (void)domain, (void)address, (void)flags,
		(void)arg;
	if (event == AVAHI_RESOLVER_FOUND) {
		char *text = avahi_string_list_to_string(txt);
		printf("service %s %s %u %s\n", name, host, port, text);
		avahi_free(text);
		answered();
	}
	avahi_service_resolver_free(r);
}

static void on_browsed(AvahiServiceBrowser *b, AvahiIfIndex interface, AvahiProtocol protocol,
	AvahiBrowserEvent event, const char *name, const char *type, const char *domain,
	AvahiLookupResultFlags flags, void *arg)
{
	(void)b, (void)flags, (void)arg;
	if (event != AVAHI_BROWSER_NEW || is_resolving_service)
		return;
	is_resolving_service = true;
	avahi_service_resolver_new(client, interface, protocol, name, type, domain,
		AVAHI_PROTO_UNSPEC, 0, on_service, NULL);
}

static void on_client(AvahiClient *c, AvahiClientState state, void *arg)
{
	(void)arg;
	if (state == AVAHI_CLIENT_FAILURE) {
		fprintf(stderr, "avahi: %s\n", avahi_strerror(avahi_client_errno(c)));
		avahi_simple_poll_quit(simple_poll);
	}
}

static void on_patience_end(AvahiTimeout *t, void *arg)
{
	(void)t, (void)arg;
	avahi_simple_poll_quit(simple_poll);
}

int main(int argc, char **argv)
{
	AvahiAddress address;
	struct timeval until;
	int error;
	if (argc != 4 || !avahi_address_parse(argv[2], AVAHI_PROTO_UNSPEC, &address)) {
		fprintf(stderr, "usage: %s NAME ADDRESS TYPE\n", argv[0]);
		return EXIT_USAGE;
	}
	simple_poll = avahi_simple_poll_new();
	const AvahiPoll *poll = avahi_simple_poll_get(simple_poll);
	client = avahi_client_new(poll, 0, on_client, NULL, &error);
	if (!client) {
		fprintf(stderr, "avahi: %s\n", avahi_strerror(error));
		return EXIT_SYSTEM;
	}
	avahi_host_name_resolver_new(client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, argv[1],
		AVAHI_PROTO_INET, 0, on_name, NULL);
	avahi_address_resolver_new(
		client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, &address, 0, on_address, NULL);
	avahi_service_browser_new(
		client, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, argv[3], NULL, 0, on_browsed, NULL);
	poll->timeout_new(poll, avahi_elapse_time(&until, PATIENCE_MS, 0), on_patience_end, NULL);
	avahi_simple_poll_loop(simple_poll);
	avahi_client_free(client);
	avahi_simple_poll_free(simple_poll);
	return open_questions == 0 ? EXIT_FOUND : EXIT_NOT_FOUND;
}
