"""Our driver's verbs for volumes, snapshots and what belongs to them."""

from collections.abc import Iterator
from typing import cast

import pytest
from tests.contract.quota import SetQuota
from tests.contract.tenant import Tenant, until

from leasehold.openstack import BadRequest, Connection, Forbidden, NotFound, connect
from leasehold.openstack.arguments import Arguments
from leasehold.openstack.volume import Snapshot


@pytest.fixture(params=["3.0", None, "3.71"], ids=["oldest", "usual", "newest"])
def spoken(request: pytest.FixtureRequest, cloud: Tenant) -> Iterator[Connection]:
    """The driver in Cinder's oldest microversion, in its own choice, and in the newest."""
    auth = cast("Arguments", cloud.auth)
    with connect(**auth, retries=0, volume_microversion=request.param) as made:
        yield made


def a_snapshot(cloud: Tenant, connection: Connection, volume_id: str, **fields: str) -> Snapshot:
    made = connection.volume.create_snapshot(volume_id=volume_id, name="one", **fields)
    cloud.volume.made.add("snapshots")
    until(lambda: connection.volume.snapshot(made.id).status == "available")
    return made


def test_a_volume_is_renamed_extended_and_written_on(cloud: Tenant, spoken: Connection) -> None:
    volume, volume_id = spoken.volume, cloud.a_volume()
    changed = volume.update_volume(volume_id, name="renamed", description="of the lab")
    assert (changed.name, changed.description) == ("renamed", "of the lab")
    volume.extend_volume(volume_id, size=2)
    cloud.volume_is(volume_id, "available")
    until(lambda: volume.volume(volume_id).size == 2)
    assert volume.set_volume_metadata(volume_id, {"a": "1", "b": "2"}) == {"a": "1", "b": "2"}
    assert volume.update_volume_metadata(volume_id, {"b": "3"}) == {"a": "1", "b": "3"}
    volume.delete_volume_metadata(volume_id, "a")
    assert volume.volume_metadata(volume_id) == {"b": "3"}
    assert [each.id for each in volume.volumes(name="renamed")] == [volume_id]
    with pytest.raises(NotFound):
        volume.delete_volume_metadata(volume_id, "a")


def test_a_volume_is_made_bootable_and_read_only(cloud: Tenant, spoken: Connection) -> None:
    volume, volume_id = spoken.volume, cloud.a_volume()
    volume.set_volume_bootable(volume_id)
    assert volume.volume(volume_id).bootable
    volume.set_volume_bootable(volume_id, bootable=False)
    assert not volume.volume(volume_id).bootable
    volume.set_volume_readonly(volume_id)
    assert volume.volume(volume_id).metadata["readonly"] == "True"


def test_a_volume_is_copied_and_made_an_image_of(cloud: Tenant, spoken: Connection) -> None:
    volume, volume_id = spoken.volume, cloud.a_volume()
    copy = volume.create_volume(source_volume_id=volume_id, name="copy")
    cloud.volume_is(copy.id, "available")
    assert volume.volume(copy.id).source_volume_id == volume_id
    image_id = volume.upload_volume(volume_id, image_name="of-a-volume")
    cloud.image.made.add("images")
    until(lambda: spoken.image.image(image_id).status == "active")
    cloud.volume_is(volume_id, "available")


def test_a_snapshot_is_renamed_written_on_and_made_a_volume_of(
    cloud: Tenant, spoken: Connection
) -> None:
    volume, volume_id = spoken.volume, cloud.a_volume()
    snapshot = a_snapshot(cloud, spoken, volume_id, description="before")
    assert snapshot.description == "before"
    assert volume.update_snapshot(snapshot.id, name="renamed").name == "renamed"
    assert volume.set_snapshot_metadata(snapshot.id, {"a": "1"}) == {"a": "1"}
    assert volume.update_snapshot_metadata(snapshot.id, {"b": "2"}) == {"a": "1", "b": "2"}
    volume.delete_snapshot_metadata(snapshot.id, "a")
    assert volume.snapshot_metadata(snapshot.id) == {"b": "2"}
    assert [each.id for each in volume.snapshots(volume_id=volume_id)] == [snapshot.id]
    made = volume.create_volume(snapshot_id=snapshot.id)
    cloud.volume_is(made.id, "available")
    with pytest.raises(BadRequest):
        volume.delete_volume(volume_id)
    volume.delete_volume(volume_id, cascade=True)
    cloud.gone(cloud.volume, f"/volumes/{volume_id}")


