"""Glance: images, from the record to the data and back."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from tests.contract.api import refused
from tests.contract.shape import has_form
from tests.contract.tenant import Tenant

NOBODY = str(UUID(int=0xDEAD))
BYTES = {"Content-Type": "application/octet-stream"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
QUEUED = {
    "id": str,
    "name": None | str,
    "status": str,
    "visibility": str,
    "owner": str,
    "protected": bool,
    "os_hidden": bool,
    "disk_format": None | str,
    "container_format": None | str,
    "size": None | int,
    "virtual_size": None | int,
    "min_disk": int,
    "min_ram": int,
    "checksum": None | str,
    "os_hash_algo": None | str,
    "os_hash_value": None | str,
    "created_at": str,
    "updated_at": str,
    "tags": [str],
    "self": str,
    "file": str,
    "schema": str,
}
ACTIVE = QUEUED | {
    "size": int,
    "checksum": str,
    "os_hash_algo": str,
    "os_hash_value": str,
    "stores": str,
}


def an_image(cloud: Tenant, **changes: Any) -> str:
    """An image record without data; its id."""
    body = {"name": "an-image", "disk_format": "raw", "container_format": "bare"} | changes
    answer = cloud.image.post("/images", body)
    assert answer.status == 201, answer.text
    return str(answer.body["id"])


def test_an_image_is_queued_uploaded_and_active(cloud: Tenant) -> None:
    answer = cloud.image.post(
        "/images", {"name": "mine", "disk_format": "raw", "container_format": "bare"}
    )
    assert answer.status == 201
    image = answer.body
    has_form(image, QUEUED)
    assert (image["status"], image["visibility"]) == ("queued", "shared")
    assert image["file"] == f"/v2/images/{image['id']}/file"
    assert cloud.image.get(f"/images/{image['id']}/file").status == 204

    path = f"/images/{image['id']}"
    assert cloud.image.put(f"{path}/file", data=b"x" * 1000, headers=BYTES).status == 204
    active = cloud.image.get(path).body
    # With several stores Glance says which has the data; the emulator has one.
    has_form({"stores": ""} | active, ACTIVE)
    assert (active["status"], active["size"]) == ("active", 1000)
    assert cloud.image.get(f"{path}/file").text == "x" * 1000

    again = cloud.image.put(f"{path}/file", data=b"y", headers=BYTES)
    message = "Image status transition from active to saving is not allowed"
    refused(again, 409, "409 Conflict", message)
    assert cloud.image.delete(path).status == 204
    assert cloud.image.get(path).status == 404


def test_own_properties_stand_beside_the_usual_ones(cloud: Tenant) -> None:
    image_id = an_image(cloud, os_distro="debian", os_version="12", tags=["t"], min_disk=2)
    image = cloud.image.get(f"/images/{image_id}").body
    has_form(image, QUEUED | {"os_distro": str, "os_version": str})
    assert (image["os_distro"], image["tags"], image["min_disk"]) == ("debian", ["t"], 2)


def test_an_image_is_changed_by_a_patch(cloud: Tenant) -> None:
    path = f"/images/{an_image(cloud)}"
    patch = [
        {"op": "replace", "path": "/name", "value": "renamed"},
        {"op": "add", "path": "/os_version", "value": "12"},
    ]
    answer = cloud.image.call("PATCH", path, data=json.dumps(patch).encode(), headers=PATCH)
    assert answer.status == 200
    assert (answer.body["name"], answer.body["os_version"]) == ("renamed", "12")

    plain = cloud.image.call("PATCH", path, patch)
    assert plain.status == 415
    assert plain.refusal.kind == "415 Unsupported Media Type"


def test_public_images_are_seen_by_all(cloud: Tenant) -> None:
    listed = cloud.image.get("/images?visibility=public&status=active").body["images"]
    assert cloud.image_id in {image["id"] for image in listed}
    for image in listed:
        assert {"stores", *image} >= ACTIVE.keys()


def test_images_are_found_by_name(cloud: Tenant) -> None:
    image_id = an_image(cloud, name="one-of-a-kind")
    (found,) = cloud.image.get("/images?name=one-of-a-kind").body["images"]
    assert found["id"] == image_id
    assert cloud.image.get("/images?name=nothing-like-it").body["images"] == []


def test_pages_of_images_lead_from_one_to_the_next(cloud: Tenant) -> None:
    made = {an_image(cloud, name="paged") for _ in range(3)}
    path, found = "/images?name=paged&limit=2", []
    while path:
        body = cloud.image.get(path).body
        assert body["first"].startswith("/v2/images?")
        assert body["schema"] == "/v2/schemas/images"
        found += [image["id"] for image in body["images"]]
        path = ""
        if "next" in body:
            link = urlsplit(body["next"])
            assert link.path == "/v2/images"
            assert parse_qs(link.query)["marker"] == [found[-1]]
            path = f"/images?{link.query}"
    assert sorted(found) == sorted(made)


@pytest.mark.parametrize("image_id", [NOBODY, "nope"])
def test_an_unknown_image_is_not_found(cloud: Tenant, image_id: str) -> None:
    path = f"/images/{image_id}"
    message = f"No image found with ID {image_id}"
    refused(cloud.image.get(path), 404, "404 Not Found", message)
    message = f"Failed to find image {image_id} to delete"
    refused(cloud.image.delete(path), 404, "404 Not Found", message)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (f"marker={NOBODY}", f"No image found with ID {NOBODY}"),
        ("limit=abc", "limit param must be an integer"),
    ],
    ids=["marker", "limit"],
)
def test_a_wrong_query_is_refused(cloud: Tenant, query: str, message: str) -> None:
    refused(cloud.image.get(f"/images?{query}"), 400, "400 Bad Request", message)


@pytest.mark.parametrize(
    ("wrong", "status", "kind", "message"),
    [
        (
            {"disk_format": "nope"},
            400,
            "400 Bad Request",
            "Provided object does not match schema 'image': 'nope' is not one of .*",
        ),
        (
            {"min_disk": "a"},
            400,
            "400 Bad Request",
            "Provided object does not match schema 'image': 'a' is not of type 'integer'.*",
        ),
        (
            {"visibility": "public"},
            403,
            "403 Forbidden",
            r"You are not authorized to complete publicize_image action\.",
        ),
    ],
    ids=["format", "number", "public"],
)
def test_a_wrong_image_is_refused(
    cloud: Tenant, wrong: dict[str, str], status: int, kind: str, message: str
) -> None:
    refused(cloud.image.post("/images", {"name": "x"} | wrong), status, kind, message)


def test_a_body_that_is_no_json_is_refused(cloud: Tenant) -> None:
    headers = {"Content-Type": "application/json"}
    answer = cloud.image.post("/images", data=b"{broken", headers=headers)
    refused(answer, 400, "400 Bad Request", r"Malformed JSON in request body\.")


def test_anothers_image_is_not_ours_to_delete(cloud: Tenant) -> None:
    answer = cloud.image.delete(f"/images/{cloud.image_id}")
    message = r"You are not authorized to complete delete_image action\."
    refused(answer, 403, "403 Forbidden", message)
