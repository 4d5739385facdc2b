"""The lab's key, and the known_hosts file."""

import stat
from pathlib import Path

import asyncssh
import pytest

from leasehold.lab.keys import LabKey, write_known_hosts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFF0dGB2QjkRVqXmjEOMzZMJjLJkqDD2Bc4gfpsRXPbD"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "id_ed25519"
    made = LabKey(path)
    assert mode(path) == 0o600
    assert LabKey(path).public == made.public
    assert made.public.startswith("ssh-ed25519 AAAA")
    assert made.public.endswith(" leasehold lab")
    assert asyncssh.import_public_key(made.public) == made.private.convert_to_public()


def test_a_key_of_ones_own_is_used(tmp_path: Path) -> None:
    path = tmp_path / "id"
    own = asyncssh.generate_private_key("ssh-rsa", comment="mine")
    path.write_bytes(own.export_private_key())
    assert LabKey(path).public.startswith("ssh-rsa ")


def test_the_secret_is_in_no_repr(tmp_path: Path) -> None:
    key = LabKey(tmp_path / "id")
    secret = (tmp_path / "id").read_text().splitlines()[1]
    assert secret not in repr(key) + str(vars(key))


def test_known_hosts_are_by_name_and_address(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    write_known_hosts(path, {"b": ("10.0.0.2", 2222, KEY), "a": ("10.0.0.1", 22, KEY)})
    assert path.read_text() == f"a,10.0.0.1 {KEY}\nb,[10.0.0.2]:2222 {KEY}\n"
    known = asyncssh.read_known_hosts(str(path))
    assert known.match("a", "10.0.0.1", 22)[0]
    assert known.match("", "10.0.0.2", 2222)[0]
    assert not known.match("", "10.0.0.2", 22)[0]


def test_the_file_is_replaced_at_one_stroke(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    write_known_hosts(path, {"a": ("10.0.0.1", 22, KEY)})
    reader = path.open()
    write_known_hosts(path, {})
    assert reader.read() != ""
    reader.close()
    assert path.read_text() == ""
    assert [each.name for each in tmp_path.iterdir()] == ["known_hosts"]


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        write_known_hosts(tmp_path / "file" / "known_hosts", {})
