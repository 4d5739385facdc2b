"""Key pairs, in the shapes of 2.1, 2.2, 2.10, 2.35 and 2.92."""

import asyncssh
import pytest

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess, Reply

PAIRS = "/compute/v2.1/os-keypairs"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJbZ1d2bYt3b0Yh0XlA9WjJq8H7l6f5c3d2b1a0Z9Y8 me"
FINGERPRINT = "56:b3:16:1b:c2:fb:34:33:c0:85:21:67:ed:62:b7:68"
"""As real Nova told it for `KEY`."""


def create(cloud: InProcess, version: str = "2.2", **given: str) -> Reply:
    body = {"keypair": {"name": "mine", "public_key": KEY, **given}}
    return cloud.call("POST", PAIRS, body, version=version)


def test_a_public_key_is_kept_with_its_fingerprint(cloud: InProcess) -> None:
    pair = create(cloud).json["keypair"]
    assert pair["fingerprint"] == FINGERPRINT
    shown = cloud.call("GET", f"{PAIRS}/mine").json["keypair"]
    assert (shown["public_key"], shown["id"], shown["deleted"]) == (KEY, 1, False)


@pytest.mark.parametrize(("version", "made", "gone"), [("2.1", 200, 202), ("2.2", 201, 204)])
def test_the_status_says_which_version_it_is(
    cloud: InProcess, version: str, made: int, gone: int
) -> None:
    reply = create(cloud, version)
    assert reply.status == made
    assert ("type" in reply.json["keypair"]) == (version == "2.2")
    assert cloud.call("DELETE", f"{PAIRS}/mine", version=version).status == gone
    assert cloud.call("DELETE", f"{PAIRS}/mine", version=version).status == 404


def test_a_pair_is_made_by_nova_until_2_91(cloud: InProcess) -> None:
    pair = cloud.call("POST", PAIRS, {"keypair": {"name": "made"}}).json["keypair"]
    private = asyncssh.import_private_key(pair["private_key"])
    public = asyncssh.import_public_key(pair["public_key"])
    assert private.public_data == public.public_data
    assert pair["public_key"].endswith("Generated-by-Nova")
    shown = cloud.call("GET", f"{PAIRS}/made").json["keypair"]
    assert "private_key" not in shown
    late = cloud.call("POST", PAIRS, {"keypair": {"name": "late"}}, version="2.92")
    assert late.status == 400


@pytest.mark.parametrize(
    ("given", "version", "status"),
    [
        ({"public_key": "bad"}, "2.1", 400),
        ({"name": "a/b"}, "2.1", 400),
        ({"name": "a@b.c"}, "2.91", 400),
        ({"name": "a@b.c"}, "2.92", 201),
        ({"name": ""}, "2.1", 400),
    ],
)
def test_names_and_keys_have_their_form(
    cloud: InProcess, given: dict[str, str], version: str, status: int
) -> None:
    assert create(cloud, version, **given).status == status


def test_a_name_is_a_users_only_once_and_anothers_too(cloud: InProcess) -> None:
    create(cloud)
    reply = create(cloud)
    assert (reply.status, reply.message) == (409, "Key pair 'mine' already exists.")
    assert cloud.call("GET", f"{PAIRS}/mine", user="admin").status == 404


def test_administrators_see_the_pairs_of_others_from_2_10(cloud: InProcess) -> None:
    create(cloud)
    user_id = next(user.id for user in cloud.cloud.world.users if user.name == "demo")
    path = f"{PAIRS}?user_id={user_id}"
    found = cloud.call("GET", path, version="2.10", user="admin").json["keypairs"]
    assert [entry["keypair"]["name"] for entry in found] == ["mine"]
    assert cloud.call("GET", f"{PAIRS}?user_id=other", version="2.10").status == 403


def test_pages_follow_each_other_from_2_35(cloud: InProcess) -> None:
    for name in "cab":
        create(cloud, name=name)
    body = cloud.call("GET", f"{PAIRS}?limit=2", version="2.35").json
    assert [entry["keypair"]["name"] for entry in body["keypairs"]] == ["a", "b"]
    after = cloud.call("GET", body["keypairs_links"][0]["href"], version="2.35").json
    assert [entry["keypair"]["name"] for entry in after["keypairs"]] == ["c"]
    assert len(cloud.call("GET", f"{PAIRS}?limit=2", version="2.34").json["keypairs"]) == 3


def test_pairs_have_a_quota(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(key_pairs=1))
    create(cloud)
    reply = create(cloud, name="other")
    assert (reply.status, reply.message) == (403, "Quota exceeded, too many key pairs.")


def test_a_server_remembers_its_key(cloud: InProcess) -> None:
    create(cloud)
    server = cloud.a_server(key_name="mine")
    assert server["key_name"] == "mine"
    assert cloud.cloud.compute.servers.alive.get(server["id"]).public_key == KEY
