#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Makes doc/rfc6762.md from rfc6762.txt, the names of the tests, and what avahi-daemon did in them.

	rfc6762-table.py TOP >doc/rfc6762.md
	rfc6762-table.py TOP --check BUILD	the table is up to date, its unit tests passed in BUILD
"""
import collections
import glob
import os
import re
import sys

Row = collections.namedtuple("Row", "sections level role text tests")
LEVELS = {"M": "must", "S": "should", "-": ""}
ROLES = {"R": "responder", "P": "probing", "Q": "querier", "-": ""}
HEAD = """\
# RFC 6762, row by row

Made by `make doc/rfc6762.md` from the tests; do not edit. Cases of `tests/unit/{unit}` drive the
engine in virtual time; *scenarios* are in `tests/sim/scenarios`; cases *on the link* are those of
`tests/net/{link}`, packets over a real link. Those of `test_mdns_conformance.py` were
run against {avahi} too ({date}, by `tests/net/record-avahi`, which counts a case as
passed if it does in one of three tries; ours must in each): the last column. The querier (`src/querier`)
is an engine of its own.

| § | | who | what | our tests | {avahi} |
|---|---|---|---|---|---|
"""


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def rows_of(text):
    rows = []
    for line in text.splitlines():
        if line.startswith("\t") and rows:
            rows[-1].tests.extend(line.split())
        elif line.strip() and not line.startswith("#"):
            sections, level, role, what = (part.strip() for part in line.split("|", 3))
            rows.append(Row(sections.split(", "), level, role, what, []))
    return rows


def unit_cases(top):
    """{case: program}"""
    paths = [path for part in ("mdns", "querier")
             for path in sorted(glob.glob(os.path.join(top, f"tests/unit/test_{part}_*.c")))]
    paths.append(os.path.join(top, "tests/unit/test_serve.c"))
    return {case: os.path.basename(path)[:-2] for path in paths
            for case in re.findall(r"^static void (\w+)\(void \*\*state", read(path), re.M)}


def link_cases(top):
    return {case for path in glob.glob(os.path.join(top, "tests/net/test_mdns_*.py"))
            for case in re.findall(r"^def test_(\w+)\(", read(path), re.M)}


def scenarios(top):
    paths = glob.glob(os.path.join(top, "tests/sim/scenarios/*.sim"))
    return {os.path.basename(path)[:-4] for path in paths}


def avahi_results(top):
    lines = read(top, "tests/net/rfc6762-avahi.txt").splitlines()[1:]
    return lines[0], lines[1], {name: word == "passed" for word, name in
                                (line.split() for line in lines[2:])}


def is_named_by(test, sections):
    return any(re.match(rf"(rfc6762_)?s{section.replace('.', '_')}_", test) for section in sections)


def faults(rows, units, links, sims):
    listed = {test for row in rows for test in row.tests}
    for row in rows:
        where = ", ".join(row.sections)
        if not any(is_named_by(test, row.sections) for test in row.tests):
            yield f"§{where}: no test is named by the section: {row.text}"
        for test in row.tests:
            if test not in units and test not in links and test not in sims:
                yield f"§{where}: there is no test {test}"
    for test in sorted({*units, *links}):
        if re.match(r"s\d", test) and test not in listed:
            yield f"{test} is in no row of rfc6762.txt"


def not_passed(rows, units, build):
    """Cases of our rows that did not pass in the last `make check` there."""
    for test in sorted({test for row in rows for test in row.tests if test in units}):
        log = os.path.join(build, "tests/unit", units[test] + ".log")
        if not os.path.exists(log) or not re.search(rf"^\[       OK \] {test}$", read(log), re.M):
            yield f"{test} of {units[test]} has not passed"


def cell(row, units, links, sims):
    parts = []
    for label, known in (("", units), ("on the link: ", links), ("scenarios: ", sims)):
        found = [f"`{test}`" for test in row.tests if test in known]
        if found:
            parts.append(label + ", ".join(found))
    return "<br>".join(parts)


def avahi_cell(row, results):
    found = [test for test in row.tests if test in results]
    failed = [f"`{test}`" for test in found if not results[test]]
    if failed:
        return f"**{len(failed)} of {len(found)} fail**: " + ", ".join(failed)
    return "passes" if found else ""


def table(top, rows, units, links, sims):
    avahi, date, results = avahi_results(top)
    lines = [HEAD.format(unit="test_mdns_*.c` and `test_querier_*.c", link="test_mdns_*.py", avahi=avahi, date=date)]
    for row in rows:
        lines.append(f"| {', '.join(row.sections)} | {LEVELS[row.level]} | {ROLES[row.role]} | "
                     f"{row.text} | {cell(row, units, links, sims)} | {avahi_cell(row, results)} |\n")
    good = sum(results.values())
    lines.append(f"\nCases on the link that could be tried with both: {len(results)}. We pass all of "
                 f"them (`make check-net`); {avahi} passes {good}.\n")
    return "".join(lines)


def main():
    top = sys.argv[1]
    rows = rows_of(read(top, "tests/unit/rfc6762.txt"))
    known = unit_cases(top), link_cases(top), scenarios(top)
    wrong = list(faults(rows, *known))
    text = table(top, rows, *known)
    if len(sys.argv) == 2:
        sys.stdout.write(text)
    else:
        wrong += not_passed(rows, known[0], sys.argv[3])
        if text != read(top, "doc/rfc6762.md"):
            wrong.append("doc/rfc6762.md is not up to date: make doc/rfc6762.md")
    for fault in wrong:
        print(fault, file=sys.stderr)
    if len(sys.argv) > 2 and not wrong:
        print(f"{len(rows)} rows, each with tests that passed")
    return bool(wrong)


sys.exit(main())
