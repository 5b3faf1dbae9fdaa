#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Measures ontap-zone side by side with other servers; README.md in this directory describes it.

Needs root. Everything happens in the run's own namespaces, which end with it. Programs that are not installed
are reported and left out. The table goes to standard output, progress to standard error.
"""
import argparse
import os
import shlex
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import part_autoconf  # noqa: E402
import part_devices  # noqa: E402
import part_fleet  # noqa: E402
import part_guests  # noqa: E402
import part_hostnames  # noqa: E402
import part_index  # noqa: E402
import part_instructions  # noqa: E402
import part_kernel  # noqa: E402
import part_mdns  # noqa: E402
import part_record  # noqa: E402
import part_signed  # noqa: E402
import part_start  # noqa: E402
import part_strangers  # noqa: E402
import part_tcp  # noqa: E402
import part_transfer  # noqa: E402
import part_unicast  # noqa: E402
import part_update  # noqa: E402
import part_workers  # noqa: E402
from lab import Lab, Missing, isolate  # noqa: E402
from report import Report  # noqa: E402

PARTS = {"kernel": part_kernel.run, "unicast": part_unicast.run, "tcp": part_tcp.run,
         "workers": part_workers.run, "start": part_start.run, "record": part_record.run,
         "transfer": part_transfer.run, "update": part_update.run, "signed": part_signed.run, "fleet": part_fleet.run,
         "instructions": part_instructions.run, "index": part_index.run, "mdns": part_mdns.run,
         "hostnames": part_hostnames.run, "devices": part_devices.run, "guests": part_guests.run,
         "autoconf": part_autoconf.run, "strangers": part_strangers.run}
EXIT_SKIP = 77


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builddir", default="build/start", help="where the programs were built")
    parser.add_argument("--part", action="append", choices=PARTS, help="only that; may be repeated")
    parser.add_argument("--names", action="append", type=int, metavar="N",
                        help="of the sizes of unicast zones (10, 1000, 100000) only that; may be repeated")
    parser.add_argument("--smoke", action="store_true",
                        help="a few of everything in half a minute: shows that it works, judges nothing")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    parser.add_argument("--markdown", metavar="FILE", help="write tables there, a column for each server")
    parser.add_argument("--svg", metavar="FILE", help="draw what servers have in common there (gnuplot)")
    args = parser.parse_args()
    for key in ("builddir", "json", "markdown", "svg"):
        if getattr(args, key):
            setattr(args, key, os.path.abspath(getattr(args, key)))
    return args


def run_parts(args, report, work):
    for name in args.part or PARTS:
        start = time.monotonic()
        lab = Lab(args.builddir, os.path.join(work, name), args.smoke, args.names)
        try:
            PARTS[name](lab, report)
        except Missing as missing:
            report.missing(name, str(missing))
        finally:
            lab.close()
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr)


def main():
    args = arguments()
    if os.geteuid() != 0:
        print("bench: not root", file=sys.stderr)
        return EXIT_SKIP
    reason = isolate()
    if reason:
        print(f"bench: no namespaces: {reason}", file=sys.stderr)
        return EXIT_SKIP
    report = Report(shlex.join(["tests/bench/bench.py", *(f"--part={part}" for part in args.part or ())]),
                    is_judging=not args.smoke)
    with tempfile.TemporaryDirectory(prefix="ontap-bench.") as work:
        os.chmod(work, 0o755)
        run_parts(args, report, work)
    print(report.table())
    if args.json:
        report.write_json(args.json)
    if args.markdown:
        report.write_markdown(args.markdown)
    if args.svg:
        gnuplot = shutil.which("gnuplot")
        if gnuplot:
            report.write_svg(args.svg, gnuplot)
        else:
            print("left out: picture: gnuplot is not installed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
