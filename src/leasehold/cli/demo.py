"""``leasehold demo``: the whole job on an emulated cloud, with nothing left behind."""

import os
import secrets
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from leasehold.cli.attempt import Attempt
from leasehold.cli.client import Client
from leasehold.cli.clouds import audit_of, print_audit
from leasehold.cli.exits import Exit, Failure, UsageError
from leasehold.cli.keys import public_keys
from leasehold.cli.lock import locked, print_nodes, stop_like_ctrl_c
from leasehold.cli.service_process import running_service
from leasehold.lab.model import Lease, LeaseState, Node, Step, Wish

if TYPE_CHECKING:  # an HTTP server and an SSH server: imported when the demo really runs
    from leasehold.emulator import Emulator, Leftovers, NameServer

_OWNER = "demo"
_MOST = 8
_LOOK_AROUND = 'echo "$(id -un) on $(uname -n) sees $(ls -d /proc/[0-9]* | wc -l) processes"'

_DOMAIN = "demo.test"
_REVERSE_ZONE = "127.in-addr.arpa"

_CONFIG = """
[service]
listen = "127.0.0.1:0"

[clouds.demo]
cloud = "demo"

[dns.demo]
domain = "{domain}"
reverse_zones = ["{reverse_zone}"]
server = "{name_server}"
key_file = "dns.key"

[machine_types.demo]
cloud = "demo"
dns = "demo"
image = "debian-12"
flavor = "small"
networks = ["lab"]
ssh_user = "debian"
ssh_port = {ssh_port}
nodes = {nodes}
duration = "1h"
"""


def demo(
    *,
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 2,
    keep: Annotated[bool, Parameter(negative=())] = False,
) -> Exit:
    """Show the whole job on an emulated cloud, and clean up.

    Starts an OpenStack emulator and the service, locks nodes, runs a command on each over SSH,
    unlocks them, and asks the cloud what is left. Everything lives in a temporary directory.

    Parameters
    ----------
    count
        How many nodes to lock, 1 to 8.
    keep
        Stay up afterwards and print how to go on, until Ctrl-C.
    """
    if not 1 <= count <= _MOST:
        raise UsageError(f"--count: found {count}; allowed: 1 to {_MOST}")
    from leasehold.emulator import Emulator, NameServer

    stop_like_ctrl_c()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leasehold-demo-")))
        # Keys that are made here go with the directory, and not into the user's own.
        os.environ["XDG_CONFIG_HOME"] = str(directory)
        cloud = stack.enter_context(Emulator(guests="auto"))
        assert cloud.guests is not None
        _say(f"Cloud: an OpenStack in this process, at {cloud.url}")
        _say(f"Guests: {cloud.guests.reason}")
        names = stack.enter_context(NameServer((_DOMAIN, _REVERSE_ZONE)))
        _say(f"Names: a name server for {_DOMAIN}, at {names.place}")
        server = stack.enter_context(_service(cloud, names, directory))
        _say(f"Service: leasehold serve, at {server}")
        stack.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        clean = _play(cloud, names, Client(server, owner=_OWNER), count)
        if keep:
            _stay(server, names, directory)
    return Exit.OK if clean else Exit.FAILED


def _service(
    cloud: "Emulator", names: "NameServer", directory: Path
) -> AbstractContextManager[str]:
    """The service with a configuration for this cloud and this name server."""
    assert cloud.guests is not None
    clouds = directory / "clouds.yaml"
    clouds.write_text(cloud.clouds_yaml())
    (directory / "dns.key").write_text(names.key_file())
    config = directory / "leasehold.toml"
    config.write_text(
        _CONFIG.format(
            ssh_port=cloud.guests.ssh_port,
            nodes=_MOST,
            domain=_DOMAIN,
            reverse_zone=_REVERSE_ZONE,
            name_server=names.place,
        )
    )
    environment = {"OS_CLIENT_CONFIG_FILE": str(clouds)}
    return running_service(config, directory / "service.log", environment)


