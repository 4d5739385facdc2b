"""Nodes: each method on Libcloud's own driver and on ours, with results alike to the last field."""

from collections.abc import Iterator
from typing import Any

import pytest
from libcloud.common.exceptions import BaseHTTPError
from libcloud.common.types import LibcloudError
from libcloud.compute.base import NodeLocation
from libcloud.compute.types import NodeState

from tests.looking import named
from tests.system.libcloud.pair import PUBLIC_KEY, Pair, as_ordered, compare, until
from tests.system.libcloud.shown import alike, shown

Both = dict[Any, Any]


def make(driver: Any, name: str = "web", **options: Any) -> Any:
    """A node as it is when the cloud has taken it on."""
    return driver.create_node(
        name=name,
        size=named(driver.list_sizes(), "tiny"),
        image=driver.get_image(named(driver.list_images(), "tiny").id),
        networks=[driver.ex_get_network(named(driver.ex_list_networks(), "contract").id)],
        **options,
    )


def settled(driver: Any, node: Any, status: str = "active") -> Any:
    """The node when it is in that state, and nothing is done to it."""

    def is_settled() -> bool:
        extra = driver.ex_get_node_details(node.id).extra
        return extra["vm_state"] == status and extra["task_state"] is None

    until(is_settled)
    return driver.ex_get_node_details(node.id)


@pytest.fixture(scope="module")
def nodes(pair: Pair) -> Iterator[Both]:
    """A running node for each driver."""
    made = {driver: settled(driver, make(driver)) for driver in pair}
    yield made
    for driver, node in made.items():
        driver.destroy_node(node)
        until(lambda driver=driver, node=node: driver.ex_get_node_details(node.id) is None)


# What there is


def test_the_list_of_nodes_is_the_same_to_the_last_field(pair: Pair, nodes: Both) -> None:
    assert len(pair.read(lambda driver: driver.list_nodes())) == 2


def test_a_node_is_the_same_by_its_id_and_by_itself(pair: Pair, nodes: Both) -> None:
    node = nodes[pair.theirs]
    pair.read(lambda driver: driver.ex_get_node_details(node.id))
    pair.read(lambda driver: driver.ex_get_node_details(node))


def test_a_node_that_is_not_there_is_none(pair: Pair) -> None:
    assert pair.read(lambda driver: driver.ex_get_node_details("none")) is None


def test_everybodys_nodes_are_for_administrators(pair: Pair, nodes: Both) -> None:
    for driver in pair:
        with pytest.raises(BaseHTTPError) as refused:
            driver.list_nodes(ex_all_tenants=True)
        assert refused.value.code == 403


# Making


def test_a_node_is_made_with_all_that_there_is_to_say(pair: Pair) -> None:
    pair.ours.import_key_pair_from_string("nodes", PUBLIC_KEY)
    group = pair.ours.ex_create_security_group("nodes", "")

    def deed(driver: Any) -> Any:
        node = make(
            driver,
            ex_keyname="nodes",
            ex_userdata="#!/bin/sh\necho hello\n",
            ex_security_groups=[group],
            ex_metadata={"purpose": "parity"},
            ex_files={"/etc/motd": "hello"},
            ex_disk_config="AUTO",
            ex_config_drive=True,
            ex_availability_zone="nova",
            ex_os_scheduler_hints={"different_host": []},
        )
        return as_ordered(node)

    made = pair.do(deed)
    for driver, node in zip(pair, made, strict=True):
        settled(driver, node)
    compare(*(alike(pair.ours.ex_get_node_details(node.id)) for node in made))
    for driver, node in zip(pair, made, strict=True):
        assert driver.destroy_node(node) is True
    pair.ours.delete_key_pair(pair.ours.get_key_pair("nodes"))
    until(lambda: not {node.id for node in made} & {node.id for node in pair.ours.list_nodes()})
    pair.ours.ex_delete_security_group(group)


def test_the_password_that_is_asked_for_is_the_nodes(pair: Pair) -> None:
    """Libcloud takes the argument and never sends it: Nova makes a password of its own."""
    theirs, ours = (make(driver, ex_admin_pass="s3cret-enough") for driver in pair)
    assert ours.extra["password"] == "s3cret-enough"
    assert theirs.extra["password"] != "s3cret-enough"
    assert all(node.destroy() for node in (theirs, ours))


def test_a_config_drive_can_be_refused(pair: Pair) -> None:
    """Libcloud sends the text "True", and nothing at all for False."""
    with_one, without = (make(pair.ours, ex_config_drive=wish) for wish in (True, False))
    assert bool(with_one.extra["config_drive"])
    assert not without.extra["config_drive"]
    assert all(node.destroy() for node in (with_one, without))


