# SPDX-License-Identifier: ISC
"""TCP, side by side: eight connections with eight questions in flight on each; and a connection for each
question. The limit is an echo that reads once and writes once per turn."""
import servers
from part_unicast import STARTERS, measure_rounds, prepare, start_all

SIZE = 1000
CONNECTIONS, WINDOW = 8, 8
ROUND_SECONDS = 0.5
# The measurement, the window, the most answers in a round, the target in µs. A used port of the client is free
# again after a minute or so: hence fewer connections than ports.
KINDS = (("pipelined, ", WINDOW, 2000000, 1.3), ("one question a connection, ", 0, 10000, 26))


def run(lab, report):
    size = 10 if lab.is_smoke else SIZE
    zone, asked = prepare(lab, size)
    lab.client.run(["sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535"])
    running = [servers.echo_tcp(lab.host("echo"))] + start_all(
        lab, report, "tcp", [each for each in STARTERS if each[0] != "tinydns"], zone, asked)
    for what, window, most, target in KINDS:
        def ask(server):
            return lab.load_tcp(asked, server.host, 500 if lab.is_smoke else most, CONNECTIONS,
                                window, ROUND_SECONDS, any_reply=server is running[0])

        measure_rounds(lab, report, "tcp", size, running, ask, what=what, target=target)
    lab.stop_servers()
