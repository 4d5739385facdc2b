"""Our driver's verbs for what servers are made of and counted by: flavors, keys, groups, quotas."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from tests.contract.quota import SetQuota
from tests.contract.tenant import PUBLIC_KEY, Tenant

from leasehold.openstack import BadRequest, Conflict, Connection, Forbidden, NotFound, connect
from leasehold.openstack.arguments import Arguments
from leasehold.openstack.compute import Flavor


@pytest.fixture(params=["2.1", None, "2.104"], ids=["oldest", "usual", "newest"])
def spoken(request: pytest.FixtureRequest, cloud: Tenant) -> Iterator[Connection]:
    auth = cast("Arguments", cloud.auth)
    with connect(**auth, retries=0, compute_microversion=request.param) as made:
        yield made


@pytest.fixture
def flavor(administrator: Connection) -> Iterator[Flavor]:
    """A flavor that is nobody's yet."""
    made = administrator.compute.create_flavor(
        name=f"f-{uuid4().hex[:6]}", vcpus=1, ram=64, disk=1, swap=16, is_public=False
    )
    yield made
    administrator.compute.delete_flavor(made.id)


def test_a_flavor_is_made_described_and_given_extra_specs(
    administrator: Connection, flavor: Flavor
) -> None:
    compute = administrator.compute
    assert (flavor.vcpus, flavor.ram, flavor.disk, flavor.swap) == (1, 64, 1, 16)
    assert compute.update_flavor(flavor.id, description="small").description == "small"
    specs = {"hw:cpu_policy": "shared", "quota:disk_read": "9"}
    assert compute.update_flavor_extra_specs(flavor.id, specs) == specs
    compute.delete_flavor_extra_spec(flavor.id, "quota:disk_read")
    assert compute.flavor_extra_specs(flavor.id) == {"hw:cpu_policy": "shared"}
    assert compute.flavor(flavor.id).extra_specs == {"hw:cpu_policy": "shared"}
    with pytest.raises(NotFound):
        compute.delete_flavor_extra_spec(flavor.id, "quota:disk_read")
    with pytest.raises(Conflict):
        compute.create_flavor(name=flavor.name, vcpus=1, ram=1, disk=1)


def test_a_flavor_is_shared_with_a_project_alone(
    cloud: Tenant, connection: Connection, administrator: Connection, flavor: Flavor
) -> None:
    compute = administrator.compute
    assert flavor.id not in {each.id for each in connection.compute.flavors()}
    assert flavor.id in {each.id for each in compute.flavors(is_public="None")}
    compute.add_flavor_access(flavor.id, cloud.project_id)
    assert [each.project_id for each in compute.flavor_access(flavor.id)] == [cloud.project_id]
    assert flavor.id in {each.id for each in connection.compute.flavors()}
    with pytest.raises(Conflict):
        compute.add_flavor_access(flavor.id, cloud.project_id)
    compute.remove_flavor_access(flavor.id, cloud.project_id)
    assert list(compute.flavor_access(flavor.id)) == []
    with pytest.raises(NotFound):
        list(compute.flavor_access(cloud.flavor_id))


def test_flavors_are_for_administrators_to_change(connection: Connection) -> None:
    with pytest.raises(Forbidden):
        connection.compute.create_flavor(name="mine", vcpus=1, ram=1, disk=1)


def test_key_pairs_are_generated_and_imported_from_a_file(
    cloud: Tenant, spoken: Connection, tmp_path: Path
) -> None:
    compute = spoken.compute
    cloud.compute.made.add("os-keypairs")
    made = compute.create_key_pair("made")
    assert made.private_key is not None
    assert "PRIVATE KEY" in made.private_key.reveal()
    path = tmp_path / "id.pub"
    path.write_text(PUBLIC_KEY + "\n")
    assert compute.import_key_pair("kept", path).public_key == PUBLIC_KEY
    assert {each.name for each in compute.key_pairs()} == {"made", "kept"}
    compute.delete_key_pair("made")
    with pytest.raises(NotFound):
        compute.key_pair("made")
    with pytest.raises(Conflict):
        compute.create_key_pair("kept", public_key=PUBLIC_KEY)
    path.write_text(made.private_key.reveal())
    with pytest.raises(BadRequest, match="private key"):
        compute.import_key_pair("wrong", path)


