"""The name server's sockets: UDP and TCP on one loopback port, each in a thread of its own."""

import secrets
import socket
import socketserver
import struct
import threading
from base64 import b64encode
from collections.abc import Iterable
from typing import Self

import dns.name
import dns.tsig

from leasehold.emulator.listener import check_loopback
from leasehold.emulator.names.answers import Answers
from leasehold.emulator.names.zone import Zone

_KEY_NAME = "emulator"
_READ_SECONDS = 10.0


class NameServer:
    """A primary for some zones, for as long as the ``with`` block lasts. Nothing is kept."""

    def __init__(self, zones: Iterable[str], *, host: str = "127.0.0.1") -> None:
        """Takes a free port at once. Raises ValueError for a host that is not loopback."""
        check_loopback(host)
        self.host = host
        secret = secrets.token_bytes(32)
        self._zones = {zone.origin: zone for zone in map(Zone, zones)}
        self._secret = b64encode(secret).decode()
        key = dns.tsig.Key(dns.name.from_text(_KEY_NAME), secret, dns.tsig.HMAC_SHA256)
        self._answers = Answers(self._zones, key)
        self._lock = threading.Lock()
        self.mute = False
        """Does as it is asked and gives no answer, as a server does whose answers are lost."""
        self._tcp, self._udp = _bound(self, host)
        self.port: int = self._tcp.server_address[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        for server in (self._tcp, self._udp):
            thread = threading.Thread(
                target=server.serve_forever, args=(0.05,), name="name-server", daemon=True
            )
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self._tcp, self._udp):
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join()

    @property
    def place(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def key_file(self) -> str:
        """The text of a key file, as ``tsig-keygen`` writes it."""
        return f'key "{_KEY_NAME}" {{\n\talgorithm hmac-sha256;\n\tsecret "{self._secret}";\n}};\n'

    def names(self) -> list[str]:
        """``NAME TYPE`` of everything that was added."""
        with self._lock:
            return [name for zone in self._zones.values() for name in zone.names()]

    def answer(self, wire: bytes) -> list[bytes]:
        """The messages that answer one."""
        with self._lock:
            answers = list(self._answers.to(wire))
        return [] if self.mute else answers


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, names: NameServer, place: tuple[str, int]) -> None:
        self.names = names
        super().__init__(place, _Stream)


class _Udp(socketserver.UDPServer):
    max_packet_size = 65535

    def __init__(self, names: NameServer, place: tuple[str, int]) -> None:
        self.names = names
        super().__init__(place, _Packet)


class _Stream(socketserver.StreamRequestHandler):
    timeout = _READ_SECONDS
    server: _Tcp

    def handle(self) -> None:
        try:
            while len(head := self.rfile.read(2)) == 2:
                (length,) = struct.unpack("!H", head)
                for answer in self.server.names.answer(self.rfile.read(length)):
                    self.wfile.write(struct.pack("!H", len(answer)) + answer)
        except OSError:
            return  # the caller has gone, or said nothing for too long


class _Packet(socketserver.BaseRequestHandler):
    server: _Udp

    def handle(self) -> None:
        wire, replies = self.request
        for answer in self.server.names.answer(wire)[:1]:
            replies.sendto(answer, self.client_address)


def _bound(names: NameServer, host: str) -> tuple[_Tcp, _Udp]:
    """Both sockets on one port that is free for both."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for server in (_Tcp, _Udp):
        server.address_family = family
    while True:
        tcp = _Tcp(names, (host, 0))
        try:
            return tcp, _Udp(names, (host, tcp.server_address[1]))
        except OSError:
            tcp.server_close()
