"""Nova 1.1: each method on Libcloud's own driver and on ours, with results alike to the last field.

On a cloud where Nova has everything itself.
"""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.compute.base import NodeLocation
from libcloud.compute.drivers.openstack import OpenStack_1_1_FloatingIpPool
from libcloud.compute.drivers.openstack import OpenStack_1_1_NodeDriver as Theirs
from libcloud.compute.types import KeyPairDoesNotExistError, NodeState

from leasehold.emulator import Emulator
from leasehold.libcloud import OpenStack_1_1_NodeDriver as Ours
from leasehold.libcloud import OpenStackNodeDriver
from tests.looking import named
from tests.system.libcloud.old.clouds import (
    LIBCLOUD_WARNS,
    Both,
    make,
    settled,
    signed_in,
)
from tests.system.libcloud.pair import PUBLIC_KEY, Pair, as_ordered, until

pytestmark = LIBCLOUD_WARNS


@pytest.fixture(scope="module")
def pair(emulator: Emulator) -> Pair:
    return signed_in(emulator, Theirs, Ours, "1.1")


def test_it_is_the_driver_of_api_version_1_1_which_is_the_usual_one() -> None:
    for asked in ({}, {"api_version": "1.1"}):
        driver = OpenStackNodeDriver("demo", "demo", ex_force_auth_url="http://x", **asked)
        assert isinstance(driver, Ours)


def test_it_has_every_public_method_of_libcloud_s() -> None:
    """With the same arguments in the same places; ours may take more after them."""
    for name, method in inspect.getmembers(Theirs, inspect.isfunction):
        if not name.startswith("_"):
            wanted = [n for n in inspect.signature(method).parameters if n not in VARIADIC]
            assert list(inspect.signature(getattr(Ours, name)).parameters)[: len(wanted)] == wanted


VARIADIC = ("kwargs", "node_updates")
"""How Libcloud takes what ours has names for."""


# Reading


def test_sizes_images_and_locations_are_the_same(pair: Pair) -> None:
    assert len(pair.read(lambda driver: driver.list_sizes())) == 4
    assert pair.read(lambda driver: driver.ex_get_size("2")).name == "small"
    assert pair.read(lambda driver: driver.ex_get_size_extra_specs("2")) == {}
    images = pair.read(lambda driver: driver.list_images())
    assert pair.read(lambda driver: driver.list_images(ex_only_active=False))
    assert pair.read(lambda driver: driver.get_image(images[0].id)).id == images[0].id
    assert len(pair.read(lambda driver: driver.list_locations())) == 1


def test_nodes_are_the_same_to_the_last_field(pair: Pair, nodes: Both) -> None:
    assert len(pair.read(lambda driver: driver.list_nodes())) == 2
    node = nodes[pair.theirs]
    assert pair.read(lambda driver: driver.ex_get_node_details(node)).id == node.id
    assert pair.read(lambda driver: driver.ex_get_node_details("none")) is None
    assert pair.read(lambda driver: driver.ex_get_metadata(node)) == {"role": "web"}
    assert pair.read(lambda driver: driver.ex_get_metadata_for_node(node)) == {"role": "web"}
    assert "output" in pair.read(lambda driver: driver.ex_get_console_output(node, length=3))
    assert pair.read(lambda driver: driver.ex_get_node_security_groups(node))[0].name == "default"


def test_networks_are_the_same_and_made_by_administrators(emulator: Emulator, pair: Pair) -> None:
    (_, lab) = pair.read(lambda driver: driver.ex_list_networks())
    assert (lab.name, lab.cidr) == ("lab", "10.20.0.0/16")
    assert pair.read(lambda driver: driver.ex_get_network(lab.id)).id == lab.id
    for driver in pair:
        with pytest.raises(BaseHTTPError) as refused:
            driver.ex_create_network("more", "10.9.0.0/24")
        assert refused.value.code == 403
    admins = signed_in(emulator, Theirs, Ours, "1.1", user="admin")
    for driver, network in zip(
        admins,
        admins.do(lambda driver: driver.ex_create_network("more", "10.9.0.0/24")),
        strict=True,
    ):
        assert driver.ex_delete_network(network) is True


# Nodes


