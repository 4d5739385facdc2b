"""Apache Libcloud's OpenStack driver, unchanged, against the emulator."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from libcloud.common.types import InvalidCredsError
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider, VolumeSnapshotState

from leasehold.emulator import Emulator
from tests.looking import named, wait_for
from tests.system.emulator.conftest import QUICK

# Libcloud parses with a regular expression that newer Pythons warn of, and leaves sockets open.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:libcloud.*"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


def connect(emulator: Emulator, *, user: str = "demo", password: str = "demo", **more: Any) -> Any:
    return get_driver(Provider.OPENSTACK)(
        user,
        password,
        api_version="2.2",
        ex_force_auth_version="3.x_password",
        ex_force_auth_url=emulator.url + "/identity",
        ex_tenant_name="demo",
        ex_domain_name="Default",
        ex_force_service_region="RegionOne",
        **more,
    )


@pytest.fixture
def emulator_of_old() -> Iterator[Emulator]:
    with Emulator(catalog="old", keystone=("v2.0",), delays=QUICK, seed=1) as running:
        yield running


@pytest.fixture
def driver(shared: Emulator) -> Iterator[Any]:
    yield connect(shared)
    wait_for(lambda: shared.leftovers().nothing)


def a_node(driver: Any, name: str = "web") -> Any:
    node = driver.create_node(
        name=name,
        size=named(driver.list_sizes(), "tiny"),
        image=named(driver.list_images(), "tiny"),
        networks=[named(driver.ex_list_networks(), "lab")],
    )
    ((running, _),) = driver.wait_until_running(
        [node], wait_period=0.1, timeout=60, ssh_interface="private_ips"
    )
    return running


def test_it_lists_sizes_images_networks_and_nodes(shared: Emulator, driver: Any) -> None:
    assert {size.name for size in driver.list_sizes()} == {"tiny", "small", "medium", "large"}
    assert {image.name for image in driver.list_images()} >= {"tiny", "debian-12"}
    assert {network.name for network in driver.ex_list_networks()} == {"lab", "public"}
    assert driver.list_nodes() == []


def test_a_node_lives_from_create_to_destroy(shared: Emulator, driver: Any) -> None:
    node = a_node(driver)
    assert node.state == NodeState.RUNNING
    assert node.private_ips[0].startswith("10.20.")
    (listed,) = driver.list_nodes()
    assert (listed.id, listed.name) == (node.id, "web")
    assert driver.ex_get_node_details(node.id).extra["vm_state"] == "active"
    assert driver.reboot_node(node)
    wait_for(lambda: driver.ex_get_node_details(node.id).extra["task_state"] is None)
    assert driver.destroy_node(node)
    wait_for(lambda: driver.list_nodes() == [])


def test_nodes_are_listed_by_the_thousand(shared: Emulator, driver: Any) -> None:
    shared.seed_servers(30)
    nodes = driver.list_nodes()
    assert len(nodes) == 30
    for node in nodes:
        assert driver.destroy_node(node)


def test_a_volume_is_attached_and_detached(shared: Emulator, driver: Any) -> None:
    node = a_node(driver)
    volume = driver.create_volume(1, "data")

    def is_in_state(state: str) -> bool:
        return driver.ex_get_volume(volume.id).extra["state"] == state

    wait_for(lambda: is_in_state("available"))
    assert driver.attach_volume(node, volume, device="/dev/vdb")
    wait_for(lambda: is_in_state("in-use"))
    assert [found.name for found in driver.list_volumes()] == ["data"]
    assert driver.detach_volume(driver.ex_get_volume(volume.id))
    wait_for(lambda: is_in_state("available"))
    assert driver.destroy_volume(volume)
    driver.destroy_node(node)


def test_a_floating_ip_is_joined_to_a_node(driver: Any) -> None:
    node = a_node(driver)
    (pool,) = driver.ex_list_floating_ip_pools()
    address = pool.create_floating_ip()
    assert driver.ex_attach_floating_ip_to_node(node, address)
    assert driver.ex_get_node_details(node.id).public_ips == [address.ip_address]
    assert driver.ex_detach_floating_ip_from_node(node, address)
    assert address.delete()
    driver.destroy_node(node)


def test_a_key_pair_comes_and_goes(driver: Any) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJbZ1d2bYt3b0Yh0XlA9WjJq8H7l6f5c3d2b1a0Z9Y8 me"
    pair = driver.import_key_pair_from_string("mine", key)
    assert [found.name for found in driver.list_key_pairs()] == ["mine"]
    assert driver.delete_key_pair(pair)


def test_a_wrong_password_is_its_own_kind_of_error(shared: Emulator) -> None:
    with pytest.raises(InvalidCredsError):
        connect(shared, password="wrong").list_nodes()


def connect_by_v2_0(keystone: str) -> Any:
    return get_driver(Provider.OPENSTACK)(
        "demo",
        "demo",
        api_version="2.2",
        ex_force_auth_version="2.0_password",
        ex_force_auth_url=keystone,
        ex_tenant_name="demo",
        ex_force_service_region="RegionOne",
    )


def test_it_signs_in_to_v2_0_as_well(shared: Emulator) -> None:
    driver = connect_by_v2_0(shared.url + "/identity")
    assert driver.list_nodes() == []


def test_it_finds_cinder_v2_where_the_catalog_has_no_newer(emulator_of_old: Emulator) -> None:
    driver = connect_by_v2_0(emulator_of_old.url)
    volume = driver.create_volume(1, "data")
    wait_for(lambda: driver.ex_get_volume(volume.id).extra["state"] == "available")
    assert [found.name for found in driver.list_volumes()] == ["data"]
    snapshot = driver.create_volume_snapshot(volume, "before")
    wait_for(lambda: driver.ex_list_snapshots()[0].state == VolumeSnapshotState.AVAILABLE)
    assert driver.destroy_volume_snapshot(snapshot)
    wait_for(lambda: driver.ex_list_snapshots() == [])
    assert driver.destroy_volume(volume)
    wait_for(lambda: driver.list_volumes() == [])


def test_it_lists_what_is_reserved_and_of_what(emulator: Emulator) -> None:
    user = {"user": {"name": "admin", "password": "admin", "domain": {"id": "default"}}}
    identity = {"methods": ["password"], "password": user}
    with requests.Session() as session:
        signed_in = session.post(
            f"{emulator.url}/v3/auth/tokens", json={"auth": {"identity": identity}}, timeout=10
        )
        session.headers["X-Auth-Token"] = signed_in.headers["X-Subject-Token"]
        lease = {
            "name": "mine",
            "start_date": "now",
            "end_date": "2999-01-01 00:00",
            "reservations": [{"resource_type": "physical:host", "min": 1, "max": 1}],
        }
        session.post(f"{emulator.url}/reservation/v1/leases", json=lease, timeout=10)
    driver = connect(emulator, user="admin", password="admin")
    (found,) = driver.ex_list_leases()
    assert (found.name, found.status) == ("mine", found.ACTIVE)
    assert found.reservations[0]["resource_type"] == "physical:host"
    assert [host.hypervisor_hostname for host in driver.ex_list_hosts()] == ["emulator-1"]
