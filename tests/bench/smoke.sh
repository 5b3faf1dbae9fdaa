#!/bin/bash
# SPDX-License-Identifier: ISC
# Shows that the measurements can be made: a few of everything, in half a minute. Judges no figure, and is
# not bound by how long it takes: who runs for an hour hangs.
[ "$(id -u)" -eq 0 ] || { echo "bench: not root"; exit 77; }
/usr/bin/python3 -c '' 2>/dev/null || { echo "bench: no python3"; exit 77; }
exec timeout -k 60 3600 /usr/bin/python3 -B "$top_srcdir/tests/bench/bench.py" --builddir="$top_builddir" --smoke
