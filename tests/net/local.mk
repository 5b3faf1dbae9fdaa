# Network tests (pytest); `make check-net` or ./check runs them. Helper programs in C for them:
# check_PROGRAMS += tests/net/x
check_PROGRAMS += tests/net/model-dump
tests_net_model_dump_SOURCES = tests/net/model-dump.c
check_PROGRAMS += tests/net/zone-dump
tests_net_zone_dump_SOURCES = tests/net/zone-dump.c
check_PROGRAMS += tests/net/guest-hear
tests_net_guest_hear_SOURCES = tests/net/guest-hear.c
check_PROGRAMS += tests/net/nss-look
tests_net_nss_look_SOURCES = tests/net/nss-look.c
tests_net_nss_look_LDADD =
check_PROGRAMS += tests/net/device-ask
tests_net_device_ask_SOURCES = tests/net/device-ask.c
tests_net_device_ask_LDADD = src/libontap/libontap.a
# A client of libavahi-client, if that library is installed.
if HAVE_AVAHI
check_PROGRAMS += tests/net/avahi-client
tests_net_avahi_client_SOURCES = tests/net/avahi-client.c
tests_net_avahi_client_CPPFLAGS = $(AM_CPPFLAGS) $(AVAHI_CFLAGS)
tests_net_avahi_client_LDADD = $(AVAHI_LIBS)
endif
# In the place of a virtual machine.
check_PROGRAMS += tests/net/guest-shuttle
tests_net_guest_shuttle_SOURCES = tests/net/guest-shuttle.c
tests_net_guest_shuttle_LDADD =
