# SPDX-License-Identifier: ISC
"""A network at the other end of a wire with what annoys: a DHCP server that ignores the broadcast flag and answers to the
hardware address that a frame came from, or to that in the request; and an access point that answers ARP for its stations (proxy ARP)."""
import ipaddress
import struct

from wire import ETH_ARP, ETH_IPV4, HWADDR, UDP, checksum

SERVER, LEASED, PROXIED = (ipaddress.ip_address(text).packed for text in ("10.7.0.9", "10.7.0.50", "10.7.0.60"))
BROADCAST_FLAG = 0x8000
COOKIE = bytes.fromhex("63825363")
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


class OddNetwork:
    def __init__(self, wire, is_to_client=False):
        self.is_to_client = is_to_client
        self.wire = wire
        self.asked = []  # (source of the frame, flags) of each DHCP request
        wire.on_frame = self.hear

    def hear(self, frame):
        kind, payload = struct.unpack_from("!H", frame, 12)[0], frame[14:]
        if kind == ETH_ARP and payload[7] == 1 and payload[24:28] == PROXIED:
            self.answer_for_station(frame[6:12], payload)
        if kind == ETH_IPV4 and payload[9] == UDP and payload[20:24] == struct.pack("!HH", 68, 67):
            self.lease(frame[6:12], payload[28:])

    def answer_for_station(self, station, request):
        """It says that the station has the address that the station probes for."""
        self.wire.send(0, station, ETH_ARP, struct.pack("!HHBBH", 1, ETH_IPV4, 6, 4, 2) + station + PROXIED +
                       request[8:14] + request[14:18])

    def lease(self, asker, request):
        kind = request[request.index(COOKIE) + 6]  # option 53 comes first, by all clients
        self.asked.append((asker, struct.unpack_from("!H", request, 10)[0]))
        if kind not in (DISCOVER, REQUEST):
            return
        reply = bytes([2]) + request[1:10] + bytes(6) + LEASED + SERVER + bytes(4) + request[28:44] + bytes(192) + COOKIE
        for code, value in ((53, bytes([OFFER if kind == DISCOVER else ACK])), (54, SERVER), (1, bytes((255, 255, 255, 0))),
                            (51, struct.pack("!I", 600))):
            reply += bytes([code, len(value)]) + value
        udp = struct.pack("!4H", 67, 68, 8 + len(reply) + 1, 0) + reply + b"\xff"
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, UDP, 0) + SERVER + LEASED
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        self.wire.send(0, request[28:34] if self.is_to_client else asker, ETH_IPV4, header + udp)

    @property
    def hwaddr(self):
        return HWADDR