def _play(cloud: "Emulator", names: "NameServer", client: Client, count: int) -> bool:
    """Lock, use, unlock, audit. True: nothing is left, say the lab, the zone and the cloud."""
    _say(f'$ leasehold lock --type demo --count {count} --for 1h --purpose "the demo"')
    lease = _lock(client, count)
    nodes = [node.name for node in lease.nodes]
    print("\nTheir names are in DNS, until they are unlocked:")
    for record in names.names():
        if not record.startswith("_"):
            print(f"  {record}")
    for node in lease.nodes:
        by_name = ["--resolver", names.place, node.name]
        _say(f"$ leasehold ssh {' '.join(by_name)} {shlex.quote(_LOOK_AROUND)}")
        _look_around(client, by_name)
    _say(f"$ leasehold unlock {' '.join(nodes)}")
    for freed in client.post(list[Node], "/nodes/unlock", {"names": nodes}):
        print(f"{freed.name} {freed.state}")
    print("waiting until the cloud and the zone show that all of it is gone ...", flush=True)
    _settle(client)
    _say("$ leasehold clouds audit")
    audits = [audit_of(client, each) for each in ("demo", "dns.demo")]
    for audit in audits:
        print_audit(audit)
    named = ", ".join(names.names()) or "nothing."
    _say(f"And the name server, asked what is left in its zones: {named}")
    left = cloud.leftovers()
    _say(f"And the cloud itself, asked what it still holds: {_told(left)}")
    found = [each for audit in audits for each in (*audit.in_use, *audit.leaving, *audit.stray)]
    return left.nothing and not (found or names.names())


def _lock(client: Client, count: int) -> Lease:
    wish = Wish(
        machine_type="demo",
        count=count,
        purpose="the demo",
        key=secrets.token_hex(16),
        public_keys=public_keys(),
    )
    lease = locked(Attempt(client, wish), wait=True)
    if lease.state is not LeaseState.READY:
        raise Failure(f"the nodes did not become ready: {lease.reason or lease.state}")
    print_nodes(lease)
    return lease


def _look_around(client: Client, target: Sequence[str]) -> None:
    """Run a command there, by the command that anybody would use."""
    command = [sys.executable, "-m", "leasehold", "ssh", "--server", client.server, *target]
    sys.stdout.flush()
    code = subprocess.call([*command, _LOOK_AROUND], stdin=subprocess.DEVNULL)
    if code != 0:
        raise Failure(f"the command on {target[-1]} failed with exit code {code}")


def _settle(client: Client) -> None:
    """Wait until the engine has nothing left to do: every deletion is confirmed by a listing."""
    for _ in client.follow():
        if not client.get(list[Step], "/plan"):
            return


def _told(left: "Leftovers") -> str:
    held = [
        f"{len(getattr(left, kind))} {kind.replace('_', ' ')}" for kind in left.__struct_fields__
    ]
    return "nothing." if left.nothing else ", ".join(held)


def _stay(server: str, names: "NameServer", directory: Path) -> None:
    """Print how to go on, and wait for Ctrl-C."""
    _say(f"Everything stays up. The page: {server}/")
    print(
        "In another terminal:\n"
        f"    export LEASEHOLD_SERVER={server}\n"
        '    leasehold lock --type demo --for 1h --purpose "my turn"\n'
        "    leasehold nodes\n"
        "    leasehold ssh demo001\n"
        "    leasehold unlock demo001\n"
        f"By its name in DNS: leasehold ssh --resolver {names.place} demo001, or any ssh with"
        f" -o ProxyCommand='nc $(dig +short @{names.host} -p {names.port} %h) %p'\n"
        f"The same cloud for other clients: export"
        f" OS_CLIENT_CONFIG_FILE={directory}/clouds.yaml OS_CLOUD=demo\n"
        "Ctrl-C ends it, and leaves nothing.",
        flush=True,
    )
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print()


def _say(line: str) -> None:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{line}{plain}", flush=True)