@pytest.mark.parametrize("zone", [NodeLocation("nova", "nova", "", None), "nova"])
def test_a_location_is_a_zone(pair: Pair, zone: Any) -> None:
    assert make(pair.ours, location=zone).destroy()
    elsewhere = NodeLocation("mars", "mars", "", None) if zone != "nova" else "mars"
    with pytest.raises(BaseHTTPError, match="The requested availability zone is not available"):
        make(pair.ours, location=elsewhere)


def test_a_block_device_mapping_that_nova_does_not_know_is_said_before_it_is_sent(
    pair: Pair,
) -> None:
    wrong = [{"uid": "typo", "source_type": "image", "destination_type": "volume"}]
    with pytest.raises(LibcloudError, match="has no uid"):
        make(pair.ours, ex_blockdevicemappings=wrong)


# What is done to one


def both(pair: Pair, nodes: Both, deed: Any) -> None:
    """Do it to each driver's node, with results alike."""
    pair.do(lambda driver: deed(driver, nodes[driver]))


def states(nodes: Both, status: str) -> tuple[Any, Any]:
    """Libcloud's words for what each driver's node is in, when Nova has settled it."""
    theirs, ours = (settled(driver, node, status).state for driver, node in nodes.items())
    return theirs, ours


def test_a_node_stops_and_starts(pair: Pair, nodes: Both) -> None:
    both(pair, nodes, lambda driver, node: driver.stop_node(node))
    assert states(nodes, "stopped") == (NodeState.STOPPED, NodeState.STOPPED)
    both(pair, nodes, lambda driver, node: driver.start_node(node))
    assert states(nodes, "active") == (NodeState.RUNNING, NodeState.RUNNING)
    both(pair, nodes, lambda driver, node: driver.ex_stop_node(node))
    states(nodes, "stopped")
    both(pair, nodes, lambda driver, node: driver.ex_start_node(node))
    states(nodes, "active")


@pytest.mark.parametrize("method", ["reboot_node", "ex_hard_reboot_node", "ex_soft_reboot_node"])
def test_a_node_reboots(pair: Pair, nodes: Both, method: str) -> None:
    both(pair, nodes, lambda driver, node: getattr(driver, method)(node))
    states(nodes, "active")


def test_a_paused_node_is_paused(pair: Pair, nodes: Both) -> None:
    """Libcloud has the word, but its OpenStack driver says UNKNOWN."""
    both(pair, nodes, lambda driver, node: driver.ex_pause_node(node))
    assert states(nodes, "paused") == (NodeState.UNKNOWN, NodeState.PAUSED)
    both(pair, nodes, lambda driver, node: driver.ex_unpause_node(node))
    states(nodes, "active")


def test_a_node_is_suspended_and_resumed(pair: Pair, nodes: Both) -> None:
    both(pair, nodes, lambda driver, node: driver.ex_suspend_node(node))
    assert states(nodes, "suspended") == (NodeState.SUSPENDED, NodeState.SUSPENDED)
    both(pair, nodes, lambda driver, node: driver.ex_resume_node(node))
    states(nodes, "active")


def test_a_node_gets_another_size_and_keeps_it_or_not(pair: Pair, nodes: Both) -> None:
    small = named(pair.ours.list_sizes(), "small")
    both(pair, nodes, lambda driver, node: driver.ex_resize(node, small))
    states(nodes, "resized")
    both(pair, nodes, lambda driver, node: driver.ex_revert_resize(node))
    states(nodes, "active")
    both(pair, nodes, lambda driver, node: driver.ex_resize(node, small))
    states(nodes, "resized")
    both(pair, nodes, lambda driver, node: driver.ex_confirm_resize(node))
    states(nodes, "active")
    pair.do(lambda driver: driver.ex_get_node_details(nodes[driver].id))


def test_a_node_is_rescued_with_a_password_of_novas_or_of_ours(pair: Pair, nodes: Both) -> None:
    for password in (None, "s3cret-enough"):
        for driver, node in nodes.items():
            assert driver.ex_rescue(node, password) is node
            assert node.extra["password"] == (password or node.extra["password"])
            assert node.extra["password"]
        states(nodes, "rescued")
        both(pair, nodes, lambda driver, node: driver.ex_unrescue(node))
        states(nodes, "active")


def test_a_password_is_set_and_remembered(pair: Pair, nodes: Both) -> None:
    both(pair, nodes, lambda driver, node: driver.ex_set_password(node, "an0ther-one"))
    assert [node.extra["password"] for node in nodes.values()] == ["an0ther-one"] * 2
    states(nodes, "active")


