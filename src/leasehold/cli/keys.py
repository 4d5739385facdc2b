"""The user's SSH keys: those they have, and one of ours made when first needed."""

import os
from pathlib import Path

from leasehold.cli.configuration import own_directory


def own_key() -> Path:
    """The private key kept for leased nodes, made on first need (ed25519, no passphrase).

    It stands beside the user's own keys, so that `leasehold ssh` works without an agent and where
    people have no key at all.
    """
    path = own_directory() / "id_ed25519"
    if not path.exists():
        _make(path)
    return path


def public_keys() -> tuple[str, ...]:
    """Public keys to let in: ours, and every ``~/.ssh/*.pub`` that is one."""
    files = [own_key().with_suffix(".pub"), *sorted((Path.home() / ".ssh").glob("*.pub"))]
    found = (_read(file) for file in files)
    return tuple(dict.fromkeys(key for key in found if key))


def _make(path: Path) -> None:
    """Make the pair. Of two commands that do so at once the first one's key is kept."""
    import asyncssh

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519", comment="leasehold")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.export_private_key())
    try:
        os.link(beside, path)
    except FileExistsError:
        key = asyncssh.read_private_key(path)
    finally:
        beside.unlink()
    path.with_suffix(".pub").write_bytes(key.export_public_key())


def _read(file: Path) -> str | None:
    """A plain public key of one line; certificates and other things are left alone."""
    try:
        line = file.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    kind, _, rest = line.partition(" ")
    known = kind in ("ssh-ed25519", "ssh-rsa") or kind.startswith(("ecdsa-sha2-", "sk-"))
    return line if known and rest and "\n" not in line and "-cert-" not in kind else None
