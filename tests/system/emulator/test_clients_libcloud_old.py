"""Apache Libcloud's drivers for Nova 1.0 and 1.1, unchanged, against the emulator.

Each of their public methods is called once. Where one cannot work at all with any cloud, the test
says why.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.compute.providers import get_driver
from libcloud.compute.types import NodeState, Provider

from leasehold.emulator import Emulator
from tests.looking import named, wait_for
from tests.system.emulator.conftest import QUICK

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJbZ1d2bYt3b0Yh0XlA9WjJq8H7l6f5c3d2b1a0Z9Y8 me"
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:libcloud.*"),
    pytest.mark.filterwarnings("ignore:This method has been deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@pytest.fixture(scope="module")
def oldest() -> Iterator[Emulator]:
    """A cloud from before there was Neutron: networks and volumes are Nova's."""
    with Emulator(delays=QUICK, seed=1, catalog="oldest") as running:
        yield running


def connect(emulator: Emulator, version: str, user: str = "demo") -> Any:
    project = emulator.run(lambda: emulator.cloud.project(user).id)
    return get_driver(Provider.OPENSTACK)(
        user,
        user,
        api_version=version,
        ex_force_auth_version="2.0_password",
        ex_force_auth_url=emulator.url + "/identity",
        ex_tenant_name=user,
        ex_force_base_url=f"{emulator.url}/compute/v{version}/{project}",
    )


@pytest.fixture
def v1_0(oldest: Emulator) -> Iterator[Any]:
    yield connect(oldest, "1.0")
    clean(oldest)


@pytest.fixture
def v1_1(oldest: Emulator) -> Iterator[Any]:
    yield connect(oldest, "1.1")
    clean(oldest)


def clean(emulator: Emulator) -> None:
    driver = connect(emulator, "1.1")
    for node in driver.list_nodes():
        driver.destroy_node(node)
    for address in driver.ex_list_floating_ips():
        driver.ex_delete_floating_ip(address)
    wait_for(lambda: emulator.leftovers().nothing)


def is_in(driver: Any, node: Any, state: str) -> None:
    """Wait until it is in the state, and nothing is being done to it."""

    def arrived() -> bool:
        found = next(one for one in driver.list_nodes() if one.id == node.id)
        return found.state == state and found.extra.get("task_state") is None

    wait_for(arrived)


def a_node(driver: Any, name: str = "web", **more: Any) -> Any:
    size, image = named(driver.list_sizes(), "tiny"), named(driver.list_images(), "tiny")
    node = driver.create_node(name=name, size=size, image=image, **more)
    is_in(driver, node, NodeState.RUNNING)
    return node


def test_1_0_a_node_lives_and_changes(v1_0: Any) -> None:
    node = a_node(v1_0, ex_metadata={"role": "web"}, ex_files={"/etc/motd": "hello"})
    assert node.extra["password"]
    (listed,) = v1_0.list_nodes()
    assert (listed.name, listed.extra["metadata"]) == ("web", {"role": "web"})
    assert listed.private_ips[0].startswith("10.20.")
    assert v1_0.ex_list_ip_addresses(node.id).private_addresses == listed.private_ips
    assert v1_0.ex_set_server_name(node, "db")
    for change in (
        lambda: v1_0.reboot_node(node),
        lambda: v1_0.ex_soft_reboot_node(node),
        lambda: v1_0.ex_hard_reboot_node(node),
        lambda: v1_0.ex_rebuild(node.id, node.extra["imageId"]),
        lambda: v1_0.ex_set_password(node, "secret"),
    ):
        assert change()
        is_in(v1_0, node, NodeState.RUNNING)
    assert v1_0.list_nodes()[0].name == "web"  # ex_set_password sends the node's old name, too
    assert v1_0.destroy_node(node)
    wait_for(lambda: v1_0.list_nodes() == [])


def test_1_0_a_node_is_resized_and_back(v1_0: Any) -> None:
    node, small = a_node(v1_0), named(v1_0.list_sizes(), "small")

    def resized() -> bool:
        return bool(v1_0.list_nodes()[0].extra["flavorId"] == small.id)

    assert v1_0.ex_resize(node, small)
    wait_for(resized)
    # Nova answers 202, as its API guide says; libcloud waits for a 204, and tells it has failed.
    assert v1_0.ex_revert_resize(node) is False
    wait_for(lambda: not resized())
    is_in(v1_0, node, NodeState.RUNNING)
    assert v1_0.ex_resize_node(node, small)
    wait_for(resized)
    assert v1_0.ex_confirm_resize(node)


