"""``leasehold import paddles``: has the service take over the nodes of a running paddles."""

import http.client
import time
import urllib.parse
from base64 import b64encode
from typing import Annotated

from cyclopts import Parameter

from leasehold.cli.exits import Exit, Failure, UsageError
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import print_json, print_table
from leasehold.lab.takeover import NodeThere, TakeoverReport
from leasehold.paddles.reading import NoPaddles, read_nodes

_TIMEOUT = 120.0
"""Seconds that a paddles may take to list its nodes, and the service to take them."""


def paddles(
    url: str,
    /,
    *,
    follow: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> Exit | None:
    """Take over the nodes and locks of a running paddles, all or, if one conflicts, none.

    It only reads there. Who holds nodes there holds them here, without end. Call it again as often as
    you like: what is here already as it is there stays. Free nodes of a machine type that is in a
    cloud here are left out: the cloud makes them.

    Parameters
    ----------
    url
        Where the paddles is: lock_server in teuthology.yaml.
    follow
        Where a lock here differs from the one there, do as it is there: give the node back here, and
        lock it for who holds it there. Without, it is a conflict.
    dry_run
        Only say what would change.
    """
    found = read(url)
    client = connection.client()
    client.timeout = _TIMEOUT
    body = {"nodes": found, "follow": follow, "dry_run": dry_run}
    report = client.post(TakeoverReport, "/takeover", body)
    if json:
        print_json(report)
    else:
        _tell(report, dry_run=dry_run)
    return Exit.REFUSED if report.conflicts else None


def read(url: str) -> list[NodeThere]:
    """The nodes of a paddles. Raises `UsageError` or `Failure`."""
    parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
        raise UsageError("URL: found no address of a server; allowed: http://HOST:PORT/")
    shown = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
    headers = {"accept": "application/json"}
    if parts.password is not None:
        user, password = map(urllib.parse.unquote, (parts.username or "", parts.password))
        headers["authorization"] = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    server = kind(parts.hostname, port, timeout=_TIMEOUT)
    try:
        server.request("GET", parts.path.rstrip("/") + "/nodes/", headers=headers)
        answer = server.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Failure(f"no paddles answers at {shown} ({why})") from None
    finally:
        server.close()
    if answer.status != 200:
        raise Failure(f"{shown}/nodes/ answered {answer.status}; a paddles answers 200")
    try:
        return read_nodes(text, time.time())
    except NoPaddles as error:
        raise Failure(f"{shown}/nodes/: {error}") from None


def _tell(report: TakeoverReport, *, dry_run: bool) -> None:
    would = "would be " if not report.done else ""
    for names, what in (
        (report.registered, "registered"),
        (report.changed, "changed"),
        (report.released, "given back here, held otherwise there"),
        (report.locked, "locked for who holds them there"),
    ):
        print(f"{len(names):>6}  {would}{what}")
    print(f"{report.same:>6}  here as they are there")
    if report.skipped:
        print(f"{len(report.skipped):>6}  left out: nodes that a cloud makes here")
    if report.conflicts:
        print(f"{len(report.conflicts):>6}  in conflict, so nothing was changed:\n")
        print_table(
            ("node", "here", "there"),
            [(each.node, each.here, each.there) for each in report.conflicts],
        )
    elif dry_run:
        print("\nNothing was changed. Without --dry-run it is done.")
