"""Cinder: volumes and their snapshots."""

from typing import Any
from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant, sights
from tests.contract.volume_forms import (
    BORN,
    FROM_IMAGE,
    LINK,
    SHOWN_SNAPSHOT,
    SNAPSHOT,
    TYPE,
    VOLUME,
    VOLUME_3_59,
)

NOBODY = str(UUID(int=0xDEAD))
NOT_NOW = (
    "Invalid volume: Volume status must be available or error or error_restoring or "
    "error_extending or error_managing and must not be migrating, attached, belong to a group, "
    r"have snapshots, awaiting a transfer, or be disassociated from snapshots after volume "
    r"transfer\."
)


def test_a_volume_is_creating_and_then_available(cloud: Tenant) -> None:
    body = {"size": 1, "name": "mine", "metadata": {"leasehold": "a/b"}}
    answer = cloud.volume.post("/volumes", {"volume": body})
    assert answer.status == 202
    has_form(answer.one, BORN)
    assert answer.one["status"] == "creating"

    seen = cloud.volume_is(answer.one["id"], "available")
    assert {sight["status"] for sight in seen} <= {"creating", "available"}
    volume = seen[-1]
    has_form(volume, VOLUME)
    assert volume["os-vol-tenant-attr:tenant_id"] == cloud.project_id
    assert volume["metadata"] == {"leasehold": "a/b"}
    assert volume["bootable"] == "false"
    assert volume["attachments"] == []


def test_a_volume_shows_more_in_later_versions(cloud: Tenant) -> None:
    path = f"/volumes/{cloud.a_volume()}"
    has_form(cloud.volume.get(path, version="3.59").one, VOLUME_3_59)


def test_a_volume_made_from_an_image_can_be_booted_from(cloud: Tenant) -> None:
    volume_id = cloud.a_volume(imageRef=cloud.image_id)
    volume = cloud.volume.get(f"/volumes/{volume_id}").one
    has_form(volume, FROM_IMAGE)
    assert volume["bootable"] == "true"
    assert volume["volume_image_metadata"]["image_id"] == cloud.image_id
    assert volume["volume_image_metadata"]["image_name"] == "tiny"


def test_a_deleted_volume_is_deleting_and_then_gone(cloud: Tenant) -> None:
    path = f"/volumes/{cloud.a_volume()}"
    answer = cloud.volume.delete(path)
    assert (answer.status, answer.text) == (202, "")
    assert {sight["status"] for sight in cloud.gone(cloud.volume, path)} <= {"deleting"}
    assert cloud.volume.delete(path).status == 404


def test_pages_of_volumes_lead_from_one_to_the_next(cloud: Tenant) -> None:
    made = {cloud.a_volume() for _ in range(3)}
    for path in (
        "/volumes?limit=2",
        "/volumes/detail?limit=2",
        f"/{cloud.project_id}/volumes?limit=2",
    ):
        found: list[str] = []
        while path:
            body = cloud.volume.get(path).body
            found += [volume["id"] for volume in body["volumes"]]
            links = body.get("volumes_links", [])
            assert [link["rel"] for link in links] in ([], ["next"])
            path = links[0]["href"] if links else ""
        assert sorted(found) == sorted(made)


def test_a_short_list_has_names_and_links_only_and_a_long_one_all(cloud: Tenant) -> None:
    cloud.a_volume()
    short = cloud.volume.get("/volumes").body
    has_form(short, {"volumes": [{"id": str, "name": str, "links": [LINK]}]})
    has_form(cloud.volume.get("/volumes/detail").body, {"volumes": [VOLUME]})


def test_volumes_are_found_by_name_state_and_metadata(cloud: Tenant) -> None:
    ours = cloud.a_volume(name="ours", metadata={"leasehold": "a/b"})
    cloud.a_volume(name="other")
    for query in ("name=ours", "metadata=%7B'leasehold':'a/b'%7D"):
        (found,) = cloud.volume.get(f"/volumes?{query}").one
        assert found["id"] == ours
    assert len(cloud.volume.get("/volumes?status=available").one) == 2
    assert cloud.volume.get("/volumes?status=error").one == []


@pytest.mark.parametrize(
    ("query", "status", "kind", "message"),
    [
        ("limit=abc", 400, "badRequest", "limit param must be an integer"),
        ("limit=-1", 400, "badRequest", "limit param must be positive"),
        (
            f"marker={NOBODY}",
            404,
            "itemNotFound",
            rf"Volume {NOBODY} could not be found\.",
        ),
    ],
    ids=["not a limit", "negative limit", "marker"],
)
def test_a_wrong_query_is_refused(
    cloud: Tenant, query: str, status: int, kind: str, message: str
) -> None:
    refused(cloud.volume.get(f"/volumes?{query}"), status, kind, message)


