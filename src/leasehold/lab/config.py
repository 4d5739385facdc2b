"""``leasehold.toml``: the service, the clouds and the machine types."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leasehold.engine.choice import near
from leasehold.lab.duration import BadDuration, parse_duration
from leasehold.lab.table import ConfigError, read_table, show
from leasehold.lab.user_data import BadUserData, compose
from leasehold.store import BadPlace, Place, locate

Positive = Annotated[int, Meta(ge=1)]
Duration = Annotated[str, Meta(description="a duration such as 90s, 30m, 2h or 1h30m")]


class ServiceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[service]``: where the service listens and keeps its files."""

    listen: str = "127.0.0.1:8484"
    """ADDRESS:PORT. Any address but loopback demands `tokens`."""
    state: str = ".leasehold"
    """Directory of the ledger, keys and known hosts, relative to the configuration file."""
    database: str = "ledger.db"
    """The ledger: a SQLite file, relative to `state`, or ``postgresql://USER@HOST/DATABASE``
    without a password."""
    database_password_file: str | None = None
    """File with the password for PostgreSQL, relative to the configuration file; left out, it is
    found in ``PGPASSWORD`` or ``~/.pgpass``."""
    tokens: dict[str, str] = {}
    """Who may call: a name, and ``sha256:HEX`` of the token; `leasehold token NAME` makes both."""


class CloudConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[clouds.NAME]``: an OpenStack project in one region, and how to sign in to it."""

    cloud: str | None = None
    """A name in clouds.yaml. Without it and without `auth`, the ``OS_*`` variables are used."""
    auth: dict[str, str | bool | int | float] = {}
    """Arguments for `leasehold.openstack.connect`, such as `auth_url`; passwords are better kept
    in clouds.yaml or secure.yaml."""
    region: str | None = None
    calls_per_second: Annotated[float, Meta(gt=0)] = 10.0
    """The API budget: calls that make or delete something."""
    burst: Positive = 20
    """How many of them may leave at once after a rest."""
    timeout: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds that one call may take."""


class ImageRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An image chosen by rule: the newest active one whose whole name matches a regex."""

    match: str


class FlavorRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flavor chosen by size: the smallest (RAM, disk, cores) that fits."""

    cores: Annotated[int, Meta(ge=0)] = 1
    ram_mib: Annotated[int, Meta(ge=0)] = 0
    disk_gib: Annotated[int, Meta(ge=0)] = 0
    allow: str = ".*"
    """Regex that the whole name must match."""
    exclude: str = ""
    """Regex that the whole name must not match."""


class VolumeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An extra volume for each node, made and deleted with its server."""

    size_gib: Positive
    type: str | None = None


class DnsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[dns.NAME]``: a domain in which nodes get names, and how its zone is reached.

    Directly with a TSIG key (`key_file`), or through somebody's nsupdate-web (`nsupdate_url`)."""

    domain: str
    """What follows the node's name: ``lab.example`` makes ``demo001.lab.example``."""
    zone: str | None = None
    """The zone that the domain is in; left out, the domain itself."""
    server: str = "127.0.0.1"
    """HOST or HOST:PORT of the zone's primary; with `nsupdate_url`, of any server of the zone."""
    key_file: str | None = None
    """The TSIG key as ``tsig-keygen`` prints it; relative to the configuration file."""
    transport: Literal["tcp", "udp"] = "tcp"
    """How questions and updates travel; transfers always go over TCP."""
    reverse_zones: tuple[str, ...] = ()
    """Zones for PTR records on the same server, such as ``10.in-addr.arpa``; left out, none."""
    sshfp: bool = True
    """Publish the fingerprint of each node's host key."""
    ttl: Annotated[int, Meta(ge=0, le=86400)] = 60
    """Seconds that others may remember a name."""
    timeout: Annotated[float, Meta(gt=0, le=60)] = 5.0
    """Seconds that one answer may take."""
    nsupdate_url: str | None = None
    """An nsupdate-web or a gateway of ours that holds the key; it sets addresses only."""
    nsupdate_token_file: str | None = None
    """The token of an owner there, in a file; left out, its rule alone decides."""


class MachineTypeConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[machine_types.NAME]``: the recipe for its nodes."""

    cloud: str
    """A name among ``[clouds]``."""
    image: str | ImageRule
    """Name or id; or a rule, ``{ match = "debian-12.*" }``: the newest that matches."""
    flavor: str | FlavorRule = FlavorRule()
    """Name or id; or a rule, ``{ cores = 2, ram_mib = 4096 }``: the smallest that fits."""
    nodes: Positive = 10
    """How many nodes there are at most."""
    names: str = ""
    """Pattern of node names with a number field, ``lab{n:03}``; by default TYPE{n:03}."""
    networks: tuple[str, ...] = ()
    """Names or ids; none means the project's only network of its own."""
    security_groups: tuple[str, ...] | None = None
    """Names or ids; left out, the cloud's default group."""
    floating_ip: str | None = None
    """The external network to take a floating IP from, for each node; left out, none."""
    dns: str | None = None
    """A name among ``[dns]``: each node is in DNS as long as it is held; left out, not at all."""
    key: str | None = None
    """A key pair in the cloud to let in, besides the lab's own key and the locker's."""
    user_data: str | None = None
    """cloud-init user-data: ``#cloud-config`` or a script."""
    user_data_file: str | None = None
    """The same from a file, relative to the configuration file."""
    volumes: tuple[VolumeConfig, ...] = ()
    """Extra volumes for each node."""
    boot_volume_gib: Positive | None = None
    """Boot from a volume of this size made from the image; left out, from the image itself."""
    availability_zone: str | None = None
    config_drive: bool = False
    metadata: dict[str, str] = {}
    """Server metadata, beside our own mark."""
    address: Literal["fixed", "floating"] | None = None
    """The address to use; left out, the floating one if there is one."""
    ssh_user: str = "root"
    ssh_port: Annotated[int, Meta(ge=1, le=65535)] = 22
    ready: Literal["sentinel", "ssh", "active"] = "sentinel"
    """The proof of readiness: ``sentinel``, cloud-init ran to its end; ``ssh``, SSH answers;
    ``active``, the cloud says so (for clouds to which we have no network path)."""
    attempts: Positive = 2
    """Servers to try for a node, when the cloud fails to build one or it never answers."""
    duration: Duration = "4h"
    """How long a lock lasts unless it says otherwise."""
    max_duration: Duration = "7d"
    """How long it may last at most, extensions included."""
    queue_patience: Duration = "1d"
    """How long a lock may wait for free nodes or quota."""
    boot_patience: Duration = "10m"
    """How long the cloud may take to build a server."""
    ready_patience: Duration = "10m"
    """How long a built server may take to prove that it is ready."""

    def node_name(self, machine_type: str, number: int) -> str:
        """The name of the node with this number, counted from 1."""
        return (self.names or f"{machine_type}{{n:03}}").format(n=number)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration, checked."""

    path: Path
    service: ServiceConfig
    clouds: dict[str, CloudConfig]
    machine_types: dict[str, MachineTypeConfig]
    dns: dict[str, DnsConfig] = {}

    @property
    def state_directory(self) -> Path:
        return self.path.parent / self.service.state

    @property
    def ledger(self) -> Place:
        """Where the ledger is kept."""
        file = self.service.database_password_file
        password_file = None if file is None else self.path.parent / file
        return locate(self.service.database, self.state_directory, password_file)


SECTIONS = ("service", "clouds", "dns", "machine_types")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?")


def load(path: Path) -> Config:
    """Read and check a configuration file.

    Raises `ConfigError`, which names the file, the key, what was found there and what is allowed.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "a file; `leasehold init --cloud NAME` writes one"
        raise ConfigError(path, "", "no such file", hint) from None
    except OSError as error:
        raise ConfigError(path, "", error.strerror or str(error), "a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", str(error), "TOML, https://toml.io/en/v1.0.0") from None
    for section in raw:
        if section not in SECTIONS:
            likely = near(section, SECTIONS) or SECTIONS
            raise ConfigError(path, section, "an unknown section", ", ".join(likely))
    config = Config(
        path=path.absolute(),
        service=read_table(ServiceConfig, raw.get("service", {}), path, "service"),
        clouds=_tables(CloudConfig, raw, "clouds", path),
        machine_types=_tables(MachineTypeConfig, raw, "machine_types", path),
        dns=_tables(DnsConfig, raw, "dns", path),
    )
    for name, domain in config.dns.items():
        _check_dns(name, domain, path)
    try:
        _ = config.ledger
    except BadPlace as error:
        raise ConfigError(path, "service.database", error.found, error.allowed) from None
    for name, recipe in config.machine_types.items():
        _check(config, name, recipe, path)
    types = {name: _with_file(name, each, path) for name, each in config.machine_types.items()}
    return msgspec.structs.replace(config, machine_types=types)


