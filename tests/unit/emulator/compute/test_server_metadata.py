"""A server's metadata and tags."""

from leasehold.emulator import Quota
from tests.unit.emulator.conftest import InProcess


def test_metadata_is_merged_replaced_and_deleted_key_by_key(cloud: InProcess) -> None:
    server = cloud.a_server(metadata={"a": "1"})
    path = f"/compute/v2.1/servers/{server['id']}/metadata"
    merged = cloud.call("POST", path, {"metadata": {"b": "2"}})
    assert merged.json["metadata"] == {"a": "1", "b": "2"}
    assert cloud.call("PUT", f"{path}/a", {"meta": {"a": "9"}}).json == {"meta": {"a": "9"}}
    assert cloud.call("GET", f"{path}/a").json == {"meta": {"a": "9"}}
    assert cloud.call("DELETE", f"{path}/a").status == 204
    assert cloud.call("GET", f"{path}/a").status == 404
    assert cloud.call("DELETE", f"{path}/a").status == 404
    assert cloud.call("PUT", path, {"metadata": {"c": "3"}}).json["metadata"] == {"c": "3"}
    assert cloud.server(server["id"])["metadata"] == {"c": "3"}


def test_a_key_in_the_body_must_be_the_one_in_the_path(cloud: InProcess) -> None:
    path = f"/compute/v2.1/servers/{cloud.a_server()['id']}/metadata"
    assert cloud.call("PUT", f"{path}/a", {"meta": {"b": "1"}}).status == 400
    assert cloud.call("POST", path, {"metadata": {"a": 1}}).status == 400
    assert cloud.call("POST", path, {"meta": {"a": "1"}}).status == 400


def test_metadata_needs_a_server_that_is_not_locked_and_has_been_built(
    cloud: InProcess,
) -> None:
    server = cloud.a_server(built=False)
    path = f"/compute/v2.1/servers/{server['id']}/metadata"
    assert cloud.call("POST", path, {"metadata": {"a": "1"}}).status == 409
    cloud.advance(10)
    cloud.act(server["id"], "lock")
    assert cloud.call("POST", path, {"metadata": {"a": "1"}}).status == 409


def test_metadata_has_a_quota(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(metadata_items=1))
    path = f"/compute/v2.1/servers/{cloud.a_server()['id']}/metadata"
    assert cloud.call("POST", path, {"metadata": {"a": "1"}}).status == 200
    assert cloud.call("POST", path, {"metadata": {"b": "1"}}).status == 403


def test_tags_come_and_go_one_by_one_or_all_at_once(cloud: InProcess) -> None:
    path = f"/compute/v2.1/servers/{cloud.a_server()['id']}/tags"

    def tags() -> list[str]:
        found: list[str] = cloud.call("GET", path, version="2.26").json["tags"]
        return found

    added = cloud.call("PUT", f"{path}/blue", version="2.26")
    assert added.status == 201
    assert added.headers["location"].endswith("/tags/blue")
    assert cloud.call("PUT", f"{path}/blue", version="2.26").status == 204
    assert cloud.call("GET", f"{path}/blue", version="2.26").status == 204
    assert cloud.call("GET", f"{path}/red", version="2.26").status == 404
    assert cloud.call("PUT", path, {"tags": ["a", "b"]}, version="2.26").status == 200
    assert tags() == ["a", "b"]
    assert cloud.call("DELETE", f"{path}/a", version="2.26").status == 204
    assert cloud.call("DELETE", f"{path}/a", version="2.26").status == 404
    assert cloud.call("DELETE", path, version="2.26").status == 204
    assert tags() == []


def test_tags_have_their_form_their_number_and_their_version(cloud: InProcess) -> None:
    path = f"/compute/v2.1/servers/{cloud.a_server()['id']}/tags"
    assert cloud.call("GET", path, version="2.25").status == 404
    assert cloud.call("PUT", path, {"tags": ["a,b"]}, version="2.26").status == 400
    assert cloud.call("PUT", path, {"tags": "a"}, version="2.26").status == 400
    many = [str(number) for number in range(51)]
    assert cloud.call("PUT", path, {"tags": many}, version="2.26").status == 400
