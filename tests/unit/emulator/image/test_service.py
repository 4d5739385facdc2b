"""Images: made, shown, changed and deleted over Glance's API."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import BASE, InProcess, Reply

IMAGES = "/image/v2/images"
NOBODY = "00000000-0000-4000-8000-000000000000"
JSON = {"accept": "application/json"}
PATCH = {"content-type": "application/openstack-images-v2.1-json-patch", **JSON}


def make(cloud: InProcess, user: str = "demo", **fields: Any) -> Reply:
    return cloud.call("POST", IMAGES, fields, user=user, headers=JSON)


def an_image(cloud: InProcess, user: str = "demo", **fields: Any) -> Any:
    given = {"name": "mine", "disk_format": "raw", "container_format": "bare", **fields}
    reply = make(cloud, user, **given)
    assert reply.status == 201, reply.body
    return reply.json


def change(cloud: InProcess, image: Any, *operations: Any, user: str = "demo") -> Reply:
    path = f"{IMAGES}/{image['id']}"
    return cloud.call("PATCH", path, list(operations), headers=PATCH, user=user)


def told(reply: Reply) -> tuple[int | None, str]:
    """Status and message of an error, its explanation and its detail on one line."""
    message: str = reply.json["message"]
    return reply.status, " ".join(message.replace("<br /><br />", "").split())


def test_the_cloud_starts_with_three_public_images(cloud: InProcess) -> None:
    images = {image["name"]: image for image in cloud.call("GET", IMAGES).json["images"]}
    assert sorted(images) == ["debian-12", "tiny", "ubuntu-22.04"]
    assert {image["status"] for image in images.values()} == {"active"}
    assert images["debian-12"]["os_admin_user"] == "debian"


def test_versions_come_as_multiple_choices(cloud: InProcess) -> None:
    reply = cloud.call("GET", "/image/", user=None)
    assert reply.status == 300
    current = [one for one in reply.json["versions"] if one["status"] == "CURRENT"]
    assert current[0]["links"] == [{"rel": "self", "href": f"{BASE}/image/v2/"}]
    assert cloud.call("GET", "/image/versions", user=None).status == 200


def test_a_new_image_waits_for_its_data(cloud: InProcess) -> None:
    reply = make(cloud, name="mine", colour="red", tags=["a", "b", "a"])
    image = reply.json
    assert (image["status"], image["size"], image["checksum"]) == ("queued", None, None)
    assert (image["visibility"], image["colour"], image["tags"]) == ("shared", "red", ["a", "b"])
    assert reply.headers["location"] == f"{BASE}/image/v2/images/{image['id']}"
    assert "stores" not in image


def test_an_id_of_ones_own_is_taken_once(cloud: InProcess) -> None:
    assert an_image(cloud, id=NOBODY)["id"] == NOBODY
    assert told(make(cloud, id=NOBODY)) == (409, f"Image ID {NOBODY} already exists!")


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"status": "active"}, 403, "Attribute 'status' is read-only."),
        ({"size": 5}, 403, "Attribute 'size' is read-only."),
        ({"visibility": "public"}, 403,
         "You are not authorized to complete publicize_image action."),
        ({"owner": "x"}, 403, (
         "Access was denied to this resource. You are not permitted to create images owned by "
         "'x'")),
        ({"deleted": "x"}, 403,
         "Access was denied to this resource. Attribute 'deleted' is reserved."),
        ({"min_disk": -1}, 400,
         "Invalid value '-1' for parameter 'min_disk': Cannot be a negative value"),
    ],
)  # fmt: skip
def test_what_may_not_be_set_is_refused(
    cloud: InProcess, fields: dict[str, Any], status: int, message: str
) -> None:
    assert told(make(cloud, **fields)) == (status, message)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": 1}, "1 is not of type 'null', 'string'"),
        ({"colour": 1}, "1 is not of type 'string'"),
        ({"min_disk": True}, "True is not of type 'integer'"),
        ({"tags": "x"}, "'x' is not of type 'array'"),
        ({"tags": [1]}, "1 is not of type 'string'"),
        ({"visibility": "x"}, "'x' is not one of ['community', 'public', 'private', 'shared']"),
        ({"name": "x" * 256}, f"'{'x' * 256}' is too long"),
        ({"id": "x"}, "'x' does not match '^([0-9a-fA-F]){8}-"),
    ],
)
def test_what_does_not_match_the_schema_is_refused(
    cloud: InProcess, fields: dict[str, Any], reason: str
) -> None:
    status, message = told(make(cloud, **fields))
    assert status == 400
    assert message.startswith(f"Provided object does not match schema 'image': {reason}")


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"", "Body expected in request."), (b"{", "Malformed JSON in request body.")],
)
def test_a_body_that_is_no_json_is_refused(cloud: InProcess, body: bytes, message: str) -> None:
    assert told(cloud.call("POST", IMAGES, body=body, headers=JSON)) == (400, message)


def test_a_patch_adds_replaces_and_removes(cloud: InProcess) -> None:
    image = an_image(cloud, colour="red")
    changed = change(
        cloud,
        image,
        {"op": "replace", "path": "/name", "value": "ours"},
        {"op": "add", "path": "/os_distro", "value": "debian"},
        {"op": "remove", "path": "/colour"},
    ).json
    assert (changed["name"], changed["os_distro"]) == ("ours", "debian")
    assert "colour" not in changed


def test_a_patch_is_made_as_a_whole_or_not_at_all(cloud: InProcess) -> None:
    image = an_image(cloud)
    rename = {"op": "replace", "path": "/name", "value": "ours"}
    assert change(cloud, image, rename, {"op": "remove", "path": "/nothing"}).status == 409
    assert cloud.call("GET", f"{IMAGES}/{image['id']}").json["name"] == "mine"


def test_the_older_patch_dialect_is_understood(cloud: InProcess) -> None:
    image = an_image(cloud)
    media_type = {"content-type": "application/openstack-images-v2.0-json-patch"}
    body = [{"replace": "/name", "value": "ours"}]
    reply = cloud.call("PATCH", f"{IMAGES}/{image['id']}", body, headers=media_type)
    assert reply.json["name"] == "ours"


def test_a_patch_in_another_media_type_is_refused(cloud: InProcess) -> None:
    image = an_image(cloud)
    headers = {"content-type": "application/json"}
    reply = cloud.call("PATCH", f"{IMAGES}/{image['id']}", [], headers=headers)
    assert reply.status == 415
    assert "application/openstack-images-v2.1-json-patch" in reply.headers["accept-patch"]


@pytest.mark.parametrize(
    ("operation", "status", "message"),
    [
        ({"op": "replace", "path": "/nothing", "value": "x"}, 409, (
         "There was a conflict when trying to complete your request. Property nothing does not "
         "exist.")),
        ({"op": "remove", "path": "/name"}, 403,
         "Access was denied to this resource. Property name may not be removed."),
        ({"op": "replace", "path": "/status", "value": "active"}, 403,
         "Attribute 'status' is read-only."),
        ({"op": "replace", "path": "/id", "value": "x"}, 403, "Attribute 'id' is read-only."),
        ({"op": "replace", "path": "/owner", "value": "x"}, 403,
         "Access was denied to this resource. Owner can't be updated by non admin."),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403,
         "You are not authorized to complete publicize_image action."),
        ({"op": "paint", "path": "/name"}, 400,
         "Invalid operation: `paint`. It must be one of the following: add, remove, replace."),
        ({"op": "replace", "path": "name", "value": "x"}, 400,
         'Pointer `name` does not start with "/".'),
        ({"op": "replace", "path": "/a/b", "value": "x"}, 400,
         "Invalid JSON pointer for this resource: '/a/b'"),
        ({"op": "replace"}, 400, "Unable to find 'path' in JSON Schema change"),
    ],
)  # fmt: skip
def test_a_wrong_operation_is_refused_in_glances_words(
    cloud: InProcess, operation: dict[str, str], status: int, message: str
) -> None:
    assert told(change(cloud, an_image(cloud), operation)) == (status, message)


def test_formats_are_fixed_once_the_data_is_there(cloud: InProcess) -> None:
    image = an_image(cloud)
    qcow2 = {"op": "replace", "path": "/disk_format", "value": "qcow2"}
    assert change(cloud, image, qcow2).json["disk_format"] == "qcow2"
    octets = {"content-type": "application/octet-stream"}
    cloud.call("PUT", f"{IMAGES}/{image['id']}/file", body=b"data", headers=octets)
    assert told(change(cloud, image, qcow2)) == (
        403,
        "Attribute disk_format can be only replaced for a queued image.",
    )


def test_only_the_owner_changes_and_deletes(cloud: InProcess) -> None:
    tiny = {"id": cloud.image_id("tiny")}
    rename = {"op": "replace", "path": "/name", "value": "mine"}
    assert told(change(cloud, tiny, rename)) == (
        403,
        "You are not authorized to complete modify_image action.",
    )
    reply = cloud.call("DELETE", f"{IMAGES}/{tiny['id']}", headers=JSON)
    assert told(reply) == (403, "You are not authorized to complete delete_image action.")


def test_a_protected_image_is_not_deleted(cloud: InProcess) -> None:
    image = an_image(cloud, protected=True)
    path = f"{IMAGES}/{image['id']}"
    assert told(cloud.call("DELETE", path, headers=JSON)) == (
        403,
        f"Image {image['id']} is protected and cannot be deleted.",
    )
    change(cloud, image, {"op": "replace", "path": "/protected", "value": False})
    assert cloud.call("DELETE", path).status == 204


def test_what_is_not_there_is_told_as_by_the_call(cloud: InProcess) -> None:
    path = f"{IMAGES}/{NOBODY}"
    show = cloud.call("GET", path, headers=JSON)
    delete = cloud.call("DELETE", path, headers=JSON)
    assert told(show) == (404, f"No image found with ID {NOBODY}")
    assert told(delete) == (404, f"Failed to find image {NOBODY} to delete")


def test_another_tenants_private_image_is_not_found(cloud: InProcess) -> None:
    image = an_image(cloud, user="admin", visibility="private")
    assert cloud.call("GET", f"{IMAGES}/{image['id']}").status == 404


def test_tags_are_set_one_by_one(cloud: InProcess) -> None:
    image = an_image(cloud, tags=["a"])
    path = f"{IMAGES}/{image['id']}"
    assert cloud.call("PUT", f"{path}/tags/b").status == 204
    assert cloud.call("GET", path).json["tags"] == ["a", "b"]
    assert cloud.call("DELETE", f"{path}/tags/a").status == 204
    assert cloud.call("DELETE", f"{path}/tags/a").status == 404


def test_schemas_are_published(cloud: InProcess) -> None:
    schema = cloud.call("GET", "/image/v2/schemas/image").json
    assert schema["properties"]["status"]["readOnly"] is True
    for name in ("images", "member", "members"):
        assert cloud.call("GET", f"/image/v2/schemas/{name}").json["name"] == name


def test_a_call_without_a_token_gets_webobs_page(cloud: InProcess) -> None:
    reply = cloud.call("GET", IMAGES, user=None)
    assert reply.status == 401
    assert b"<title>401 Unauthorized</title>" in reply.body
    assert reply.headers["www-authenticate"].startswith("Keystone uri=")
