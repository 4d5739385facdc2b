"""What a teuthology.yaml says about clouds, read as teuthology reads it.

Only the keys of its libcloud backend count: `libcloud`, `openstack` (the size of its servers),
`lab_domain`, `nsupdate_url`, `lock_server` and `ssh_key`. All others are teuthology's own business.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta

from leasehold.engine.choice import near
from leasehold.lab.table import ConfigError, read_table, show
from leasehold.lab.user_data import yaml_problem

Count = Annotated[int, Meta(ge=0)]
Patterns = tuple[str, ...]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The least that a server has to have: GB of disk, MB of RAM, cores."""

    disk: Count = 20
    ram: Count = 8000
    cpus: Count = 1


class Volumes(msgspec.Struct, frozen=True, kw_only=True):
    """The volumes of each server; `size` in GB."""

    count: Count = 0
    size: Count = 1


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """``libcloud.providers.NAME``: where the nodes of a machine type come from."""

    driver: Literal["openstack"]
    driver_args: dict[str, Any]
    """Arguments for Libcloud's driver: texts, and numbers or truth values where it takes them."""
    ssh_interface: Literal["public_ips", "private_ips"] = "public_ips"
    exclude_image: str | Patterns = ()
    allow_sizes: str | Patterns = ".*"
    exclude_sizes: str | Patterns = "win-.*"
    allow_networks: str | Patterns = ".*"
    security_groups: str | tuple[str, ...] | None = None
    userdata: dict[str, dict[str, Any]] = {}
    """cloud-config by ``OS_TYPE-OS_VERSION``."""

    def patterns(self, key: str) -> Patterns:
        """The regexes of one of the keys that hold one or several."""
        given: str | Patterns = getattr(self, key)
        return (given,) if isinstance(given, str) else given

    def __repr__(self) -> str:
        return f"Provider(driver_args of {sorted(self.driver_args)})"


class TeuthologyYaml(msgspec.Struct, frozen=True, kw_only=True):
    """A teuthology.yaml, as far as it is about clouds."""

    path: Path
    providers: dict[str, Provider]
    """By machine type."""
    machine: Machine = Machine()
    volumes: Volumes = Volumes()
    lab_domain: str | None = None
    nsupdate_url: str | None = None
    lock_server: str | None = None
    ssh_key: str | None = None


PLACES = ("~/.teuthology.yaml", "/etc/teuthology.yaml")
"""Where teuthology looks, unless TEUTHOLOGY_CONFIG names a file."""

_TEXTS = ("lab_domain", "nsupdate_url", "lock_server", "ssh_key")
_NOT_TEXT = {"timeout", "connect_timeout", "retries", "retry_delay", "backoff", "secure", "port"}
_PATTERNS = ("exclude_image", "allow_sizes", "exclude_sizes", "allow_networks")


def read(path: Path) -> TeuthologyYaml:
    """Read a teuthology.yaml.

    Raises `ConfigError`, which names the file, the key, what was found there and what is allowed.
    """
    raw = _content(path)
    block = raw.get("libcloud")
    if not isinstance(block, dict) or not isinstance(block.get("providers"), dict):
        found = "none" if "libcloud" not in raw else "one without providers"
        likely = "" if "libcloud" in raw else _likely("libcloud", raw)
        allowed = f"libcloud, with providers by machine type{likely}"
        raise ConfigError(path, "libcloud", found, allowed)
    for key in block:
        if key != "providers":
            raise ConfigError(path, f"libcloud.{key}", "an unknown key", "providers")
    machine, volumes = _size(path, raw.get("openstack"))
    return TeuthologyYaml(
        path=path,
        providers={
            str(name): _provider(path, f"libcloud.providers.{name}", table)
            for name, table in block["providers"].items()
        },
        machine=machine,
        volumes=volumes,
        **{key: _text(path, key, raw.get(key)) for key in _TEXTS},
    )


def _content(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        places = " or ".join(PLACES)
        raise ConfigError(path, "", "no such file", f"a teuthology.yaml, often {places}") from None
    except OSError as error:
        raise ConfigError(path, "", error.strerror or str(error), "a readable file") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(path, "", f"no YAML: {yaml_problem(error)}", "YAML") from None
    if not isinstance(raw, dict):
        raise ConfigError(path, "", f"a {type(raw).__name__}", "a mapping of teuthology's keys")
    return raw


def _likely(key: str, there: dict[str, Any]) -> str:
    found = near(key, [str(each) for each in there])
    return f"; did you mean it by {found[0]}?" if found else ""


def _text(path: Path, key: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise ConfigError(path, key, show(value), "a text")


def _provider(path: Path, place: str, table: object) -> Provider:
    if isinstance(table, dict) and not isinstance(table.get("driver_args", {}), dict):
        kind = type(table["driver_args"]).__name__  # it may be a password: never shown
        raise ConfigError(path, f"{place}.driver_args", f"a {kind}", "a mapping of arguments")
    provider = read_table(Provider, _without_nothing(table), path, place)
    _check_patterns(path, place, provider)
    for name, value in provider.driver_args.items():
        if not (isinstance(value, str) or (name in _NOT_TEXT and isinstance(value, int | float))):
            kind = type(value).__name__
            allowed = "a text; put it in quotes" if isinstance(value, int | float) else "a text"
            raise ConfigError(path, f"{place}.driver_args.{name}", f"a {kind}", allowed)
    return provider


def _check_patterns(path: Path, place: str, provider: Provider) -> None:
    for key in _PATTERNS:
        for pattern in provider.patterns(key):
            try:
                re.compile(pattern)
            except re.error as error:
                allowed = f"a regular expression ({error})"
                raise ConfigError(path, f"{place}.{key}", repr(pattern), allowed) from None


def _without_nothing(table: object) -> object:
    """Without keys that have no value: in teuthology they count as left out, or break it."""
    if not isinstance(table, dict):
        return table
    return {str(key): value for key, value in table.items() if value is not None}


def _size(path: Path, given: object) -> tuple[Machine, Volumes]:
    """The least size of a server: of each number the highest of the file's and teuthology's own.

    That a file cannot ask for less than 20 GB, 8000 MB and a core is teuthology's rule. Without
    `openstack` its volumes have 1 GB.
    """
    tables = given if isinstance(given, list) else [] if given is None else [given]
    machine, volumes = Machine(), Volumes()
    for number, table in enumerate(tables):
        place = f"openstack[{number}]" if isinstance(given, list) else "openstack"
        if not isinstance(table, dict):
            raise ConfigError(path, place, show(table), "a mapping")
        if (found := table.get("machine")) is not None:
            machine = _highest(machine, read_table(Machine, found, path, f"{place}.machine"))
        if (found := table.get("volumes")) is not None:
            volumes = _highest(volumes, read_table(Volumes, found, path, f"{place}.volumes"))
    return machine, volumes


def _highest(one: Any, other: Any) -> Any:
    return type(one)(
        **{name: max(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__}
    )
