"""``leasehold clouds``: look at one before it is used, audit one in use."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import App, Parameter

from leasehold.cli.client import Client
from leasehold.cli.configuration import ConfigFile, find_config
from leasehold.cli.exits import Exit, UsageError
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import clean, local, print_json, print_table
from leasehold.lab.model import Audit, CloudObject

if TYPE_CHECKING:  # the driver costs half a second: imported when a cloud is really looked at
    from leasehold.openstack import Connection as CloudConnection
    from leasehold.openstack.lookup import Lookup
    from leasehold.openstack.survey import Finding, Survey

app = App(
    name="clouds",
    help="Check and audit clouds, and show what their catalogs offer.",
    help_format="plaintext",
)


_RARE = frozenset({"compute-v1", "reservation"})
"""Services that few clouds have: that there is none is not worth a word."""


class _Cloud(msgspec.Struct, frozen=True, kw_only=True):
    name: str


@app.command
def audit(
    *names: str,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit:
    """List everything in a cloud anew and say whose it is. Exits with 1 if it finds strays.

    Parameters
    ----------
    names
        Names of clouds, as in leasehold.toml; left out, all.
    """
    client = connection.client()
    asked = names or tuple(cloud.name for cloud in client.get(list[_Cloud], "/clouds"))
    found = [audit_of(client, name) for name in asked]
    if json:
        print_json(found)
    else:
        for each in found:
            print_audit(each)
    return Exit.FAILED if any(each.stray for each in found) else Exit.OK


def audit_of(client: Client, name: str) -> Audit:
    """Have a cloud listed anew; gives the service the minute that it gives the cloud, and more."""
    client.timeout = 90.0
    return client.post(Audit, f"/clouds/{name}/audit")


def print_audit(audit: Audit) -> None:
    """What is left in a cloud, in words."""
    print(f"{authority(audit.cloud)} at {local(audit.at)}")
    for title, objects in (("in use", audit.in_use), ("leaving", audit.leaving)):
        print(f"  {title:<8} {_counted(objects)}")
    print(f"  stray    {len(audit.stray) or 'nothing'}")
    for stray in audit.stray:
        print(f"           {clean(stray)}")
    print(
        f"  foreign  {audit.foreign or 'nothing'}{' (not ours, not touched)' if audit.foreign else ''}"
    )


def authority(name: str) -> str:
    """What an audit was of; no cloud has a dot in its name."""
    kind, dot, own = name.partition(".")
    return f"name server {own}" if (kind, dot) == ("dns", ".") else f"cloud {name}"


def _counted(objects: tuple[CloudObject, ...]) -> str:
    count = Counter(each.kind.replace("_", " ") for each in objects)
    words = [f"{count[kind]} {kind}{'s' if count[kind] > 1 else ''}" for kind in sorted(count)]
    return ", ".join(words) or "nothing"


@app.command
def check(
    *names: str,
    cloud: Annotated[str | None, Parameter(name="--cloud")] = None,
    json: AsJson = False,
    config: ConfigFile = None,
) -> Exit:
    """Sign in to clouds and say what is there, and what would fail and why. Needs no service.

    Exits with 1 if something would fail.

    Parameters
    ----------
    names
        Names of clouds in leasehold.toml; left out, all of them.
    cloud
        A name in clouds.yaml instead; no configuration is read.
    """
    from leasehold.openstack.findings import findings_of
    from leasehold.openstack.survey import Severity, survey

    surveys = []
    for connection in _connections(names, cloud, config):
        with connection:
            surveys.append(survey(connection, now=lambda: datetime.now(UTC)))
    findings = [findings_of(each) for each in surveys]
    if json:
        print_json([
            {"survey": seen, "findings": found}
            for seen, found in zip(surveys, findings, strict=True)
        ])  # fmt: skip
    else:
        for seen, found in zip(surveys, findings, strict=True):
            print_survey(seen, found)
    bad = any(each.severity is Severity.FAIL for found in findings for each in found)
    return Exit.FAILED if bad else Exit.OK


@app.command
def catalog(
    *names: str,
    cloud: Annotated[str | None, Parameter(name="--cloud")] = None,
    json: AsJson = False,
    config: ConfigFile = None,
) -> Exit:
    """Sign in to clouds and print what their catalogs offer, and what would be used. Needs no service.

    Parameters
    ----------
    names
        Names of clouds in leasehold.toml; left out, all of them.
    cloud
        A name in clouds.yaml instead; no configuration is read.
    """
    from leasehold.openstack.lookup import look_up

    seen = []
    for connection in _connections(names, cloud, config):
        with connection:
            seen.append(look_up(connection))
    if json:
        print_json(seen)
    else:
        for each in seen:
            print_lookup(each)
    return Exit.OK


def print_lookup(seen: "Lookup") -> None:
    """A catalog for people, and below it where each service would be called."""
    print(f"cloud {seen.cloud or seen.auth_url} offers\n")
    print_table(
        ("type", "name", "region", "interface", "address"),
        [(e.type, e.name, e.region, e.interface, e.url) for e in seen.catalog],
    )
    print("\nand the driver uses\n")
    print_table(
        ("service", "version", "address"),
        [(c.service, _version(c.version), c.url) for c in seen.choices if c.url],
    )
    for choice in seen.choices:
        if choice.trouble and choice.service not in _RARE:
            print(clean(f"\n  {choice.service}: {choice.trouble}"))


def _connections(
    names: tuple[str, ...], cloud: str | None, config: Path | None
) -> "list[CloudConnection]":
    from leasehold.lab.config import load
    from leasehold.openstack import connect

    if cloud is not None:
        if names:
            raise UsageError(
                "give names of leasehold.toml, or --cloud NAME of clouds.yaml; not both"
            )
        return [connect(cloud)]
    configured = load(find_config(config)).clouds
    for name in names:
        if name not in configured:
            raise UsageError(
                f"no cloud {name!r} in leasehold.toml; there are: {', '.join(configured)}"
            )
    chosen = [each for name, each in configured.items() if not names or name in names]
    arguments: list[dict[str, Any]] = [
        {"region": each.region, "timeout": each.timeout, **each.auth} for each in chosen
    ]
    return [connect(each.cloud, **given) for each, given in zip(chosen, arguments, strict=True)]


def print_survey(seen: "Survey", findings: "tuple[Finding, ...]") -> None:
    """A survey for people: who, where, which versions, what room; and last what is wrong."""
    who = seen.identity
    print(f"cloud {seen.cloud or seen.auth_url}, region {seen.region or 'the only one'}")
    if who is not None:
        roles = ", ".join(who.roles)
        print(clean(f"  signed in as {who.user_name} in project {who.project_name} ({roles})"))
    if seen.services:
        print()
        print_table(
            ("service", "speaks", "newest", "address"),
            [
                (s.type, _version(s.microversion), _version(s.newest), s.url or s.trouble)
                for s in seen.services
            ],
        )
    if seen.room:
        print()
        print_table(
            ("limit", "used", "of"),
            [(r.name, r.used, "unlimited" if r.total is None else r.total) for r in seen.room],
        )
    stock = msgspec.structs.asdict(seen.stock)
    there = [
        f"{count} {name.replace('_', ' ')}" for name, count in stock.items() if count is not None
    ]
    if there:
        print("\n  to choose from: " + ", ".join(there))
    print()
    for finding in findings:
        print(clean(f"  {finding.severity.upper()}  {finding.about}: {finding.message}"))
    if not findings:
        print("  nothing would fail")


def _version(version: tuple[int, int] | None) -> str:
    return ".".join(map(str, version)) if version else ""