def _tables(kind: type[Any], raw: dict[str, Any], section: str, path: Path) -> dict[str, Any]:
    tables = raw.get(section, {})
    if not isinstance(tables, dict):
        raise ConfigError(path, section, show(tables), f"tables, [{section}.NAME]")
    for name in tables:
        if not _NAME.fullmatch(name):
            allowed = "lower-case letters, digits and inner hyphens, as in a host name"
            raise ConfigError(path, f"{section}.{name}", repr(name), allowed)
    return {
        name: read_table(kind, table, path, f"{section}.{name}") for name, table in tables.items()
    }


def _check(config: Config, name: str, recipe: MachineTypeConfig, path: Path) -> None:
    place = f"machine_types.{name}"

    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(path, f"{place}.{key}", found, allowed)

    if recipe.cloud not in config.clouds:
        known = near(recipe.cloud, config.clouds) or sorted(config.clouds)
        allowed = ", ".join(known) or "a [clouds.NAME] table, of which there is none"
        refuse("cloud", repr(recipe.cloud), allowed)
    if recipe.dns is not None and recipe.dns not in config.dns:
        known = near(recipe.dns, config.dns) or sorted(config.dns)
        refuse("dns", repr(recipe.dns), ", ".join(known) or "a [dns.NAME] table; there is none")
    for key in ("duration", "max_duration", "queue_patience", "boot_patience", "ready_patience"):
        if not _is_duration(getattr(recipe, key)):
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
        names = {recipe.node_name(name, number) for number in (1, 2, max(2, recipe.nodes))}
    except (LookupError, ValueError, AttributeError, TypeError):
        names = set()
    if len(names) < 2 or not all(_NAME.fullmatch(each) for each in names):
        refuse("names", repr(recipe.names), "a host name with one field {n} or {n:03}")
    for key, rule in _patterns(recipe):
        try:
            re.compile(rule)
        except re.error as error:
            refuse(key, repr(rule), f"a regular expression ({error})")


def _check_dns(name: str, dns: DnsConfig, path: Path) -> None:
    def refuse(key: str, found: str, allowed: str) -> None:
        raise ConfigError(path, f"dns.{name}.{key}", found, allowed)

    names = {
        "domain": (dns.domain,),
        "zone": (dns.zone or dns.domain,),
        "reverse_zones": dns.reverse_zones,
    }
    for key, domains in names.items():
        for each in domains:
            if not all(_NAME.fullmatch(label) for label in each.split(".")):
                refuse(key, repr(each), "a domain name in lower case, without a dot at its end")
    if dns.zone and dns.domain != dns.zone and not dns.domain.endswith(f".{dns.zone}"):
        refuse("zone", repr(dns.zone), f"a zone that {dns.domain} is in")
    if (dns.key_file is None) == (dns.nsupdate_url is None):
        found = "neither" if dns.key_file is None else "both"
        refuse("key_file", f"{found} of key_file and nsupdate_url", "one of the two")
    if dns.nsupdate_url is not None and not dns.nsupdate_url.startswith(("http://", "https://")):
        refuse("nsupdate_url", repr(dns.nsupdate_url), "http://... or https://...")
    if dns.nsupdate_url is not None and dns.reverse_zones:
        refuse("reverse_zones", "reverse zones beside nsupdate_url", "none: it sets addresses only")


def _is_duration(text: str) -> bool:
    try:
        return parse_duration(text) > 0
    except BadDuration:
        return False


def _with_file(name: str, recipe: MachineTypeConfig, path: Path) -> MachineTypeConfig:
    """The machine type with its user-data read in, and checked."""
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


def _patterns(recipe: MachineTypeConfig) -> list[tuple[str, str]]:
    found = []
    if isinstance(recipe.image, ImageRule):
        found.append(("image.match", recipe.image.match))
    if isinstance(recipe.flavor, FlavorRule):
        found += [("flavor.allow", recipe.flavor.allow), ("flavor.exclude", recipe.flavor.exclude)]
    return found
