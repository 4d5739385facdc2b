"""What the emulator, the keeper and the guests' inits say to each other.

One message is one packet on a Unix socket, as JSON; file descriptors travel beside it. A plan is
too large for a packet, so it is handed over as a sealed-off memory file.
"""

import os
from typing import NewType

import msgspec

Ticket = NewType("Ticket", int)
"""Numbers a request; the answer carries the same."""


# To the keeper


class Open(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Fork a guest's init. Beside it: its end of the control socket, its console."""

    ticket: Ticket
    guest: str
    hostname: str


class End(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Kill the guest's init and so all in it; ``forget`` gives its files up as well."""

    ticket: Ticket
    guest: str
    forget: bool


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The keeper's answer; ``failure`` is for people."""

    ticket: Ticket
    failure: str | None = None


KeeperRequest = Open | End

# To a guest's init


class Window(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A terminal, as SSH describes it."""

    term: str
    columns: int
    rows: int


class Run(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Start a program as ``user``.

    Beside it three pipe ends for its standard streams; none when it gets a terminal.
    ``command`` None is a login shell; ``sftp`` serves files instead.
    """

    ticket: Ticket
    user: str
    command: str | None = None
    sftp: bool = False
    environment: dict[str, str] = {}
    window: Window | None = None


class Signal(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Send a signal, by its name without SIG, to what `Run` started."""

    ticket: Ticket
    name: str


class AskKeys(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Read the authorized keys of ``user`` as sshd would."""

    ticket: Ticket
    user: str


class Apply(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Take a stage of cloud-init; its `Stage` is in the memory file beside the message."""

    ticket: Ticket


InitRequest = Run | Signal | AskKeys | Apply

# From a guest's init


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The place stands; requests are taken from now on."""


class Broken(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The place could not be built; the init ends after this."""

    reason: str


class Started(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A program with a terminal runs; the terminal's master is beside the message."""

    ticket: Ticket


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What `Run` or `Apply` started is over: by ``status``, or killed by signal ``killed_by``."""

    ticket: Ticket
    status: int = 0
    killed_by: int = 0


class Keys(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Answer to `AskKeys`; None means there is no such account."""

    ticket: Ticket
    lines: tuple[str, ...] | None


InitReply = Ready | Broken | Started | Exited | Keys

# What cloud-init has to do


class FileToWrite(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An entry of ``write_files``, decoded."""

    path: str
    content: bytes
    permissions: int = 0o644
    owner: str = "root:root"
    append: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A user to make, or to give keys to when it exists."""

    name: str
    gecos: str = ""
    home: str | None = None
    login_shell: str = "/bin/bash"
    uid: int | None = None
    groups: tuple[str, ...] = ()
    sudo: tuple[str, ...] = ()
    """Rules as in sudoers, without the name."""
    keys: tuple[str, ...] = ()
    create_home: bool = True


class Script(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A program from user-data, run in the last stage; ``name`` orders them."""

    name: str
    content: bytes


class Early(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The first stage: all that comes before SSH answers."""

    instance: str
    first_boot: bool
    hostname: str
    fqdn: str
    address: str
    metadata: dict[str, str]
    user_data: bytes
    notes: tuple[str, ...] = ()
    """Lines for the console: what is broken or not applied."""
    bootcmd: str | None = None
    files: tuple[FileToWrite, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}
    accounts: tuple[Account, ...] = ()
    host_key: str = ""
    """The SSH server's public key, as a line."""


class Late(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The last stage: deferred files and scripts, while SSH answers already."""

    instance: str
    first_boot: bool
    files: tuple[FileToWrite, ...] = ()
    scripts: tuple[Script, ...] = ()
    failures: tuple[str, ...] = ()
    """What was wrong with the user-data itself; for result.json."""


Stage = Early | Late


def encode(message: msgspec.Struct) -> bytes:
    """Make a packet of a message."""
    return msgspec.json.encode(message)


def in_memory(stage: Stage) -> int:
    """Put a stage in a memory file and return its descriptor, which the caller closes."""
    content = encode(stage)
    descriptor = os.memfd_create("stage", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(content)
    return descriptor


def from_memory(descriptor: int) -> Stage:
    """Read what `in_memory` wrote; closes the descriptor."""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        stage: Stage = msgspec.json.decode(file.read(), type=Stage)
    return stage
