"""Reads a whole ``leasehold.toml``."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from leasehold.engine.choice import near
from leasehold.lab.config.check import check_machine_type, with_files
from leasehold.lab.config.clouds import CloudConfig, with_auth_file
from leasehold.lab.config.datasets import (
    DatasetProfileConfig,
    DatasetsConfig,
    check_datasets,
)
from leasehold.lab.config.dns import DnsConfig, check_dns
from leasehold.lab.config.flocker import FlockerConfig
from leasehold.lab.config.lab import with_teuthology
from leasehold.lab.config.limits import LimitsConfig
from leasehold.lab.config.machine_types import MachineTypeConfig
from leasehold.lab.config.notices import MailConfig, WebhookConfig, check_notices
from leasehold.lab.config.paddles import PaddlesConfig, check_paddles
from leasehold.lab.config.service import ServiceConfig, check_service
from leasehold.lab.config.values import LABEL
from leasehold.lab.table import ConfigError, read_table, show
from leasehold.store import BadPlace, Place, locate


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A whole configuration, checked."""

    path: Path
    service: ServiceConfig
    clouds: dict[str, CloudConfig]
    machine_types: dict[str, MachineTypeConfig]
    dns: dict[str, DnsConfig] = {}
    paddles: PaddlesConfig | None = None
    flocker: FlockerConfig | None = None
    mail: MailConfig | None = None
    webhooks: dict[str, WebhookConfig] = {}
    datasets: DatasetsConfig | None = None
    """None: there are no datasets here."""
    dataset_profiles: dict[str, DatasetProfileConfig] = {}
    limits: LimitsConfig = LimitsConfig()

    @property
    def state_directory(self) -> Path:
        return self.path.parent / self.service.state

    @property
    def ledger(self) -> Place:
        """Where the ledger is kept."""
        file = self.service.database_password_file
        password_file = None if file is None else self.path.parent / file
        return locate(self.service.database, self.state_directory, password_file)


SECTIONS = (
    *("service", "clouds", "dns", "machine_types", "lab", "paddles", "flocker"),
    *("mail", "webhooks"),
    *("datasets", "dataset_profiles", "limits"),
)


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
    raw = with_teuthology(raw, path)
    has_datasets = not raw.keys().isdisjoint(("datasets", "dataset_profiles", "flocker"))
    datasets = read_table(DatasetsConfig, raw.get("datasets", {}), path, "datasets")
    config = Config(
        path=path.absolute(),
        service=read_table(ServiceConfig, raw.get("service", {}), path, "service"),
        clouds=_tables(CloudConfig, raw, "clouds", path),
        machine_types=_tables(MachineTypeConfig, raw, "machine_types", path),
        dns=_tables(DnsConfig, raw, "dns", path),
        paddles=(
            read_table(PaddlesConfig, raw["paddles"], path, "paddles") if "paddles" in raw else None
        ),
        flocker=(
            read_table(FlockerConfig, raw["flocker"], path, "flocker") if "flocker" in raw else None
        ),
        mail=read_table(MailConfig, raw["mail"], path, "mail") if "mail" in raw else None,
        webhooks=_tables(WebhookConfig, raw, "webhooks", path),
        datasets=datasets if has_datasets else None,
        dataset_profiles=_tables(DatasetProfileConfig, raw, "dataset_profiles", path),
        limits=read_table(LimitsConfig, raw.get("limits", {}), path, "limits"),
    )
    check_service(config.service, path)
    check_notices(config.mail, config.webhooks, path)
    if config.paddles is not None:
        check_paddles(config.paddles, path)
    check_datasets(datasets, config.dataset_profiles, config.clouds, path)
    for name, domain in config.dns.items():
        check_dns(name, domain, path)
    try:
        _ = config.ledger
    except BadPlace as error:
        raise ConfigError(path, "service.database", error.found, error.allowed) from None
    for name, recipe in config.machine_types.items():
        check_machine_type(name, recipe, config.clouds, config.dns, path)
    types = {name: with_files(name, each, path) for name, each in config.machine_types.items()}
    clouds = {name: with_auth_file(name, each, path) for name, each in config.clouds.items()}
    return msgspec.structs.replace(config, machine_types=types, clouds=clouds)


def _tables(kind: type[Any], raw: dict[str, Any], section: str, path: Path) -> dict[str, Any]:
    tables = raw.get(section, {})
    if not isinstance(tables, dict):
        raise ConfigError(path, section, show(tables), f"tables, [{section}.NAME]")
    for name in tables:
        if not LABEL.fullmatch(name):
            allowed = "lower-case letters, digits and inner hyphens, as in a host name"
            raise ConfigError(path, f"{section}.{name}", repr(name), allowed)
    return {
        name: read_table(kind, table, path, f"{section}.{name}") for name, table in tables.items()
    }
