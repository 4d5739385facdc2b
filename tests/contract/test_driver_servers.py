"""Our driver's verbs for servers: every action, in Nova's oldest and newest words."""

import re
from collections.abc import Callable, Iterator
from typing import cast

import pytest
from tests.contract.tenant import Tenant, until

from leasehold.openstack import (
    BadRequest,
    Conflict,
    Connection,
    Forbidden,
    NotFound,
    Secret,
    VersionUnsupported,
    connect,
)
from leasehold.openstack.arguments import Arguments
from leasehold.openstack.compute import BlockDevice, ServerNetwork


@pytest.fixture(params=["2.1", None, "2.104"], ids=["oldest", "usual", "newest"])
def spoken(request: pytest.FixtureRequest, cloud: Tenant) -> Iterator[Connection]:
    """The driver in Nova's oldest microversion, in its own choice, and in the newest."""
    auth = cast("Arguments", cloud.auth)
    with connect(**auth, retries=0, compute_microversion=request.param) as made:
        yield made


def test_a_server_is_paused_suspended_shelved_locked_and_brought_back(
    cloud: Tenant, spoken: Connection
) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    for act, status in (
        (compute.pause_server, "PAUSED"),
        (compute.unpause_server, "ACTIVE"),
        (compute.suspend_server, "SUSPENDED"),
        (compute.resume_server, "ACTIVE"),
        (compute.stop_server, "SHUTOFF"),
        (compute.start_server, "ACTIVE"),
        (compute.reboot_server, "ACTIVE"),
        (compute.shelve_server, "SHELVED_OFFLOADED"),
        (compute.unshelve_server, "ACTIVE"),
    ):
        act(server_id)
        cloud.server_is(server_id, status)
        until(lambda: compute.server(server_id).task_state is None)
    compute.lock_server(server_id)
    compute.unlock_server(server_id)
    with pytest.raises(Conflict, match="Cannot 'unpause' instance"):
        compute.unpause_server(server_id)


def test_a_server_is_resized_and_that_is_confirmed_or_taken_back(
    cloud: Tenant, spoken: Connection
) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    compute.resize_server(server_id, flavor_id=cloud.bigger_flavor_id)
    cloud.server_is(server_id, "VERIFY_RESIZE")
    compute.revert_resize(server_id)
    cloud.server_is(server_id, "ACTIVE")
    compute.resize_server(server_id, flavor_id=cloud.bigger_flavor_id)
    cloud.server_is(server_id, "VERIFY_RESIZE")
    compute.confirm_resize(server_id)
    cloud.server_is(server_id, "ACTIVE")
    flavor = compute.server(server_id).flavor
    assert flavor.original_name == "small" or flavor.id == cloud.bigger_flavor_id
    with pytest.raises(Conflict):
        compute.confirm_resize(server_id)


def test_a_server_is_rebuilt_and_rescued_with_passwords_that_are_secret(
    cloud: Tenant, spoken: Connection
) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    rebuilt = compute.rebuild_server(
        server_id,
        image_id=cloud.image_id,
        name="rebuilt",
        metadata={"k": "v"},
        admin_password=Secret("correct horse"),
    )
    assert rebuilt.id == server_id
    assert rebuilt.admin_password == Secret("correct horse")
    cloud.server_is(server_id, "ACTIVE")
    until(lambda: compute.server(server_id).task_state is None)
    found = compute.server(server_id)
    assert (found.name, found.metadata) == ("rebuilt", {"k": "v"})
    password = compute.rescue_server(server_id)
    assert password is not None
    assert len(password.reveal()) > 5
    cloud.server_is(server_id, "RESCUE")
    compute.unrescue_server(server_id)
    cloud.server_is(server_id, "ACTIVE")
    until(lambda: compute.server(server_id).task_state is None)
    compute.set_server_password(server_id, "battery staple")
    until(lambda: compute.server(server_id).task_state is None)


