"""``leasehold lock``: take nodes and wait until they are ready."""

import secrets
import signal
import sys
from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.attempt import Attempt
from leasehold.cli.exits import Exit, UsageError
from leasehold.cli.keys import public_keys
from leasehold.cli.nodes import address
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import ago, local, print_json, print_table
from leasehold.errors import LeaseholdError
from leasehold.lab.duration import parse_duration
from leasehold.lab.model import Lease, LeaseState, NodeName, Wish


def lock(
    *nodes: str,
    type: Annotated[str, Parameter(name=["--type", "-t"])] = "",  # noqa: A002 - the option's name
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 1,
    os_type: str | None = None,
    os_version: str | None = None,
    arch: str | None = None,
    duration: Annotated[str | None, Parameter(name="--for")] = None,
    hold: Annotated[bool, Parameter(negative=())] = False,
    purpose: Annotated[str, Parameter(name=["--purpose", "--reason"])] = "",
    priority: int = 0,
    wait: bool = True,
    detach: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """Lock nodes of a machine type and wait until they are ready.

    All of them or none. When there are not enough, the lock queues; `leasehold explain` tells how it
    stands. Progress is shown on stderr, the result on stdout. Ctrl-C gives back what was locked.

    Parameters
    ----------
    nodes
        Names of nodes, to lock exactly these.
    type
        The machine type, or several joined by |; `leasehold machine-types` lists them.
    count
        How many nodes.
    os_type
        The operating system, for example ubuntu.
    os_version
        Its version, for example 22.04.
    arch
        The architecture, for example x86_64.
    duration
        For how long from when they are ready: 90s, 30m, 2h, 1d, 1h30m. Left out: as long as the
        machine type says.
    hold
        Keep them without end, until you unhold or unlock them.
    purpose
        What you need them for; others see it.
    priority
        -100 to 100; who has a higher one is served earlier.
    wait
        Wait for free nodes, and until all are ready. Without, the lock fails at once when there are
        not enough, and says what is missing; otherwise the lease is printed as it is at once.
    detach
        Take a place in the queue if need be, and print the lease as it is at once.
    """
    if bool(nodes) == bool(type):
        both = "not both" if nodes else "one of the two"
        raise UsageError(f"name the nodes to lock, or a machine type with --type: {both}")
    if hold and duration is not None:
        raise UsageError("--hold keeps nodes without end, and --for until then: not both")
    wish = Wish(
        machine_type=type,
        count=count,
        nodes=tuple(NodeName(each) for each in nodes),
        os_type=os_type,
        os_version=os_version,
        arch=arch,
        hold=hold,
        priority=priority,
        wait=wait,
        purpose=purpose,
        seconds=None if duration is None else parse_duration(duration),
        key=secrets.token_hex(16),
        public_keys=public_keys(),
    )
    attempt = Attempt(connection.client(), wish)
    stop_like_ctrl_c()
    try:
        stays = wait and not detach
        return _report(locked(attempt, wait=stays), wait=stays, json=json)
    except KeyboardInterrupt:
        return attempt.give_back()
    except LeaseholdError:
        attempt.warn()
        raise


def locked(attempt: Attempt, *, wait: bool) -> Lease:
    """Ask, and with `wait` follow the lease with progress on stderr until it is ready or ended."""
    if not wait:
        return attempt.ask()
    from leasehold.cli.progress import showing

    with showing() as show:
        show(attempt.ask())
        return attempt.follow(show)


def stop_like_ctrl_c() -> None:
    """Let SIGTERM and a closed terminal break the command off as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def _report(lease: Lease, *, wait: bool, json: bool) -> Exit:
    if json:
        print_json(lease)
    elif lease.state is LeaseState.READY:
        print_nodes(lease)
        names = " ".join(node.name for node in lease.nodes)
        print(
            f"\nUse:        leasehold ssh {lease.nodes[0].name}\nGive back:  leasehold unlock {names}",
            file=sys.stderr,
        )
    elif not wait:
        print(f"{lease.id} {lease.state}")
    if wait and lease.state is not LeaseState.READY:
        print(f"leasehold: {_failure(lease)}", file=sys.stderr)
        return Exit.LOCK_FAILED
    return Exit.OK


def print_nodes(lease: Lease) -> None:
    """The nodes of a lease that is ready: names, addresses, until when."""
    until = f"{local(lease.until)} ({ago(lease.until)})" if lease.until else "held, without end"
    print_table(("node", "address", "until"), [(n.name, address(n), until) for n in lease.nodes])


def _failure(lease: Lease) -> str:
    why = f": {lease.reason}" if lease.reason else ""
    return f"{lease.id} {lease.state}{why}; nothing is held"
