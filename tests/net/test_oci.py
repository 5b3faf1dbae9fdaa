# SPDX-License-Identifier: ISC
"""Containers that get their name by the hook of contrib/oci: started by podman and by crun, and by the runtime for
docker; and what hostile containers can do with their names."""
import contextlib
import json
import os
import signal
import subprocess
import tempfile

import pytest

pytest.importorskip("dns", reason="python3-dnspython is not installed")

from lib.query import addresses, ask  # noqa: E402
from lib.wait import wait_until  # noqa: E402
from test_hostnames import cgroup, rootfs  # noqa: E402, F401 (fixtures)

CONTRIB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../contrib/oci")


@pytest.fixture
def host(topo):
    if os.geteuid() != 0:
        pytest.skip("not root")
    topo.has_dad = False
    ns = topo.namespace("host")
    topo.bridge(ns, "br0", "10.8.0.1/24")
    return ns


@pytest.fixture
def daemon(host, serve):
    return serve(host, "--domain=home.arpa", "--no-mdns", "--listen=127.0.0.1")


@pytest.fixture
def box(topo, host):
    """A network namespace for a container, with a link."""
    return topo.workload("box", host, "br0", "10.8.0.7/24")


@pytest.fixture
def hook(program):
    return program("ontap-name")


@contextlib.contextmanager
def process_in(ns):
    """A process runs there."""
    process = ns.popen(["sleep", "600"])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def at(host, label):
    return addresses(ask(host, "127.0.0.1", f"{label}.home.arpa", "A"))


def alias(ns, ifname="eth0"):
    return json.loads(ns.ip(f"-j link show {ifname}"))[0].get("ifalias", "")


def feed(hook, state, **files):
    """The hook with a state, as a runtime calls it."""
    text = state if isinstance(state, str) else json.dumps(state)
    return subprocess.run([hook, *files.get("options", [])], input=text, capture_output=True, text=True, check=False)


# --- by engines ----------------------------------------------------------------------------------------

