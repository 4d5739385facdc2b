"""Images shared with another project."""

from typing import Any

import pytest

from tests.unit.emulator.conftest import InProcess, Reply

IMAGES = "/image/v2/images"
JSON = {"accept": "application/json"}


@pytest.fixture
def image(cloud: InProcess) -> Any:
    """An administrator's image, to be shared with the project demo."""
    return cloud.call("POST", IMAGES, {"name": "theirs"}, user="admin").json


def members(image: Any) -> str:
    return f"{IMAGES}/{image['id']}/members"


def share(cloud: InProcess, image: Any) -> Reply:
    body = {"member": cloud.cloud.project("demo").id}
    return cloud.call("POST", members(image), body, user="admin", headers=JSON)


def listed(cloud: InProcess, query: str = "visibility=shared") -> list[str]:
    found = cloud.call("GET", f"{IMAGES}?{query}").json["images"]
    return [image["name"] for image in found]


def test_a_shared_image_is_listed_once_it_is_accepted(cloud: InProcess, image: Any) -> None:
    assert share(cloud, image).json["status"] == "pending"
    assert listed(cloud) == []
    assert listed(cloud, "visibility=shared&member_status=pending") == ["theirs"]
    project_id = cloud.cloud.project("demo").id
    answer = cloud.call("PUT", f"{members(image)}/{project_id}", {"status": "accepted"})
    assert answer.json["status"] == "accepted"
    assert listed(cloud) == ["theirs"]


def test_a_shared_image_can_be_used_even_before(cloud: InProcess, image: Any) -> None:
    path = f"{IMAGES}/{image['id']}"
    assert cloud.call("GET", path).status == 404
    share(cloud, image)
    assert cloud.call("GET", path).status == 200


def test_it_is_shared_once_and_taken_back(cloud: InProcess, image: Any) -> None:
    project_id = cloud.cloud.project("demo").id
    share(cloud, image)
    again = share(cloud, image)
    assert again.status == 409
    assert again.json["message"].startswith(
        f"Member {project_id} is duplicated for image {image['id']}"
    )
    path = f"{members(image)}/{project_id}"
    assert cloud.call("DELETE", path, user="admin").status == 204
    assert cloud.call("DELETE", path, user="admin").status == 404


def test_a_member_does_not_share_on(cloud: InProcess, image: Any) -> None:
    share(cloud, image)
    reply = cloud.call("POST", members(image), {"member": "third"}, headers=JSON)
    assert reply.status == 403


def test_an_answer_is_one_of_three(cloud: InProcess, image: Any) -> None:
    share(cloud, image)
    path = f"{members(image)}/{cloud.cloud.project('demo').id}"
    reply = cloud.call("PUT", path, {"status": "perhaps"}, headers=JSON)
    assert reply.status == 400
    assert 'Status must be "pending", "accepted" or "rejected".' in reply.json["message"]


def test_only_shared_images_have_members(cloud: InProcess) -> None:
    path = f"{IMAGES}/{cloud.image_id('tiny')}/members"
    reply = cloud.call("GET", path, headers=JSON)
    assert reply.status == 403
    assert "Only shared images have members." in reply.json["message"]


def test_a_member_sees_itself_only(cloud: InProcess, image: Any) -> None:
    share(cloud, image)
    cloud.call("POST", members(image), {"member": "third"}, user="admin")
    seen = cloud.call("GET", members(image)).json["members"]
    assert [one["member_id"] for one in seen] == [cloud.cloud.project("demo").id]
    assert len(cloud.call("GET", members(image), user="admin").json["members"]) == 2
