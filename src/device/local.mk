# Sources of src/device, headers included.
src_device_libdevice_a_SOURCES = \
	src/device/await.c src/device/await.h \
	src/device/filter.c src/device/filter.h \
	src/device/fixed.c src/device/fixed.h \
	src/device/grant.c src/device/grant.h \
	src/device/guest_mark.c src/device/guest_mark.h \
	src/device/mark.c src/device/mark.h \
	src/device/message.c src/device/message.h \
	src/device/rate.c src/device/rate.h \
	src/device/request.c src/device/request.h \
	src/device/rules.c src/device/rules.h \
	src/device/secret.c src/device/secret.h \
	src/device/subids.c src/device/subids.h \
	src/device/type.c src/device/type.h