def test_an_administrator_sets_statuses_and_deletes_by_force(
    cloud: Tenant, connection: Connection, administrator: Connection
) -> None:
    volume, volume_id = administrator.volume, cloud.a_volume()
    snapshot = a_snapshot(cloud, connection, volume_id)
    volume.reset_snapshot_status(snapshot.id, status="error")
    assert volume.snapshot(snapshot.id).status == "error"
    volume.reset_snapshot_status(snapshot.id, status="available")
    volume.delete_snapshot(snapshot.id)
    cloud.gone(cloud.volume, f"/snapshots/{snapshot.id}")
    volume.reset_volume_status(volume_id, status="error")
    assert volume.volume(volume_id).status == "error"
    with pytest.raises(Forbidden):
        connection.volume.reset_volume_status(volume_id, status="available")
    volume.force_delete_volume(volume_id)
    cloud.gone(cloud.volume, f"/volumes/{volume_id}")


def test_a_volume_changes_hands(cloud: Tenant, connection: Connection) -> None:
    volume, volume_id = connection.volume, cloud.a_volume()
    offer = volume.create_transfer(volume_id=volume_id, name="gift")
    assert offer.auth_key is not None
    assert offer.auth_key.reveal() not in repr(offer)
    assert [each.id for each in volume.transfers()] == [offer.id]
    assert volume.transfer(offer.id).auth_key is None
    assert volume.volume(volume_id).status == "awaiting-transfer"
    with pytest.raises(BadRequest):
        volume.accept_transfer(offer.id, auth_key="wrong")
    volume.delete_transfer(offer.id)
    assert volume.volume(volume_id).status == "available"
    again = volume.create_transfer(volume_id=volume_id)
    assert again.auth_key is not None
    assert volume.accept_transfer(again.id, auth_key=again.auth_key).volume_id == volume_id
    until(lambda: volume.volume(volume_id).status == "available")


def test_a_volume_is_attached_without_nova(cloud: Tenant, connection: Connection) -> None:
    volume, volume_id, server_id = connection.volume, cloud.a_volume(), cloud.a_server()
    made = volume.create_attachment(volume_id=volume_id, instance_id=server_id)
    try:
        assert volume.volume(volume_id).status == "reserved"
        assert [each.id for each in volume.attachments(volume_id=volume_id)] == [made.id]
        assert volume.attachment(made.id).instance_id == server_id
        with pytest.raises(BadRequest):
            volume.create_attachment(volume_id=volume_id)
    finally:
        volume.delete_attachment(made.id)
    cloud.volume_is(volume_id, "available")


@pytest.mark.parametrize("of_server", [True, False], ids=["server", "host outside Nova"])
def test_an_attachment_is_connected_and_completed(
    cloud: Tenant, connection: Connection, *, of_server: bool
) -> None:
    volume, volume_id = connection.volume, cloud.a_volume()
    server_id = cloud.a_server() if of_server else None
    made = volume.create_attachment(volume_id=volume_id, instance_id=server_id)
    connector = {"host": "h", "initiator": "iqn.2030-01.example:h", "ip": "192.0.2.1"}
    connected = volume.update_attachment(made.id, connector=connector)
    assert connected.connection is not None
    volume.complete_attachment(made.id)
    cloud.volume_is(volume_id, "in-use")
    (listed,) = [each for each in volume.volumes() if each.id == volume_id]
    assert [each.server_id for each in listed.attachments] == [server_id]
    volume.delete_attachment(made.id)
    cloud.volume_is(volume_id, "available")


def test_types_are_listed_and_a_volume_is_given_another(
    cloud: Tenant, connection: Connection
) -> None:
    (found, *_) = connection.volume.types()
    assert connection.volume.volume_type(found.id).name == found.name
    volume_id = cloud.a_volume()
    with pytest.raises(NotFound):
        connection.volume.retype_volume(volume_id, volume_type="no-such-type")


def test_quotas_are_read_with_use_and_changed_by_an_administrator(
    cloud: Tenant, spoken: Connection, administrator: Connection, quota: SetQuota
) -> None:
    quota("volume", volumes=9)
    cloud.a_volume()
    found = spoken.volume.quotas()
    assert (found.volumes.limit, found.volumes.used, found.gigabytes.used) == (9, 1, 1)
    changed = administrator.volume.update_quotas(cloud.project_id, snapshots=3)
    assert (changed.snapshots.limit, changed.volumes.limit) == (3, 9)
    with pytest.raises(BadRequest, match="no quota 'disks'"):
        administrator.volume.update_quotas(cloud.project_id, disks=3)
    with pytest.raises(Forbidden):
        spoken.volume.update_quotas(cloud.project_id, volumes=99)


def test_an_administrator_sees_processes_and_pools(
    administrator: Connection, connection: Connection
) -> None:
    processes = {each.binary: each for each in administrator.volume.services()}
    assert processes["cinder-volume"].state == "up"
    (pool, *_) = administrator.volume.pools()
    assert pool.name
    with pytest.raises(Forbidden):
        list(connection.volume.pools())
