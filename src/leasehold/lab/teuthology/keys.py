"""The public keys of who runs teuthology: its nodes let them in."""

from pathlib import Path

OWN = ("id_rsa", "id_ecdsa", "id_ed25519")
"""The keys in ``~/.ssh`` that teuthology's SSH tries by itself."""


def public_keys(ssh_key: str | None) -> tuple[str, ...]:
    """The public half of teuthology.yaml's `ssh_key`; without one, of the user's own keys.

    teuthology itself looks for id_rsa only. A half that is not there is left out: the lab lets its
    own key in, and each lock may bring more.
    """
    names = [ssh_key] if ssh_key else [f"~/.ssh/{name}" for name in OWN]
    files = [Path(f"{name}.pub").expanduser() for name in names]
    return tuple(file.read_text(encoding="utf-8").strip() for file in files if file.is_file())
