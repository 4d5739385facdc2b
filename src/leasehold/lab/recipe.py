"""What a machine type means in its cloud today: names and rules turned into ids. Pure."""

from collections.abc import Sequence

import msgspec

from leasehold.engine.choice import Choice, newest
from leasehold.engine.cloud import Flavor, Image, Named, Network, Offers
from leasehold.lab.config import FlavorRule, ImageRule, MachineTypeConfig, NetworkRule
from leasehold.lab.config.rules import Patterns, chosen, every


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type with everything in it found in the cloud."""

    image: Image
    flavor: Flavor
    networks: tuple[Network, ...]
    security_group_ids: tuple[str, ...] | None
    floating_network: Network | None
    zones: tuple[str, ...] = ()
    """Those of the machine type's that are offered now; one that is out of service is not."""


def resolve(machine_type: str, config: MachineTypeConfig, offers: Offers) -> Recipe:
    """Find what the machine type asks for. Raises `NotOffered` with the near matches."""
    pick = _Picker(f"machine type {machine_type}")
    groups = config.security_groups
    if config.key is not None:
        pick.named("key pair", config.key, offers.key_pairs)
    for volume_type in (config.boot_volume_type, *(each.type for each in config.volumes)):
        if volume_type is not None:
            pick.named("volume type", volume_type, offers.volume_types)
    assert config.image, "`for_system` has found an image, or said that there is none"
    image = pick.image(config.image, offers.images)
    return Recipe(
        image=image,
        flavor=pick.flavor(
            config.flavor,
            offers.flavors,
            ram_mib=image.min_ram_mib,
            disk_gib=0 if config.boot_volume_gib else image.min_disk_gib,
        ),
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
        zones=pick.zones(config.availability_zones, offers.availability_zones),
    )


class _Picker(Choice):
    """Finds what the rules of a machine type say."""

    def image(self, rule: str | ImageRule, offered: Sequence[Image]) -> Image:
        active = [each for each in offered if each.status == "ACTIVE"]
        if isinstance(rule, str):
            return self.named("active image", rule, active, newest)
        found = [each for each in active if chosen(each.name, rule.match, rule.exclude)]
        if not found:
            names = [each.name for each in active]
            raise self.missing("active image matching", _shown(rule.match, rule.exclude), names)
        return newest(found)

    def flavor(
        self, rule: str | FlavorRule, offered: Sequence[Flavor], *, ram_mib: int, disk_gib: int
    ) -> Flavor:
        """By name, or the smallest by a rule that has at least this, which the image needs."""
        if isinstance(rule, str):
            return self.named("flavor", rule, offered)
        allowed = [each for each in offered if chosen(each.name, rule.allow, rule.exclude)]
        if not allowed:
            names = [each.name for each in offered]
            raise self.missing("flavor matching", _shown(rule.allow, rule.exclude), names)
        return self.smallest_flavor(
            allowed,
            cores=rule.cores,
            ram_mib=max(rule.ram_mib, ram_mib),
            disk_gib=max(rule.disk_gib, disk_gib),
        )

    def zones(self, wanted: Sequence[str], offered: Sequence[Named]) -> tuple[str, ...]:
        if not offered:
            return tuple(wanted)
        names = [each.name for each in offered]
        found = tuple(each for each in wanted if each in names)
        if wanted and not found:
            raise self.missing("availability zone", " or ".join(wanted), names)
        return found

    def networks(
        self, wanted: Sequence[str | NetworkRule], offered: Sequence[Network]
    ) -> tuple[Network, ...]:
        if wanted:
            found = [network for each in wanted for network in self.matching(each, offered)]
            return tuple({network.id: network for network in found}.values())
        own = [each for each in offered if not each.external]
        if len(own) == 1:
            return (own[0],)
        raise self.missing("single network of its own; set `networks`:", "", [n.name for n in own])

    def matching(self, wanted: str | NetworkRule, offered: Sequence[Network]) -> list[Network]:
        if isinstance(wanted, str):
            return [self.named("network", wanted, offered)]
        usable = [each for each in offered if wanted.external or not each.external]
        found = [each for each in usable if chosen(each.name, wanted.match, wanted.exclude)]
        if not found:
            names = [each.name for each in usable]
            raise self.missing("network matching", _shown(wanted.match, wanted.exclude), names)
        return sorted(found, key=lambda each: (each.name, each.id))


def _shown(allow: Patterns, exclude: Patterns) -> str:
    """Patterns as a person would write them down."""
    unwanted = [each for each in every(exclude) if each]
    return " or ".join(every(allow)) + (f", but not {' or '.join(unwanted)}" if unwanted else "")
