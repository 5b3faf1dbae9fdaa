# SPDX-License-Identifier: ISC
"""Configuration in the documents is right: each block of README.md, doc/ and man/ that is for a program, and each
file of contrib/ that is one, is read by the program that it is for."""
import glob
import json
import os
import re
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECRET = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IDMyYnk="


def blocks_of_markdown(text):
    """Blocks that are indented by four columns and follow an empty line."""
    return [re.sub(r"(?m)^    ", "", block) for block in re.findall(r"(?m)(?<=\n\n)((?:    .*\n|\n(?=    ))+)", text)]


def blocks_of_mdoc(text):
    """Literal displays."""
    plain = {r"\e": "\\", r"\(dq": '"', r"\&": ""}
    return [re.sub(r"\\e|\\\(dq|\\&", lambda m: plain[m.group()], block)
            for block in re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed", text)]


def program_of(block, path=""):
    """The program whose configuration it is, or None."""
    rules = ((r"^(server|stub-zone|forward-zone):", "unbound"), (r"(?m)^server=/", "dnsmasq"),
             (r"^(key|pattern):\n    name:", "nsd"), (r"^(key|remote|acl|template|zone):\n  - ", "knot"),
             (r"^hosts: ", "nsswitch"), (r"^\{", "json"), (r"^[a-z-]+ = ", "ontap-zone"), (r"(?m)^uci ", "shell"))
    found = next((program for rule, program in rules if re.search(rule, without_comments(block))), None)
    return "ontapd" if found == "ontap-zone" and "ontapd" in path else found


def without_comments(text):
    return re.sub(r"(?m)^#.*\n", "", text)


def all_blocks():
    """(file, number, program, text)"""
    found = []
    for path in ["README.md", *glob.glob("doc/*.md", root_dir=TOP), *glob.glob("man/*.[1-8]", root_dir=TOP),
                 *glob.glob("contrib/*/*.conf", root_dir=TOP), *glob.glob("contrib/*/*.json", root_dir=TOP),
                 *glob.glob("contrib/*/*.sh", root_dir=TOP)]:
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            text = file.read()
        blocks = blocks_of_markdown(text) if path.endswith(".md") else \
            blocks_of_mdoc(text) if path.startswith("man/") else [text]
        found += [(path, number, program_of(block, path), block) for number, block in enumerate(blocks, 1)
                  if program_of(block, path)]
    return found


BLOCKS = all_blocks()


def complain(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def check_ontap_zone(text, path, need, program):
    """Apart from files that it names, which are not here."""
    keys = path.with_name("keys")
    keys.write_text(f"one:hmac-sha256:{SECRET}\n")
    zone = path.with_name("zone")  # which is as good for public keys
    zone.write_text("")
    text = re.sub(r"(?m)^(tsig-file = )\S+", rf"\g<1>{keys}", text)
    text = re.sub(r"(?m)^(trust = )[^:\s]+", rf"\g<1>{zone}", text)
    path.write_text(re.sub(r"(?m)^(zone-file = )\S+", rf"\g<1>{zone}", text))
    complain(program("ontap-zone"), "check", f"--config={path}")


def check_ontapd(text, _path, _need, program):
    """It has no way to read a file and not to start."""
    known = complain(program("ontapd"), "--help")
    keys = re.findall(r"(?m)^([a-z-]+) = .", without_comments(text))
    assert keys and not [key for key in keys if f"--{key}=" not in known and key.upper() not in known]


def check_nsswitch(text, _path, _need, _program):
    assert re.fullmatch(r"hosts:( (files|ontap|dns|resolve|myhostname|mymachines|\[\S+\]))+\n", without_comments(text))


CHECKS = {
    "unbound": lambda _text, path, need, _: complain(need("unbound-checkconf"), str(path)),
    "dnsmasq": lambda _text, path, need, _: complain(need("dnsmasq"), "--test", f"--conf-file={path}"),
    "nsd": lambda _text, path, need, _: complain(need("nsd-checkconf"), str(path)),
    "knot": lambda _text, path, need, _: complain(need("knotc"), "-c", str(path), "conf-check"),
    "ontap-zone": check_ontap_zone,
    "ontapd": check_ontapd,
    "nsswitch": check_nsswitch,
    "json": lambda text, *_: json.loads(text),
    "shell": lambda _text, path, *_: complain("sh", "-n", str(path)),
}


@pytest.mark.parametrize("name, number, kind, text", BLOCKS, ids=[f"{b[0]}-{b[1]}-{b[2]}" for b in BLOCKS])
def test_the_configuration_in_documents_is_read_by_its_program(name, number, kind, text, need, program, tmp_path):
    path = tmp_path / "conf"
    text = text.replace("c2VjcmV0...", SECRET)
    path.write_text(text)
    CHECKS[kind](text, path, need, program)


def test_no_program_is_left_out():
    """Otherwise, a block that is not found any more would count as right."""
    count = {kind: len([block for block in BLOCKS if block[2] == kind]) for kind in CHECKS}
    least = {"unbound": 1, "dnsmasq": 2, "nsd": 2, "knot": 3, "ontap-zone": 3, "ontapd": 1, "nsswitch": 2, "json": 2, "shell": 1}
    assert all(count[kind] >= least[kind] for kind in least), count


def command_lines():
    """(file, words) of each command of ours in the documents, up to the program that it starts."""
    for path in ["README.md", *glob.glob("doc/*.md", root_dir=TOP), *glob.glob("man/*.[1-8]", root_dir=TOP)]:
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            text = file.read()
        blocks = blocks_of_mdoc(text) + re.findall(r"(?m)^\.Dl (.*)$", text) if path.startswith("man/") \
            else blocks_of_markdown(text)
        for block in blocks:
            for line in block.replace("\\\n", " ").splitlines():
                found = re.search(r"(?:^|[#$] |sudo |unshare )(ontap(?:-zone|-waitif|-name|d)?) ([^#|&]*)", line)
                if found:
                    yield path, [found[1], *re.split(r"\s+", found[2].split(" -- ")[0].strip())]


COMMANDS = list(command_lines())


@pytest.mark.parametrize("name, words", COMMANDS, ids=[f"{name}-{' '.join(words)[:40]}" for name, words in COMMANDS])
def test_the_commands_in_documents_have_the_options_that_they_show(name, words, program):
    path = program(words[0])
    start = [path, words[1]] if words[0] == "ontap-zone" else [path]
    known = complain(*start, "--help")
    for word in words[1:]:
        if re.match(r"--[a-z]", word):
            key = word[2:].split("=")[0]
            assert re.search(rf"--(\[no-\])?{re.sub('^no-', '', key)}\b", known), word


def test_no_command_is_left_out():
    assert len(COMMANDS) >= 15 and {words[0] for _, words in COMMANDS} >= {"ontap", "ontapd", "ontap-zone", "ontap-waitif"}


@pytest.mark.parametrize("kind, text", [
    ("unbound", "server:\n    local-zone: \"home.arpa.\" nodefault no\n"), ("dnsmasq", "server=/home.arpa/nonsense\n"),
    ("nsd", "key:\n    name: one\n    nonsense: x\n"), ("knot", "remote:\n  - { id: ontap, address: 192.0.2.1 }\n"),
    ("ontap-zone", "nonsense = x\n"), ("nsswitch", "hosts: file\n"), ("json", "{]"), ("shell", "uci (\n")])
def test_what_is_wrong_is_found(kind, text, need, program, tmp_path):
    path = tmp_path / "conf"
    path.write_text(text)
    assert program_of(text) == kind
    with pytest.raises((AssertionError, ValueError)):
        CHECKS[kind](text, path, need, program)


def test_installing_makes_the_user_and_the_group(need, tmp_path):
    sysusers = need("systemd-sysusers")
    (tmp_path / "etc").mkdir()
    done = subprocess.run([sysusers, f"--root={tmp_path}", os.path.join(TOP, "contrib/sysusers.conf")],
                          capture_output=True, text=True, check=False)
    if done.returncode and "acl" in done.stderr.lower():
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    passwd, group = (tmp_path / "etc/passwd").read_text(), (tmp_path / "etc/group").read_text()
    user = re.search(r"(?m)^ontap:x:(\d+):(\d+):Names of workloads:/var/lib/ontap:\S*nologin$", passwd)
    assert user and re.search(rf"(?m)^ontap:x:{user.group(2)}:", group), passwd + group
