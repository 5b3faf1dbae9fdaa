# SPDX-License-Identifier: ISC
"""Host names by each of the three means, on a kernel that has all of them: the same events lead to the same
model."""
import json
import os
import re

import pytest

MEANS = ("fexit", "iter", "proc")
OWN = -1


@pytest.fixture(scope="module")
def steps(machine, built):
    """{step: {means: (relation, stats)}}, where a relation is {(nsid, name, owner)}."""
    vm = machine()
    vm.add(built("tests/net/model-dump"))
    vm.add_library("libbpf.so.1")
    vm.add(built("tests/vm/storm"))
    with open(os.path.join(os.path.dirname(__file__), "hostnames.sh"), encoding="utf-8") as script:
        status, printed = vm.run(script.read())
    assert status == 0, printed
    found = {}
    for part in printed.split("== ")[1:]:
        head, _, lines = part.partition("\n")
        step, means = head.split()
        items = [json.loads(line) for line in re.findall(r"\{.*\}", lines)]
        relation = {(i["nsid"], i["name"], i["owner"]) for i in items
                    if i["what"] == "hostname"}
        stats = next((i for i in items if i["what"] == "stats"), {"text": lines})
        found.setdefault(step, {})[means] = (relation, stats)
        if step in ("before", "after"):
            found[step][means] = {key: int(value) for key, value in re.findall(r"^(rss|fds)\s+(\d+)", lines, re.M)}
    return found


def names(steps, step, means):
    return {(nsid, name) for nsid, name, _ in steps[step][means][0] if name != "(none)"}


@pytest.mark.parametrize("means", MEANS)
def test_each_means_is_there(steps, means):
    assert steps["start"][means][1]["by"] == means
    assert steps["start"][means][0] == {(OWN, "(none)", "host")}


@pytest.mark.parametrize("step", ("made", "changed", "half", "gone", "storm", "lost"))
def test_all_means_give_the_same_model(steps, step):
    assert steps[step]["fexit"][0] == steps[step]["iter"][0]
    assert steps[step]["fexit"][0] == steps[step]["proc"][0]
    assert len({steps[step][means][1]["namespaces"] for means in MEANS}) == 1


def test_names_come_by_the_system_call_and_by_proc_and_a_namespace_without_one_is_seen(steps):
    made = names(steps, "made", "fexit")
    assert {name for _, name in made} == {"www", "db", "box"}
    assert (OWN, "box") in made
    # Three network namespaces besides ours; the third has only the machine's own UTS namespace.
    assert steps["made"]["fexit"][1]["namespaces"] == 4


def test_a_pair_lives_as_long_as_a_process_is_in_both(steps):
    www = next(nsid for nsid, name in names(steps, "made", "fexit") if name == "www")
    db = next(nsid for nsid, name in names(steps, "made", "fexit") if name == "db")
    changed, half, gone = (names(steps, step, "fexit") for step in ("changed", "half", "gone"))
    assert {(www, "web"), (db, "web"), (db, "db"), (db, "second")} <= changed
    assert {(www, "web"), (db, "web"), (db, "db")} <= half and (db, "second") not in half
    assert "web" not in {name for _, name in gone} and (db, "db") in gone


def test_a_name_given_in_another_user_namespace_is_told_as_such(steps):
    assert {(name, owner) for _, name, owner in steps["changed"]["fexit"][0]
            if owner != "host" or name == "router"} == {("router", "system")}


def test_news_that_were_lost_are_made_good_for(steps):
    lost = steps["lost"]["fexit"]
    assert lost[1]["news_lost"] > 0 and steps["storm"]["fexit"][1]["news_lost"] == 0
    assert "final" in {name for _, name, _ in lost[0]}
    assert "db" not in {name for _, name, _ in lost[0]}


@pytest.mark.parametrize("means", MEANS)
def test_a_storm_leaves_nothing_behind(steps, means):
    before, after = steps["gone"][means], steps["storm"][means]
    assert after[0] == before[0]
    assert (after[1]["pairs"], after[1]["proxies"]) == (before[1]["pairs"], before[1]["proxies"])


def test_two_thousand_lives_by_the_best_means_leave_no_memory_and_no_descriptor(steps):
    before, after = steps["before"]["fexit"], steps["after"]["fexit"]
    assert after["fds"] == before["fds"]
    assert after["rss"] <= before["rss"] + 150, "a hundred bytes for each would be more"
