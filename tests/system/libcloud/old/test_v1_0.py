"""Nova 1.0: each method on Libcloud's own driver and on ours, with results alike to the last field."""

import inspect
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import LibcloudError
from libcloud.compute.drivers.openstack import OpenStack_1_0_NodeDriver as Theirs
from libcloud.compute.drivers.openstack import OpenStack_1_1_NodeDriver as NewerDriver

from leasehold.emulator import Emulator
from leasehold.libcloud import OpenStack_1_0_NodeDriver as Ours
from leasehold.libcloud import OpenStackNodeDriver
from tests.looking import named
from tests.system.libcloud.conftest import QUICK
from tests.system.libcloud.old.clouds import (
    LIBCLOUD_WARNS,
    Both,
    make,
    settled,
    signed_in,
)
from tests.system.libcloud.pair import Pair, until
from tests.system.libcloud.shown import alike, shown

pytestmark = LIBCLOUD_WARNS


@pytest.fixture(scope="module")
def pair(emulator: Emulator) -> Pair:
    return signed_in(emulator, Theirs, Ours, "1.0")


def without_uri(thing: Any) -> Any:
    """Libcloud writes https into the `uri` of every node, also where there is none."""
    for node in thing if isinstance(thing, list) else [thing]:
        assert node.extra.pop("uri").endswith(f"/servers/{node.id}")
    return thing


def test_it_is_the_driver_of_api_version_1_0() -> None:
    driver = OpenStackNodeDriver("demo", "demo", api_version="1.0", ex_force_auth_url="http://x")
    assert isinstance(driver, Ours)


def test_it_has_every_public_method_of_libcloud_s() -> None:
    for name, method in inspect.getmembers(Theirs, inspect.isfunction):
        if not name.startswith("_"):
            assert callable(getattr(Ours, name))
        if not name.startswith("_") and name in vars(Theirs):
            wanted = list(inspect.signature(method).parameters)
            assert list(inspect.signature(getattr(Ours, name)).parameters) == wanted


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_with_an_api_key_alone_it_finds_its_way_as_at_rackspace(version: str) -> None:
    """Libcloud needs the address of compute too: it knows no catalog whose services are so named."""
    with Emulator(delays=QUICK, seed=1, guests="none", catalog="rackspace") as emulator:
        account = {"ex_force_auth_url": emulator.url, "ex_force_auth_version": version}
        driver = OpenStackNodeDriver("demo", "demo-key", api_version="1.0", **account)
        node = settled(driver, make(driver))
        assert "/compute/v1.0/" in node.extra["uri"]
        with pytest.raises(LibcloudError, match="Could not find specified endpoint"):
            Theirs("demo", "demo-key", **account).list_nodes()


# What there is


def test_sizes_and_locations_are_the_same(pair: Pair) -> None:
    assert len(pair.read(lambda driver: driver.list_sizes())) == 4
    assert len(pair.read(lambda driver: driver.list_locations())) == 1


def test_images_are_the_same(pair: Pair) -> None:
    assert pair.read(lambda driver: driver.list_images())
    assert pair.read(lambda driver: driver.list_images(ex_only_active=False))


def test_limits_are_the_same(pair: Pair) -> None:
    assert pair.read(lambda driver: driver.ex_limits())["absolute"]["maxIPGroups"] == "25"


def test_the_list_of_nodes_is_the_same_but_for_their_uri(pair: Pair, nodes: Both) -> None:
    assert len(pair.read(lambda driver: without_uri(driver.list_nodes()))) == 2
    assert pair.read(lambda driver: without_uri(driver.list_nodes(ex_all_tenants=True)))
    (first, *_) = pair.ours.list_nodes()
    assert first.extra["uri"].startswith(pair.ours.connection.get_endpoint())


def test_addresses_of_a_node_are_the_same(pair: Pair, nodes: Both) -> None:
    node = nodes[pair.theirs]
    for named_by in (node, node.id):
        found = pair.read(lambda driver, by=named_by: driver.ex_list_ip_addresses(by))
        assert found.private_addresses == node.private_ips


