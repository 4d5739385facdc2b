"""The lab's own SSH key, and the known_hosts file that it keeps for everybody."""

from collections.abc import Mapping
from pathlib import Path

import asyncssh

from leasehold.files import replace_file
from leasehold.lab.model import NodeName


class LabKey:
    """The key with which the lab looks into nodes; made once, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        """Read the key at `path`, or make one there. Raises OSError if neither is possible."""
        self.path = path
        if path.exists():
            self._key = asyncssh.read_private_key(path)
        else:
            self._key = asyncssh.generate_private_key("ssh-ed25519", comment="leasehold lab")
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, self._key.export_private_key().decode(), 0o600)

    @property
    def public(self) -> str:
        """In OpenSSH form: ``ssh-ed25519 AAAA... leasehold lab``."""
        return self._key.export_public_key().decode().strip()

    @property
    def private(self) -> asyncssh.SSHKey:
        return self._key


def write_known_hosts(path: Path, hosts: Mapping[NodeName, tuple[str, int, str]]) -> None:
    """Replace the file at one stroke: by node, the address, port and host key as ssh reads them."""
    lines = [
        f"{name},{address if port == 22 else f'[{address}]:{port}'} {key}\n"
        for name, (address, port, key) in sorted(hosts.items())
    ]
    replace_file(path, "".join(lines), 0o644)
