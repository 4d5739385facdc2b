"""The ``openstack`` command, unchanged, against the emulator."""

from pathlib import Path

from leasehold.emulator import Emulator
from tests.system.emulator.conftest import Commands

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJbZ1d2bYt3b0Yh0XlA9WjJq8H7l6f5c3d2b1a0Z9Y8 me"


def names(listed: list[dict[str, str]], column: str = "Name") -> set[str]:
    return {row[column] for row in listed}


def test_it_signs_in_and_lists_what_there_is(commands: Commands) -> None:
    openstack = commands.openstack
    assert openstack("token", "issue")["id"].startswith("gAAAAA")
    catalog = openstack("catalog", "list")
    assert names(catalog, "Type") >= {"identity", "compute", "image", "network", "block-storage"}
    assert names(openstack("flavor", "list")) == {"tiny", "small", "medium", "large"}
    assert names(openstack("image", "list")) == {"debian-12", "ubuntu-22.04", "tiny"}
    assert names(openstack("network", "list")) == {"lab", "public"}
    assert names(openstack("project", "list")) == {"demo"}


def test_a_server_is_created_listed_shown_and_deleted(
    commands: Commands, shared: Emulator, tmp_path: Path
) -> None:
    openstack = commands.openstack
    key = tmp_path / "key.pub"
    key.write_text(KEY)
    openstack("keypair", "create", "--public-key", str(key), "mine")
    server = openstack(
        "server", "create", "--image", "tiny", "--flavor", "tiny", "--network", "lab",
        "--key-name", "mine", "--property", "a=b", "--wait", "web",
    )  # fmt: skip
    assert server["status"] == "ACTIVE"
    assert server["addresses"]["lab"][0].startswith("10.20.")
    (listed,) = openstack("server", "list")
    assert (listed["Name"], listed["Image"], listed["Flavor"]) == ("web", "tiny", "tiny")
    shown = openstack("server", "show", "web")
    assert (shown["key_name"], shown["properties"]) == ("mine", {"a": "b"})
    openstack("server", "delete", "--wait", "web")
    assert openstack("server", "list") == []
    openstack("keypair", "delete", "mine")
    assert shared.leftovers().nothing


def test_a_volume_and_a_floating_ip_are_joined_to_a_server(
    commands: Commands, shared: Emulator
) -> None:
    openstack = commands.openstack
    openstack(
        "server", "create", "--image", "tiny", "--flavor", "tiny", "--network", "lab",
        "--wait", "db",
    )  # fmt: skip
    volume = openstack("volume", "create", "--size", "1", "data")
    assert volume["size"] == 1
    openstack("server", "add", "volume", "db", "data")
    floating = openstack("floating", "ip", "create", "public")
    openstack("server", "add", "floating", "ip", "db", floating["floating_ip_address"])
    shown = openstack("server", "show", "db")
    assert floating["floating_ip_address"] in shown["addresses"]["lab"]
    assert shown["volumes_attached"][0]["id"] == volume["id"]
    openstack("server", "delete", "--wait", "db")
    openstack("volume", "delete", "data")
    openstack("floating", "ip", "delete", floating["id"])
    assert not shared.leftovers().servers
    assert not shared.leftovers().floating_ips


def test_an_administrator_sees_everybodys(commands: Commands, shared: Emulator) -> None:
    (seeded,) = shared.seed_servers(1)
    openstack = commands.openstack
    (listed,) = openstack("server", "list", "--all-projects", cloud="admin")
    assert listed["ID"] == seeded.id
    assert names(openstack("user", "list", cloud="admin")) >= {"admin", "demo"}
    assert names(openstack("service", "list", cloud="admin"), "Type") >= {"compute", "identity"}
    openstack("server", "delete", "--wait", seeded.id)
