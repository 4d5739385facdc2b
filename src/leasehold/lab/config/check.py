"""What a machine type must not say: checks that go beyond the type of a single key."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from leasehold.engine.choice import near
from leasehold.lab.config.machine_types import FIXED_KEYS, PROOFS, MachineTypeConfig
from leasehold.lab.config.rules import FlavorRule, ImageRule
from leasehold.lab.config.values import LABEL, is_duration
from leasehold.lab.duration import parse_duration
from leasehold.lab.table import ConfigError
from leasehold.lab.user_data import BadUserData, compose

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
    elif recipe.image == "":
        refuse("image", "nothing", "an image's name or rule; or kind = 'fixed': no cloud, no image")
    elif recipe.cloud not in clouds:
        known = near(recipe.cloud, clouds) or sorted(clouds)
        allowed = ", ".join(known) or "a [clouds.NAME] table, of which there is none"
        refuse("cloud", repr(recipe.cloud) if recipe.cloud else "nothing", allowed)
    if recipe.dns is not None and recipe.dns not in domains:
        known = near(recipe.dns, domains) or sorted(domains)
        refuse("dns", repr(recipe.dns), ", ".join(known) or "a [dns.NAME] table; there is none")
    for key in ("duration", "max_duration", "queue_patience", "boot_patience", "ready_patience"):
        if not is_duration(getattr(recipe, key)):
            allowed = "1s or more: a number with a unit (s, m, h, d), as in 90s, 30m, 2h or 1h30m"
            refuse(key, repr(getattr(recipe, key)), allowed)
    if parse_duration(recipe.duration) > parse_duration(recipe.max_duration):
        refuse("duration", recipe.duration, f"at most max_duration, {recipe.max_duration}")
    if recipe.user_data is not None and recipe.user_data_file is not None:
        refuse("user_data_file", "user_data as well", "one of the two")
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


def with_file(name: str, recipe: MachineTypeConfig, path: Path) -> MachineTypeConfig:
    """The machine type with its user-data read in. Raises `ConfigError` for what is none."""
    text, key = recipe.user_data, "user_data"
    if recipe.user_data_file is not None:
        key = "user_data_file"
        file = path.parent / recipe.user_data_file
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no UTF-8 text"
            place = f"machine_types.{name}.{key}"
            raise ConfigError(path, place, f"{str(file)!r}: {why}", "a readable file") from None
    try:
        compose(text, (), "")
    except BadUserData as error:
        allowed = "cloud-init user-data: #cloud-config or a script"
        raise ConfigError(path, f"machine_types.{name}.{key}", str(error), allowed) from None
    return msgspec.structs.replace(recipe, user_data=text, user_data_file=None)


def _list(words: Sequence[str]) -> str:
    return " or ".join(repr(each) for each in words)


def _patterns(recipe: MachineTypeConfig) -> list[tuple[str, str]]:
    found = []
    if isinstance(recipe.image, ImageRule):
        found.append(("image.match", recipe.image.match))
    if isinstance(recipe.flavor, FlavorRule):
        found += [("flavor.allow", recipe.flavor.allow), ("flavor.exclude", recipe.flavor.exclude)]
    return found