def test_a_node_is_made_with_all_that_there_is_to_say(pair: Pair) -> None:
    pair.ours.import_key_pair_from_string("nodes", PUBLIC_KEY)
    group = pair.ours.ex_create_security_group("nodes", "")

    def deed(driver: Any) -> Any:
        node = make(
            driver,
            ex_keyname="nodes",
            ex_userdata="#!/bin/sh\necho hello\n",
            ex_security_groups=[group],
            ex_metadata={"role": "web"},
            ex_files={"/etc/motd": "hello"},
            ex_disk_config="AUTO",
            ex_config_drive=True,
            ex_availability_zone="nova",
            ex_os_scheduler_hints={"different_host": []},
            networks=[named(driver.ex_list_networks(), "lab")],
        )
        return as_ordered(node)

    for driver, node in zip(pair, pair.do(deed), strict=True):
        settled(driver, node)
        assert driver.destroy_node(node) is True
        until(lambda node=node: pair.ours.ex_get_node_details(node) is None)
    pair.ours.ex_delete_security_group(group)
    pair.ours.delete_key_pair(pair.ours.get_key_pair("nodes"))


Deed = Callable[[Any, Any], Any]


@pytest.mark.parametrize(
    ("deed", "state"),
    [
        (lambda driver, node: driver.reboot_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.ex_soft_reboot_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.ex_hard_reboot_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.stop_node(node), NodeState.STOPPED),
        (lambda driver, node: driver.start_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.ex_stop_node(node), NodeState.STOPPED),
        (lambda driver, node: driver.ex_start_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.ex_suspend_node(node), NodeState.SUSPENDED),
        (lambda driver, node: driver.ex_resume_node(node), NodeState.RUNNING),
        (lambda driver, node: driver.ex_set_password(node, "s3cret"), NodeState.RUNNING),
        (
            lambda driver, node: driver.ex_rebuild(node, named(driver.list_images(), "tiny")),
            NodeState.RUNNING,
        ),
    ],
)
def test_a_node_is_brought_to_another_state(
    pair: Pair, nodes: Both, deed: Deed, state: str
) -> None:
    assert [deed(driver, nodes[driver]) for driver in pair] == [True, True]
    for driver in pair:
        settled(driver, nodes[driver], state)


def test_a_node_is_paused(pair: Pair, nodes: Both) -> None:
    """Libcloud has a word for it, which its driver does not use."""
    for driver, state in ((pair.theirs, NodeState.UNKNOWN), (pair.ours, NodeState.PAUSED)):
        assert driver.ex_pause_node(nodes[driver]) is True
        settled(driver, nodes[driver], state)
        assert driver.ex_unpause_node(nodes[driver]) is True
        settled(driver, nodes[driver])


def test_a_node_is_rescued(pair: Pair, nodes: Both) -> None:
    for password in (None, "s3cret"):
        for driver in pair:
            rescued = driver.ex_rescue(nodes[driver], password)
            assert rescued is nodes[driver]
            assert rescued.extra["password"] == password or password is None
            settled(driver, nodes[driver], NodeState.PENDING)
            assert driver.ex_unrescue(nodes[driver]) is True
            settled(driver, nodes[driver])


def test_a_node_is_resized(pair: Pair, nodes: Both) -> None:
    small = pair.ours.ex_get_size("2")
    for driver in pair:
        for end in (driver.ex_revert_resize, driver.ex_confirm_resize):
            assert driver.ex_resize(nodes[driver], small) is True
            until(
                lambda driver=driver: (
                    driver.ex_get_node_details(nodes[driver].id).extra["vm_state"] == "resized"
                )
            )
            assert end(nodes[driver]) is True
            settled(driver, nodes[driver])


def test_a_node_is_renamed_and_described(pair: Pair, nodes: Both) -> None:
    """Nova's answer to an update leaves much out, which Libcloud then shows as None."""
    for driver in pair:
        assert driver.ex_set_server_name(nodes[driver], "db").name == "db"
        assert driver.ex_update_node(nodes[driver], name="web").name == "web"
        assert driver.ex_set_metadata(nodes[driver], {"role": "db"}) == {"role": "db"}


