"""Names and rules turned into what the cloud has."""

from datetime import UTC, datetime

import msgspec
import pytest

from leasehold.engine.cloud import Flavor, Image, Named, Network, Offers
from leasehold.engine.errors import NotOffered
from leasehold.lab.config import FlavorRule, ImageRule, NetworkRule, VolumeConfig
from leasehold.lab.recipe import resolve
from tests.unit.lab.builders import a_type


def born(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def a_flavor(name: str, cores: int, ram: int, disk: int) -> Flavor:
    return Flavor(id=f"f-{name}", name=name, cores=cores, ram_mib=ram, disk_gib=disk)


OFFERS = Offers(
    images=(
        Image(id="i1", name="debian-12", created_at=born(1)),
        Image(id="i2", name="debian-12", created_at=born(2)),
        Image(id="i3", name="debian-12", created_at=born(3), status="QUEUED"),
        Image(id="i4", name="ubuntu-24.04", created_at=born(4), min_ram_mib=2048, min_disk_gib=10),
        Image(id="i5", name="old"),
    ),
    flavors=(
        a_flavor("gpu", 8, 1024, 10),
        a_flavor("large", 4, 8192, 80),
        a_flavor("small", 1, 1024, 10),
        a_flavor("small2", 2, 1024, 10),
        a_flavor("tiny", 1, 512, 1),
    ),
    networks=(Network(id="n1", name="lab"), Network(id="n2", name="public", external=True)),
    security_groups=(Named(id="g1", name="default"), Named(id="g2", name="ssh")),
    key_pairs=(Named(id="k1", name="ann"),),
    volume_types=(Named(id="t1", name="fast"),),
    availability_zones=(Named(id="z1", name="nova"),),
)


def found(offers: Offers = OFFERS, **fields: object):
    return resolve("demo", a_type(**fields), offers)


def refused(offers: Offers = OFFERS, **fields: object) -> NotOffered:
    with pytest.raises(NotOffered) as caught:
        found(offers, **fields)
    assert str(caught.value).startswith("machine type demo: the cloud has no ")
    return caught.value


# -- images ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "image"),
    [
        ("debian-12", "i2"),  # the newest active of that name
        ("i1", "i1"),  # an id is meant exactly
        (ImageRule(match="debian-.*"), "i2"),
        (ImageRule(match=".*"), "i4"),
        (ImageRule(match="old|debian-12"), "i2"),  # one without a date is the oldest
        (ImageRule(match=("fedora-.*", "old")), "i5"),
        (ImageRule(match=".*", exclude="ubuntu-.*"), "i2"),
        (ImageRule(match=".*", exclude=("ubuntu-.*", "debian-.*")), "i5"),
    ],
)
def test_which_image(rule, image: str) -> None:
    assert found(image=rule).image.id == image


def test_an_image_that_is_not_active_is_not_there() -> None:
    assert refused(image="i3").thing == "active image"


def test_a_rule_matches_the_whole_name() -> None:
    error = refused(image=ImageRule(match="debian"))
    assert "matching" in error.thing


def test_an_unknown_image_names_those_like_it() -> None:
    assert "did you mean debian-12" in str(refused(image="debain-12"))


# -- flavors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "flavor"),
    [
        ("large", "f-large"),
        ("f-tiny", "f-tiny"),
        (FlavorRule(), "f-tiny"),
        (FlavorRule(ram_mib=600), "f-small"),  # of equal RAM and disk, the fewest cores
        (FlavorRule(cores=2), "f-small2"),
        (FlavorRule(disk_gib=11), "f-large"),
        (FlavorRule(cores=2, exclude="small.*"), "f-gpu"),
        (FlavorRule(cores=2, exclude="small.*|gpu"), "f-large"),
        (FlavorRule(allow="l.*"), "f-large"),
        (FlavorRule(allow=("l.*", "gpu")), "f-gpu"),
        (FlavorRule(exclude=("tiny", "small.*")), "f-gpu"),  # any of them excludes
        (FlavorRule(allow=("t.*", "g.*"), exclude=("nothing", "tiny")), "f-gpu"),
        (FlavorRule(exclude="tin"), "f-tiny"),  # the whole name has to match
    ],
)
def test_which_flavor(rule, flavor: str) -> None:
    assert found(flavor=rule).flavor.id == flavor


def test_a_flavor_chosen_by_size_fits_the_image_too() -> None:
    assert found(image="ubuntu-24.04", flavor=FlavorRule()).flavor.id == "f-large"


