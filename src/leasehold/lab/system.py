"""A machine type as it is for one operating system: which of its `systems` a wish means. Pure."""

import functools

import msgspec

from leasehold.engine.choice import near
from leasehold.lab.config import ImageRule, MachineTypeConfig, SystemConfig
from leasehold.lab.config.systems import filled, find, split
from leasehold.lab.errors import UnknownSystem
from leasehold.lab.user_data import merge


def for_system(
    machine_type: str,
    config: MachineTypeConfig,
    os_type: str | None = None,
    os_version: str | None = None,
) -> MachineTypeConfig:
    """The machine type with all that the system changes about it, and no other systems.

    What a wish leaves open is the default's: the type, and the version if that is of its type; else
    it is the newest. Raises `UnknownSystem`, with the systems that there are.
    """
    if config.kind == "fixed":
        return config
    default = config.default_system or _usual(config)
    if default and not os_type:
        os_type, version = split(default)
        os_version = os_version or version
    elif config.default_system and not os_version and os_type == split(config.default_system)[0]:
        os_version = split(config.default_system)[1]
    wanted = "-".join(each for each in (os_type, os_version) if each) or None
    system = find(os_type or "", os_version, config.systems)
    if system is not None:
        return _settled(config, config.systems[system], system)
    if wanted is None and not _asks(config):
        return _settled(config, SystemConfig(), None)
    if os_type and _asks(config):
        return _settled(config, SystemConfig(), wanted)
    known = sorted(config.systems)
    raise UnknownSystem(machine_type, wanted or "", near(wanted or "", known), known)


def _usual(config: MachineTypeConfig) -> str | None:
    """The first system, where the machine type has no image of its own."""
    return next(iter(config.systems), None) if config.image == "" else None


def _asks(config: MachineTypeConfig) -> bool:
    return isinstance(config.image, ImageRule) and config.image.needs_system


_joined = functools.lru_cache(maxsize=64)(merge)
"""Reading and writing YAML takes milliseconds."""


def _settled(
    config: MachineTypeConfig, system: SystemConfig, name: str | None
) -> MachineTypeConfig:
    image = system.image or config.image
    if isinstance(image, ImageRule) and image.needs_system and name is not None:
        image = filled(image, *split(name))
    texts = [text for text in (config.user_data, system.user_data) if text]
    return msgspec.structs.replace(
        config,
        image=image,
        flavor=system.flavor or config.flavor,
        ssh_user=system.ssh_user or config.ssh_user,
        user_data=_joined(*texts) if len(texts) > 1 else next(iter(texts), None),
        systems={},
        default_system=name,
    )