# What is done


def test_a_node_is_made_with_all_that_there_is_to_say(pair: Pair) -> None:
    made = []
    for driver in pair:
        with pytest.warns(UserWarning, match="ex_shared_ip_group argument is deprecated"):
            node = make(
                driver,
                ex_metadata={"role": "web"},
                ex_files={"/etc/motd": "hello"},
                ex_shared_ip_group="old word",
            )
        assert node.extra.pop("password")  # Nova makes up another one each time
        made.append(without_uri(node))
    theirs, ours = map(numberless, made)
    assert ours == theirs
    for driver, node in zip(pair, made, strict=True):
        settled(driver, node)
        assert driver.destroy_node(node) is True


def numberless(thing: Any) -> Any:
    """What is seen of it but for its own number, which no other has."""
    seen = alike(thing)
    seen.pop("id")
    return seen


def test_a_node_is_renamed_rebooted_and_rebuilt(pair: Pair, nodes: Both) -> None:
    for deed in (
        lambda driver, node: driver.ex_set_server_name(node, "db"),
        lambda driver, node: driver.reboot_node(node),
        lambda driver, node: driver.ex_soft_reboot_node(node),
        lambda driver, node: driver.ex_hard_reboot_node(node),
        lambda driver, node: driver.ex_rebuild(node, node.extra["imageId"]),
        lambda driver, node: driver.ex_rebuild(node.id, named(driver.list_images(), "tiny")),
        lambda driver, node: driver.ex_set_password(node, "s3cret"),
    ):
        theirs, ours = (deed(driver, nodes[driver]) for driver in pair)
        assert ours is theirs is True
        for driver in pair:
            settled(driver, nodes[driver])
    assert all(node.extra["password"] == "s3cret" for node in nodes.values())


def test_a_new_password_leaves_a_new_name_alone(pair: Pair, nodes: Both) -> None:
    """Libcloud sends the name along that the node had when it was listed."""
    for driver, name in ((pair.theirs, "web"), (pair.ours, "db")):
        driver.ex_set_server_name(nodes[driver], "db")
        driver.ex_set_password(nodes[driver], "s3cret")
        assert settled(driver, nodes[driver]).name == name


def test_a_node_is_resized(pair: Pair, nodes: Both) -> None:
    small = named(pair.ours.list_sizes(), "small")

    def has(driver: Any, size_id: str) -> bool:
        found = next(one for one in driver.list_nodes() if one.id == nodes[driver].id)
        return bool(found.extra["flavorId"] == size_id)

    for driver, said in ((pair.theirs, False), (pair.ours, True)):
        node = nodes[driver]
        assert driver.ex_resize(node, small) is True
        until(lambda driver=driver: has(driver, small.id))
        # Nova answers 202, for which Libcloud has not the word it has for confirming: False.
        assert driver.ex_revert_resize(node) is said
        until(lambda driver=driver: has(driver, "1"))
        settled(driver, node)
        assert driver.ex_resize_node(node, small) is True
        until(lambda driver=driver: has(driver, small.id))
        assert driver.ex_confirm_resize(node) is True


def test_an_image_is_taken_and_deleted(pair: Pair, nodes: Both) -> None:
    def deed(driver: Any) -> Any:
        image = driver.create_image(settled(driver, nodes[driver]), "copy")
        assert image.extra.pop("serverId") == nodes[driver].id
        return image

    theirs, ours = (deed(driver) for driver in pair)
    assert numberless(ours) == numberless(theirs)
    until(lambda: [i.name for i in pair.ours.list_images()].count("copy") == 2)
    assert pair.theirs.delete_image(theirs) is pair.ours.delete_image(ours) is True