def test_a_node_is_rebuilt(pair: Pair, nodes: Both) -> None:
    """Libcloud sends a flavor too, which Nova refuses: its ex_rebuild never works."""
    before = named(pair.ours.list_images(), "tiny")
    image = next((one for one in pair.ours.list_images() if one.id != before.id), before)
    with pytest.raises(BaseHTTPError, match="flavorRef"):
        pair.theirs.ex_rebuild(nodes[pair.theirs], image)
    for node in nodes.values():
        assert pair.ours.ex_rebuild(node, image, ex_metadata={"rebuilt": "yes"}) is True
        assert settled(pair.ours, node).extra["imageId"] == image.id
        assert pair.ours.ex_rebuild(node, before) is True
        assert settled(pair.ours, node).extra["imageId"] == before.id
    with pytest.raises(LibcloudError, match="cannot change ex_security_groups"):
        pair.ours.ex_rebuild(nodes[pair.ours], image, ex_security_groups=[])


def test_a_node_gets_another_name(pair: Pair, nodes: Both) -> None:
    pair.do(lambda driver: driver.ex_set_server_name(nodes[driver], "renamed").name)
    pair.do(lambda driver: driver.ex_update_node(nodes[driver], name="web").name)
    pair.do(lambda driver: driver.ex_get_node_details(nodes[driver].id).name)


def test_a_renamed_node_is_shown_whole(pair: Pair, nodes: Both) -> None:
    """Nova's answer to a change lacks what its extensions tell; Libcloud shows that as None."""
    theirs, ours = (driver.ex_set_server_name(nodes[driver], "web") for driver in pair)
    assert theirs.extra["vm_state"] is None
    assert ours.extra["vm_state"] == "active"


def test_what_a_node_is_reached_by_is_changed(pair: Pair, nodes: Both) -> None:
    """Libcloud takes any change, and makes none but the name's."""
    changed = pair.ours.ex_update_node(nodes[pair.ours], access_ipv4="192.0.2.7")
    assert changed.extra["access_ip"] == "192.0.2.7"
    with pytest.raises(TypeError, match="not flavor"):
        pair.ours.ex_update_node(nodes[pair.ours], flavor="large")


def test_metadata_is_read_and_replaced(pair: Pair, nodes: Both) -> None:
    both(pair, nodes, lambda driver, node: driver.ex_set_metadata(node, {"a": "1", "b": "2"}))
    both(pair, nodes, lambda driver, node: driver.ex_set_metadata(node, {"b": "3"}))
    both(pair, nodes, lambda driver, node: driver.ex_get_metadata(node))
    assert pair.ours.ex_get_metadata(nodes[pair.ours]) == {"b": "3"}
    fresh = pair.ours.ex_get_node_details(nodes[pair.ours].id)
    assert pair.ours.ex_get_metadata_for_node(fresh) == {"b": "3"}


def test_the_console_is_read_whole_and_by_the_line(pair: Pair, nodes: Both) -> None:
    node = nodes[pair.theirs]
    assert pair.read(lambda driver: driver.ex_get_console_output(node))["output"]
    pair.read(lambda driver: driver.ex_get_console_output(node, length=1))


def test_an_image_is_taken_of_a_node(pair: Pair, nodes: Both) -> None:
    def deed(driver: Any) -> Any:
        image = driver.create_image(nodes[driver], "copy", metadata={"of": "web"})
        assert image.extra.pop("status") in ("queued", "saving", "active")  # as soon as it is
        return image

    images = pair.do(deed)
    for driver, image in zip(pair, images, strict=True):
        assert pair.ours.get_image(image.id).name == "copy"
        settled(driver, nodes[driver])
        assert driver.delete_image(image) is True


def test_the_methods_of_the_node_itself_work(pair: Pair, nodes: Both) -> None:
    node = pair.ours.ex_get_node_details(nodes[pair.ours].id)
    assert node.reboot()
    states(nodes, "active")
    assert node.stop_node()
    states({pair.ours: node, pair.theirs: nodes[pair.ours]}, "stopped")
    assert node.start()
    settled(pair.ours, node)


def test_waiting_until_running_gives_the_addresses(pair: Pair, nodes: Both) -> None:
    ((theirs, _),) = pair.theirs.wait_until_running(
        [nodes[pair.theirs]], wait_period=0.1, ssh_interface="private_ips"
    )
    ((ours, addresses),) = pair.ours.wait_until_running(
        [nodes[pair.theirs]], wait_period=0.1, ssh_interface="private_ips"
    )
    assert shown(ours) == shown(theirs)
    assert addresses == ours.private_ips