def test_a_container_of_podman_is_called_as_people_called_it(host, daemon, box, hook, rootfs, need, cgroup, tmp_path):
    podman = need("podman")
    with open(f"{CONTRIB}/ontap-name.json", encoding="utf-8") as file:
        sample = json.load(file)
    assert sample["hook"]["path"] == "/usr/sbin/ontap-name"
    sample["hook"]["path"] = hook
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks/ontap-name.json").write_text(json.dumps(sample))
    tar = subprocess.run(["tar", "-C", rootfs, "-c", "."], capture_output=True, check=True).stdout
    engine = [*cgroup.contain, podman, f"--root={tmp_path}/storage", f"--runroot={tempfile.mkdtemp(dir='/run')}",
              "--storage-driver=vfs", "--events-backend=none", "--cgroup-manager=cgroupfs", "--runtime=crun",
              f"--hooks-dir={tmp_path}/hooks"]
    made = subprocess.run([*engine, "import", "--quiet", "-", "box"], input=tar, capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"podman does not run here: {made.stderr.decode()}")
    pid_file = tmp_path / "pid"
    process = host.popen([*engine, "run", "--rm", f"--pidfile={pid_file}", f"--network=ns:{box.path}", "--name=c1", "--cgroups=disabled",
                          "--log-driver=none", "--pull=never", "box", "/bin/sleep", "600"],
                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_until(lambda: alias(box) or process.poll() is not None, 30, "its name")
        if process.poll() is not None:
            pytest.skip(f"podman does not run here: {process.stderr.read().decode()}")
        assert alias(box) == "c1"
        wait_until(lambda: at(host, "c1") == ["10.8.0.7"], what="c1")
    finally:
        if pid_file.exists():
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
        else:
            process.kill()
        print(process.communicate(timeout=60)[1])


class Bundle:
    """A container of crun, as an engine makes it."""

    def __init__(self, directory, rootfs, crun, ns, cgroup):  # noqa: F811
        self.path, self.root, self.ns = directory / "bundle", directory / "state", ns
        self.path.mkdir()
        self.crun, self.cgroup = crun, cgroup
        subprocess.run([crun, "spec"], cwd=self.path, check=True, capture_output=True)
        self.config = json.loads((self.path / "config.json").read_text())
        self.config["root"] = {"path": rootfs, "readonly": True}
        self.config["process"].update(terminal=False, args=["/bin/sleep", "600"])
        self.config["mounts"] = [m for m in self.config["mounts"] if m["destination"] == "/proc"]
        for kind in self.config["linux"]["namespaces"]:
            if kind["type"] == "network":
                kind["path"] = ns.path
        self.config["linux"]["namespaces"] = [n for n in self.config["linux"]["namespaces"] if n["type"] != "cgroup"]
        self.config["linux"].pop("resources", None)

    def start(self, host, runtime, identity, **environ):
        """By `runtime`, which is crun or stands for it, as containerd calls it."""
        (self.path / "config.json").write_text(json.dumps(self.config))
        script = 'run="$1 $2"; id=$3; shift 3; $run create --bundle "$1" $id </dev/null && $run start $id; echo "exit $?"' \
                 '; $run state $id; $run delete --force $id'
        return host.run([*self.cgroup.contain, "sh", "-c", script, "sh", runtime, f"--root={self.root}", identity,
                         str(self.path)], timeout=60, env=dict(os.environ, **environ), check=False)


@pytest.fixture
def bundle(tmp_path, rootfs, need, box, cgroup):  # noqa: F811
    return Bundle(tmp_path, rootfs, need("crun"), box, cgroup)


def started(done):
    if "exit 0\n" not in done.stdout:
        pytest.skip(f"crun does not run here: {done.stderr}{done.stdout}")
    assert '"status": "running"' in done.stdout
    return done


def test_an_annotation_is_the_name_of_a_container_of_crun(host, daemon, box, hook, bundle):
    bundle.config["hooks"] = {"poststart": [{"path": hook, "args": ["ontap-name"]}]}
    bundle.config["annotations"] = {"ontap.name": "www"}
    started(bundle.start(host, bundle.crun, "one"))
    assert alias(box) == "www"
    wait_until(lambda: at(host, "www") == ["10.8.0.7"], what="www")


def test_a_hook_that_finds_nothing_right_lets_the_container_start(host, box, hook, bundle):
    bundle.config["hooks"] = {"poststart": [{"path": hook, "args": ["ontap-name"]}]}
    bundle.config["annotations"] = {"ontap.name": "../$(reboot)\u001b[2J"}
    started(bundle.start(host, bundle.crun, "two"))
    assert alias(box) == ""


def test_the_runtime_for_docker_names_what_it_has_started(host, daemon, box, hook, bundle):
    """As containerd calls it; it stands for crun here, and for runc with docker."""
    bundle.config["annotations"] = {"ontap.name": "www"}
    done = bundle.start(host, f"{CONTRIB}/ontap-runtime", "three", ONTAP_RUNTIME=bundle.crun, ONTAP_NAME=hook)
    started(done)
    assert alias(box) == "www"
    wait_until(lambda: at(host, "www") == ["10.8.0.7"], what="www")


@pytest.mark.parametrize("before", [[], ["--root", "/x y"], ["--root=/x y", "--log", "start", "--log-format", "json"],
                                    ["--systemd-cgroup", "--debug"]], ids=str)
def test_the_runtime_changes_nothing_of_what_it_is_told(tmp_path, before):
    fake = tmp_path / "runtime"
    fake.write_text('#!/bin/sh\nfor word; do printf "<%s>" "$word"; done; echo; [ "$ONTAP_FAIL" = "" ]\n')
    fake.chmod(0o755)

    def call(*words, **environ):
        return subprocess.run([f"{CONTRIB}/ontap-runtime", *before, *words], capture_output=True, text=True, check=False,
                              env=dict(os.environ, ONTAP_RUNTIME=str(fake), ONTAP_NAME="cat", **environ))

    def written(*words):
        return "".join(f"<{word}>" for word in words) + "\n"
    for words in (("create", "--bundle", "start", "id"), ("kill", "start", "9"), ("--version",), ("state", "start")):
        assert call(*words).stdout == written(*before, *words)
    root = [f"--root={before[1]}"] if before[:1] == ["--root"] else [w for w in before if w.startswith("--root=")]
    assert call("start", "a b").stdout == written(*before, "start", "a b") + written(*root, "state", "a b")
    failed = call("start", "id", ONTAP_FAIL="yes")
    assert failed.returncode == 1 and failed.stdout == written(*before, "start", "id"), "and it is not named"


# --- by states -----------------------------------------------------------------------------------------

def test_docker_keeps_the_name_in_a_file_of_its_own(box, hook, tmp_path):
    identity = "ab" * 32
    (tmp_path / "containers" / identity).mkdir(parents=True)
    path = tmp_path / "containers" / identity / "config.v2.json"
    with process_in(box) as pid:
        path.write_text(json.dumps({"Name": "/nervous_curie", "Config": {"Labels": {}}}))
        done = feed(hook, {"id": identity, "pid": pid}, options=[f"--docker-root={tmp_path}"])
        assert (done.returncode, done.stderr, alias(box)) == (0, "", "")
        path.write_text(json.dumps({"Name": "/d1", "Config": {"Labels": {}}}))
        assert feed(hook, {"id": identity, "pid": pid}, options=[f"--docker-root={tmp_path}"]).returncode == 0
        assert alias(box) == "d1"


def test_an_alias_that_is_there_stays(topo, host, box, hook):
    topo.veth(box, "eth1", host, "other0")
    box.set_alias("eth0", "mine")
    with process_in(box) as pid:
        done = feed(hook, {"pid": pid, "annotations": {"ontap.name": "www"}})
    assert (done.returncode, done.stderr) == (0, "")
    assert (alias(box), alias(box, "eth1"), alias(box, "lo")) == ("mine", "www", "")


def test_links_of_the_host_are_never_named(host, box, hook):
    """The namespace of the hook itself."""
    with process_in(box) as pid:
        done = box.run([hook], input=json.dumps({"pid": pid, "annotations": {"ontap.name": "www"}}))
    assert (done.returncode, done.stderr, alias(box)) == (0, "", "")


@pytest.mark.parametrize("state", [
    "", "[]", "nonsense", "{}", '{"pid": 1}', '{"annotations": {"ontap.name": "www"}}',
    '{"pid": -1, "annotations": {"ontap.name": "www"}}', '{"pid": 2147483647, "annotations": {"ontap.name": "www"}}',
    '{"pid": "1", "annotations": {"ontap.name": "www"}}', '{"pid": 1e300, "annotations": {"ontap.name": "www"}}',
    '{"pid": 4294967297, "annotations": {"ontap.name": "www"}}',
    '{"pid": PID, "annotations": {"ontap.name": "a\\u001b]0;b\\nerror: c"}}', '{"pid": PID, "bundle": "/../../../etc"}',
    '{"pid": PID, "annotations": {"ontap.name": "' + "a" * 100000 + '"}}', '{"pid": PID, "id": "../../../../etc"}',
    "[" * 100000, '{"pid": PID, "bundle": "/dev", "id": "zero"}',
], ids=lambda text: text[:20])
def test_a_state_that_makes_no_sense_does_no_harm(box, hook, state):
    with process_in(box) as pid:
        done = feed(hook, state.replace("PID", str(pid)))
    assert done.returncode == 0 and alias(box) == ""
    assert "\x1b" not in done.stderr and done.stderr.count("\n") <= 1 and len(done.stderr) < 1000
