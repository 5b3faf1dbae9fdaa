# Sources of src/zone, headers included.
src_zone_libzone_a_SOURCES = \
	src/zone/apex.c \
	src/zone/canon.c src/zone/canon.h \
	src/zone/denial.c src/zone/denial.h \
	src/zone/fact.c src/zone/fact.h \
	src/zone/garbage.c src/zone/garbage.h \
	src/zone/generation.c \
	src/zone/kept.c \
	src/zone/lookup.c src/zone/lookup.h \
	src/zone/node.c src/zone/node.h \
	src/zone/nsec.c src/zone/nsec.h \
	src/zone/order.c src/zone/order.h \
	src/zone/orders.c src/zone/orders.h \
	src/zone/owner.c \
	src/zone/page.c src/zone/page.h \
	src/zone/pending.c \
	src/zone/publish.c \
	src/zone/records.c \
	src/zone/refresh.c \
	src/zone/request.c \
	src/zone/say.c \
	src/zone/scan.c \
	src/zone/sign.h \
	src/zone/signing.c src/zone/signing.h \
	src/zone/store.h \
	src/zone/table.c src/zone/table.h \
	src/zone/tree.c src/zone/tree.h \
	src/zone/update.c \
	src/zone/view.c src/zone/view.h \
	src/zone/zone.c src/zone/zone.h
