"""Volume types and their extra specs."""

from typing import Any

from tests.unit.emulator.conftest import InProcess, Reply

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


def test_a_type_in_use_is_not_deleted(cloud: InProcess) -> None:
    made = a_type(cloud)
    wish = {"size": 1, "volume_type": "fast"}
    assert cloud.call("POST", "/volume/v3/volumes", {"volume": wish}).status == 202
    reply = cloud.call("DELETE", f"{TYPES}/{made['id']}", user="admin")
    assert (reply.status, reply.message) == (400, "Target volume type is still in use.")


def a_private_type(cloud: InProcess) -> str:
    return str(a_type(cloud, **{"os-volume-type-access:is_public": False})["id"])


def access(cloud: InProcess, type_id: str, verb: str, project: Any, user: str = "admin") -> Reply:
    body = {f"{verb}ProjectAccess": {"project": project}}
    return cloud.call("POST", f"{TYPES}/{type_id}/action", body, user=user)


def listed(cloud: InProcess, query: str = "", user: str = "demo") -> list[str]:
    reply = cloud.call("GET", f"{TYPES}{query}", user=user)
    assert reply.status == 200, reply.body
    return [volume_type["name"] for volume_type in reply.json["volume_types"]]


def test_a_private_type_is_seen_and_used_by_the_projects_it_was_given_to(cloud: InProcess) -> None:
    type_id, project = a_private_type(cloud), cloud.cloud.project("demo").id
    wish = {"volume": {"size": 1, "volume_type": type_id}}
    assert cloud.call("GET", f"{TYPES}/{type_id}").status == 404
    assert cloud.call("POST", "/volume/v3/volumes", wish).status == 404
    assert access(cloud, type_id, "add", project).status == 202
    assert listed(cloud) == ["fast", "default"]
    assert cloud.call("POST", "/volume/v3/volumes", wish).status == 202
    given = cloud.call("GET", f"{TYPES}/{type_id}/os-volume-type-access", user="admin").json
    assert given == {"volume_type_access": [{"volume_type_id": type_id, "project_id": project}]}
    assert access(cloud, type_id, "remove", project).status == 202
    assert listed(cloud) == ["default"]


def test_administrators_list_public_types_unless_they_ask_for_others(cloud: InProcess) -> None:
    a_private_type(cloud)
    assert listed(cloud, user="admin") == ["default"]
    assert listed(cloud, "?is_public=false", user="admin") == ["fast"]
    assert listed(cloud, "?is_public=None", user="admin") == ["fast", "default"]
    assert listed(cloud, "?is_public=None") == ["default"]
    reply = cloud.call("GET", f"{TYPES}?is_public=x", user="admin")
    assert (reply.status, reply.message) == (400, "Invalid is_public filter [x]")


def test_access_that_cannot_be_is_refused(cloud: InProcess) -> None:
    type_id, public_id = a_private_type(cloud), a_type(cloud, name="open")["id"]
    combination = f"{type_id} / p combination"
    assert access(cloud, type_id, "remove", "p").message == (
        f"Volume type access not found for {combination}."
    )
    assert access(cloud, type_id, "add", "p").status == 202
    again = access(cloud, type_id, "add", "p")
    assert (again.status, again.message) == (
        409,
        f"Volume type access for {combination} already exists.",
    )
    assert access(cloud, public_id, "add", "p").message == (
        "Invalid volume type: Type access modification is not applicable to public volume type."
    )
    assert access(cloud, type_id, "add", "").message == (
        "Invalid input for field/attribute project. Value: . '' should be non-empty"
    )
    assert access(cloud, type_id, "zap", "p").message.startswith(
        "There is no such action: zapProjectAccess."
    )
    assert access(cloud, type_id, "add", "p", user="demo").message == (
        "Policy doesn't allow volume_extension:volume_type_access:addProjectAccess to be performed."
    )
    path = f"{TYPES}/{public_id}/os-volume-type-access"
    assert cloud.call("GET", path).status == 403
    assert cloud.call("GET", path, user="admin").message == (
        "Access list not available for public volume types."
    )
