"""Volumes by Nova through the driver, every verb over HTTP."""

import pytest

from leasehold.emulator import Effect, Emulator, Rule
from leasehold.openstack import BadRequest, Connection, NotFound, QuotaExceeded
from leasehold.openstack.nova_volume import Attached, Volume

from .waiting import until


def a_volume(cloud: Connection, **more: object) -> Volume:
    made = cloud.nova_volume.create_volume(**{"size": 1, "name": "data", **more})
    is_in(cloud, made, "available")
    return made


def is_in(cloud: Connection, volume: Volume, status: str) -> None:
    until(lambda: cloud.nova_volume.volume(volume.id).status == status)


def test_a_volume_lives(connection: Connection) -> None:
    made = a_volume(connection, description="of mine", metadata={"a": "b"})
    assert (made.status, made.attachments) == ("creating", ())
    shown = connection.nova_volume.volume(made.id)
    assert (shown.name, shown.description, shown.metadata) == ("data", "of mine", {"a": "b"})
    assert shown.created_at is not None
    assert shown.created_at.utcoffset() is not None
    assert list(connection.nova_volume.volumes()) == [shown]
    connection.nova_volume.delete_volume(made.id)
    until(lambda: list(connection.nova_volume.volumes()) == [])
    with pytest.raises(NotFound, match="could not be found"):
        connection.nova_volume.volume(made.id)


def test_a_volume_tells_which_server_has_it(emulator: Emulator, connection: Connection) -> None:
    (server,) = emulator.seed_servers(1)
    made = a_volume(connection)
    connection.compute.create_volume_attachment(server.id, volume_id=made.id)
    is_in(connection, made, "in-use")
    assert connection.nova_volume.volume(made.id).attachments == (
        Attached(server_id=server.id, device="/dev/vda"),
    )
    with pytest.raises(BadRequest, match="Volume status must be"):
        connection.nova_volume.delete_volume(made.id)


def test_a_snapshot_lives_and_becomes_a_volume(connection: Connection) -> None:
    volume = a_volume(connection)
    made = connection.nova_volume.create_snapshot(
        volume_id=volume.id, name="before", description="it broke", force=True
    )
    until(lambda: connection.nova_volume.snapshot(made.id).status == "available")
    shown = connection.nova_volume.snapshot(made.id)
    assert (shown.name, shown.volume_id, shown.size) == ("before", volume.id, 1)
    assert list(connection.nova_volume.snapshots()) == [shown]
    other = a_volume(connection, snapshot_id=made.id)
    assert connection.nova_volume.volume(other.id).snapshot_id == made.id
    connection.nova_volume.delete_snapshot(made.id)
    until(lambda: list(connection.nova_volume.snapshots()) == [])


def test_too_much_is_told_as_such(emulator: Emulator, connection: Connection) -> None:
    emulator.faults.add(Rule(effect=Effect.QUOTA, service="compute", path="os-volumes", count=1))
    with pytest.raises(QuotaExceeded):
        a_volume(connection)
