"""What a worker asks for in one build: its arguments, rendered. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from leasehold.buildbot.arguments import Arguments
from leasehold.buildbot.nova_args import NovaArgs, read_nova_args


class OfferedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image as a function in master.cfg gets it, with the attributes that Nova gave it."""

    id: str
    name: str
    status: str
    created: str
    """ISO 8601, so that texts sort as times do."""
    min_disk: int = msgspec.field(name="minDisk", default=0)
    min_ram: int = msgspec.field(name="minRam", default=0)


ImageChoice = Callable[[Sequence[OfferedImage]], OfferedImage | str]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of one start, rendered."""

    worker: str
    flavor: str | Mapping[str, int] | None
    image: str | ImageChoice | None
    devices: tuple[dict[str, Any], ...] = ()
    meta: dict[str, str] = {}
    networks: tuple[str, ...] = ()
    security_groups: tuple[str, ...] | None = None
    floating_ip: str | None = None
    key_pair: str | None = None
    user_data: str | None = None
    zones: tuple[str | None, ...] = (None,)
    config_drive: bool = False
    nova: NovaArgs = NovaArgs()
    boot_timeout: float = 600.0


def read_wish(worker: str, arguments: Arguments, rendered: Mapping[str, Any]) -> Wish:
    """Take the rendered arguments; what `nova_args` says goes before its own argument."""
    nova = read_nova_args(rendered["nova_args"] or {})
    groups = rendered["security_groups"] if nova.security_groups is None else nova.security_groups
    flavor = rendered["flavor"]
    meta = {str(key): str(value) for key, value in (rendered["meta"] or {}).items()}
    zones = _texts(nova.zone or rendered["zones"])
    return Wish(
        worker=worker,
        flavor=flavor if flavor is None or isinstance(flavor, Mapping) else str(flavor),
        image=rendered["image"],
        devices=tuple(map(dict, nova.devices or rendered["block_devices"] or ())),
        meta=meta if nova.meta is None else nova.meta,
        networks=_texts(rendered["networks"]),
        security_groups=None if groups is None else _texts(groups),
        floating_ip=rendered["floating_ip"],
        key_pair=nova.key_name or rendered["key_pair"],
        user_data=nova.user_data or rendered["user_data"],
        zones=zones or (None,),
        config_drive=arguments.config_drive if nova.config_drive is None else nova.config_drive,
        nova=nova,
        boot_timeout=arguments.boot_timeout,
    )


def _texts(given: Any) -> tuple[str, ...]:
    if not given:
        return ()
    return (given,) if isinstance(given, str) else tuple(str(each) for each in given)
