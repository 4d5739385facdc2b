"""Puts a lab together from its configuration."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar, cast

from leasehold.dns import BadKey, Key, MarkedZones, Server
from leasehold.dns.nsupdate_web import NsupdateWeb
from leasehold.dns.server import split_place
from leasehold.engine import ledger
from leasehold.engine.clock import Clock, SystemClock
from leasehold.engine.cloud import KEPT_KINDS, LISTED_KINDS, Authority, Cloud, Installation
from leasehold.engine.dns_records import NsupdateRecords, ZoneRecords
from leasehold.engine.engine import Change, Engine
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.engine.stock import Stock
from leasehold.engine.watch import Pace
from leasehold.lab import node_records
from leasehold.lab.config import CloudConfig, Config
from leasehold.lab.keys import LabKey, write_known_hosts
from leasehold.lab.lab import Lab
from leasehold.lab.memory import configured
from leasehold.lab.names import authority
from leasehold.lab.neighbour import MakeNeighbour
from leasehold.lab.prober import Prober
from leasehold.lab.steward import Steward
from leasehold.lab.table import ConfigError
from leasehold.openstack import connect
from leasehold.openstack.arguments import Arguments
from leasehold.store import Database

T = TypeVar("T")

NAMES_PACE = Pace(calls_per_second=50, burst=100, lists_per_second=2, lists_at_once=8)
"""A name server answers in a millisecond, and a look at a zone that did not change costs it nothing."""


def open_lab(
    config: Config,
    *,
    clouds: Mapping[str, Cloud] | None = None,
    clock: Clock | None = None,
    database: Database | None = None,
    neighbour: MakeNeighbour | None = None,
) -> Lab:
    """A lab that is ready to be started.

    `clouds` replaces those of the configuration, by name; `database` is its ledger, if it is open
    already; `neighbour` makes what works on the same engine. Raises `ConfigError`, or `StoreError` if
    the ledger cannot be opened; no cloud is called yet.
    """
    _check_names(config)
    clock = clock or SystemClock()
    if clouds is None:
        clouds = {name: _connect(each) for name, each in config.clouds.items()}
    paces = {
        name: Pace(calls_per_second=each.calls_per_second, burst=each.burst)
        for name, each in config.clouds.items()
    }
    paces |= {authority(name): NAMES_PACE for name in config.dns}
    directory = config.state_directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = LabKey(directory / "id_ed25519")
    names = {name: _name_authority(config, name) for name in config.dns}
    database = database or Database(config.ledger)
    _check_registered(config, database)
    installation = database.write(ledger.installation).result()
    name_servers = {authority(name): make(installation, database) for name, make in names.items()}
    steward = Steward(database, config, Stock(clouds), clock, key.public)
    beside = None if neighbour is None else neighbour(database, clouds, clock)

    def heard_rows(changes: Collection[Change]) -> None:
        steward.heard_rows(changes)
        if beside is not None:
            beside.heard_rows(changes)

    engine = Engine(
        database,
        clouds,
        clock,
        name_servers=name_servers,
        paces=paces,
        on_change=heard_rows,
        kinds=LISTED_KINDS if beside is None else KEPT_KINDS,
        history=config.service.history_seconds,
    )
    prober = Prober(key.private, steward.heard_finding, steward.heard_checkup)
    steward.aim.look_at = prober.look_at
    steward.check = prober.check
    steward.aim.on_hosts = lambda hosts: write_known_hosts(directory / "known_hosts", hosts)
    steward.attach(engine)
    if beside is not None:
        beside.attach(engine)
    return Lab(steward, engine, prober, beside)


def _name_authority(config: Config, name: str) -> Callable[[Installation, Database], Authority]:
    """How the names of ``[dns.NAME]`` are set. Raises `ConfigError`; nothing is asked yet."""
    dns = config.dns[name]
    place = f"dns.{name}"

    def secret(key: str, file: str, read: Callable[[Path], T]) -> T:
        try:
            return read(config.path.parent / file)
        except (BadKey, OSError) as error:
            raise ConfigError(
                config.path, f"{place}.{key}", str(error), "a readable file"
            ) from None

    try:
        split_place(dns.server)
    except ValueError as error:
        found, _, allowed = str(error).partition("; allowed: ")
        raise ConfigError(config.path, f"{place}.server", found, allowed) from None
    if dns.nsupdate_url is not None:
        token = None
        if dns.nsupdate_token_file is not None:
            token = secret("nsupdate_token_file", dns.nsupdate_token_file, Path.read_text).strip()
        server = Server(dns.server, timeout=dns.timeout)
        web = NsupdateWeb(dns.nsupdate_url, dns.domain, server, token=token, timeout=dns.timeout)

        def through_web(_: Installation, database: Database) -> Authority:
            with database.read() as connection:
                return NsupdateRecords(web, ledger.records(connection, authority(name)))

        return through_web
    assert dns.key_file is not None, "the configuration was checked"
    key = secret("key_file", dns.key_file, Key.read)
    server = Server(dns.server, key, transport=dns.transport, timeout=dns.timeout)
    zones = MarkedZones(server, (dns.zone or dns.domain, *dns.reverse_zones))
    return lambda installation, _: ZoneRecords(zones, installation)


def _connect(config: CloudConfig) -> Cloud:
    ours = {"region": config.region, "timeout": config.timeout, "retries": 0}
    arguments = cast("Arguments", {**ours, **config.auth})
    return OpenStackCloud(connect(config.cloud, **arguments))


def _check_names(config: Config) -> None:
    count = Counter(row.name for row in configured(config))
    twice = [name for name, number in count.items() if number > 1]
    if twice:
        allowed = "`names` patterns that give each node a name of its own"
        raise ConfigError(config.path, "machine_types", f"{twice[0]} in two types", allowed)


def _check_registered(config: Config, database: Database) -> None:
    """A name that was registered with one machine type cannot be made by another."""
    with database.read() as connection:
        kept = {row.name: row.machine_type for row in node_records.load(connection)}
    for row in configured(config):
        registered = kept.get(row.name, row.machine_type)
        if registered != row.machine_type:
            place = f"machine_types.{row.machine_type}"
            allowed = "other `names`, or run `leasehold nodes remove` before this"
            found = f"{row.name}, which is registered with machine type {registered}"
            raise ConfigError(config.path, place, found, allowed)