def test_1_0_addresses_are_shared_within_a_group(oldest: Emulator, v1_0: Any) -> None:
    first = a_node(v1_0, "one")
    newer = connect(oldest, "1.1")
    address = newer.ex_create_floating_ip()
    newer.ex_attach_floating_ip_to_node(newer.list_nodes()[0], address)
    group = v1_0.ex_create_ip_group("pair", node_id=first.id)
    assert group.servers == [first.id]
    second = a_node(v1_0, "two", ex_shared_ip_group_id=group.id)
    assert v1_0.ex_share_ip(group.id, second.id, address.ip_address)
    assert v1_0.ex_list_ip_addresses(second.id).public_addresses == [address.ip_address]
    assert v1_0.ex_unshare_ip(second.id, address.ip_address)
    assert [found.name for found in v1_0.ex_list_ip_groups()] == ["pair"]
    assert v1_0.ex_list_ip_groups(details=True)[0].servers == [first.id, second.id]
    assert v1_0.ex_delete_ip_group(group.id)


def test_1_0_images_sizes_and_limits(v1_0: Any) -> None:
    node = a_node(v1_0)
    image = v1_0.create_image(node, "copy")
    assert image.extra["serverId"] == node.id
    wait_for(lambda: "copy" in [found.name for found in v1_0.list_images()])
    assert v1_0.delete_image(image)
    assert {size.name for size in v1_0.list_sizes()} == {"tiny", "small", "medium", "large"}
    assert v1_0.ex_limits()["absolute"]["maxIPGroups"] == "25"
    assert len(v1_0.list_locations()) == 1


def test_1_0_some_methods_have_never_worked(v1_0: Any) -> None:
    """Libcloud inherits them from the newer drivers, with JSON and words that 1.0 has not."""
    node = a_node(v1_0)
    with pytest.raises(TypeError):  # it asks XML for a key
        v1_0.get_image(node.extra["imageId"])
    with pytest.raises(IndexError):  # it looks for a server inside of the server
        v1_0.ex_get_node_details(node.id)
    for call, missing in (
        (lambda: v1_0.start_node(node), "_post_simple_node_action"),
        (lambda: v1_0.stop_node(node), "_post_simple_node_action"),
        (v1_0.list_volumes, "_to_volumes"),
        (lambda: v1_0.ex_get_volume("7"), "_to_volume"),
    ):
        with pytest.raises(AttributeError, match=missing):
            call()
    # Every refusal of 1.0 is lost: ElementTree has had no getiterator since Python 3.9.
    with pytest.raises(AttributeError, match="getiterator"):
        v1_0.ex_get_node_details("7")


def test_1_1_a_node_lives_and_changes(v1_1: Any) -> None:
    v1_1.import_key_pair_from_string("mine", KEY)
    group = v1_1.ex_create_security_group("web", "front")
    node = a_node(
        v1_1,
        ex_keyname="mine",
        ex_userdata="#!/bin/sh",
        ex_security_groups=[group],
        ex_metadata={"role": "web"},
        ex_files={"/etc/motd": "hello"},
        ex_config_drive=True,
        ex_disk_config="AUTO",
        ex_availability_zone="nova",
        networks=[named(v1_1.ex_list_networks(), "lab")],
        ex_os_scheduler_hints={"x": "y"},
    )
    (listed,) = v1_1.list_nodes()
    assert (listed.name, listed.extra["key_name"], listed.extra["config_drive"]) == (
        "web",
        "mine",
        "True",
    )
    assert [found.name for found in v1_1.ex_get_node_security_groups(node)] == ["web"]
    assert v1_1.ex_get_metadata(node) == v1_1.ex_get_metadata_for_node(listed) == {"role": "web"}
    assert v1_1.ex_set_metadata(node, {"role": "db"}) == {"role": "db"}
    assert v1_1.ex_set_server_name(node, "db").name == "db"
    assert v1_1.ex_update_node(node, name="web").name == "web"
    assert "output" in v1_1.ex_get_console_output(node, length=5)
    v1_1.destroy_node(node)
    wait_for(lambda: v1_1.list_nodes() == [])
    assert v1_1.ex_delete_security_group(group)
    assert v1_1.delete_key_pair(v1_1.get_key_pair("mine"))


def test_1_1_a_node_goes_through_its_states(v1_1: Any) -> None:
    node = a_node(v1_1)
    image = named(v1_1.list_images(), "tiny")
    for change, state in (
        (lambda: v1_1.reboot_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_soft_reboot_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_hard_reboot_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_stop_node(node), NodeState.STOPPED),
        (lambda: v1_1.ex_start_node(node), NodeState.RUNNING),
        (lambda: v1_1.stop_node(node), NodeState.STOPPED),
        (lambda: v1_1.start_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_suspend_node(node), NodeState.SUSPENDED),
        (lambda: v1_1.ex_resume_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_pause_node(node), NodeState.UNKNOWN),
        (lambda: v1_1.ex_unpause_node(node), NodeState.RUNNING),
        (lambda: v1_1.ex_rescue(node), NodeState.PENDING),
        (lambda: v1_1.ex_unrescue(node), NodeState.RUNNING),
        (lambda: v1_1.ex_set_password(node, "secret"), NodeState.RUNNING),
        (lambda: v1_1.ex_rebuild(node, image), NodeState.RUNNING),
    ):
        assert change()
        is_in(v1_1, node, state)
    small = v1_1.ex_get_size("2")
    assert v1_1.ex_get_size_extra_specs("2") == {}
    for end in (v1_1.ex_revert_resize, v1_1.ex_confirm_resize):
        assert v1_1.ex_resize(node, small)
        wait_for(lambda: v1_1.ex_get_node_details(node.id).extra["vm_state"] == "resized")
        assert end(node)
        is_in(v1_1, node, NodeState.RUNNING)


