"""Wishes turned into what the cloud has, and into ledger rows."""

import itertools

import pytest

from leasehold.buildbot.recipe import Recipe, Site, resolve, rows_for
from leasehold.engine.cloud import (
    BlockDevice,
    FloatingIpSpec,
    Kind,
    ObjectId,
    PortSpec,
    ServerSpec,
)
from leasehold.engine.errors import Impossible, NotOffered
from leasehold.engine.reason import Cause
from leasehold.engine.row import Row
from tests.unit.buildbot.builders import OFFERS, a_wish

SIZES = {("image", "i-new"): 3, ("volume", "v"): 7, ("snapshot", "s"): 5}


def recipe(**arguments: object) -> Recipe:
    return resolve(a_wish(**arguments), OFFERS, lambda source, uuid: SIZES[source, uuid])


def rows(**arguments: object) -> list[Row]:
    numbers = itertools.count(1)
    site = Site(cloud="c", now=5.0, new_id=lambda kind: ObjectId(f"{kind.value}-{next(numbers)}"))
    wish = a_wish(**arguments)
    return rows_for(wish, recipe(**arguments), wish.zones[0], "#!/bin/sh", site)


def server(**arguments: object) -> ServerSpec:
    return next(row.spec for row in rows(**arguments) if row.kind is Kind.SERVER)


@pytest.mark.parametrize("image", ["i-old", lambda images: images[0], lambda images: images[0].id])
def test_an_image_is_found_by_id_and_by_a_function(image: object) -> None:
    assert recipe(image=image).image == "i-old"


def test_a_function_that_breaks_is_told_with_what_it_raised() -> None:
    with pytest.raises(Impossible) as caught:
        recipe(image=lambda images: images[99])
    assert "worker one: its image function raised IndexError" in str(caught.value)
    assert caught.value.reason.cause is Cause.REFUSED


def test_of_several_images_of_a_name_the_newest_is_taken() -> None:
    assert recipe(image="ci").image == "i-new"


def test_a_function_can_choose_images_by_their_age() -> None:
    assert recipe(image=lambda images: min(images, key=lambda x: x.created)).image == "i-old"


@pytest.mark.parametrize(
    ("flavor", "found"),
    [
        (1, "tiny"),
        ("3", "large"),
        ("small", "small"),
        ({"cores": 2}, "large"),
        ({}, "small"),
        (None, "small"),
    ],
)
def test_a_flavor_is_found_by_id_name_or_as_the_smallest_that_fits(
    flavor: object, found: str
) -> None:
    assert recipe(flavor=flavor).flavor.name == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"image": "cii"}, "worker one: the cloud has no active image 'cii'; did you mean ci"),
        ({"flavor": "tinny"}, "no flavor 'tinny'; did you mean tiny"),
        ({"flavor": {"cores": 99}}, "no flavor with '99 cores"),
        ({"networks": ["lap"]}, "did you mean lab"),
        ({"security_groups": ["wep"]}, "did you mean web"),
        ({"key_pair": "bob"}, "no key pair 'bob'"),
        ({"zones": ["z1", "z9"]}, "no availability zone 'z9'"),
        ({"networks": ["lab"], "floating_ip": "lab"}, "no external network 'lab'"),
        ({"floating_ip": "public"}, "set `networks`"),
    ],
)
def test_what_the_cloud_lacks_is_told_with_what_is_near(arguments: dict, words: str) -> None:
    with pytest.raises(NotOffered) as caught:
        recipe(**arguments)
    assert words in str(caught.value)


def test_a_block_device_has_the_documented_defaults() -> None:
    (device,) = server(block_devices=[{"uuid": "u", "volume_size": 10}]).block_devices
    assert device == BlockDevice(
        uuid="u",
        source_type="image",
        destination_type="volume",
        volume_size=10,
        device_name="vda",
        boot_index=0,
        delete_on_termination=True,
    )


@pytest.mark.parametrize(
    ("source", "uuid", "size"), [("image", "i-new", 3), ("volume", "v", 7), ("snapshot", "s", 5)]
)
def test_a_size_that_is_left_out_is_that_of_the_source(source: str, uuid: str, size: int) -> None:
    (device,) = server(block_devices=[{"uuid": uuid, "source_type": source}]).block_devices
    assert device.volume_size == size


def test_without_networks_nova_chooses_and_takes_groups_by_name() -> None:
    (row,) = rows(security_groups=["g2"])
    assert row.spec.network_by_cloud
    assert row.spec.security_groups == ("web",)
    assert (row.subject, row.cloud, row.spec.name) == ("one", "c", "one")


def test_on_named_networks_the_ports_are_ours() -> None:
    first, second, server = rows(networks=["lab", "n2"], security_groups=["web"])
    assert first.spec == PortSpec(name="one", network_id="n1", security_group_ids=("g2",))
    assert second.spec.network_id == "n2"
    assert server.spec.ports == (first.id, second.id)
    assert not server.spec.network_by_cloud


def test_a_floating_ip_is_bound_to_the_first_port() -> None:
    *_, address = rows(networks=["lab"], floating_ip="public")
    assert address.spec == FloatingIpSpec(network_id="n3", port="port-1")


def test_nova_args_go_before_the_workers_own_arguments() -> None:
    made = server(
        meta={"a": "1"},
        key_pair="ann",
        networks=["storage"],
        nova_args={
            "meta": {"b": 2},
            "availability_zone": "z2",
            "nics": [{"net-id": "n1", "v4-fixed-ip": "10.0.0.9"}, {"port-id": "theirs"}],
            "scheduler_hints": {"group": "g"},
            "disk_config": "AUTO",
        },
    )
    assert made.metadata == {"b": "2"}
    assert (made.key_name, made.availability_zone) == ("ann", "z2")
    assert (made.ports, made.foreign_ports) == (("port-1",), ("theirs",))
    assert (made.scheduler_hints, made.extra) == ({"group": "g"}, {"OS-DCF:diskConfig": "AUTO"})


def test_no_network_at_all_can_be_asked_for() -> None:
    made = server(nova_args={"nics": "none"})
    assert (made.network_by_cloud, made.ports) == (False, ())
