# SPDX-License-Identifier: ISC
"""The state directories of ontap-zone and ontapd: one each; state in the directories of former versions is
not lost."""
import os
import subprocess

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.ontapd import Ontapd  # noqa: E402
from lib.query import ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402

ZONE, DEVICE = "/var/lib/ontap/zone", "/var/lib/ontap/device"
SECRET_LEN = 32


@pytest.fixture
def host(topo):
    topo.has_dad = False
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    topo.workload("web", ns, "br0", "10.8.0.2/24", alias="web")
    return ns


@pytest.fixture
def var_lib(tmp_path):
    made = tmp_path / "lib"
    (made / "ontap").mkdir(parents=True)
    for path in (tmp_path, made, made / "ontap"):
        path.chmod(0o755)
    return made


@pytest.fixture
def inside(var_lib):
    """A command that starts a program with that directory as its /var/lib."""
    return ["unshare", "-m", "sh", "-ec", f'mount --bind {var_lib} /var/lib; exec "$@"', "sh"]


def owner(path):
    return os.stat(path).st_uid


def serial(host):
    return ask(host, "127.0.0.1", "vanya", "SOA").answer[0][0].serial


def mdns_names(daemon):
    return {line["name"]: line.get("renamed") for line in daemon.status()["mdns"]["names"]}


@pytest.mark.parametrize("former", ["ontap", "ontap-zone"])
def test_what_a_former_version_kept_is_read(host, serve, var_lib, inside, former):
    (var_lib / former).mkdir(exist_ok=True)
    (var_lib / former / "serial").write_text("3000000000\n")
    (var_lib / former / "mdns-names").write_text("web.local. web-7.local.\n")
    daemon = serve(host, "--domain=vanya", f"--state={ZONE}", "--mdns=br0", prefix=inside)
    assert serial(host) > 3000000000
    assert mdns_names(daemon)["web.local."] == "web-7.local."
    # New state is written to the new directory, which counts from then on.
    wait_until((var_lib / "ontap/zone/serial").exists, what="the serial in the new directory")
    assert int((var_lib / "ontap/zone/serial").read_text()) > 3000000000
    assert (var_lib / former / "serial").read_text() == "3000000000\n"
    daemon.stop()
    (var_lib / former / "serial").write_text("3500000000\n")
    daemon.start()
    assert 3000000000 < serial(host) < 3500000000


def test_a_directory_that_was_chosen_has_no_former_one(host, serve, var_lib, inside):
    (var_lib / "ontap/serial").write_text("3000000000\n")
    serve(host, "--domain=vanya", "--no-mdns", "--state=/var/lib/other/deep", prefix=inside)
    assert serial(host) < 3000000000
    wait_until((var_lib / "other/deep/serial").exists, what="the serial in the chosen directory")


def test_the_user_has_his_directory_and_not_the_one_above(host, serve, var_lib, inside, nobody):
    """Which a former version gave to the user, with ontapd's files in it."""
    os.chown(var_lib / "ontap", 65534, 65534)
    serve(host, "--domain=vanya", "--no-mdns", f"--state={ZONE}", f"--user={nobody}", prefix=inside)
    wait_until((var_lib / "ontap/zone/serial").exists, what="the serial")
    assert owner(var_lib / "ontap/zone") == owner(var_lib / "ontap/zone/serial") == 65534
    assert owner(var_lib / "ontap") == 0


@pytest.fixture
def ontapd(host, program, tmp_path, inside):
    """ontapd("br0") -> a ready one, with the default state directory."""
    made = Ontapd(program, host, str(tmp_path), [f"--state={DEVICE}"])
    yield lambda: made.start("br0", prefix=inside)
    made.kill()


def test_ontapd_makes_its_secret_in_its_own_directory(ontapd, var_lib):
    ontapd()
    made = var_lib / "ontap/device/device.secret"
    assert len(made.read_bytes()) == SECRET_LEN and made.stat().st_mode & 0o777 == 0o600
    assert os.listdir(var_lib / "ontap") == ["device"]


def test_ontapd_takes_over_the_secret_of_a_former_version(ontapd, var_lib):
    former = var_lib / "ontap/device.secret"
    former.write_bytes(bytes(range(SECRET_LEN)))
    former.chmod(0o600)
    ontapd()
    assert (var_lib / "ontap/device/device.secret").read_bytes() == bytes(range(SECRET_LEN))
    assert former.exists()


def test_a_former_secret_that_is_not_ours_is_not_taken_over(host, program, var_lib, inside, nobody, tmp_path):
    former = var_lib / "ontap/device.secret"
    former.write_bytes(bytes(range(SECRET_LEN)))
    os.chown(former, 65534, 65534)
    done = subprocess.run([*inside, program("ontapd"), f"--socket-dir={tmp_path}", f"--state={DEVICE}", "br0"],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 111 and "/var/lib/ontap/device.secret" in done.stderr
    assert not (var_lib / "ontap/device/device.secret").exists()
