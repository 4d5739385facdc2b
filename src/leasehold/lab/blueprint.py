"""The cloud objects of one node: which ledger rows a machine type asks for. Pure but for the ids."""

from collections.abc import Callable, Sequence

import msgspec

from leasehold.engine.cloud import (
    AttachmentSpec,
    FloatingIpSpec,
    Kind,
    ObjectId,
    PortSpec,
    ServerSpec,
    Spec,
    VolumeSpec,
)
from leasehold.engine.row import KIND_OF, Row
from leasehold.lab.config import MachineTypeConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.model import LeaseId, NodeName
from leasehold.lab.recipe import Recipe
from leasehold.lab.user_data import compose

VOLUME_PATIENCE = 300.0
PORT_PATIENCE = 60.0
"""Seconds that Cinder and Neutron may take for one object; the server's are the machine type's."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and when a node is built."""

    node: NodeName
    lease: LeaseId
    now: float
    new_id: Callable[[Kind], ObjectId]
    zone: str | None = None
    """The availability zone to build in; None: the cloud's choice."""
    host_name: str | None = None
    """What the node is called in DNS."""


def rows_for(
    site: Site, config: MachineTypeConfig, recipe: Recipe, public_keys: Sequence[str]
) -> list[Row]:
    """Rows for the ports, server, volumes and floating IP of one node, what is needed first."""
    rows: list[Row] = []

    def plan(spec: Spec, patience: float, object_id: ObjectId | None = None) -> ObjectId:
        row = Row(
            id=object_id or site.new_id(KIND_OF[type(spec)]),
            cloud=config.cloud,
            spec=spec,
            subject=site.node,
            lease=site.lease,
            created_at=site.now,
            since=site.now,
            patience=patience,
        )
        rows.append(row)
        return row.id

    groups = recipe.security_group_ids
    ports = tuple(
        plan(
            PortSpec(name=site.node, network_id=network.id, security_group_ids=groups),
            PORT_PATIENCE,
        )
        for network in recipe.networks
    )
    boot_volume = None
    if config.boot_volume_gib is not None:
        size, image = config.boot_volume_gib, recipe.image.id
        name = f"{site.node}-boot"
        kind = config.boot_volume_type
        made = VolumeSpec(name=name, size_gib=size, image_id=image, volume_type=kind)
        boot_volume = plan(made, VOLUME_PATIENCE)
    server_id = site.new_id(Kind.SERVER)
    server = ServerSpec(
        name=site.node,
        flavor_id=recipe.flavor.id,
        image_id=None if boot_volume else recipe.image.id,
        boot_volume=boot_volume,
        ports=ports,
        key_name=config.key,
        user_data=compose(config.user_data, public_keys, server_id, site.host_name),
        metadata=config.metadata,
        availability_zone=site.zone,
        config_drive=config.config_drive,
        cores=recipe.flavor.cores,
        ram_mib=recipe.flavor.ram_mib,
    )
    plan(server, float(parse_duration(config.boot_patience)), server_id)
    volumes = [volume for each in config.volumes for volume in (each,) * each.count]
    for number, volume in enumerate(volumes, 1):
        spec = VolumeSpec(
            name=f"{site.node}-{number}", size_gib=volume.size_gib, volume_type=volume.type
        )
        attached = AttachmentSpec(server=server_id, volume=plan(spec, VOLUME_PATIENCE))
        plan(attached, VOLUME_PATIENCE)
    if recipe.floating_network is not None:
        floating = FloatingIpSpec(network_id=recipe.floating_network.id, port=ports[0])
        plan(floating, PORT_PATIENCE)
    return rows
