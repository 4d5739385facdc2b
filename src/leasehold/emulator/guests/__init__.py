"""What stands behind a server that is ACTIVE: a place one can sign in to over SSH.

The emulator asks for guests through `Guests`; `choose` says which kind this machine can give.
"""

import os
from pathlib import Path
from typing import Literal, Protocol

import msgspec

Mode = Literal["container", "shell"]
"""``container``: own namespaces and files. ``shell``: a directory, commands run as you."""


class GuestSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One server, as far as its guest is concerned."""

    id: str
    name: str
    address: str
    """IPv4, in 127.64.0.0/10; Linux answers there without any set-up."""
    user_data: bytes | None
    """As given to Nova, base64 taken off."""
    public_keys: tuple[str, ...]
    """The key pair's, as lines of OpenSSH."""
    metadata: dict[str, str]
    default_user: str = "debian"
    """The image's own account (Glance property ``os_admin_user``)."""


class GuestFailed(Exception):
    """A guest could not be started; the message says why and what to do."""


class Guests(Protocol):
    """The guests of one emulator. Everything is called from the emulator's event loop."""

    mode: Mode
    reason: str
    """Why this mode: a sentence for people."""
    ssh_port: int
    """Where every guest listens, on its own address: 22 where that may be bound."""

    async def start(self, spec: GuestSpec) -> None:
        """Make the guest, or switch it on again, and let it boot.

        SSH answers when cloud-init has written the keys; this returns before, as Nova says
        ACTIVE before a server can be reached. Raises GuestFailed, with everything undone.
        """

    async def stop(self, server_id: str, *, keep: bool = False) -> None:
        """End the guest and its files; with ``keep`` only switch it off.

        Nothing happens if there is none. What is switched off keeps files, address and host key
        until it is started again or stopped for good.
        """

    async def restart(self, server_id: str) -> None:
        """Boot it again: processes end; files, address and host key stay."""

    def console(self, server_id: str) -> str:
        """What the guest wrote to its console, its last part if that is long; "" for none."""

    async def close(self) -> None:
        """End all guests. Nothing of them is left when this returns."""


def choose(mode: Literal["auto"] | Mode = "auto", directory: Path | None = None) -> Guests:
    """Take the guests this machine can give; ``auto`` takes containers where the kernel lets us.

    ``directory`` holds the directories of ``shell`` guests (default: the system's temporary one).
    Raises GuestFailed when ``container`` is demanded and refused.
    """
    # Imported here: whoever only names the types needs no SSH server.
    from leasehold.emulator.guests.addresses import choose_port
    from leasehold.emulator.guests.fleet import Fleet
    from leasehold.emulator.guests.keeper import probe

    refusal = None if mode == "shell" else probe()
    if refusal is not None and mode == "container":
        raise GuestFailed(
            f"This machine's kernel refuses containers: {refusal}. Run the emulator as root or "
            "where user namespaces are allowed, or use guests of mode 'shell'."
        )
    kind: Mode = "shell" if mode == "shell" or refusal is not None else "container"
    return Fleet(kind, _reason(kind, refusal), choose_port(), directory)


def _reason(kind: Mode, refusal: str | None) -> str:
    if kind == "container" and os.geteuid() != 0:
        return (
            "container, of an ordinary user: this kernel lets the emulator build a place of its "
            "own for each server, where everybody is root and host packages cannot be changed"
        )
    if kind == "container":
        return "container: this kernel lets the emulator build a place of its own for each server"
    if refusal is None:
        return "shell, as demanded: commands on servers run as you, in a directory for each"
    return (
        "shell: commands on servers run as you, in a directory for each, because the kernel "
        f"refuses containers ({refusal})"
    )
