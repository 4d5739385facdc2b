"""Cinder v1 and v2, which no testbed has any more, and backups, which ours has not."""

import warnings
from collections.abc import Iterator

import pytest

from leasehold.emulator import Delays, Emulator
from leasehold.openstack import Connection, NotFound, VersionUnsupported
from leasehold.openstack.volume import MayBeCut

from .conftest import QUICK, connected
from .waiting import until


@pytest.fixture(params=["v1", "v2", "v3"])
def cinder(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Connection]:
    with connected(emulator) as cloud:
        project = cloud.identity().project_id
        address = f"{emulator.url}/volume/{request.param}/{project}"
        with connected(emulator, endpoints={"block-storage": address}) as found:
            yield found


def version(cloud: Connection) -> str:
    return f"v{cloud.volume.service.api_version[0]}"


def a_volume(cloud: Connection, **fields: str) -> str:
    made = cloud.volume.create_volume(size=1, **fields)
    until(lambda: cloud.volume.volume(made.id).status == "available")
    return made.id


def test_names_are_the_same_in_every_version(cinder: Connection) -> None:
    volume, volume_id = cinder.volume, a_volume(cinder, name="one", description="d")
    a_volume(cinder, name="two")
    found = volume.volume(volume_id)
    assert (found.name, found.description, found.bootable) == ("one", "d", False)
    assert [each.id for each in volume.volumes(name="one")] == [volume_id]
    assert volume.update_volume(volume_id, name="renamed").name == "renamed"
    assert {each.name for each in volume.volumes()} == {"renamed", "two"}


def test_snapshots_and_metadata_are_the_same_in_every_version(cinder: Connection) -> None:
    volume, volume_id = cinder.volume, a_volume(cinder)
    made = volume.create_snapshot(volume_id=volume_id, name="s", description="d")
    until(lambda: volume.snapshot(made.id).status == "available")
    (found,) = volume.snapshots(name="s")
    assert (found.id, found.name, found.description) == (made.id, "s", "d")
    assert volume.update_snapshot(made.id, name="renamed").name == "renamed"
    assert volume.set_volume_metadata(volume_id, {"a": "1"}) == {"a": "1"}
    assert volume.update_volume_metadata(volume_id, {"b": "2"}) == {"a": "1", "b": "2"}
    volume.delete_snapshot(made.id)
    until(lambda: not list(volume.snapshots()))


def test_actions_types_quotas_and_limits_are_the_same_in_every_version(
    cinder: Connection,
) -> None:
    volume, volume_id = cinder.volume, a_volume(cinder)
    volume.extend_volume(volume_id, size=2)
    until(lambda: volume.volume(volume_id).size == 2)
    volume.set_volume_bootable(volume_id)
    assert volume.volume(volume_id).bootable
    assert next(volume.types()).name
    assert volume.quotas().gigabytes.used == 2
    assert volume.limits().used_volumes == 1
    assert next(volume.availability_zones()).name == "nova"
    offer = volume.create_transfer(volume_id=volume_id)
    assert offer.auth_key is not None
    volume.accept_transfer(offer.id, auth_key=offer.auth_key)
    volume.delete_volume(volume_id)
    until(lambda: not list(volume.volumes()))


def test_attachments_of_their_own_are_there_from_v3_on(cinder: Connection) -> None:
    if version(cinder) == "v3":
        assert list(cinder.volume.attachments()) == []
        return
    with pytest.raises(VersionUnsupported, match="it speaks"):
        cinder.volume.create_attachment(volume_id="any")


def test_a_list_of_v1_that_may_be_cut_is_told_and_others_are_paged(
    cinder: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {cinder.volume.create_volume(size=1).id for _ in range(3)}
    if version(cinder) != "v1":
        assert {each.id for each in cinder.volume.volumes(limit=1)} == ids
        return
    monkeypatch.setattr("leasehold.openstack.volume.dialect.CUT_AT", 3)
    with pytest.warns(MayBeCut, match="Cinder v1 shows 3 and has no pages"):
        assert {each.id for each in cinder.volume.volumes()} == ids
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        monkeypatch.setattr("leasehold.openstack.volume.dialect.CUT_AT", 4)
        assert len(list(cinder.volume.volumes())) == 3


def test_a_volume_is_backed_up_and_restored(cinder: Connection) -> None:
    volume, volume_id = cinder.volume, a_volume(cinder, name="data")
    made = volume.create_backup(volume_id=volume_id, name="b", description="d", incremental=True)
    until(lambda: volume.backup(made.id).status == "available")
    assert volume.volume(volume_id).status == "available"
    (found,) = volume.backups(volume_id=volume_id)
    assert (found.name, found.size, found.is_incremental) == ("b", 1, True)
    restored = volume.restore_backup(made.id, name="again")
    until(lambda: volume.volume(restored.volume_id).status == "available")
    assert volume.volume(restored.volume_id).name == "again"
    volume.restore_backup(made.id, volume_id=volume_id)
    until(lambda: volume.volume(volume_id).status == "available")
    until(lambda: volume.backup(made.id).status == "available")
    if version(cinder) == "v3":
        assert volume.update_backup(made.id, name="renamed").name == "renamed"
    volume.delete_backup(made.id)
    until(lambda: not list(volume.backups()))
    with pytest.raises(NotFound):
        volume.backup(made.id)


def test_a_volume_given_to_another_project_counts_there() -> None:
    delays = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
    with Emulator(delays=delays, seed=1) as emulator, connected(emulator) as giver:
        offer = giver.volume.create_transfer(volume_id=a_volume(giver))
        assert offer.auth_key is not None
        admin = {"username": "admin", "password": "admin", "project_name": "admin"}
        with connected(emulator, **admin) as taker:
            taker.volume.accept_transfer(offer.id, auth_key=offer.auth_key)
            assert taker.volume.quotas().volumes.used == 1
        assert giver.volume.quotas().volumes.used == 0
