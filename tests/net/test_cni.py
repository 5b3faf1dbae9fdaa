# SPDX-License-Identifier: ISC
"""ontap-cni, as a container runtime calls it: the environment, the configuration on standard input, one JSON value on
standard output (CNI specification 1.1). The driver does what cnitool does."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from lib.wait import wait_until
from test_hostnames import cgroup, rootfs  # noqa: F401 (fixtures)
from test_ontapd import links, ontapd, parent  # noqa: F401 (fixtures)

VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]


class Plugin:
    """One network: its configuration, and the calls for its containers."""

    def __init__(self, program, daemon, ns, **config):
        self.program, self.ns = program, ns
        self.config = {"cniVersion": "1.0.0", "name": "lan", "type": "ontap", "socket": daemon.port("eth0"),
                       "device": "macvlan"} | config

    def raw(self, command, text, netns=None, ifname="eth0", args="", container="c1"):
        env = {"PATH": os.path.dirname(self.program("ontap")) + ":" + os.environ["PATH"], "CNI_COMMAND": command,
               "CNI_CONTAINERID": container, "CNI_IFNAME": ifname, "CNI_PATH": "/usr/lib/cni", "CNI_ARGS": args}
        if netns:
            env["CNI_NETNS"] = netns
        done = self.ns.run([self.program("ontap-cni")], input=text, check=False, env=env, timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout else None

    def __call__(self, command, netns=None, *, ok=True, **how):
        code, value = self.raw(command, json.dumps(self.config), netns.path if netns else None, **how)
        assert (code == 0) == ok, (code, value)
        if not ok:
            assert set(value) >= {"cniVersion", "code", "msg"} and value["msg"]
        return value


@pytest.fixture
def plugin(parent, ontapd, program):
    def make(*options, **config):
        return Plugin(program, ontapd(parent, *options), parent, **config)
    return make


def addresses(ns, ifname):
    return {f"{a['local']}/{a['prefixlen']}" for link in json.loads(ns.ip(f"-j addr show dev {ifname}"))
            for a in link["addr_info"] if not a["local"].startswith("fe80")}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_container_gets_its_device_and_gives_it_back(plugin, topo, version):
    call = plugin(cniVersion=version, addr=["10.7.0.9/24", "2001:db8:7::9/64"], gateway=["10.7.0.1", "fe80::1"], mtu=1400)
    container = topo.namespace("container")
    result = call("ADD", container, args="IgnoreUnknown=1;K8S_POD_NAMESPACE=x;K8S_POD_NAME=web")
    link = links(container)["eth0"]
    assert link["ifalias"] == "web" and link["mtu"] == 1400 and "UP" in link["flags"]
    assert addresses(container, "eth0") == {"10.7.0.9/24", "2001:db8:7::9/64"}
    assert "default via 10.7.0.1" in container.ip("route") and "default via fe80::1" in container.ip("-6 route")
    assert result["cniVersion"] == version
    expected = {"name": "eth0", "mac": link["address"], "sandbox": container.path}
    assert result["interfaces"] == [expected | ({"mtu": 1400} if version == "1.1.0" else {})]
    ips = {ip["address"]: ip for ip in result["ips"]}
    assert set(ips) == addresses(container, "eth0") and {ip["interface"] for ip in ips.values()} == {0}
    assert ips["10.7.0.9/24"]["gateway"] == "10.7.0.1"
    assert ips["2001:db8:7::9/64"].get("version") == ("6" if version < "1" else None)
    assert result["routes"] == [{"dst": "0.0.0.0/0", "gw": "10.7.0.1"}, {"dst": "::/0", "gw": "fe80::1"}]
    assert result["dns"] == {}
    assert call("CHECK", container) is None
    assert call("DEL", container) is None
    assert "eth0" not in links(container)
    assert call("DEL", container) is None, "a second time"
    assert call("CHECK", container, ok=False)["code"] >= 100


def test_what_is_gone_is_deleted(plugin, topo):
    call, container = plugin(), topo.namespace("container")
    call("ADD", container)
    path, container.path = container.path, "/run/netns/none"
    assert call("DEL", container) is None
    assert call("DEL") is None
    container.path = path
    assert call("ADD", container, ok=False)["code"] == 100, "that name is taken"
    assert "eth0" in links(container), "a failed ADD does not remove the device of another"


def test_check_notices_a_lost_address_and_a_foreign_link(plugin, topo):
    call, container, lan = plugin(addr="10.7.0.9/24"), topo.namespace("container"), topo.namespace("other")
    call("ADD", container)
    container.ip("addr del 10.7.0.9/24 dev eth0")
    assert "address" in call("CHECK", container, ok=False)["msg"]
    topo.veth(container, "eth1", lan, "x0")
    assert "no device of ontapd" in call("CHECK", container, ifname="eth1", ok=False)["msg"]
    call("DEL", container, ifname="eth1")
    assert "eth1" in links(container), "it is not ours"


def test_what_the_runtime_says_of_the_container_counts_first(plugin, topo):
    call = plugin(addr="10.7.0.9/24", alias="www")
    for name, how, alias, expected in [
            ("a", {}, "www", "10.7.0.9/24"), ("b", {"args": "IP=10.7.0.10/24;MAC=02:00:00:00:00:0b"}, "www", "10.7.0.10/24"),
            ("c", {"args": "ONTAP_ALIAS=db;K8S_POD_NAME=x"}, "db", "10.7.0.9/24")]:
        container = topo.namespace(name)
        call("ADD", container, **how)
        assert links(container)["eth0"]["ifalias"] == alias and addresses(container, "eth0") == {expected}
        if name == "b":
            assert links(container)["eth0"]["address"] == "02:00:00:00:00:0b"
        call("DEL", container)
    call.config["runtimeConfig"] = {"ips": ["10.7.0.77/24"], "mac": "02:00:00:00:00:0c"}
    container = topo.namespace("d")
    assert call("ADD", container)["interfaces"][0]["mac"] == "02:00:00:00:00:0c"
    assert addresses(container, "eth0") == {"10.7.0.77/24"}


def test_a_failed_add_leaves_nothing(plugin, topo):
    call, container = plugin(addr="10.7.0.9/24", gateway="2001:db8:99::1"), topo.namespace("container")
    container.write_sysctl("net/ipv6/conf/default/disable_ipv6", 1)
    container.write_sysctl("net/ipv6/conf/all/disable_ipv6", 1)
    assert call("ADD", container, ok=False)["code"] == 101
    assert "eth0" not in links(container)


def test_mistakes_are_told_with_the_codes_of_the_specification(plugin, topo):
    call, container = plugin(), topo.namespace("container")
    for changes, code, words in [
            ({"cniVersion": "9.0.0"}, 1, "0.3.0 to 1.1.0"), ({"socket": 7}, 7, "socket"), ({"mtu": "x"}, 7, "mtu"),
            ({"addr": "10.0.0.1/33"}, 7, "ADDR/LEN"), ({"addr": [1]}, 7, "addr"), ({"gateway": "here"}, 7, "gateway"),
            ({"dhcp": 1}, 7, "dhcp"), ({"device": "tap"}, 7, "tap"), ({"device": "none"}, 100, "no type"),
            ({"socket": "/nowhere"}, 101, "/nowhere"), ({"alias": "a\nb"}, 7, "alias"),
            ({"runtimeConfig": {"mac": "x"}}, 7, "hardware address")]:
        saved, call.config = call.config, call.config | changes
        error = call("ADD", container, ok=False)
        assert (error["code"], words in error["msg"]) == (code, True), (changes, error)
        call.config = saved
    text = json.dumps(call.config)
    assert call.raw("ADD", text)[1]["code"] == 4, "no namespace"
    assert call.raw("ADD", text, container.path, ifname="a/b")[1]["code"] == 4
    assert call.raw("ADD", text, container.path, container="")[1]["code"] == 4
    assert call.raw("ADD", "{", container.path)[1]["code"] == 6
    assert call.raw("ADD", "[]", container.path)[1]["code"] == 6
    assert call.raw("JUMP", text, container.path)[1]["code"] == 4
    assert list(links(container)) == ["lo"]


def test_version_status_and_gc(plugin):
    call = plugin(cniVersion="1.1.0")
    assert call("VERSION") == {"cniVersion": "1.1.0", "supportedVersions": VERSIONS}
    assert call("STATUS") is None and call("GC") is None
    call.config["socket"] = "/nowhere"
    assert call("STATUS", ok=False)["code"] == 50


def test_with_dhcp_the_client_lives_as_long_as_the_container(parent, plugin, topo, tmp_path):
    if not shutil.which("dnsmasq") or not (shutil.which("udhcpc") or shutil.which("busybox") or shutil.which("dhcpcd")):
        pytest.skip("no dnsmasq, or no DHCP client (Debian: dnsmasq-base, udhcpc)")
    parent.lan.add_addr("lan0", "10.7.0.1/24")
    leases = tmp_path / "leases"
    server = parent.lan.popen(["dnsmasq", "-d", "-C/dev/null", "-p0", "-ilan0", "--bind-dynamic", "-uroot", "-groot",
                               f"-l{leases}", "--dhcp-range=10.7.0.100,10.7.0.120,5m", "--dhcp-option=3,10.7.0.1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(leases.exists, what="dnsmasq")
        call, container = plugin(dhcp=True), topo.namespace("container")
        result = call("ADD", container, args="K8S_POD_NAME=web")
        assert {ip["address"] for ip in result["ips"]} == addresses(container, "eth0")
        assert result["ips"][0]["address"].startswith("10.7.0.1")
        assert "default via 10.7.0.1" in container.ip("route") and links(container)["eth0"]["ifalias"] == "web"
        assert call("CHECK", container) is None
        assert call("DEL", container) is None
        wait_until(lambda: "eth0" not in links(container), what="the end of the device", timeout=30)
        wait_until(lambda: leases.read_text() == "", what="the release of the lease", timeout=30)
        pids = subprocess.run(["ip", "netns", "pids", container.name], capture_output=True, text=True, check=True).stdout
        wait_until(lambda: subprocess.run(["ip", "netns", "pids", container.name], capture_output=True,
                                          text=True, check=True).stdout == "", what=f"the end of {pids}", timeout=30)
    finally:
        server.kill()
        server.wait()


def test_with_dhcp_and_no_server_add_fails_and_leaves_nothing(plugin, topo):
    call, container = plugin(dhcp=True), topo.namespace("container")
    error = call("ADD", container, ok=False)
    assert error["code"] == 100 and "no address" in error["msg"]
    wait_until(lambda: "eth0" not in links(container), what="the end of the device", timeout=30)


# --- by an engine ----------------------------------------------------------------------------------

CONTAINERS_CONF = """[network]
network_backend = "cni"
cni_plugin_dirs = ["{0}/plugins"]
network_config_dir = "{0}/networks"
"""


def test_a_container_of_podman_has_its_device(plugin, parent, program, need, cgroup, rootfs, tmp_path):  # noqa: F811
    if os.geteuid() != 0:
        pytest.skip("not root")
    call = plugin(addr=["10.7.0.9/24"], gateway=["10.7.0.1"])
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/ontap").symlink_to(program("ontap-cni"))
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks/lan.conflist").write_text(json.dumps(
        {"cniVersion": "1.0.0", "name": "lan", "plugins": [{k: v for k, v in call.config.items()
                                                            if k not in ("cniVersion", "name")}]}))
    (tmp_path / "containers.conf").write_text(CONTAINERS_CONF.format(tmp_path))
    env = dict(os.environ, CONTAINERS_CONF=str(tmp_path / "containers.conf"),
               PATH=os.path.dirname(program("ontap")) + ":" + os.environ["PATH"])
    engine = [*cgroup.contain, need("podman"), f"--root={tmp_path}/storage",
              f"--runroot={tempfile.mkdtemp(dir='/run')}", "--storage-driver=vfs", "--events-backend=none",
              "--cgroup-manager=cgroupfs", "--runtime=crun"]
    tar = subprocess.run(["tar", "-C", rootfs, "-c", "."], capture_output=True, check=True).stdout
    made = subprocess.run([*engine, "import", "--quiet", "-", "box"], input=tar, capture_output=True, check=False, env=env)
    if made.returncode:
        pytest.skip(f"podman does not run here: {made.stderr.decode()}")
    pid_file = tmp_path / "pid"
    process = parent.popen([*engine, "run", "--rm", f"--pidfile={pid_file}", "--network=lan", "--name=web",
                            "--cgroups=disabled", "--log-driver=none", "--pull=never", "box", "/bin/sleep", "600"],
                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    try:
        wait_until(lambda: pid_file.exists() or process.poll() is not None, 60, "the container")
        if process.poll() is not None:
            why = process.stderr.read().decode()
            assert "ontap" not in why, why
            pytest.skip(f"podman does not run here: {why}")
        pid = int(pid_file.read_text())
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-j"]
        link, addr = (json.loads(subprocess.run([*inside, what, "show", "eth0"], capture_output=True, check=True).stdout)[0]
                      for what in ("link", "addr"))
        assert link["ifalias"] == "web" and "10.7.0.9" in {a["local"] for a in addr["addr_info"]}
    finally:
        if pid_file.exists():
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
        else:
            process.kill()
        print(process.communicate(timeout=60)[1])
