"""Nova 1.0 through the driver, every verb over HTTP."""

from collections.abc import Callable, Iterator

import pytest

from leasehold.emulator import Delays, Effect, Emulator, Rule
from leasehold.openstack import BadRequest, Connection, NotFound, QuotaExceeded, RateLimited
from leasehold.openstack.compute_v1 import BackupSchedule, Server

from .conftest import QUICK, connected
from .waiting import until


@pytest.fixture
def rackspace() -> Iterator[Emulator]:
    delays = Delays(boot=QUICK, delete=QUICK, action=QUICK, volume=QUICK, image=QUICK)
    with Emulator(delays=delays, seed=1, catalog="rackspace") as cloud:
        yield cloud


@pytest.fixture
def cloud(rackspace: Emulator) -> Iterator[Connection]:
    with connected(rackspace, region="DFW") as made:
        yield made


def a_server(cloud: Connection, **more: object) -> Server:
    image = next(image for image in cloud.compute_v1.images() if image.name == "tiny")
    made = cloud.compute_v1.create_server(
        name="web", image_id=image.id, flavor_id=1, **{"metadata": {"role": "web"}, **more}
    )
    is_in(cloud, made, "ACTIVE")
    return made


def is_in(cloud: Connection, server: Server, status: str) -> None:
    until(lambda: cloud.compute_v1.server(server.id).status == status)


def test_a_server_lives_by_its_number(cloud: Connection) -> None:
    made = a_server(cloud, files={"/etc/motd": "hello"})
    assert made.admin_password is not None
    assert made.admin_password.reveal() not in repr(made)
    (listed,) = cloud.compute_v1.servers()
    assert listed == cloud.compute_v1.server(made.id)
    assert (listed.name, listed.metadata, listed.progress) == ("web", {"role": "web"}, 100)
    assert listed.addresses.private == cloud.compute_v1.server_addresses(made.id).private
    assert listed.addresses.private[0].startswith("10.20.")
    cloud.compute_v1.update_server(made.id, name="db")
    assert cloud.compute_v1.server(made.id).name == "db"
    cloud.compute_v1.delete_server(made.id)
    until(lambda: list(cloud.compute_v1.servers()) == [])
    with pytest.raises(NotFound, match=r"could not be found"):
        cloud.compute_v1.server(made.id)


def test_a_server_is_changed(cloud: Connection) -> None:
    compute = cloud.compute_v1
    made = a_server(cloud)
    image = compute.server(made.id).image_id
    assert image is not None
    for change in (
        lambda: compute.reboot_server(made.id),
        lambda: compute.reboot_server(made.id, hard=True),
        lambda: compute.update_server(made.id, admin_password="secret"),
        lambda: compute.rebuild_server(made.id, image_id=image),
    ):
        change()
        is_in(cloud, made, "ACTIVE")
    ends: tuple[tuple[Callable[..., None], int], ...] = (
        (compute.revert_resize, 1),
        (compute.confirm_resize, 2),
    )
    for end, flavor in ends:
        compute.resize_server(made.id, flavor_id=2)
        is_in(cloud, made, "VERIFY_RESIZE")
        end(made.id)
        is_in(cloud, made, "ACTIVE")
        assert compute.server(made.id).flavor_id == flavor


def test_an_image_is_taken_of_a_server(cloud: Connection) -> None:
    server = a_server(cloud)
    made = cloud.compute_v1.create_image(server_id=server.id, name="copy")
    assert (made.name, made.server_id, made.status) == ("copy", server.id, "SAVING")
    until(lambda: cloud.compute_v1.image(made.id).status == "ACTIVE")
    assert cloud.compute_v1.image(made.id) in list(cloud.compute_v1.images())
    cloud.compute_v1.delete_image(made.id)
    with pytest.raises(NotFound):
        cloud.compute_v1.image(made.id)


def test_flavors_and_limits_are_told(cloud: Connection) -> None:
    small = next(flavor for flavor in cloud.compute_v1.flavors() if flavor.name == "small")
    assert cloud.compute_v1.flavor(small.id) == small
    assert (small.ram, small.disk) == (512, 5)
    assert cloud.compute_v1.limits().absolute["maxIPGroups"] == 25


def test_an_address_is_shared_within_a_group(rackspace: Emulator, cloud: Connection) -> None:
    compute = cloud.compute_v1
    first = a_server(cloud)
    address = cloud.nova_network.create_floating_ip().address
    (server,) = cloud.compute.servers()
    cloud.compute.add_floating_ip(server.id, address)
    group = compute.create_shared_ip_group(name="pair", server_id=first.id)
    second = a_server(cloud, shared_ip_group_id=group.id)
    assert second.shared_ip_group_id == group.id
    compute.share_ip(second.id, address, shared_ip_group_id=group.id)
    assert compute.server(second.id).addresses.public == (address,)
    (listed,) = compute.shared_ip_groups()
    assert listed == compute.shared_ip_group(group.id)
    assert listed.server_ids == (first.id, second.id)
    compute.unshare_ip(second.id, address)
    assert compute.server_addresses(second.id).public == ()
    with pytest.raises(BadRequest, match="not shared"):
        compute.unshare_ip(second.id, address)
    compute.delete_shared_ip_group(group.id)
    assert list(compute.shared_ip_groups()) == []


def test_a_backup_schedule_is_kept(cloud: Connection) -> None:
    server = a_server(cloud)
    wish = BackupSchedule(enabled=True, weekly="SUNDAY", daily="H_0400_0600")
    cloud.compute_v1.set_backup_schedule(server.id, wish)
    assert cloud.compute_v1.backup_schedule(server.id) == wish
    cloud.compute_v1.delete_backup_schedule(server.id)
    assert cloud.compute_v1.backup_schedule(server.id) == BackupSchedule()


def test_refusals_of_1_0_are_the_usual_errors(rackspace: Emulator, cloud: Connection) -> None:
    rackspace.faults.add(Rule(effect=Effect.QUOTA, kind="server", count=1))
    with pytest.raises(QuotaExceeded) as quota:
        a_server(cloud)
    assert (quota.value.status, quota.value.service) == (413, "compute-v1")
    rackspace.faults.add(Rule(effect=Effect.RATE_LIMIT, kind="server", seconds=7, count=1))
    with pytest.raises(RateLimited) as limited:
        list(cloud.compute_v1.servers())
    assert limited.value.retry_after == 7


def test_a_forced_address_is_that_of_1_0(emulator: Emulator) -> None:
    project = emulator.run(lambda: emulator.cloud.project("demo").id)
    url = f"{emulator.url}/compute/v1.0/{project}"
    with connected(emulator, api_version="1.0", ex_force_base_url=url) as cloud:
        assert list(cloud.compute_v1.servers()) == []
        assert cloud.compute_v1.service.api_version == (1, 0)