def test_1_1_images_are_made_of_nodes(v1_1: Any) -> None:
    image = v1_1.create_image(a_node(v1_1), "copy", metadata={"a": "b"})
    assert v1_1.get_image(image.id).name == "copy"
    assert v1_1.delete_image(image)
    assert len(v1_1.list_locations()) == 1


def test_1_1_networks_are_novas_own(oldest: Emulator, v1_1: Any) -> None:
    admin = connect(oldest, "1.1", "admin")
    made = admin.ex_create_network("more", "10.9.0.0/24")
    assert (made.name, made.cidr) == ("more", "10.9.0.0/24")
    assert admin.ex_get_network(made.id).cidr == "10.9.0.0/24"
    assert admin.ex_delete_network(made)


def test_1_1_security_groups_have_rules(v1_1: Any) -> None:
    group = v1_1.ex_create_security_group("web", "front")
    rule = v1_1.ex_create_security_group_rule(group, "tcp", 80, 80, cidr="10.0.0.0/8")
    assert (rule.from_port, rule.ip_range) == (80, "10.0.0.0/8")
    inner = v1_1.ex_create_security_group_rule(group, "tcp", 1, 9, source_security_group=group)
    assert inner.group["name"] == "web"
    assert len(named(v1_1.ex_list_security_groups(), "web").rules) == 2
    # Nova answers 202; libcloud waits for a 204, and tells it has failed.
    assert v1_1.ex_delete_security_group_rule(rule) is False
    assert len(named(v1_1.ex_list_security_groups(), "web").rules) == 1
    assert v1_1.ex_delete_security_group(group)


def test_1_1_floating_ips_are_novas_own(v1_1: Any) -> None:
    node = a_node(v1_1)
    (pool,) = v1_1.ex_list_floating_ip_pools()
    address = pool.create_floating_ip()
    assert [ip.ip_address for ip in pool.list_floating_ips()] == [address.ip_address]
    assert pool.get_floating_ip(address.ip_address).id == address.id
    assert v1_1.ex_attach_floating_ip_to_node(node, address)
    assert v1_1.ex_get_node_details(node.id).public_ips == [address.ip_address]
    assert v1_1.ex_get_floating_ip(address.ip_address).node_id == node.id
    assert v1_1.ex_detach_floating_ip_from_node(node, address)
    assert address.delete()
    other = v1_1.ex_create_floating_ip("public")
    assert [ip.id for ip in v1_1.ex_list_floating_ips()] == [other.id]
    assert v1_1.ex_delete_floating_ip(other)


def test_1_1_volumes_and_snapshots_are_novas_own(v1_1: Any) -> None:
    node, volume = a_node(v1_1), v1_1.create_volume(1, "data")

    def is_volume(state: str) -> None:
        wait_for(lambda: v1_1.ex_get_volume(volume.id).extra["state"] == state)

    is_volume("available")
    snapshot = v1_1.create_volume_snapshot(volume, "before", ex_description="it broke")
    other = v1_1.ex_create_snapshot(volume, "again", force=True)
    wait_for(lambda: v1_1.ex_get_snapshot(snapshot.id).extra["status"] == "available")
    wait_for(lambda: v1_1.ex_get_snapshot(other.id).extra["status"] == "available")
    assert [found.name for found in v1_1.list_volume_snapshots(volume)] == ["again", "before"]
    # Nova answers 202; libcloud waits for a 204, and tells it has failed.
    assert v1_1.destroy_volume_snapshot(snapshot) is False
    assert v1_1.ex_delete_snapshot(other) is False
    wait_for(lambda: v1_1.ex_list_snapshots() == [])
    assert v1_1.attach_volume(node, volume, device="/dev/vdb")
    is_volume("in-use")
    assert [found.name for found in v1_1.list_volumes()] == ["data"]
    assert v1_1.detach_volume(v1_1.ex_get_volume(volume.id))
    is_volume("available")
    assert v1_1.destroy_volume(volume)


def test_1_1_key_pairs_have_two_names_for_each_call(v1_1: Any, tmp_path: Any) -> None:
    file = tmp_path / "key.pub"
    file.write_text(KEY)
    made = [
        v1_1.create_key_pair("a"),
        v1_1.ex_create_keypair("b"),
        v1_1.import_key_pair_from_file("c", str(file)),
        v1_1.ex_import_keypair("d", str(file)),
        v1_1.ex_import_keypair_from_string("e", KEY),
    ]
    names = ["a", "b", "c", "d", "e"]
    assert [pair.name for pair in v1_1.list_key_pairs()] == names
    assert [pair.name for pair in v1_1.ex_list_keypairs()] == names
    assert made[0].private_key
    assert all(v1_1.ex_delete_keypair(pair) for pair in made)