def test_an_image_and_a_backup_of_a_server_are_told_by_their_ids(
    cloud: Tenant, spoken: Connection
) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    image_id = compute.create_server_image(server_id, name="snap", metadata={"k": "v"})
    cloud.image.made.add("images")
    until(lambda: compute.server(server_id).task_state is None)
    backup_id = compute.create_server_backup(
        server_id, name="daily", backup_type="daily", rotation=1
    )
    assert backup_id is not None
    names = {image.id: image.name for image in spoken.image.images()}
    assert (names[image_id], names[backup_id]) == ("snap", "daily")
    until(lambda: compute.server(server_id).task_state is None)


def test_a_server_is_made_with_all_that_one_can_wish(cloud: Tenant, spoken: Connection) -> None:
    compute = spoken.compute
    group = compute.create_server_group(name="apart", policy="anti-affinity")
    try:
        made = compute.create_server(
            name="wished",
            flavor_id=cloud.flavor_id,
            networks=[ServerNetwork(uuid=cloud.network_id)],
            image_id=cloud.image_id,
            block_devices=[
                BlockDevice(
                    uuid=cloud.image_id,
                    source_type="image",
                    destination_type="local",
                    boot_index=0,
                    delete_on_termination=True,
                )
            ],
            files={"/etc/motd": "hello"},
            admin_password=Secret("correct horse"),
            disk_config="MANUAL",
            scheduler_hints={"group": group.id},
            min_count=1,
            max_count=1,
        )
        cloud.compute.made.add("servers")
        assert made.admin_password == Secret("correct horse")
        cloud.server_is(made.id, "ACTIVE")
        assert compute.server(made.id).disk_config == "MANUAL"
        assert compute.server_group(group.id).members == (made.id,)
    finally:
        compute.delete_server_group(group.id)


def test_a_server_is_renamed_and_given_metadata(cloud: Tenant, spoken: Connection) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    assert compute.update_server(server_id, name="renamed", access_ipv4="192.0.2.9").name == (
        "renamed"
    )
    assert compute.server(server_id).access_ipv4 == "192.0.2.9"
    assert compute.set_server_metadata(server_id, {"a": "1", "b": "2"}) == {"a": "1", "b": "2"}
    assert compute.update_server_metadata(server_id, {"b": "3"}) == {"a": "1", "b": "3"}
    compute.delete_server_metadata(server_id, "a")
    assert compute.server_metadata(server_id) == {"b": "3"}
    assert compute.set_server_metadata(server_id, {}) == {}


def test_a_server_is_tagged(cloud: Tenant, connection: Connection) -> None:
    compute, server_id = connection.compute, cloud.a_server()
    compute.add_server_tag(server_id, "a b")
    assert compute.server_tags(server_id) == ("a b",)
    assert set(compute.set_server_tags(server_id, ["x", "y"])) == {"x", "y"}
    compute.delete_server_tag(server_id, "x")
    assert compute.server(server_id).tags == ("y",)
    with pytest.raises(NotFound):
        compute.delete_server_tag(server_id, "x")


NEWER_THAN_THE_OLDEST: dict[str, Callable[[Connection], object]] = {
    "tags": lambda connection: connection.compute.server_tags("any"),
    "no network": lambda connection: connection.compute.create_server(
        name="n", flavor_id="1", image_id="i", networks=()
    ),
    "lock reason": lambda connection: connection.compute.lock_server("any", reason="mine"),
    "crash dump": lambda connection: connection.compute.trigger_crash_dump("any"),
    "host name": lambda connection: connection.compute.update_server("any", hostname="h"),
}


@pytest.mark.parametrize("act", NEWER_THAN_THE_OLDEST.values(), ids=NEWER_THAN_THE_OLDEST.keys())
def test_what_a_nova_is_too_old_for_is_not_sent(
    cloud: Tenant, act: Callable[[Connection], object]
) -> None:
    auth = cast("Arguments", cloud.auth)
    with (
        connect(**auth, retries=0, compute_microversion="2.1") as old,
        pytest.raises(VersionUnsupported, match=re.escape("it speaks 2.1")),
    ):
        act(old)


