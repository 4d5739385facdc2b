"""``leasehold events``: what happened, and what happens."""

import sys
import threading
from typing import Annotated

import msgspec
from cyclopts import Parameter

from leasehold.cli.client import Client
from leasehold.cli.exits import Unreachable
from leasehold.cli.options import USUAL, AsJson, Connection
from leasehold.cli.tables import clean, local
from leasehold.lab.model import Event

_PAUSE = 2.0


def events(
    *,
    follow: Annotated[bool, Parameter(name=["--follow", "-f"], negative=())] = False,
    after: int = 0,
    lease: str | None = None,
    node: str | None = None,
    json: AsJson = False,
    connection: Connection = USUAL,
) -> None:
    """Print what happened, and follow what happens.

    The oldest first; with --follow it goes on until Ctrl-C.

    Parameters
    ----------
    follow
        Go on with new events as they come.
    after
        Begin behind the event with this number.
    lease
        Only of this lease.
    node
        Only of this node.
    json
        One JSON object per line.
    """
    client = connection.client()
    while page := client.get(list[Event], "/events", after=after, lease=lease, node=node):
        for event in page:
            _show(event, json=json)
        after = page[-1].id
    if follow:
        _follow(client, after, lease, node, json=json)


def _follow(client: Client, after: int, lease: str | None, node: str | None, *, json: bool) -> None:
    """Follow for ever. A lost connection is made again every 2 s, from the last event on."""
    lost = False
    while True:
        try:
            for event in client.follow(after=after, lease=lease, node=node):
                if lost:
                    print("leasehold: connected again", file=sys.stderr)
                lost = False
                if event is not None:
                    _show(event, json=json)
                    after = event.id
        except Unreachable as error:
            if not lost:
                print(f"leasehold: {error} Trying again.", file=sys.stderr)
            lost = True
        threading.Event().wait(_PAUSE)


def _show(event: Event, *, json: bool) -> None:
    if json:
        print(msgspec.json.encode(event).decode(), flush=True)
        return
    what = event.node or event.lease or ""
    object_ = f" {event.object}" if event.object else ""
    why = f": {event.reason}" if event.reason else ""
    words = f"{event.id:>6}  {local(event.at)}  {what}{object_}  {event.state}{why}"
    print(clean(words), flush=True)
