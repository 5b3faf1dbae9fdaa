# Sources of src/update, headers included.
src_update_libupdate_a_SOURCES = \
	src/update/added.c src/update/added.h src/update/added_owner.c \
	src/update/diary.c src/update/diary.h \
	src/update/judge.c src/update/judge.h \
	src/update/lease.c src/update/lease.h \
	src/update/message.c src/update/message.h \
	src/update/right.c src/update/right.h \
	src/update/seen.c src/update/seen.h \
	src/update/served.c src/update/served.h \
	src/update/signer_key.c src/update/signer_key.h \
	src/update/srp.c src/update/srp.h