def test_addresses_and_security_groups_are_set_through_nova(
    cloud: Tenant, spoken: Connection
) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    group = cloud.a_security_group()
    compute.add_security_group(server_id, group["name"])
    names = {each.name for each in compute.server_security_groups(server_id)}
    assert names == {"default", group["name"]}
    compute.remove_security_group(server_id, group["name"])
    assert {each.name for each in compute.server_security_groups(server_id)} == {"default"}

    address = cloud.a_floating_ip()["floating_ip_address"]
    compute.add_floating_ip(server_id, address)
    assert compute.server(server_id).addresses_of("floating") == (address,)
    compute.remove_floating_ip(server_id, address)
    until(lambda: compute.server(server_id).addresses_of("floating") == ())

    (first,) = compute.server(server_id).addresses_of("fixed")
    compute.add_fixed_ip(server_id, network_id=cloud.network_id)
    until(lambda: len(compute.server(server_id).addresses_of("fixed")) == 2)
    (more,) = set(compute.server(server_id).addresses_of("fixed")) - {first}
    compute.remove_fixed_ip(server_id, more)
    until(lambda: compute.server(server_id).addresses_of("fixed") == (first,))


def test_a_servers_console_is_read(cloud: Tenant, spoken: Connection) -> None:
    server_id = cloud.a_server()
    assert isinstance(spoken.compute.console_output(server_id, lines=5), str)


def test_a_console_to_look_at_is_refused_where_there_is_none(
    cloud: Tenant, spoken: Connection
) -> None:
    server_id = cloud.a_server()
    with pytest.raises(BadRequest, match="console"):
        spoken.compute.remote_console(server_id, protocol="spice", kind="spice-html5")


def test_volumes_and_interfaces_are_attached(cloud: Tenant, spoken: Connection) -> None:
    compute, server_id = spoken.compute, cloud.a_server()
    volume_id = cloud.a_volume()
    assert compute.create_volume_attachment(server_id, volume_id).volume_id == volume_id
    cloud.volume_is(volume_id, "in-use")
    compute.delete_volume_attachment(server_id, volume_id)
    cloud.volume_is(volume_id, "available")
    interface = compute.create_interface(server_id, network_id=cloud.network_id)
    assert interface.port_id in {each.port_id for each in compute.interfaces(server_id)}
    compute.delete_interface(server_id, interface.port_id)
    until(lambda: len(list(compute.interfaces(server_id))) == 1)


def test_an_administrator_moves_a_server_and_sets_its_state(
    cloud: Tenant, connection: Connection, administrator: Connection
) -> None:
    compute, server_id = administrator.compute, cloud.a_server()
    compute.reset_server_state(server_id, state="error")
    assert compute.server(server_id).status == "ERROR"
    compute.reset_server_state(server_id, state="active")
    assert compute.server(server_id).status == "ACTIVE"
    with pytest.raises(Forbidden):
        connection.compute.migrate_server(server_id)
    compute.migrate_server(server_id)
    until(lambda: compute.server(server_id).task_state is None)
    assert compute.server(server_id).status == "ACTIVE", "there is no other host to go to"
    with pytest.raises(BadRequest, match=r"ompute service of \S+ is still in use"):
        compute.evacuate_server(server_id)
    with pytest.raises(NotFound):
        compute.evacuate_server(server_id, host="nowhere")
    with pytest.raises(BadRequest):
        compute.live_migrate_server(server_id, host="nowhere")
    compute.force_delete_server(server_id)
    cloud.gone(cloud.compute, f"/servers/{server_id}")


def test_a_server_that_is_not_deleted_cannot_be_restored(
    cloud: Tenant, administrator: Connection
) -> None:
    server_id = cloud.a_server()
    with pytest.raises(Conflict, match="Cannot 'restore' instance"):
        administrator.compute.restore_server(server_id)


def test_a_crash_dump_is_taken_of_a_server_that_runs(
    cloud: Tenant, administrator: Connection
) -> None:
    server_id = cloud.a_server()
    administrator.compute.trigger_crash_dump(server_id)
