"""Asks a cloud what became of a server that may still be writing to a volume."""

from leasehold.datasets.book import End, Fate
from leasehold.engine.clock import Clock
from leasehold.engine.cloud import Cloud, CloudError, CloudId, Kind

STOPPED = frozenset({"SHUTOFF"})
"""The only status in which nothing runs on a server that can be started again. REBOOT, PAUSED,
SUSPENDED, MIGRATING, RESIZE, RESCUE, ERROR and UNKNOWN all may write, now or in a moment."""


def fate_of(cloud: Cloud, server: str, clock: Clock) -> Fate:
    """Look at one server, and if there is none, into a complete listing begun after that.

    At most two calls, none repeated. `Fate.asked_at` is when the first one left: whatever the cloud
    tells was so at some moment after that. What cannot be told counts as alive.
    """
    asked_at = clock.now()
    server_id = CloudId(server)
    try:
        found = cloud.find(Kind.SERVER, server_id)
        if found is not None:
            stopped = found.status in STOPPED
            text = f"server {server} is {found.status}"
            return Fate(end=End.STOPPED if stopped else End.ALIVE, asked_at=asked_at, text=text)
        listing = cloud.list(Kind.SERVER)
    except CloudError as error:
        text = f"it cannot tell of server {server}: {error.message}"
        return Fate(end=End.ALIVE, asked_at=asked_at, text=text, request_id=error.request_id)
    if listing.complete and all(each.cloud_id != server_id for each in listing.sightings):
        return Fate(end=End.GONE, asked_at=asked_at, text=f"there is no server {server} any more")
    text = f"server {server} is unknown, but a listing shows it"
    return Fate(end=End.ALIVE, asked_at=asked_at, text=text)
