"""Nova 1.1 and 2.0, without microversions: the verbs for compute work there too."""

from collections.abc import Iterator

import pytest

from leasehold.emulator import Emulator
from leasehold.openstack import Conflict, Connection, VersionUnsupported

from .conftest import connected
from .waiting import until


@pytest.fixture(params=["v1.1", "v2"])
def nova(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Connection]:
    with connected(emulator) as cloud:
        project = cloud.identity().project_id
        address = f"{emulator.url}/compute/{request.param}/{project}"
        with connected(emulator, endpoints={"compute": address}) as found:
            yield found


@pytest.fixture
def server_id(nova: Connection) -> str:
    made = nova.compute.create_server(
        name="old",
        flavor_id=next(nova.compute.flavors()).id,
        image_id=next(nova.image.images()).id,
        files={"/etc/motd": "hello"},
        disk_config="AUTO",
    )
    until(lambda: nova.compute.server(made.id).status == "ACTIVE")
    return made.id


def test_a_server_lives_through_its_actions(nova: Connection, server_id: str) -> None:
    compute = nova.compute
    bigger = sorted(compute.flavors(), key=lambda flavor: flavor.ram)[1]
    compute.resize_server(server_id, flavor_id=bigger.id)
    until(lambda: compute.server(server_id).status == "VERIFY_RESIZE")
    compute.confirm_resize(server_id)
    assert compute.server(server_id).flavor.id == bigger.id
    compute.pause_server(server_id)
    until(lambda: compute.server(server_id).status == "PAUSED")
    with pytest.raises(Conflict):
        compute.resume_server(server_id)
    compute.unpause_server(server_id)
    until(lambda: compute.server(server_id).status == "ACTIVE")
    image_id = compute.create_server_image(server_id, name="snap")
    assert compute.compute_image(image_id).server_id == server_id
    until(lambda: compute.compute_image(image_id).status == "ACTIVE")
    until(lambda: compute.server(server_id).task_state is None)
    assert compute.rescue_server(server_id) is not None
    until(lambda: compute.server(server_id).status == "RESCUE")
    compute.force_delete_server(server_id)
    until(lambda: not list(compute.servers()))


def test_metadata_keys_groups_and_quotas_are_there(nova: Connection, server_id: str) -> None:
    compute = nova.compute
    assert compute.set_server_metadata(server_id, {"a": "1"}) == {"a": "1"}
    assert compute.update_server(server_id, name="renamed").name == "renamed"
    made = compute.create_key_pair("k")
    assert made.private_key is not None
    assert [key.name for key in compute.key_pairs()] == ["k"]
    group = compute.create_server_group(name="g", policy="affinity")
    assert compute.server_group(group.id).policy == "affinity"
    assert compute.quotas().cores.limit > 0
    assert "default" in {each.name for each in compute.server_security_groups(server_id)}


def test_what_came_with_microversions_is_refused_before_it_is_sent(
    nova: Connection, server_id: str
) -> None:
    for act in (
        lambda: nova.compute.server_tags(server_id),
        lambda: nova.compute.lock_server(server_id, reason="mine"),
        lambda: nova.compute.trigger_crash_dump(server_id),
        lambda: nova.compute.rebuild_server(server_id, image_id="i", user_data="#!"),
    ):
        with pytest.raises(VersionUnsupported):
            act()