def test_groups_come_and_go(pair: Pair, nodes: Both) -> None:
    groups = [driver.ex_create_ip_group("pair", node_id=nodes[driver].id) for driver in pair]
    theirs, ours = map(numberless, groups)
    assert (theirs.pop("servers"), ours.pop("servers")) == (
        [nodes[pair.theirs].id],
        [nodes[pair.ours].id],
    )
    assert ours == theirs
    assert len(pair.read(lambda driver: driver.ex_list_ip_groups())) == 2
    assert len(pair.read(lambda driver: driver.ex_list_ip_groups(details=True))) == 2
    for driver, group in zip(pair, groups, strict=True):
        assert driver.ex_delete_ip_group(group.id) is True
    assert pair.read(lambda driver: driver.ex_list_ip_groups()) == []


def test_an_address_is_shared_within_a_group(emulator: Emulator, pair: Pair) -> None:
    for driver in pair:
        first = settled(driver, make(driver))
        address = give_public_address(emulator)
        group = driver.ex_create_ip_group("pair", node_id=first.id)
        second = settled(driver, make(driver, ex_shared_ip_group_id=group.id))
        assert driver.ex_share_ip(group.id, second.id, address) is True
        shared = pair.read(lambda each, node=second: each.ex_list_ip_addresses(node.id))
        assert shared.public_addresses == [address]
        assert driver.ex_unshare_ip(second.id, address) is True
        assert driver.ex_list_ip_addresses(second.id).public_addresses == []
        assert driver.ex_delete_ip_group(group.id) is True
        assert all(driver.destroy_node(node) for node in (first, second))


def give_public_address(emulator: Emulator) -> str:
    """Give the newest node a floating IP, as its cloud would have at its birth."""
    newer = signed_in(emulator, NewerDriver, NewerDriver, "1.1").theirs
    address = newer.ex_create_floating_ip()
    newer.ex_attach_floating_ip_to_node(newer.list_nodes()[0], address)
    return str(address.ip_address)


# Where Libcloud's cannot


def test_a_node_and_an_image_are_found_by_id(pair: Pair, nodes: Both) -> None:
    """Libcloud looks for a server inside of the server, and asks XML for a key."""
    node = nodes[pair.ours]
    with pytest.raises(IndexError):
        pair.theirs.ex_get_node_details(node.id)
    with pytest.raises(TypeError):
        pair.theirs.get_image(node.extra["imageId"])
    assert shown(pair.ours.ex_get_node_details(node.id))["id"] == node.id
    assert pair.ours.ex_get_node_details(node).id == node.id
    assert pair.ours.get_image(node.extra["imageId"]).name == "tiny"


def test_a_refusal_keeps_its_reason(pair: Pair) -> None:
    """ElementTree has had no getiterator since Python 3.9, with which Libcloud reads XML errors."""
    with pytest.raises(AttributeError, match="getiterator"):
        pair.theirs.ex_get_node_details("7")
    assert pair.ours.ex_get_node_details("7") is None
    with pytest.raises(BaseHTTPError, match=r"404 Not Found Instance 7 could not be found") as gone:
        pair.ours.ex_list_ip_addresses("7")
    assert gone.value.code == 404


def test_what_1_0_has_not_is_not_implemented(pair: Pair, nodes: Both) -> None:
    """Libcloud's methods for it come from newer drivers, and fail for want of their other halves."""
    node = nodes[pair.ours]
    for call in (
        lambda driver: driver.start_node(node),
        lambda driver: driver.stop_node(node),
        lambda driver: driver.list_volumes(),
        lambda driver: driver.ex_get_volume("7"),
    ):
        with pytest.raises(AttributeError):
            call(pair.theirs)
        with pytest.raises(NotImplementedError):
            call(pair.ours)
    for call in (
        lambda driver: driver.create_volume(1, "data"),
        lambda driver: driver.destroy_volume(node),
        lambda driver: driver.attach_volume(node, node),
        lambda driver: driver.detach_volume(node),
        lambda driver: driver.list_key_pairs(),
        lambda driver: driver.create_volume_snapshot(node),
    ):
        with pytest.raises(NotImplementedError):
            call(pair.ours)
