"""A real BIND of the test's own: plain process, free port on loopback, zones and keys of its own."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from leasehold.dns import Key, Server
from leasehold.emulator import NameServer

NAMED = shutil.which("named") or "/usr/sbin/named"
ZONE = "lab.test"
REVERSE = "10.in-addr.arpa"
REVERSE_V6 = "8.b.d.0.1.0.0.2.ip6.arpa"

_SOA = "@ 60 IN SOA ns.lab.test. root.lab.test. 1 60 60 600 5\n@ 60 IN NS ns.lab.test.\n"
_CONFIG = """
{keys}
options {{
    directory "{directory}"; pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    listen-on port {port} {{ {host}; }}; listen-on-v6 {{ none; }};
    recursion no; dnssec-validation no; notify no; minimal-responses yes;
    allow-transfer {{ {allowed}; }};
}};
controls {{ inet {host} port {control} allow {{ {host}; }} keys {{ "lab"; }}; }};
"""
_ZONE = (
    """zone "{zone}" {{ type primary; file "{zone}.zone"; allow-update {{ {allowed}; }}; }};\n"""
)


class Primary:
    """A primary of the zones above on loopback, and what strangers and friends see of it."""

    port: int
    directory: Path
    host = "127.0.0.1"

    @property
    def key_file(self) -> Path:
        return self.directory / "lab.key"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    def server(self, *, transport: str = "tcp", timeout: float = 5.0) -> Server:
        return Server(self.place, Key.read(self.key_file), transport=transport, timeout=timeout)

    def dig(self, type_: str, name: str) -> list[str]:
        """What a stranger is answered."""
        command = ["dig", f"@{self.host}", "-p", str(self.port), "+short", "+tries=1", "+time=1"]
        done = subprocess.run([*command, type_, name], check=False, capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if line and not line.startswith(";")]

    def nsupdate(self, *lines: str) -> None:
        """Change the zone behind everybody's back, with BIND's own program."""
        script = "\n".join([f"server {self.host} {self.port}", *lines, "send", ""])
        command = ["nsupdate", "-k", str(self.key_file)]
        subprocess.run(command, input=script, check=True, text=True, timeout=20)

    def names(self) -> set[str]:
        """Everything in the forward zone but its own head."""
        command = ["dig", f"@{self.host}", "-p", str(self.port), "-k", str(self.key_file), "AXFR"]
        lines = []
        for zone in (ZONE, REVERSE, REVERSE_V6):
            done = subprocess.run([*command, "+noall", "+answer", "+onesoa", zone], check=True,
                                  capture_output=True, text=True)  # fmt: skip
            lines += done.stdout.splitlines()
        found = {" ".join(line.split()[:1] + line.split()[3:4]) for line in lines if line}
        own = {
            f"{zone}. {type_}" for zone in (ZONE, REVERSE, REVERSE_V6) for type_ in ("SOA", "NS")
        }
        return {each for each in found if "IN" not in each} - own - {f"ns.{ZONE}. A"}


class EmulatedPrimary(Primary):
    """The emulator's name server in its place."""

    def __init__(self, directory: Path, names: NameServer) -> None:
        self.directory = directory
        self.port = names.port
        self.key_file.write_text(names.key_file())


class Bind(Primary):
    """BIND itself; it can be stopped, and started again with what it knew."""

    def __init__(self, directory: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """`port` 0 takes a free one; 53 is the only one that resolvers ask."""
        self.directory = directory
        self.host = host
        self.port = port or _free_port()
        self.other_key_file = directory / "other.key"
        for path, algorithm in (
            (self.key_file, "hmac-sha256"),
            (self.other_key_file, "hmac-sha512"),
        ):
            made = ["tsig-keygen", "-a", algorithm, path.stem]
            path.write_text(subprocess.run(made, check=True, capture_output=True, text=True).stdout)
        keys = self.key_file.read_text() + self.other_key_file.read_text()
        zones = "".join(_ZONE.format(zone=zone, allowed="key lab") for zone in
                        (ZONE, REVERSE, REVERSE_V6))  # fmt: skip
        self._control = _free_port()
        config = _CONFIG.format(
            keys=keys, directory=directory, host=host, port=self.port, control=self._control,
            allowed="key lab",
        )  # fmt: skip
        (directory / "named.conf").write_text(config + zones)
        for zone in (REVERSE, REVERSE_V6):
            (directory / f"{zone}.zone").write_text(f"$ORIGIN {zone}.\n{_SOA}")
        glue = "ns 60 IN A 127.0.0.1\n"
        (directory / f"{ZONE}.zone").write_text(f"$ORIGIN {ZONE}.\n{_SOA}{glue}")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self, *, probe: str = ZONE) -> None:
        with (self.directory / "named.log").open("ab") as log:
            command = [NAMED, "-g", "-n", "1", "-c", str(self.directory / "named.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while self.dig("SOA", probe) == []:
            assert self._process.poll() is None, (self.directory / "named.log").read_text()
            assert time.monotonic() < until, "named does not answer"

    def rndc(self, *words: str) -> None:
        """Tell it something, as its operator does."""
        place = ["-s", self.host, "-p", str(self._control), "-k", str(self.key_file), "-y", "lab"]
        subprocess.run(["rndc", *place, *words], check=True, capture_output=True, timeout=20)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None


def have_bind() -> bool:
    """Whether it is installed; in CI it has to be."""
    there = Path(NAMED).exists() and all(map(shutil.which, ("dig", "nsupdate", "tsig-keygen")))
    assert there or "CI" not in os.environ, "apt-get install bind9 bind9-dnsutils"
    return there


def need_bind() -> None:
    if not have_bind():
        pytest.skip("no BIND here: apt-get install bind9 bind9-dnsutils")


def _free_port() -> int:
    """Free for UDP and TCP alike."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return int(tcp.getsockname()[1])
