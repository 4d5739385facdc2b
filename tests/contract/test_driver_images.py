"""Our driver's verbs for images: what they say, what they hold, and whom they are shared with."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from tests.contract.tenant import Tenant, until

from leasehold.openstack import Conflict, Connection, Forbidden, NotFound, OpenStackError, connect
from leasehold.openstack.arguments import Arguments
from leasehold.openstack.image import Image

DATA = b"a small disk " * 100_000


@pytest.fixture
def queued(cloud: Tenant, connection: Connection) -> Image:
    """An image that waits for its data; the tenant's tidying ends it."""
    cloud.image.made.add("images")
    return connection.image.create_image(
        name="made", disk_format="raw", container_format="bare", properties={"hw_disk_bus": "scsi"}
    )


def test_an_image_is_uploaded_from_a_file_and_saved_to_one(
    connection: Connection, queued: Image, tmp_path: Path
) -> None:
    image = connection.image
    assert queued.status == "queued"
    path = tmp_path / "disk.raw"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        made = image.upload(queued.id, file)
    assert (made.status, made.size) == ("active", len(DATA))
    assert made.checksum == hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    image.save(queued.id, tmp_path / "back.raw")
    assert (tmp_path / "back.raw").read_bytes() == DATA
    assert sorted(each.name for each in tmp_path.iterdir()) == ["back.raw", "disk.raw"]
    with pytest.raises(Conflict, match="the image is active now"):
        image.upload(queued.id, io.BytesIO(b"again"))


def test_an_image_is_uploaded_in_pieces_of_unknown_number(
    connection: Connection, queued: Image
) -> None:
    pieces = (DATA[start : start + 70_000] for start in range(0, len(DATA), 70_000))
    assert connection.image.upload(queued.id, pieces).size == len(DATA)
    assert b"".join(connection.image.download(queued.id)) == DATA


def test_a_source_that_breaks_is_told_with_the_state_that_the_image_is_in(
    connection: Connection, queued: Image
) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone") as caught:
        connection.image.upload(queued.id, broken(), size=1000)
    assert any("the image is" in note for note in caught.value.__notes__)


def test_an_image_without_data_cannot_be_downloaded(connection: Connection, queued: Image) -> None:
    with pytest.raises(NotFound, match="is queued and holds no data"):
        next(connection.image.download(queued.id))


def test_an_image_is_changed_tagged_and_its_properties_are_read(
    connection: Connection, queued: Image
) -> None:
    image = connection.image
    changed = image.update_image(
        queued.id,
        name="renamed",
        min_disk=2,
        protected=True,
        properties={"os_distro": "debian", "lab/x": "1"},
        remove=["hw_disk_bus"],
    )
    assert (changed.name, changed.min_disk, changed.protected) == ("renamed", 2, True)
    assert changed.os_distro == "debian"
    assert image.image_properties(queued.id) == {"lab/x": "1"}
    image.add_image_tag(queued.id, "a b")
    assert image.image(queued.id).tags == ("a b",)
    image.delete_image_tag(queued.id, "a b")
    assert image.image(queued.id).tags == ()
    with pytest.raises(Forbidden):
        image.delete_image(queued.id)
    image.update_image(queued.id, protected=False)
    with pytest.raises(Conflict):
        image.update_image(queued.id, remove=["no-such-property"])
    image.delete_image(queued.id)
    with pytest.raises(NotFound):
        image.image(queued.id)


def test_an_image_is_shared_and_the_offer_answered(
    cloud: Tenant, connection: Connection, administrator: Connection, queued: Image
) -> None:
    other = cloud.admin.project_id
    image = connection.image
    image.update_image(queued.id, visibility="shared")
    assert image.add_member(queued.id, other).status == "pending"
    with pytest.raises(Conflict):
        image.add_member(queued.id, other)
    answered = administrator.image.update_member(queued.id, other, status="accepted")
    assert answered.status == "accepted"
    assert image.member(queued.id, other).status == "accepted"
    assert [each.member_id for each in image.members(queued.id)] == [other]
    image.delete_member(queued.id, other)
    with pytest.raises(NotFound):
        image.member(queued.id, other)


def test_an_administrator_takes_an_image_out_of_use(
    connection: Connection, administrator: Connection, queued: Image
) -> None:
    connection.image.upload(queued.id, io.BytesIO(DATA))
    administrator.image.deactivate_image(queued.id)
    with pytest.raises(Forbidden):
        next(connection.image.download(queued.id))
    administrator.image.reactivate_image(queued.id)
    assert connection.image.image(queued.id).status == "active"


def test_an_image_is_imported_from_what_was_staged(connection: Connection, queued: Image) -> None:
    image = connection.image
    if "glance-direct" not in image.import_methods():
        with pytest.raises(OpenStackError):
            image.import_image(queued.id)
        return
    image.stage(queued.id, io.BytesIO(DATA))
    image.import_image(queued.id)
    until(lambda: image.image(queued.id).status == "active")
    assert image.image(queued.id).size == len(DATA)


def test_images_are_listed_page_by_page(
    cloud: Tenant, connection: Connection, queued: Image
) -> None:
    more = connection.image.create_image(name="made")
    found = {each.id for each in connection.image.images(owner=cloud.project_id, limit=1)}
    assert found == {queued.id, more.id}
    with connect(**cast("Arguments", cloud.auth)) as again:
        assert [each.id for each in again.image.images(name="tiny")] == [cloud.image_id]
