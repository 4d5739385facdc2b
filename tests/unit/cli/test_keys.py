import stat
from pathlib import Path

import asyncssh
import pytest

from leasehold.cli.keys import own_key, public_keys


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path


def test_a_key_is_made_on_first_need_for_its_owner_alone(home: Path) -> None:
    path = own_key()
    assert path == home / ".config/leasehold/id_ed25519"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert asyncssh.read_private_key(path).get_algorithm() == "ssh-ed25519"


def test_the_key_stays_the_same() -> None:
    assert own_key().read_bytes() == own_key().read_bytes()


def test_the_public_half_belongs_to_the_private_one() -> None:
    private = asyncssh.read_private_key(own_key())
    assert public_keys()[0].split()[1] == private.export_public_key().decode().split()[1]


def test_the_users_own_keys_are_let_in_and_other_files_are_not(home: Path) -> None:
    theirs = asyncssh.generate_private_key("ecdsa-sha2-nistp256", comment="ann")
    folder = home / ".ssh"
    folder.mkdir()
    (folder / "id_ecdsa.pub").write_bytes(theirs.export_public_key())
    (folder / "id_ed25519-cert.pub").write_text("ssh-ed25519-cert-v01@openssh.com AAAA ann")
    (folder / "notes.pub").write_text("opening hours: 9 to 5")
    (folder / "binary.pub").write_bytes(b"\xff\xfe")
    assert [key.split()[0] for key in public_keys()] == ["ssh-ed25519", "ecdsa-sha2-nistp256"]
