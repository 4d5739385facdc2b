"""The engine's seam to a name server: records in zones that we may update, or by an nsupdate-web."""

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import cast

from leasehold.dns import (
    BadName,
    Denied,
    DnsError,
    MarkedZones,
    NoAnswer,
    Paused,
    Record,
    Seen,
    Taken,
    Unreachable,
)
from leasehold.dns.names import RecordType
from leasehold.dns.nsupdate_web import NsupdateWeb
from leasehold.engine.cloud import (
    CHANGED,
    Authority,
    CloudBusy,
    CloudError,
    CloudId,
    CloudRefused,
    CloudUnsure,
    Installation,
    Kind,
    Limits,
    Listing,
    ObjectId,
    RecordSpec,
    Refusal,
    Sighting,
    Spec,
    Tag,
    record_id,
)


class ZoneRecords(Authority):
    """Records in zones of one server, each beside the mark that proves it ours."""

    def __init__(self, zones: MarkedZones, installation: Installation) -> None:
        self._zones = zones
        self._installation = installation

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        """See `Authority.list`. There are no deltas here: the transfer below is one already."""
        with _told():
            seen = tuple(map(_sighting, self._zones.list()))
        return Listing(kind=kind, sightings=seen, complete=True)

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        """Set a record, in the place of an earlier one of ours too. Sent twice, it is set once."""
        record = _record(spec)
        with _told():
            return _sighting(self._zones.write(record, str(tag), may_replace=self._is_ours))

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        """See `Authority.delete`."""
        name, type_, object_id = cloud_id.split(" ")
        tag = Tag(installation=self._installation, object=ObjectId(object_id))
        with _told():
            return self._zones.remove(name, cast("RecordType", type_), str(tag))

    def limits(self) -> Limits:
        """None."""
        return Limits()

    def _is_ours(self, mark: str) -> bool:
        tag = Tag.parse(mark)
        return tag is not None and tag.installation == self._installation


class NsupdateRecords(Authority):
    """Addresses that an nsupdate-web sets for us.

    There are no marks: what was set is remembered here and read back from DNS.
    """

    def __init__(
        self, web: NsupdateWeb, remembered: Mapping[CloudId, tuple[str, ...]] | None = None
    ) -> None:
        """`remembered` is what an earlier process may have set: where DNS still has these values."""
        self._web = web
        self._set = {_label(each): (each, values) for each, values in (remembered or {}).items()}
        self._doubted = set(self._set)
        """Labels that are ours only if DNS has just what is remembered of them."""
        self._lock = threading.Lock()

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        """See `Authority.list`."""
        with self._lock:
            known = dict(self._set)
        with _told():
            seen = [
                self._seen(label, cloud_id, values) for label, (cloud_id, values) in known.items()
            ]
        return Listing(kind=kind, sightings=tuple(filter(None, seen)), complete=True)

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        """Set the addresses of a name. Sent twice, they are set once."""
        record = _record(spec)
        label = _label(record.name)
        cloud_id = record_id(cast("RecordSpec", spec), tag.object)
        with _told():
            found = self._web.addresses(label)
            known = self._is_ours(label, found)
            if found and set(found) != set(record.values) and not known:
                raise Taken(self._web.url, f"{record.name} is {', '.join(found)}", Taken.LEFT_ALONE)
            with self._lock:
                self._set[label] = (cloud_id, record.values)
                self._doubted.discard(label)
            self._web.set(label, record.values)
            status = _status(set(self._web.addresses(label)) == set(record.values))
        return Sighting(
            kind=Kind.RECORD, cloud_id=cloud_id, tag=tag, name=record.name, status=status
        )

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        """See `Authority.delete`; an nsupdate-web that cannot remove points it at nobody."""
        label = _label(cloud_id)
        with self._lock:
            known = self._set.get(label)
        if known is not None and known[0] != cloud_id:
            return False  # a later record of ours has the name by now
        with _told():
            if known is not None and not self._is_ours(label, self._web.addresses(label)):
                return False
            self._web.remove(label)
            left = self._web.addresses(label)
        if not left:
            with self._lock:
                self._set.pop(label, None)
        return True

    def limits(self) -> Limits:
        """None."""
        return Limits()

    def _seen(self, label: str, cloud_id: CloudId, values: tuple[str, ...]) -> Sighting | None:
        found = self._web.addresses(label)
        if not found or not self._is_ours(label, found):
            return None
        status = _status(set(found) == set(values))
        name = cloud_id.partition(" ")[0]
        return Sighting(kind=Kind.RECORD, cloud_id=cloud_id, name=name, status=status)

    def _is_ours(self, label: str, found: Collection[str]) -> bool:
        """Whether what DNS has under a name was set by us, or by an earlier process of ours."""
        with self._lock:
            if label in self._doubted and set(found) == set(self._set[label][1]):
                self._doubted.discard(label)
            return label in self._set and label not in self._doubted


def _label(name: str) -> str:
    return name.partition(".")[0]


def _record(spec: Spec) -> Record:
    if not isinstance(spec, RecordSpec):
        raise ValueError(f"{spec} is no record")
    return Record(name=spec.name, type=spec.record_type, values=spec.values, ttl=spec.ttl)


def _sighting(seen: Seen) -> Sighting:
    tag = Tag.parse(seen.tag)
    spec = RecordSpec(name=seen.name, record_type=seen.type)
    return Sighting(
        kind=Kind.RECORD,
        cloud_id=record_id(spec, tag.object if tag else ObjectId(seen.tag)),
        tag=tag,
        name=seen.name,
        status=_status(seen.intact),
    )


def _status(intact: bool) -> str:
    return "SET" if intact else CHANGED


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Map the errors of DNS to the seam's."""
    try:
        yield
    except (DnsError, BadName) as error:
        raise _refusal(error) from error


def _refusal(error: DnsError | BadName) -> CloudError:
    text = str(error)
    match error:
        case Unreachable() | Paused():
            return CloudBusy(text)
        case NoAnswer():
            return CloudUnsure(text)
        case Denied():
            return CloudRefused(text, why=Refusal.CREDENTIALS)
        case Taken():
            return CloudRefused(text, why=Refusal.CONFLICT)
        case _:
            return CloudRefused(text, why=Refusal.BAD_REQUEST)
