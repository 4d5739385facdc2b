"""Volume types and their extra specs."""

from typing import Any

from tests.unit.emulator.conftest import InProcess

TYPES = "/volume/v3/types"


def a_type(cloud: InProcess, **fields: Any) -> Any:
    wish = {"name": "fast", "extra_specs": {"a": "b"}, **fields}
    reply = cloud.call("POST", TYPES, {"volume_type": wish}, user="admin")
    assert reply.status == 200, reply.body
    return reply.json["volume_type"]


def test_there_is_a_default_type(cloud: InProcess) -> None:
    (listed,) = cloud.call("GET", TYPES).json["volume_types"]
    default = cloud.call("GET", f"{TYPES}/default").json["volume_type"]
    assert listed["id"] == default["id"]
    assert default["name"] == "default"


def test_a_type_is_found_by_id_only(cloud: InProcess) -> None:
    made = a_type(cloud)
    assert cloud.call("GET", f"{TYPES}/{made['id']}").status == 200
    reply = cloud.call("GET", f"{TYPES}/fast")
    assert (reply.status, reply.message) == (404, "Volume type fast could not be found.")


def test_extra_specs_are_the_administrators_business(cloud: InProcess) -> None:
    path = f"{TYPES}/{a_type(cloud)['id']}"
    assert cloud.call("GET", path).json["volume_type"]["extra_specs"] == {}
    seen = cloud.call("GET", path, user="admin").json["volume_type"]
    assert seen["extra_specs"] == {"a": "b"}


def test_only_administrators_change_types(cloud: InProcess) -> None:
    reply = cloud.call("POST", TYPES, {"volume_type": {"name": "mine"}})
    assert (reply.status, reply.message) == (
        403,
        "Policy doesn't allow volume_extension:type_create to be performed.",
    )


def test_two_types_do_not_share_a_name(cloud: InProcess) -> None:
    a_type(cloud)
    reply = cloud.call("POST", TYPES, {"volume_type": {"name": "fast"}}, user="admin")
    assert reply.status == 409


def test_extra_specs_are_added_set_and_removed(cloud: InProcess) -> None:
    path = f"{TYPES}/{a_type(cloud)['id']}/extra_specs"
    added = cloud.call("POST", path, {"extra_specs": {"c": "d"}}, user="admin")
    assert added.json == {"extra_specs": {"c": "d"}}
    assert cloud.call("PUT", f"{path}/c", {"c": "e"}, user="admin").json == {"c": "e"}
    assert cloud.call("GET", path, user="admin").json == {"extra_specs": {"a": "b", "c": "e"}}
    assert cloud.call("DELETE", f"{path}/c", user="admin").status == 202
    assert cloud.call("GET", f"{path}/c", user="admin").status == 404


def test_a_type_is_renamed_and_deleted_but_not_the_default_one(cloud: InProcess) -> None:
    path = f"{TYPES}/{a_type(cloud)['id']}"
    renamed = cloud.call("PUT", path, {"volume_type": {"name": "slow"}}, user="admin")
    assert renamed.json["volume_type"]["name"] == "slow"
    assert cloud.call("DELETE", path, user="admin").status == 202
    assert cloud.call("GET", path).status == 404
    default = cloud.call("GET", f"{TYPES}/default").json["volume_type"]
    assert cloud.call("DELETE", f"{TYPES}/{default['id']}", user="admin").status == 400