def test_server_groups_are_made_listed_and_ended(cloud: Tenant, spoken: Connection) -> None:
    compute = spoken.compute
    made = [
        compute.create_server_group(name=f"g{number}", policy="affinity") for number in range(3)
    ]
    try:
        assert {group.policy for group in made} == {"affinity"}
        assert {group.id for group in compute.server_groups()} == {group.id for group in made}
        assert len(list(compute.server_groups(limit=2))) == 3
        assert compute.server_group(made[0].id).name == "g0"
    finally:
        for group in made:
            compute.delete_server_group(group.id)
    with pytest.raises(NotFound):
        compute.server_group(made[0].id)


def test_a_server_group_has_a_rule(connection: Connection) -> None:
    compute = connection.compute
    made = compute.create_server_group(
        name="three", policy="anti-affinity", rules={"max_server_per_host": 3}
    )
    try:
        assert compute.server_group(made.id).rules == {"max_server_per_host": 3}
    finally:
        compute.delete_server_group(made.id)


def test_quotas_are_read_with_use_and_changed_by_an_administrator(
    cloud: Tenant, spoken: Connection, administrator: Connection, quota: SetQuota
) -> None:
    quota("compute", cores=9)
    cloud.a_server()
    found = spoken.compute.quotas()
    assert (found.cores.limit, found.cores.used, found.cores.reserved) == (9, 1, 0)
    assert (found.servers.used, found.ram.used) == (1, 64)
    changed = administrator.compute.update_quotas(cloud.project_id, servers=3)
    assert (changed.servers.limit, changed.cores.limit) == (3, 9)
    mine = administrator.compute.quotas(cloud.project_id, user_id=cloud.user_id)
    assert mine.servers.limit == 3
    with pytest.raises(BadRequest):
        administrator.compute.update_quotas(cloud.project_id, servers=0)
    forced = administrator.compute.update_quotas(cloud.project_id, servers=0, force=True)
    assert forced.servers.limit == 0
    with pytest.raises(BadRequest, match="no quota 'nodes'; there are: cores"):
        administrator.compute.update_quotas(cloud.project_id, nodes=1)
    with pytest.raises(Forbidden):
        spoken.compute.update_quotas(cloud.project_id, servers=9)


def test_images_are_seen_and_deleted_through_nova(cloud: Tenant, spoken: Connection) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    (tiny,) = compute.compute_images(name="tiny")
    assert (tiny.id, tiny.status, tiny.progress) == (cloud.image_id, "ACTIVE", 100)
    image_id = compute.create_server_image(server_id, name="snap", metadata={"k": "v"})
    cloud.image.made.add("images")
    found = compute.compute_image(image_id)
    assert (found.server_id, found.metadata["k"]) == (server_id, "v")
    compute.delete_compute_image(image_id)
    with pytest.raises(NotFound):
        compute.compute_image(image_id)


def test_an_administrator_sees_hosts_and_processes(
    administrator: Connection, connection: Connection
) -> None:
    (hypervisor, *_) = administrator.compute.hypervisors()
    assert (hypervisor.state, hypervisor.status) == ("up", "enabled")
    assert hypervisor.vcpus
    processes = {each.binary: each for each in administrator.compute.services()}
    found = processes["nova-compute"]
    assert (found.zone, found.state) == ("nova", "up")
    assert found.updated_at is not None
    assert found.updated_at.tzinfo is not None
    (only,) = administrator.compute.services(binary="nova-scheduler")
    assert only.binary == "nova-scheduler"
    with pytest.raises(Forbidden):
        list(connection.compute.hypervisors())


def test_use_is_summed_up_over_a_time(cloud: Tenant, spoken: Connection) -> None:
    cloud.a_server()
    now = datetime.now(UTC)
    found = spoken.compute.usage(start=now - timedelta(days=1), end=now + timedelta(hours=1))
    assert found.hours > 0
    assert found.vcpu_hours >= found.hours * 0.99
    assert found.ram_hours >= found.hours * 64 * 0.99
    before = spoken.compute.usage(start=now - timedelta(days=400), end=now - timedelta(days=399))
    assert before.hours == 0
