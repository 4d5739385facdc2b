"""What Nova asks of Cinder."""

import pytest

from leasehold.emulator import Quota, seams
from leasehold.emulator.http import Fault
from leasehold.emulator.volume.state import BlockStorage
from tests.unit.emulator.conftest import DELAYS, InProcess

SERVER = "4f2b5a9e-0000-4000-8000-000000000001"
OTHER = "4f2b5a9e-0000-4000-8000-000000000002"


def state_of(cloud: InProcess) -> tuple[BlockStorage, str]:
    return cloud.cloud.volume.state, cloud.cloud.project("demo").id


def a_volume(cloud: InProcess) -> str:
    state, project_id = state_of(cloud)
    made = state.create_volume(project_id, size=1, then=lambda view: None)
    cloud.advance(DELAYS.volume.high)
    return made.id


def status(cloud: InProcess, volume_id: str) -> str:
    state, project_id = state_of(cloud)
    view = state.volume(project_id, volume_id)
    assert view is not None
    return view.status


def test_nova_is_told_when_its_volume_is_made(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    told: list[seams.VolumeView] = []
    made = state.create_volume(project_id, size=1, image_id=cloud.image_id(), then=told.append)
    assert (made.status, told) == ("creating", [])
    cloud.advance(DELAYS.volume.high)
    assert [(view.id, view.status, view.bootable) for view in told] == [
        (made.id, "available", True)
    ]


def test_a_volume_of_a_snapshot_is_at_least_as_large(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    body = {"snapshot": {"volume_id": a_volume(cloud)}}
    snapshot_id = cloud.call("POST", "/volume/v3/snapshots", body).json["snapshot"]["id"]
    cloud.advance(DELAYS.volume.high)
    assert state.snapshot_volume_size(project_id, snapshot_id) == 1
    made = state.create_volume(project_id, size=5, snapshot_id=snapshot_id, then=lambda view: None)
    assert made.size == 5


def test_a_volume_goes_from_hand_to_hand(cloud: InProcess) -> None:
    state, _ = state_of(cloud)
    volume_id = a_volume(cloud)
    state.reserve(volume_id, SERVER)
    assert status(cloud, volume_id) == "reserved"
    state.attach(volume_id, SERVER, "/dev/vdb")
    assert status(cloud, volume_id) == "in-use"
    state.begin_detaching(volume_id)
    assert status(cloud, volume_id) == "detaching"
    state.detach(volume_id, SERVER)
    assert status(cloud, volume_id) == "available"


def test_a_reservation_can_be_given_up(cloud: InProcess) -> None:
    state, _ = state_of(cloud)
    volume_id = a_volume(cloud)
    state.reserve(volume_id, SERVER)
    state.detach(volume_id, SERVER)
    assert status(cloud, volume_id) == "available"


def test_a_second_server_is_told_who_holds_the_volume(cloud: InProcess) -> None:
    state, _ = state_of(cloud)
    volume_id = a_volume(cloud)
    state.reserve(volume_id, SERVER)
    for server_id in (SERVER, OTHER):
        with pytest.raises(Fault) as caught:
            state.reserve(volume_id, server_id)
        assert (caught.value.status, caught.value.message) == (
            400,
            f"Invalid volume: volume {volume_id} is already attached to instances: {SERVER}",
        )


def test_cinders_refusal_reaches_the_user_through_nova(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    volume_id = state.create_volume(project_id, size=1, then=lambda view: None).id
    with pytest.raises(Fault) as caught:
        state.reserve(volume_id, SERVER)
    message = caught.value.message
    assert message.startswith(
        f"Invalid input received: Invalid volume: Volume {volume_id} status must be available or "
        "downloading to reserve, but the current status is creating. (HTTP 400) (Request-ID: req-"
    )
    with pytest.raises(Fault) as caught:
        state.begin_detaching(volume_id)
    assert caught.value.message.startswith(
        "Invalid volume: Invalid input received: Invalid volume: Unable to detach volume."
    )


def test_the_quota_is_told_in_cinders_words(make_cloud: type[InProcess]) -> None:
    cloud = make_cloud(quota=Quota(gigabytes=0))
    state, project_id = state_of(cloud)
    with pytest.raises(Fault) as caught:
        state.create_volume(project_id, size=1, then=lambda view: None)
    assert caught.value.message.startswith("VolumeSizeExceedsAvailableQuota: ")


def test_a_volume_goes_with_its_server(cloud: InProcess) -> None:
    state, project_id = state_of(cloud)
    volume_id = a_volume(cloud)
    state.delete_volume(volume_id)
    cloud.advance(DELAYS.volume.high)
    assert state.volume(project_id, volume_id) is None
    state.delete_volume(volume_id)
