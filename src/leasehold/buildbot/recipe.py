"""What a wish means in its cloud today: found there, and planned as ledger rows. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec

from leasehold.buildbot.nova_args import Nic
from leasehold.buildbot.wish import ImageChoice, OfferedImage, Wish
from leasehold.engine.choice import Choice, newest
from leasehold.engine.cloud import (
    BlockDevice,
    Flavor,
    FloatingIpSpec,
    Image,
    Kind,
    Network,
    ObjectId,
    Offers,
    PortSpec,
    ServerSpec,
    Spec,
)
from leasehold.engine.errors import Impossible
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import KIND_OF, Row

PORT_PATIENCE = 60.0
"""Seconds that Neutron may take for a port or a floating IP."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A wish with everything in it found in the cloud; in which zone is left open."""

    image: str | None
    flavor: Flavor
    networks: tuple[Network, ...]
    group_ids: tuple[str, ...] | None
    group_names: tuple[str, ...]
    floating_network: Network | None
    devices: tuple[BlockDevice, ...]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when rows are planned."""

    cloud: str
    now: float
    new_id: Callable[[Kind], ObjectId]


def resolve(wish: Wish, offers: Offers, size_of: Callable[[str, str], int]) -> Recipe:
    """Find what a wish asks for. `size_of` tells the GiB of an image, volume or snapshot.

    Raises `NotOffered`, and `Impossible` if a function of master.cfg breaks.
    """
    choice = Choice(f"worker {wish.worker}")
    image = _image(choice, wish.image, offers.images)
    if wish.key_pair is not None:
        choice.named("key pair", wish.key_pair, offers.key_pairs)
    for zone in wish.zones:
        if zone is not None and offers.availability_zones:
            choice.named("availability zone", zone.partition(":")[0], offers.availability_zones)
    groups = [
        choice.named("security group", each, offers.security_groups)
        for each in wish.security_groups or ()
    ]
    external = [network for network in offers.networks if network.external]
    return Recipe(
        image=image.id if image else None,
        flavor=_flavor(choice, wish.flavor, offers.flavors, image),
        networks=_networks(choice, wish, offers.networks),
        group_ids=None if wish.security_groups is None else tuple(each.id for each in groups),
        group_names=tuple(each.name for each in groups),
        floating_network=None
        if wish.floating_ip is None
        else choice.named("external network", wish.floating_ip, external),
        devices=tuple(_device(each, size_of) for each in wish.devices),
    )


def rows_for(
    wish: Wish, recipe: Recipe, zone: str | None, user_data: str | None, site: Site
) -> list[Row]:
    """Rows for a server and what belongs to it, what is needed first; the server's is the last but
    the floating IP's."""
    rows: list[Row] = []

    def plan(spec: Spec, patience: float) -> ObjectId:
        row = Row(
            id=site.new_id(KIND_OF[type(spec)]),
            cloud=site.cloud,
            spec=spec,
            subject=wish.worker,
            created_at=site.now,
            since=site.now,
            patience=patience,
        )
        rows.append(row)
        return row.id

    nics = wish.nova.nics if isinstance(wish.nova.nics, tuple) else ()
    wanted = [nic for nic in nics if nic.port is None] or [Nic() for _ in recipe.networks]
    ports = tuple(
        plan(
            PortSpec(
                name=wish.worker,
                network_id=network.id,
                security_group_ids=recipe.group_ids,
                fixed_ip=nic.fixed_ip,
            ),
            PORT_PATIENCE,
        )
        for nic, network in zip(wanted, recipe.networks, strict=False)
    )
    foreign = tuple(nic.port for nic in nics if nic.port is not None)
    by_cloud = not ports and not foreign and wish.nova.nics != "none"
    server = ServerSpec(
        name=wish.worker,
        flavor_id=recipe.flavor.id,
        image_id=recipe.image,
        ports=ports,
        foreign_ports=foreign,
        network_by_cloud=by_cloud,
        security_groups=recipe.group_names if by_cloud else (),
        key_name=wish.key_pair,
        user_data=user_data,
        metadata=wish.meta,
        availability_zone=zone,
        config_drive=wish.config_drive,
        block_devices=recipe.devices,
        scheduler_hints=wish.nova.hints,
        extra=wish.nova.extra,
        cores=recipe.flavor.cores,
        ram_mib=recipe.flavor.ram_mib,
    )
    plan(server, wish.boot_timeout)
    if recipe.floating_network is not None:
        floating = FloatingIpSpec(network_id=recipe.floating_network.id, port=ports[0])
        plan(floating, PORT_PATIENCE)
    return rows


def _image(
    choice: Choice, wanted: str | ImageChoice | None, offered: Sequence[Image]
) -> Image | None:
    if wanted is None:
        return None
    if callable(wanted):
        wanted = _chosen(choice, wanted, offered)
    return choice.named("active image", str(wanted), offered, newest)


def _chosen(choice: Choice, function: ImageChoice, offered: Sequence[Image]) -> str:
    """What a function of master.cfg chooses. One that breaks would break the next time as well."""
    try:
        found = function([_shown(each) for each in offered])
    except Exception as error:
        text = f"{choice.whose}: its image function raised {type(error).__name__}: {error}"
        raise Impossible(Reason(cause=Cause.REFUSED, text=text)) from error
    return str(getattr(found, "id", found))


def _shown(image: Image) -> OfferedImage:
    created = image.created_at
    return OfferedImage(
        id=image.id,
        name=image.name,
        status=image.status,
        created=created.astimezone(UTC).isoformat() if created else "",
        min_disk=image.min_disk_gib,
        min_ram=image.min_ram_mib,
    )


def _flavor(
    choice: Choice,
    wanted: str | Mapping[str, int] | None,
    offered: Sequence[Flavor],
    image: Image | None,
) -> Flavor:
    if isinstance(wanted, str):
        return choice.named("flavor", wanted, offered)
    least = {"cores": 1, "ram_mib": 0, "disk_gib": 0, **(wanted or {})}
    return choice.smallest_flavor(
        offered,
        cores=least["cores"],
        ram_mib=max(least["ram_mib"], image.min_ram_mib if image else 0),
        disk_gib=max(least["disk_gib"], image.min_disk_gib if image else 0),
    )


def _networks(choice: Choice, wish: Wish, offered: Sequence[Network]) -> tuple[Network, ...]:
    """The networks on which ports are ours to make; none where Nova chooses."""
    nics = wish.nova.nics if isinstance(wish.nova.nics, tuple) else ()
    names = tuple(nic.network for nic in nics if nic.network and nic.port is None) or wish.networks
    if names:
        return tuple(choice.named("network", name, offered) for name in names)
    if wish.floating_ip is None:
        return ()
    own = [each for each in offered if not each.external]
    if len(own) != 1:
        raise choice.missing(
            "single network of its own for a floating IP; set `networks`:",
            "",
            [each.name for each in own],
        )
    return (own[0],)


def _device(given: Mapping[str, Any], size_of: Callable[[str, str], int]) -> BlockDevice:
    source = given.get("source_type") or "image"
    size = given.get("volume_size")
    return BlockDevice(
        uuid=str(given["uuid"]),
        source_type=source,
        destination_type=given.get("destination_type") or "volume",
        volume_size=int(size) if size is not None else size_of(source, str(given["uuid"])),
        device_name=given.get("device_name", "vda"),
        boot_index=int(given.get("boot_index", 0)),
        delete_on_termination=bool(given.get("delete_on_termination", True)),
    )
