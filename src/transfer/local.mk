# Sources of src/transfer, headers included.
src_transfer_libtransfer_a_SOURCES = \
	src/transfer/catalog.c src/transfer/catalog.h \
	src/transfer/history.c src/transfer/history.h \
	src/transfer/journal.c src/transfer/journal.h \
	src/transfer/journal_zone.c src/transfer/journal_zone.h \
	src/transfer/notify.c src/transfer/notify.h \
	src/transfer/policy.c src/transfer/policy.h \
	src/transfer/records.c src/transfer/records.h \
	src/transfer/request.c src/transfer/request.h \
	src/transfer/snapshot.c src/transfer/snapshot.h \
	src/transfer/snapshot_walk.c src/transfer/snapshot_walk.h \
	src/transfer/source.c src/transfer/source.h \
	src/transfer/tsig.c src/transfer/tsig.h \
	src/transfer/update_msg.c src/transfer/update_msg.h \
	src/transfer/updater.c src/transfer/updater.h \
	src/transfer/xfr.c src/transfer/xfr.h
