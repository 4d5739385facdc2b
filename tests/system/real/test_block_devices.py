"""Flocker's block-device calls on real Cinder and Nova. Devices are not there: nothing boots."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest
from tests.looking import wait_for
from tests.testbed import CLOUDS_YAML

from leasehold.datasets.flocker.block_devices import (
    GIB,
    AlreadyAttachedVolume,
    BlockDevices,
    UnattachedVolume,
    UnknownVolume,
)
from leasehold.openstack import Connection, NotFound, connect

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(CLOUDS_YAML))
    with connect("lab") as connection:
        yield connection


@pytest.fixture
def servers(cloud: Connection) -> Iterator[list[str]]:
    image = next(each for each in cloud.image.images() if each.name.startswith("tiny"))
    flavor = min(cloud.compute.flavors(), key=lambda each: (each.ram, each.disk))
    network = next(each for each in cloud.network.networks() if each.name == "lab")
    made = [
        cloud.compute.create_server(
            name=f"block-{number}",
            image_id=image.id,
            flavor_id=flavor.id,
            networks=[{"uuid": network.id}],
        ).id
        for number in range(2)
    ]
    wait_for(lambda: all(cloud.compute.server(each).status == "ACTIVE" for each in made), 120)
    yield made
    for each in made:
        with suppress(NotFound):
            cloud.compute.delete_server(each)


def test_a_volume_is_made_attached_to_one_server_alone_detached_and_destroyed(
    cloud: Connection, servers: list[str]
) -> None:
    here, there = servers
    api = BlockDevices(cloud, uuid4(), server_id=lambda: here, patience=120)
    dataset = uuid4()
    made = api.create_volume(dataset, GIB)
    assert api.list_volumes() == [made]
    attached = api.attach_volume(made.blockdevice_id, here)
    assert (attached.attached_to, attached.dataset_id) == (here, dataset)
    for server in servers:
        with pytest.raises(AlreadyAttachedVolume):
            api.attach_volume(made.blockdevice_id, server)
    assert api.list_volumes() == [attached]
    api.detach_volume(made.blockdevice_id)
    with pytest.raises(UnattachedVolume):
        api.detach_volume(made.blockdevice_id)
    assert api.attach_volume(made.blockdevice_id, there).attached_to == there
    api.detach_volume(made.blockdevice_id)
    api.destroy_volume(made.blockdevice_id)
    assert api.list_volumes() == []
    with pytest.raises(UnknownVolume):
        api.destroy_volume(made.blockdevice_id)
