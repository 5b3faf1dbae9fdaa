# Sources of src/net, headers included.
src_net_libnet_a_SOURCES = \
	src/net/dns.c src/net/dns.h \
	src/net/dns_answer.c src/net/dns_answer.h \
	src/net/dns_ask.c src/net/dns_ask.h \
	src/net/dns_bind.c src/net/dns_bind.h \
	src/net/dns_client.c src/net/dns_client.h \
	src/net/dns_conn.c src/net/dns_conn.h \
	src/net/dns_listeners.c src/net/dns_listeners.h \
	src/net/dns_part.h src/net/dns_source.h \
	src/net/dns_tcp.c \
	src/net/dns_thread.c src/net/dns_thread.h \
	src/net/dns_udp.c \
	src/net/frames.c src/net/frames.h \
	src/net/group.c src/net/group.h \
	src/net/mdns.c src/net/mdns.h \
	src/net/own_source.c src/net/own_source.h \
	src/net/sockaddr.c src/net/sockaddr.h \
	src/net/transfers.c src/net/transfers.h \
	src/net/update_ask.c src/net/update_ask.h