WRONG: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no size": (
        {"size": None},
        400,
        "badRequest",
        "The server could not comply with the request since it is .* incorrect\\.",
    ),
    "size 0": (
        {"size": 0},
        400,
        "badRequest",
        r"Invalid input for field/attribute size\. Value: 0\. .*",
    ),
    "no such type": (
        {"volume_type": "nope"},
        404,
        "itemNotFound",
        r"Volume type with name nope could not be found\.",
    ),
    "no such image": (
        {"imageRef": NOBODY},
        400,
        "badRequest",
        r"Invalid image identifier or unable to access requested image\.",
    ),
    "no such zone": (
        {"availability_zone": "nope"},
        400,
        "badRequest",
        r"Availability zone 'nope' is invalid\.",
    ),
    "no such snapshot": (
        {"snapshot_id": NOBODY},
        404,
        "itemNotFound",
        rf"Snapshot {NOBODY} could not be found\.",
    ),
}


@pytest.mark.parametrize(("wrong", "status", "kind", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_volume_is_refused(
    cloud: Tenant, wrong: dict[str, Any], status: int, kind: str, message: str
) -> None:
    answer = cloud.volume.post("/volumes", {"volume": {"size": 1} | wrong})
    refused(answer, status, kind, message)


@pytest.mark.parametrize("volume_id", [NOBODY, "nope"])
def test_an_unknown_volume_is_not_found(cloud: Tenant, volume_id: str) -> None:
    unknown = rf"Volume {volume_id} could not be found\."
    refused(cloud.volume.get(f"/volumes/{volume_id}"), 404, "itemNotFound", unknown)
    refused(cloud.volume.delete(f"/volumes/{volume_id}"), 404, "itemNotFound", unknown)


def test_another_projects_address_is_refused(cloud: Tenant) -> None:
    answer = cloud.volume.get(f"/{cloud.admin.project_id}/volumes")
    refused(answer, 400, "badRequest", "Malformed request url")


def test_a_body_that_is_no_json_is_refused(cloud: Tenant) -> None:
    headers = {"Content-Type": "application/json"}
    answer = cloud.volume.post("/volumes", data=b"{broken", headers=headers)
    refused(answer, 400, "badRequest", "Malformed request body")


def test_a_volume_changes_its_name_metadata_and_size(cloud: Tenant) -> None:
    volume_id = cloud.a_volume(metadata={"a": "1"})
    path = f"/volumes/{volume_id}"
    renamed = cloud.volume.put(path, {"volume": {"name": "renamed"}})
    assert (renamed.status, renamed.one["name"]) == (200, "renamed")
    more = cloud.volume.post(f"{path}/metadata", {"metadata": {"b": "2"}})
    assert more.body == {"metadata": {"a": "1", "b": "2"}}
    assert cloud.volume.post(f"{path}/action", {"os-extend": {"new_size": 2}}).status == 202
    assert cloud.volume_is(volume_id, "available")[-1]["size"] == 2


def test_an_action_that_is_none_is_refused(cloud: Tenant) -> None:
    answer = cloud.volume.post(f"/volumes/{cloud.a_volume()}/action", {"fly": {}})
    refused(answer, 400, "badRequest", r"There is no such action: fly\. .*")


def test_a_volume_with_a_snapshot_stays(cloud: Tenant) -> None:
    volume_id = cloud.a_volume()
    body = {"snapshot": {"volume_id": volume_id, "name": "s"}}
    made = cloud.volume.post("/snapshots", body)
    assert made.status == 202
    has_form(made.one, SNAPSHOT)
    path = f"/snapshots/{made.one['id']}"
    shown = sights(lambda: cloud.volume.get(path), "available")[-1]
    has_form(shown, SHOWN_SNAPSHOT)

    refused(cloud.volume.delete(f"/volumes/{volume_id}"), 400, "badRequest", NOT_NOW)
    assert cloud.volume.delete(path).status == 202
    cloud.gone(cloud.volume, path)
    assert cloud.volume.delete(f"/volumes/{volume_id}").status == 202


def test_volume_types_are_listed_and_one_is_the_default(cloud: Tenant) -> None:
    listed = cloud.volume.get("/types").body
    has_form(listed, {"volume_types": [TYPE]})
    default = cloud.volume.get("/types/default").one
    assert default["name"] in {kind["name"] for kind in listed["volume_types"]}
    assert cloud.volume.get(f"/volumes/{cloud.a_volume()}").one["volume_type"] == default["name"]
