"""Tags of Neutron's resources."""

import pytest

from tests.unit.emulator.conftest import InProcess


@pytest.fixture
def path(cloud: InProcess) -> str:
    return f"/network/v2.0/networks/{cloud.network_id()}/tags"


def test_tags_are_replaced_added_and_cleared(cloud: InProcess, path: str) -> None:
    assert cloud.call("PUT", path, {"tags": ["b", "a"]}).json == {"tags": ["a", "b"]}
    assert cloud.call("POST", path, {"tags": ["c"]}).json == {"tags": ["c"]}
    assert cloud.call("GET", path).json == {"tags": ["a", "b", "c"]}
    assert cloud.call("DELETE", path).status == 204
    assert cloud.call("GET", path).json == {"tags": []}


def test_one_tag_is_set_seen_and_removed(cloud: InProcess, path: str) -> None:
    assert cloud.call("GET", f"{path}/x").status == 404
    assert cloud.call("PUT", f"{path}/x").status == 201
    assert cloud.call("GET", f"{path}/x").status == 204
    assert cloud.call("DELETE", f"{path}/x").status == 204
    reply = cloud.call("DELETE", f"{path}/x")
    assert reply.json["NeutronError"]["message"] == "Tag x could not be found."


def test_a_resource_shows_its_tags(cloud: InProcess, path: str) -> None:
    cloud.call("PUT", path, {"tags": ["x"]})
    network = cloud.call("GET", path.removesuffix("/tags")).json["network"]
    assert network["tags"] == ["x"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"colours": []}, "Invalid tags body"),
        ({"tags": ["a", "a"]}, "Duplicate items in the list: 'a'"),
        ({"tags": [1]}, "'1' is not a valid string"),
        ({"tags": ["x" * 256]}, f"'{'x' * 256}' exceeds maximum length of 255"),
    ],
)
def test_wrong_tags_are_refused(
    cloud: InProcess, path: str, body: dict[str, object], message: str
) -> None:
    reply = cloud.call("PUT", path, body)
    told = reply.json["NeutronError"]["message"]
    assert (reply.status, told) == (400, f"Invalid input for operation: {message}.")


def test_tags_of_what_one_may_not_see_are_not_found(cloud: InProcess) -> None:
    assert cloud.call("GET", "/network/v2.0/ports/nope/tags").status == 404
