"""Images: each method on Libcloud's own driver and on ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError

from tests.looking import named
from tests.system.libcloud.pair import Pair


@pytest.fixture
def image(pair: Pair) -> Iterator[Any]:
    """An image of the project's own, to share."""
    made = pair.ours.cloud.image.create_image(
        name="mine", disk_format="raw", container_format="bare", visibility="shared"
    )
    yield pair.ours.get_image(made.id)
    pair.ours.cloud.image.delete_image(made.id)


def test_images_are_listed_and_got_alike(pair: Pair) -> None:
    images = pair.read(lambda driver: driver.list_images())
    pair.read(lambda driver: driver.get_image(named(images, "tiny").id))


def test_images_that_are_not_active_are_left_out_unless_asked_for(pair: Pair, image: Any) -> None:
    """Libcloud lists them in any case, and calls the other question not implemented."""
    assert image.id in [each.id for each in pair.theirs.list_images()]
    assert image.id not in [each.id for each in pair.ours.list_images()]
    assert image.id in [each.id for each in pair.ours.list_images(ex_only_active=False)]
    with pytest.raises(NotImplementedError):
        pair.theirs.list_images(ex_only_active=False)


@pytest.mark.parametrize("several", [True, False])
def test_an_image_is_patched(pair: Pair, image: Any, several: bool) -> None:
    operation = {"op": "replace", "path": "/name", "value": "renamed"}
    data = [operation] if several else operation
    assert pair.ours.ex_update_image(image.id, data).name == "renamed"
    pair.read(lambda driver: driver.get_image(image.id))


def test_an_image_is_shared_and_its_members_are_alike(
    pair: Pair, neighbours: Pair, image: Any
) -> None:
    neighbour = str(neighbours.ours.cloud.identity().project_id)
    made = pair.ours.ex_create_image_member(image.id, neighbour)
    assert (made.image_id, made.id, made.state) == (image.id, neighbour, "pending")
    pair.read(lambda driver: driver.ex_list_image_members(image.id))
    pair.read(lambda driver: driver.ex_get_image_member(image.id, neighbour))
    for driver in neighbours:
        accepted = driver.ex_accept_image_member(image.id, neighbour)
        assert accepted.state == "accepted"
    pair.read(lambda driver: driver.ex_get_image_member(image.id, neighbour))
    for driver in pair:
        with pytest.raises(BaseHTTPError) as twice:
            driver.ex_create_image_member(image.id, neighbour)
        assert twice.value.code == 409


def test_an_image_is_deleted(pair: Pair) -> None:
    made = pair.ours.cloud.image.create_image(
        name="doomed", disk_format="raw", container_format="bare"
    )
    assert pair.ours.delete_image(pair.ours.get_image(made.id)) is True
    with pytest.raises(BaseHTTPError) as gone:
        pair.ours.get_image(made.id)
    assert gone.value.code == 404