def test_an_image_is_taken_of_a_node(pair: Pair, nodes: Both) -> None:
    made = pair.do(lambda driver: driver.create_image(nodes[driver], "copy", metadata={"a": "b"}))
    until(lambda: [i.name for i in pair.ours.list_images()].count("copy") == 2)
    pair.read(lambda driver: driver.list_images())
    for driver, image in zip(pair, made, strict=True):
        assert driver.delete_image(image) is True


# Floating IPs


def test_floating_ips_lead_to_nodes(pair: Pair, nodes: Both) -> None:
    for pools in (driver.ex_list_floating_ip_pools() for driver in pair):
        assert [pool.name for pool in pools] == ["public"]
        assert isinstance(pools[0], OpenStack_1_1_FloatingIpPool)
    made = pair.do(lambda driver: driver.ex_create_floating_ip("public"))
    for driver, ip in zip(pair, made, strict=True):
        assert driver.ex_attach_floating_ip_to_node(nodes[driver], ip) is True
    assert len(pair.read(lambda driver: driver.ex_list_floating_ips())) == 2
    assert len(pair.read(lambda driver: driver.list_nodes())[0].public_ips) == 1
    found = pair.read(lambda driver: driver.ex_get_floating_ip(made[0].ip_address))
    assert found.node_id == nodes[pair.theirs].id
    assert pair.read(lambda driver: driver.ex_get_floating_ip("192.0.2.1")) is None
    for driver, ip in zip(pair, made, strict=True):
        assert driver.ex_detach_floating_ip_from_node(nodes[driver], ip.ip_address) is True
        assert driver.ex_delete_floating_ip(ip) is True
    for ip in pair.do(lambda driver: driver.ex_create_floating_ip()):  # of the usual pool
        assert ip.delete() is True
    assert pair.read(lambda driver: driver.ex_list_floating_ips()) == []


def test_a_pool_gives_its_own_addresses(pair: Pair) -> None:
    pools = [driver.ex_list_floating_ip_pools()[0] for driver in pair]
    made = [pool.create_floating_ip() for pool in pools]
    for pool, ip in zip(pools, made, strict=True):
        assert ip.ip_address in [each.ip_address for each in pool.list_floating_ips()]
        assert pool.get_floating_ip(ip.ip_address).id == ip.id
        assert (ip.pool, ip.node_id) == (pool, None)
        assert pool.get_floating_ip("192.0.2.1") is None
    assert pools[0].delete_floating_ip(made[0]) is made[1].delete() is True


# Security groups


def test_security_groups_and_rules_are_made_and_deleted(pair: Pair) -> None:
    groups = pair.do(lambda driver: driver.ex_create_security_group("web", "front"))
    by_driver = dict(zip(pair, groups, strict=True))
    rules = pair.do(
        lambda d: d.ex_create_security_group_rule(by_driver[d], "tcp", 80, 81, cidr="10.0.0.0/8")
    )
    pair.do(
        lambda d: d.ex_create_security_group_rule(
            by_driver[d], "tcp", 1, 9, source_security_group=by_driver[d]
        )
    )
    listed = pair.read(lambda driver: driver.ex_list_security_groups())
    assert [group.name for group in listed] == ["default", "web", "web"]
    # Nova answers 202; Libcloud waits for a 204, and says that it failed.
    assert pair.theirs.ex_delete_security_group_rule(rules[0]) is False
    assert pair.ours.ex_delete_security_group_rule(rules[1]) is True
    assert {len(group.rules) for group in pair.ours.ex_list_security_groups()} == {1, 2}
    for driver, group in by_driver.items():
        assert driver.ex_delete_security_group(group) is True


# Volumes and snapshots


def is_volume(driver: Any, volume: Any, state: str) -> None:
    until(lambda: driver.ex_get_volume(volume.id).extra["state"] == state)


