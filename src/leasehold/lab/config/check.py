"""What a machine type must not say: checks that go beyond the type of a single key."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from leasehold.engine.choice import near
from leasehold.lab.config.machine_types import FIXED_KEYS, PROOFS, MachineTypeConfig
from leasehold.lab.config.rules import ImageRule, every
from leasehold.lab.config.systems import SystemConfig
from leasehold.lab.config.values import LABEL, is_duration
from leasehold.lab.duration import parse_duration
from leasehold.lab.table import ConfigError
from leasehold.lab.user_data import BadUserData, compose, merge

Refuse = Callable[[str, str, str], None]
"""Says no to a key, with what was found there and what is allowed."""

NO_SERVER = "nothing: a fixed node is no server in a cloud"


def check_machine_type(
    name: str,
    recipe: MachineTypeConfig,
    clouds: Mapping[str, object],
    domains: Mapping[str, object],
    path: Path,
) -> None:
    """Raise `ConfigError` for what the types alone do not forbid."""
    place = f"machine_types.{name}"

    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(path, f"{place}.{key}", found, allowed)

    if recipe.proof not in PROOFS[recipe.kind]:
        refuse(
            "ready", repr(recipe.ready), f"for {recipe.kind} nodes, {_list(PROOFS[recipe.kind])}"
        )
    if recipe.kind == "fixed":
        for key in recipe.__struct_fields__:
            if key not in FIXED_KEYS and getattr(recipe, key) != getattr(MachineTypeConfig(), key):
                refuse(key, "a value", NO_SERVER)
    elif recipe.image == "" and not recipe.systems:
        refuse("image", "nothing", "an image's name or rule; or kind = 'fixed': no cloud, no image")
    elif recipe.cloud not in clouds:
        known = near(recipe.cloud, clouds) or sorted(clouds)
        allowed = ", ".join(known) or "a [clouds.NAME] table, of which there is none"
        refuse("cloud", repr(recipe.cloud) if recipe.cloud else "nothing", allowed)
    _check_systems(recipe, refuse)
    if recipe.dns is not None and recipe.dns not in domains:
        known = near(recipe.dns, domains) or sorted(domains)
        refuse("dns", repr(recipe.dns), ", ".join(known) or "a [dns.NAME] table; there is none")
    for key in (
        "duration",
        "max_duration",
        "warn_before",
        "queue_patience",
        "boot_patience",
        "ready_patience",
        "max_spare_age",
    ):
        if not is_duration(getattr(recipe, key)):
            allowed = "1s or more: a number with a unit (s, m, h, d), as in 90s, 30m, 2h or 1h30m"
            refuse(key, repr(getattr(recipe, key)), allowed)
    if recipe.health_every != "never" and not is_duration(recipe.health_every):
        allowed = "'never', or a duration of 1s or more, as in 90s, 30m or 1h30m"
        refuse("health_every", repr(recipe.health_every), allowed)
    if parse_duration(recipe.duration) > parse_duration(recipe.max_duration):
        refuse("duration", recipe.duration, f"at most max_duration, {recipe.max_duration}")
    spares = recipe.min_ready + sum(each.min_ready for each in recipe.systems.values())
    if spares > recipe.count:
        refuse("min_ready", str(spares), f"at most `nodes`, {recipe.count}, all systems together")
    if recipe.user_data is not None and recipe.user_data_file is not None:
        refuse("user_data_file", "user_data as well", "one of the two")
    if recipe.boot_volume_type is not None and recipe.boot_volume_gib is None:
        refuse("boot_volume_type", "no boot_volume_gib beside it", "a size for the boot volume too")
    if recipe.address == "floating" and recipe.floating_ip is None:
        refuse(
            "address", "'floating' without floating_ip", "'fixed', or name a floating_ip network"
        )
    try:
        names = {recipe.node_name(name, number) for number in (1, 2, max(2, recipe.count))}
    except (LookupError, ValueError, AttributeError, TypeError):
        names = set()
    if len(names) < 2 or not all(LABEL.fullmatch(each) for each in names):
        refuse("names", repr(recipe.names), "a host name with one field {n} or {n:03}")
    for key, rule in _patterns(recipe):
        try:
            re.compile(rule)
        except re.error as error:
            refuse(key, repr(rule), f"a regular expression ({error})")


def with_files(name: str, recipe: MachineTypeConfig, path: Path) -> MachineTypeConfig:
    """The machine type with its user-data read in. Raises `ConfigError` for what is none."""
    place = f"machine_types.{name}"
    own = _text(recipe, place, path)
    systems = {
        system: _read(each, f'{place}.systems."{system}"', own, path)
        for system, each in recipe.systems.items()
    }
    replace = msgspec.structs.replace
    return replace(recipe, user_data=own, user_data_file=None, systems=systems)


def _read(system: SystemConfig, place: str, base: str | None, path: Path) -> SystemConfig:
    text = _text(system, place, path, base)
    return msgspec.structs.replace(system, user_data=text, user_data_file=None)


def _text(
    table: MachineTypeConfig | SystemConfig, place: str, path: Path, base: str | None = None
) -> str | None:
    """A table's own user-data, checked with what it is merged into."""
    text, key = table.user_data, "user_data"
    if table.user_data_file is not None:
        key = "user_data_file"
        file = path.parent / table.user_data_file
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no UTF-8 text"
            found = f"{str(file)!r}: {why}"
            raise ConfigError(path, f"{place}.{key}", found, "a readable file") from None
    try:
        compose(merge(base, text), (), "")
    except BadUserData as error:
        allowed = "cloud-init user-data: #cloud-config or a script"
        raise ConfigError(path, f"{place}.{key}", str(error), allowed) from None
    return text


def _check_systems(recipe: MachineTypeConfig, refuse: Refuse) -> None:
    asks = isinstance(recipe.image, ImageRule) and recipe.image.needs_system
    for system, each in recipe.systems.items():
        place = f'systems."{system}"'
        if not _SYSTEM.fullmatch(system):
            allowed = "OS-VERSION in lower case, as locks ask for it, for example ubuntu-22.04"
            refuse(place, repr(system), allowed)
        if each.image is None and recipe.image == "":
            refuse(f"{place}.image", "nothing", "an image, here or for the whole machine type")
        if each.user_data is not None and each.user_data_file is not None:
            refuse(f"{place}.user_data_file", "user_data as well", "one of the two")
    default = recipe.default_system
    if default is not None and default not in recipe.systems and not asks:
        known = near(default, recipe.systems) or sorted(recipe.systems)
        allowed = ", ".join(known) or "a table in `systems`, of which there is none"
        refuse("default_system", repr(default), allowed)


_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_.+]*(-[a-z0-9_.+-]*)?")


def _list(words: Sequence[str]) -> str:
    return " or ".join(repr(each) for each in words)


def _patterns(recipe: MachineTypeConfig) -> list[tuple[str, str]]:
    """Every regex of a machine type, and where it stands."""
    tables = {"": recipe} | {f'systems."{name}".': each for name, each in recipe.systems.items()}
    rules = [
        (f"{place}{key}", getattr(table, key))
        for place, table in tables.items()
        for key in ("image", "flavor")
    ]
    rules += [(f"networks[{number}]", each) for number, each in enumerate(recipe.networks)]
    return [
        (f"{place}.{key}", pattern)
        for place, rule in rules
        for key in ("match", "allow", "exclude")
        for pattern in every(getattr(rule, key, ()))
    ]
