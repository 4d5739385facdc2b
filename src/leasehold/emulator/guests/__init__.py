"""What stands behind a server that is ACTIVE: a place one can sign in to over SSH.

The emulator asks for guests through `Guests`; `choose` says which kind this machine can give.
"""

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
        """Make the guest and let it boot; SSH answers when cloud-init has written the keys.

        Returns before that, as Nova says ACTIVE before a server can be reached. Raises
        GuestFailed, with everything undone.
        """

    async def stop(self, server_id: str) -> None:
        """End the guest, its processes and its files. Nothing happens if there is none."""

    async def restart(self, server_id: str) -> None:
        """Boot it again: processes end; files, address and host key stay."""

    def console(self, server_id: str) -> str:
        """What the guest wrote to its console, its last part if that is long."""

    async def close(self) -> None:
        """End all guests. Nothing of them is left when this returns."""


def choose(mode: Literal["auto"] | Mode = "auto", directory: Path | None = None) -> Guests:
    """Take the guests this machine can give; ``auto`` takes containers where the kernel lets us.

    ``directory`` holds the directories of ``shell`` guests (default: the system's temporary one).
    Raises GuestFailed when ``container`` is demanded and refused.
    """
    raise GuestFailed(f"Guests of mode {mode!r} in {directory} are not part of this build.")
