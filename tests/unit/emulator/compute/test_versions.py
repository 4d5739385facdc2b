"""Which versions of Nova a catalog stands for."""

import pytest

from leasehold.emulator import Quota
from leasehold.emulator.compute.versions import offered
from leasehold.emulator.identity.catalog_entries import READY_MADE
from tests.unit.emulator.conftest import InProcess


@pytest.mark.parametrize(
    ("path", "versions"),
    [
        ("/compute/v2.1", ("v2", "v2.1")),
        ("/compute", ("v2", "v2.1")),
        ("/compute/v2/$(project_id)s", ("v1.1", "v2")),
        ("/compute/v1.1/$(project_id)s", ("v1.0", "v1.1")),
        ("/compute/v1.0/$(project_id)s", ("v1.0",)),
    ],
)
def test_a_version_comes_with_the_one_before_it(path: str, versions: tuple[str, ...]) -> None:
    assert offered([path]) == versions


def test_an_old_nova_tells_of_nothing_newer_than_itself() -> None:
    cloud = InProcess(catalog=READY_MADE["old"])
    versions = cloud.call("GET", "/compute/", user=None).json["versions"]
    assert [(v["id"], v["status"], v["version"]) for v in versions] == [
        ("v1.1", "DEPRECATED", ""),
        ("v2.0", "CURRENT", ""),
    ]


@pytest.mark.parametrize(
    ("version", "status", "key"),
    [("v1.0", 413, "overLimit"), ("v1.1", 413, "overLimit"), ("v2", 403, "forbidden")],
)
def test_too_much_was_a_413_once(version: str, status: int, key: str) -> None:
    cloud = InProcess(quota=Quota(instances=0))
    image_id = cloud.image_id()
    wish = {"name": "web", "imageRef": image_id, "flavorRef": "1"}
    if version == "v1.0":
        (image,) = (i for i in old_images(cloud) if i["name"] == "tiny")
        wish = {"name": "web", "imageId": image["id"], "flavorId": 1}
    reply = cloud.call("POST", f"/compute/{version}/servers", {"server": wish})
    assert (reply.status, list(reply.json)) == (status, [key])
    assert reply.message.startswith("Quota exceeded for instances")


def old_images(cloud: InProcess) -> list[dict[str, object]]:
    return list(cloud.call("GET", "/compute/v1.0/images").json["images"])
