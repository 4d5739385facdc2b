"""``leasehold ssh``: onto a node, knowing beforehand which host key it must show."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from leasehold.cli.exits import Failure, UsageError
from leasehold.cli.keys import own_key
from leasehold.cli.options import USUAL, Connection
from leasehold.lab.model import Node, NodeState, Story


def ssh(
    node: str,
    *command: str,
    resolver: Annotated[str | None, Parameter(env_var="LEASEHOLD_RESOLVER")] = None,
    connection: Connection = USUAL,
) -> int:
    """Open a shell on a node, or run a command there.

    Uses OpenSSH where it is installed, with your own keys and agent beside the key in
    ~/.config/leasehold. The host key must be the one that the lab saw. The exit code is the remote
    command's; 255 if the connection fails.

    Parameters
    ----------
    node
        The node's name.
    command
        What to run; left out, a shell. All that follows the node's name belongs to it.
    resolver
        HOST:PORT of a name server: connect to the address that it has for the node's name in DNS.
        For a domain that this machine does not look up by itself; needs no root.
    """
    target = find(connection, node)
    if resolver is not None:
        target = looked_up(target, resolver)
    if shutil.which("ssh") is None:
        from leasehold.cli.asyncssh_client import connect_and_run

        return connect_and_run(target, command)
    with tempfile.TemporaryDirectory(prefix="leasehold-") as directory:
        return subprocess.call([*openssh(target, Path(directory)), *command])


def find(connection: Connection, name: str) -> Node:
    """The node to connect to. Raises `Failure`, saying why, if it cannot be reached yet."""
    node = connection.client().get(Story, f"/nodes/{name}").node
    if node.state in (NodeState.FREE, NodeState.SPARE):
        raise Failure(
            f"nobody holds {name}, so nobody is let in; `leasehold lock --type"
            f" {node.machine_type}` takes a node"
        )
    if node.address is None:
        why = f": {node.reason}" if node.reason else ""
        raise Failure(f"{name} is {node.state} and has no address{why}")
    if node.host_key is None:
        raise Failure(
            f"the host key of {name} is not known (it is {node.state}; machine types with"
            f' ready = "active" are never looked at). Its address is {node.address}.'
        )
    return node


def looked_up(node: Node, resolver: str) -> Node:
    """The node with the address that DNS has for it. Raises `Failure`, or `DnsError`."""
    from leasehold.dns import Server

    if node.host_name is None:
        raise Failure(f"{node.name} has no name in DNS: its machine type has no `dns`")
    try:
        server = Server(resolver, transport="udp")
    except ValueError as error:
        raise UsageError(f"--resolver: {error}") from None
    found = server.ask(node.host_name, "A") or server.ask(node.host_name, "AAAA")
    if not found:
        raise Failure(f"{resolver} has no address for {node.host_name}")
    return msgspec.structs.replace(node, address=found[0])


def openssh(node: Node, directory: Path) -> list[str]:
    """The command line of OpenSSH, up to the remote command; writes its known_hosts."""
    known_hosts = directory / "known_hosts"
    known_hosts.write_text(f"{node.name} {node.host_key}\n")
    options = {
        "HostKeyAlias": node.name,
        "UserKnownHostsFile": f'"{known_hosts}"',
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "LogLevel": "ERROR",
    }
    assert node.address is not None
    return [
        "ssh",
        *(f"-o{name}={value}" for name, value in options.items()),
        *("-i", str(own_key()), "-p", str(node.ssh_port), "-l", node.ssh_user, "--", node.address),
    ]
