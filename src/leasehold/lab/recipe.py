"""What a machine type means in its cloud today: names and rules turned into ids. Pure."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from leasehold.engine.cloud import Flavor, Image, Network, Offers
from leasehold.lab.config import FlavorRule, ImageRule, MachineTypeConfig
from leasehold.lab.errors import NotOffered
from leasehold.lab.table import near


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A machine type with everything in it found in the cloud."""

    image: Image
    flavor: Flavor
    networks: tuple[Network, ...]
    security_group_ids: tuple[str, ...] | None
    floating_network: Network | None


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def resolve(machine_type: str, config: MachineTypeConfig, offers: Offers) -> Recipe:
    """Find what the machine type asks for. Raises `NotOffered` with the near matches."""
    pick = _Picker(machine_type)
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


class _Picker:
    """Finds things by name, id or rule, and says what there was instead."""

    def __init__(self, machine_type: str) -> None:
        self.machine_type = machine_type

    def named(
        self,
        thing: str,
        name: str,
        offered: Sequence[N],
        best: Callable[[Iterable[N]], N] | None = None,
    ) -> N:
        """By id, else by name. Several of one name are an error, unless `best` chooses."""
        by_id = [each for each in offered if each.id == name]
        found = by_id or [each for each in offered if each.name == name]
        if not found:
            raise self.missing(thing, name, [each.name or each.id for each in offered])
        if len(found) > 1 and best is None:
            ids = [f"{each.name} ({each.id})" for each in found]
            raise self.missing(f"one {thing} only named", name, ids)
        return best(found) if best else found[0]

    def missing(self, thing: str, name: str, known: Sequence[str]) -> NotOffered:
        likely = near(name, list(known))
        return NotOffered(thing, name, likely, known, machine_type=self.machine_type)

    def image(self, rule: str | ImageRule, offered: Sequence[Image]) -> Image:
        active = [each for each in offered if each.status == "ACTIVE"]
        if isinstance(rule, str):
            return self.named("active image", rule, active, _newest)
        found = [each for each in active if re.fullmatch(rule.match, each.name)]
        if not found:
            raise self.missing("active image matching", rule.match, [each.name for each in active])
        return _newest(found)

    def flavor(self, rule: str | FlavorRule, offered: Sequence[Flavor], image: Image) -> Flavor:
        if isinstance(rule, str):
            return self.named("flavor", rule, offered)
        ram, disk = max(rule.ram_mib, image.min_ram_mib), max(rule.disk_gib, image.min_disk_gib)
        fits = [
            each
            for each in offered
            if each.cores >= rule.cores
            and each.ram_mib >= ram
            and each.disk_gib >= disk
            and re.fullmatch(rule.allow, each.name)
            and not (rule.exclude and re.fullmatch(rule.exclude, each.name))
        ]
        if not fits:
            wanted = f"{rule.cores} cores, {ram} MiB RAM, {disk} GiB disk"
            sizes = [f"{f.name} ({f.cores}/{f.ram_mib}/{f.disk_gib})" for f in offered]
            raise self.missing("flavor with", wanted, sizes)
        return min(fits, key=lambda each: (each.ram_mib, each.disk_gib, each.cores, each.name))

    def networks(self, names: Sequence[str], offered: Sequence[Network]) -> tuple[Network, ...]:
        if names:
            return tuple(self.named("network", name, offered) for name in names)
        own = [each for each in offered if not each.external]
        if len(own) == 1:
            return (own[0],)
        raise self.missing("single network of its own; set `networks`:", "", [n.name for n in own])


def _newest(images: Iterable[Image]) -> Image:
    return max(images, key=lambda each: (each.created_at is not None, each.created_at, each.id))
