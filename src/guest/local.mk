# Sources of src/guest, headers included.
src_guest_libguest_a_SOURCES = \
	src/guest/ask.c src/guest/ask.h \
	src/guest/automaton.c \
	src/guest/dhcp4.c src/guest/dhcp4.h \
	src/guest/dhcp6.c src/guest/dhcp6.h \
	src/guest/filter.c src/guest/filter.h \
	src/guest/frame.c src/guest/frame.h \
	src/guest/guest.h \
	src/guest/hear.h \
	src/guest/hear_dhcp4.c \
	src/guest/hear_dhcp6.c \
	src/guest/hear_link.c \
	src/guest/hold.c src/guest/hold.h \
	src/guest/hostname.c src/guest/hostname.h \
	src/guest/hwaddr.h \
	src/guest/judge.c src/guest/judge.h \
	src/guest/lan.c src/guest/lan.h \
	src/guest/nd.c src/guest/nd.h \
	src/guest/own.c src/guest/own.h \
	src/guest/policy.c src/guest/policy.h \
	src/guest/said.c src/guest/said.h \
	src/guest/state.h
