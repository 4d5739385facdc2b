"""Puts a lab together from its configuration."""

from collections import Counter
from collections.abc import Mapping
from typing import cast

from leasehold.engine.clock import Clock, SystemClock
from leasehold.engine.cloud import Cloud
from leasehold.engine.engine import Engine
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.engine.stock import Stock
from leasehold.engine.watch import Pace
from leasehold.lab.config import CloudConfig, Config
from leasehold.lab.keys import LabKey, write_known_hosts
from leasehold.lab.lab import Lab
from leasehold.lab.prober import Prober
from leasehold.lab.steward import Steward, nodes_of
from leasehold.lab.table import ConfigError
from leasehold.openstack import connect
from leasehold.openstack.arguments import Arguments
from leasehold.store import Database


def open_lab(
    config: Config, *, clouds: Mapping[str, Cloud] | None = None, clock: Clock | None = None
) -> Lab:
    """A lab that is ready to be started.

    `clouds` replaces those of the configuration, by name. Raises `ConfigError`, or `StoreError` if
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
    directory = config.state_directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = LabKey(directory / "id_ed25519")
    database = Database(directory / "ledger.db")
    steward = Steward(database, config, Stock(clouds), clock, key.public)
    engine = Engine(database, clouds, clock, paces=paces, on_change=steward.heard_rows)
    prober = Prober(key.private, steward.heard_finding)
    steward.aim.look_at = prober.look_at
    steward.aim.on_hosts = lambda hosts: write_known_hosts(directory / "known_hosts", hosts)
    steward.attach(engine)
    return Lab(steward, engine, prober)


def _connect(config: CloudConfig) -> Cloud:
    ours = {"region": config.region, "timeout": config.timeout, "retries": 0}
    arguments = cast("Arguments", {**ours, **config.auth})
    return OpenStackCloud(connect(config.cloud, **arguments))


def _check_names(config: Config) -> None:
    count = Counter(name for names in nodes_of(config).values() for name in names)
    twice = [name for name, number in count.items() if number > 1]
    if twice:
        allowed = "`names` patterns that give each node a name of its own"
        raise ConfigError(config.path, "machine_types", f"{twice[0]} in two types", allowed)