def test_volumes_are_attached_and_detached(pair: Pair, nodes: Both) -> None:
    made = pair.do(lambda driver: driver.create_volume(1, "data"))
    for driver, volume in zip(pair, made, strict=True):
        is_volume(driver, volume, "available")
        assert driver.attach_volume(nodes[driver], volume, "/dev/vdb") is True
        is_volume(driver, volume, "in-use")
    volumes = pair.read(lambda driver: driver.list_volumes())
    assert {volume.extra["attachments"][0]["device"] for volume in volumes} == {"/dev/vdb"}
    pair.read(lambda driver: driver.ex_get_volume(made[0].id))
    for driver, volume in zip(pair, made, strict=True):
        assert driver.detach_volume(driver.ex_get_volume(volume.id)) is True
        is_volume(driver, volume, "available")
        assert driver.destroy_volume(volume) is True
    until(lambda: pair.ours.list_volumes() == [])


def test_a_volume_s_location_is_a_zone(pair: Pair) -> None:
    """Libcloud sends the object itself, which is no JSON."""
    place = NodeLocation("nova", "nova", "", pair.ours)
    with pytest.raises(TypeError, match="not JSON serializable"):
        pair.theirs.create_volume(1, "data", location=place)
    made = pair.ours.create_volume(1, "data", location=place)
    assert made.extra["location"] == "nova"
    is_volume(pair.ours, made, "available")
    assert made.destroy() is True
    until(lambda: pair.ours.list_volumes() == [])


def test_snapshots_are_made_and_become_volumes(pair: Pair) -> None:
    volume = pair.ours.create_volume(1, "data")
    is_volume(pair.ours, volume, "available")
    made = pair.do(
        lambda driver: driver.create_volume_snapshot(volume, "before", ex_description="it broke")
    )
    older = pair.do(lambda driver: driver.ex_create_snapshot(volume, "again", force=True))
    for snapshot in (*made, *older):
        until(lambda s=snapshot: pair.ours.ex_get_snapshot(s.id).extra["status"] == "available")
    assert len(pair.read(lambda driver: driver.ex_list_snapshots())) == 4
    assert len(pair.read(lambda driver: driver.list_volume_snapshots(volume))) == 4
    pair.read(lambda driver: driver.ex_get_snapshot(made[0].id))
    copies = pair.do(lambda driver: driver.create_volume(1, "copy", snapshot=made[0]))
    for copy in copies:
        is_volume(pair.ours, copy, "available")
        assert pair.ours.destroy_volume(copy) is True
    # Nova answers 202; Libcloud waits for a 204, and says that it failed.
    assert pair.theirs.destroy_volume_snapshot(made[0]) is False
    assert pair.ours.destroy_volume_snapshot(made[1]) is True
    assert pair.theirs.ex_delete_snapshot(older[0]) is False
    assert pair.ours.ex_delete_snapshot(older[1]) is True
    until(lambda: pair.ours.ex_list_snapshots() == [])
    assert pair.ours.destroy_volume(volume) is True


# Key pairs


def test_key_pairs_have_two_names_for_each_call(pair: Pair, tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(PUBLIC_KEY)
    for make_pair in (
        lambda driver, name: driver.import_key_pair_from_string(name, PUBLIC_KEY),
        lambda driver, name: driver.import_key_pair_from_file(name, str(file)),
        lambda driver, name: driver.ex_import_keypair(name, str(file)),
        lambda driver, name: driver.ex_import_keypair_from_string(name, PUBLIC_KEY),
    ):
        theirs, ours = (make_pair(driver, f"k{i}") for i, driver in enumerate(pair))
        assert (theirs.fingerprint, theirs.public_key) == (ours.fingerprint, ours.public_key)
        assert len(pair.read(lambda driver: driver.list_key_pairs())) == 2
        assert len(pair.read(lambda driver: driver.ex_list_keypairs())) == 2
        assert pair.read(lambda driver: driver.get_key_pair("k1")).name == "k1"
        assert pair.theirs.delete_key_pair(theirs) is pair.ours.ex_delete_keypair(ours) is True
    for make_pair in (
        lambda driver, name: driver.create_key_pair(name),
        lambda driver, name: driver.ex_create_keypair(name),
    ):
        made = [make_pair(driver, f"k{i}") for i, driver in enumerate(pair)]
        assert all("PRIVATE KEY" in each.private_key for each in made)
        assert pair.theirs.ex_delete_keypair(made[0]) is pair.ours.delete_key_pair(made[1]) is True
    for driver in pair:
        with pytest.raises(KeyPairDoesNotExistError):
            driver.get_key_pair("k1")