def test_a_flavor_needs_no_disk_for_an_image_that_is_booted_from_a_volume() -> None:
    diskless = msgspec.structs.replace(OFFERS, flavors=(a_flavor("diskless", 2, 4096, 0),))
    wish = {"image": "ubuntu-24.04", "flavor": FlavorRule(cores=2)}
    assert found(diskless, boot_volume_gib=10, **wish).flavor.id == "f-diskless"
    assert refused(diskless, **wish).thing == "flavor with"


def test_a_size_that_nothing_has_is_told_with_what_there_is() -> None:
    error = refused(flavor=FlavorRule(cores=64))
    assert error.thing == "flavor with"
    assert error.name == "64 cores, 0 MiB RAM, 0 GiB disk"
    assert "tiny (1/512/1)" in str(error)


def test_rules_that_leave_nothing_over_show_themselves_and_what_there_was() -> None:
    error = refused(flavor=FlavorRule(allow=("c.*", "m.*"), exclude="mini"))
    assert error.name == "c.* or m.*, but not mini"
    assert "there are: gpu, large" in str(error)


# -- networks and the rest ---------------------------------------------------------------------------


def test_the_only_network_of_ones_own_needs_no_name() -> None:
    assert [each.id for each in found().networks] == ["n1"]


@pytest.mark.parametrize("names", [(), ("a", "b")])
def test_of_several_networks_one_has_to_be_named(names: tuple[str, ...]) -> None:
    networks = tuple(Network(id=name, name=name) for name in names)
    offers = Offers(images=OFFERS.images, flavors=OFFERS.flavors, networks=networks)
    assert "set `networks`" in str(refused(offers))


def test_networks_are_taken_in_their_order() -> None:
    assert [each.id for each in found(networks=("public", "n1")).networks] == ["n2", "n1"]


def several(*networks: Network) -> Offers:
    return Offers(images=OFFERS.images, flavors=OFFERS.flavors, networks=networks)


def test_a_rule_takes_every_network_that_matches_once_in_the_order_of_names() -> None:
    names = ("lab-b", "other", "lab-a", "lab-old")
    offers = several(*(Network(id=f"n-{name}", name=name) for name in names))
    rule = NetworkRule(match="lab-.*", exclude="lab-old")
    assert [each.name for each in found(offers, networks=(rule,)).networks] == ["lab-a", "lab-b"]
    both = found(offers, networks=("lab-b", rule)).networks
    assert [each.name for each in both] == ["lab-b", "lab-a"]


def test_an_external_network_is_taken_by_a_rule_that_says_so() -> None:
    rule = NetworkRule(match=".*")
    assert [each.name for each in found(networks=(rule,)).networks] == ["lab"]
    outside = NetworkRule(match="pub.*", external=True)
    assert [each.name for each in found(networks=(outside,)).networks] == ["public"]
    assert refused(networks=(NetworkRule(match="pub.*"),)).thing == "network matching"


def test_security_groups_left_out_none_and_some_are_three_things() -> None:
    assert found().security_group_ids is None
    assert found(security_groups=()).security_group_ids == ()
    assert found(security_groups=("ssh", "default")).security_group_ids == ("g2", "g1")


def test_a_floating_ip_needs_an_external_network() -> None:
    assert found().floating_network is None
    assert found(floating_ip="public").floating_network.id == "n2"
    assert refused(floating_ip="lab").thing == "external network"


@pytest.mark.parametrize(
    ("fields", "thing"),
    [
        ({"key": "bob"}, "key pair"),
        ({"flavor": "huge"}, "flavor"),
        ({"networks": ("lob",)}, "network"),
        ({"security_groups": ("web",)}, "security group"),
        ({"availability_zones": ("west",)}, "availability zone"),
        ({"boot_volume_type": "slow"}, "volume type"),
        ({"volumes": (VolumeConfig(size_gib=1, type="slow"),)}, "volume type"),
    ],
)
def test_what_is_missing_is_called_by_its_name(fields, thing: str) -> None:
    assert refused(**fields).thing == thing


def test_a_name_that_two_things_have_is_refused_with_their_ids() -> None:
    groups = (Named(id="g1", name="web"), Named(id="g2", name="web"))
    offers = Offers(
        images=OFFERS.images,
        flavors=OFFERS.flavors,
        networks=OFFERS.networks,
        security_groups=groups,
    )
    error = refused(offers, security_groups=("web",))
    assert "web (g1)" in str(error)
    assert found(offers, security_groups=("g2",)).security_group_ids == ("g2",)


def test_of_several_zones_those_that_are_offered_are_used() -> None:
    assert found(availability_zones=("west", "nova")).zones == ("nova",)
    assert found().zones == ()


def test_a_cloud_that_does_not_tell_its_zones_is_believed() -> None:
    offers = Offers(images=OFFERS.images, flavors=OFFERS.flavors, networks=OFFERS.networks)
    assert found(offers, availability_zones=("anything",)).zones == ("anything",)
