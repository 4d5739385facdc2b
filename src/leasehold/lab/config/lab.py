"""``[lab]``: what the lab takes from elsewhere."""

from pathlib import Path
from typing import Any

import msgspec

from leasehold.lab.table import ConfigError, read_table


class LabConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[lab]``: what the lab takes from elsewhere."""

    teuthology_yaml: str | None = None
    """A teuthology.yaml, relative to the configuration file or from ``~``. Each of its libcloud
    providers is a cloud and a machine type here; tables of the same name in this file add to it and
    go before it."""


def with_teuthology(raw: dict[str, Any], path: Path) -> dict[str, Any]:
    """The tables of a configuration and those that its `teuthology_yaml` stands for.

    Raises `ConfigError`, which names the file in which something is wrong.
    """
    named = read_table(LabConfig, raw.get("lab", {}), path, "lab").teuthology_yaml
    if named is None:
        return raw
    # Imported late: it checks the arguments of the driver, which costs half a second.
    from leasehold.lab.teuthology import TeuthologyYaml, read, tables_of
    from leasehold.lab.teuthology.keys import public_keys

    def domain_of(given: TeuthologyYaml) -> str | None:
        domains = raw.get("dns", {})
        for name, table in domains.items():
            if isinstance(table, dict) and table.get("domain") == given.lab_domain:
                return str(name)
        if given.nsupdate_url is not None and given.lab_domain is not None:
            found = f"none of domain {given.lab_domain!r}, lab_domain in {given.path}"
            allowed = f'a [dns.NAME] table with server and nsupdate_url = "{given.nsupdate_url}"'
            raise ConfigError(path, "dns", found, f"{allowed} or key_file")
        return None

    given = read(path.parent / Path(named).expanduser())
    keys = public_keys(given.ssh_key)
    tables = tables_of(given, public_keys=keys, dns=domain_of(given))
    theirs = {"clouds": tables.clouds, "machine_types": tables.machine_types}
    return joined(theirs, raw)


def joined(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Both tables in one; where both say something, `ours` counts. Tables in them are joined alike."""
    both = {**theirs, **ours}
    for key in theirs.keys() & ours.keys():
        if isinstance(theirs[key], dict) and isinstance(ours[key], dict):
            both[key] = joined(theirs[key], ours[key])
    return both
