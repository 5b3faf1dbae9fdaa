# `make soak MINUTES=N`: the daemon while everything around it changes and breaks, see soak.py. Needs root, or user
# namespaces.
MINUTES = 30
soak: all tests/soak/harder.so
	/usr/bin/python3 -B $(top_srcdir)/tests/soak/soak.py --builddir=$(abs_top_builddir) --minutes=$(MINUTES) \
		$(SOAK_ARGS)
.PHONY: soak

# Preloaded into the daemon.
tests/soak/harder.so: tests/soak/harder.c
	@$(MKDIR_P) tests/soak
	$(CC) -shared -fPIC -O1 $(WARN_CFLAGS) -o $@ $(top_srcdir)/tests/soak/harder.c
CLEANFILES += tests/soak/harder.so
EXTRA_DIST += tests/soak
