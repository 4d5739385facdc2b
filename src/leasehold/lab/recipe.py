"""What a machine type means in its cloud today: names and rules turned into ids. Pure."""

import re
from collections.abc import Sequence

import msgspec

from leasehold.engine.choice import Choice, newest
from leasehold.engine.cloud import Flavor, Image, Network, Offers
from leasehold.lab.config import FlavorRule, ImageRule, MachineTypeConfig


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type with everything in it found in the cloud."""

    image: Image
    flavor: Flavor
    networks: tuple[Network, ...]
    security_group_ids: tuple[str, ...] | None
    floating_network: Network | None


def resolve(machine_type: str, config: MachineTypeConfig, offers: Offers) -> Recipe:
    """Find what the machine type asks for. Raises `NotOffered` with the near matches."""
    pick = _Picker(f"machine type {machine_type}")
    groups = config.security_groups
    if config.key is not None:
        pick.named("key pair", config.key, offers.key_pairs)
    for volume in config.volumes:
        if volume.type is not None:
            pick.named("volume type", volume.type, offers.volume_types)
    if config.availability_zone is not None and offers.availability_zones:
        pick.named("availability zone", config.availability_zone, offers.availability_zones)
    image = pick.image(config.image, offers.images)
    return Recipe(
        image=image,
        flavor=pick.flavor(config.flavor, offers.flavors, image),
        networks=pick.networks(config.networks, offers.networks),
        security_group_ids=None
        if groups is None
        else tuple(
            pick.named("security group", each, offers.security_groups).id for each in groups
        ),
        floating_network=None
        if config.floating_ip is None
        else pick.named(
            "external network",
            config.floating_ip,
            [network for network in offers.networks if network.external],
        ),
    )


class _Picker(Choice):
    """Finds what the rules of a machine type say."""

    def image(self, rule: str | ImageRule, offered: Sequence[Image]) -> Image:
        active = [each for each in offered if each.status == "ACTIVE"]
        if isinstance(rule, str):
            return self.named("active image", rule, active, newest)
        found = [each for each in active if re.fullmatch(rule.match, each.name)]
        if not found:
            raise self.missing("active image matching", rule.match, [each.name for each in active])
        return newest(found)

    def flavor(self, rule: str | FlavorRule, offered: Sequence[Flavor], image: Image) -> Flavor:
        if isinstance(rule, str):
            return self.named("flavor", rule, offered)
        return self.smallest_flavor(
            offered,
            cores=rule.cores,
            ram_mib=max(rule.ram_mib, image.min_ram_mib),
            disk_gib=max(rule.disk_gib, image.min_disk_gib),
            allow=rule.allow,
            exclude=rule.exclude,
        )

    def networks(self, names: Sequence[str], offered: Sequence[Network]) -> tuple[Network, ...]:
        if names:
            return tuple(self.named("network", name, offered) for name in names)
        own = [each for each in offered if not each.external]
        if len(own) == 1:
            return (own[0],)
        raise self.missing("single network of its own; set `networks`:", "", [n.name for n in own])
