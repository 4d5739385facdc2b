"""A cloud in memory: the twin of the real ones, for tests and simulations.

It keeps the seam's promises with no network: objects build and vanish as its clock goes on, servers
have deltas, and each call can be made to fail before or after its effect.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

import msgspec

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import (
    AttachmentSpec,
    CloudError,
    CloudId,
    CloudRefused,
    Kind,
    Limit,
    Limits,
    Listing,
    Offers,
    PortSpec,
    RecordSpec,
    Refusal,
    ServerSpec,
    Sighting,
    SnapshotSpec,
    Spec,
    Tag,
    VolumeSpec,
    record_id,
)
from leasehold.engine.decide import moment
from leasehold.engine.row import KIND_OF


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One failure to come: `error` is raised, with or without the call having its effect."""

    verb: str
    error: CloudError
    after_effect: bool = False
    kind: Kind | None = None


class _Object(msgspec.Struct, kw_only=True):
    sighting: Sighting
    spec: Spec
    ready_at: float
    changed_at: float
    gone_at: float | None = None


REMEMBERED = 10_000
"""How many deleted servers deltas can tell of."""


class MemoryCloud:
    """Servers are ACTIVE `boot` seconds after they were made, and gone `end` seconds after a delete."""

    def __init__(
        self,
        clock: Clock,
        *,
        boot: float = 0.0,
        end: float = 0.0,
        limits: Limits | None = None,
        offers: Offers | None = None,
    ) -> None:
        self.clock = clock
        self.boot = boot
        self.end = end
        self.quota = limits or Limits()
        self.stock = offers or Offers()
        self.faults: deque[Fault] = deque()
        self.calls: list[tuple[str, Kind | None]] = []
        self.hide: Callable[[Sighting], bool] = lambda _: False
        """What listings leave out, to play a cloud that lies."""
        self.printed: Callable[[CloudId], str] = lambda server: f"{server}: kernel panic\n"
        """What a server's console shows."""
        self.grows_in_use = True
        """Whether it has Cinder's 3.42, and drivers that can."""
        self.detaches = True
        """Whether a detach comes to an end; else it hangs for as long as this is False."""
        self._objects: dict[CloudId, _Object] = {}
        self._deleted: deque[tuple[float, Sighting]] = deque(maxlen=REMEMBERED)
        self._serial = itertools.count(1)
        self._lock = threading.RLock()

    # -- the seam --------------------------------------------------------------------------------

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        with self._lock:
            self._call("list", kind)
            delta = kind is Kind.SERVER and since is not None
            found = self._changed(since.timestamp()) if delta and since else self.alive(kind)
            shown = tuple(each for each in found if not self.hide(each))
            self._fail_after("list", kind)
            return Listing(
                kind=kind,
                sightings=shown,
                complete=not delta,
                since=since if delta else None,
                as_of=moment(self.clock.now()),
            )

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        kind = KIND_OF[type(spec)]
        with self._lock:
            self._call("make", kind)
            if isinstance(spec, AttachmentSpec):
                sighting = self._attach(spec)
            elif isinstance(spec, RecordSpec):
                sighting = self._set(spec, tag)
            elif isinstance(spec, VolumeSpec) and spec.adopt_id is not None:
                sighting = self._adopt(CloudId(spec.adopt_id), tag)
            else:
                self._check_quota(kind)
                sighting = self._insert(kind, spec, tag)
            self._fail_after("make", kind)
            return sighting

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        with self._lock:
            self._call("delete", kind)
            known = self._end(kind, cloud_id)
            self._fail_after("delete", kind)
            return known

    def grow(self, volume: CloudId, size_gib: int) -> None:
        with self._lock:
            self._call("grow", Kind.VOLUME)
            each = self._objects.get(volume)
            if each is None:
                raise CloudRefused("no such volume", why=Refusal.NOT_FOUND, status=404)
            if each.sighting.attached_to and not self.grows_in_use:
                text = "Volume status must be available to extend, but it is in-use"
                raise CloudRefused(text, why=Refusal.CONFLICT, status=400, request_id="req-grow")
            if size_gib <= (each.sighting.size_gib or 0):
                raise CloudRefused("not larger", why=Refusal.BAD_REQUEST, status=400)
            each.sighting = msgspec.structs.replace(each.sighting, size_gib=size_gib)
            self._fail_after("grow", Kind.VOLUME)

    def find(self, kind: Kind, cloud_id: CloudId) -> Sighting | None:
        with self._lock:
            self._call("find", kind)
            return next((each for each in self.alive(kind) if each.cloud_id == cloud_id), None)

    def limits(self) -> Limits:
        with self._lock:
            self._call("limits", None)
            used = {kind: len(self.alive(kind)) for kind in Kind}
            fields = {"servers": Kind.SERVER, "ports": Kind.PORT, "volumes": Kind.VOLUME}
            return msgspec.structs.replace(
                self.quota,
                **{
                    name: Limit(total=getattr(self.quota, name).total, used=used[kind])
                    for name, kind in fields.items()
                },
            )

    def console(self, server: CloudId, lines: int) -> str:
        with self._lock:
            self._call("console", Kind.SERVER)
            if server not in self._objects:
                raise CloudRefused("no such server", why=Refusal.NOT_FOUND, status=404)
            return "".join(self.printed(server).splitlines(keepends=True)[-lines:])

    def offers(self) -> Offers:
        self._call("offers", None)
        return self.stock

    # -- for tests -------------------------------------------------------------------------------

    def alive(self, kind: Kind) -> "tuple[Sighting, ...]":
        """What is really there now, whoever made it."""
        with self._lock:
            now = self.clock.now()
            ended = [
                key for key, each in self._objects.items() if each.gone_at and each.gone_at <= now
            ]
            for key in ended:
                self._remove(key)
            return tuple(
                self._shown(each, now)
                for each in self._objects.values()
                if each.sighting.kind is kind
            )

    def add_foreign(self, kind: Kind, name: str, tag: Tag | None = None) -> CloudId:
        """Put an object there that this Leasehold did not make."""
        specs: dict[Kind, Spec] = {
            Kind.SERVER: ServerSpec(name=name, flavor_id="1"),
            Kind.PORT: PortSpec(name=name, network_id="net"),
            Kind.VOLUME: VolumeSpec(name=name, size_gib=1),
            Kind.RECORD: RecordSpec(name=name, record_type="A"),
        }
        with self._lock:
            return self._insert(kind, specs[kind], tag).cloud_id

    def mark(self, cloud_id: CloudId, status: str, fault: str | None = None) -> None:
        """Force a status on an object, such as ERROR with its message."""
        with self._lock:
            each = self._objects[cloud_id]
            each.sighting = msgspec.structs.replace(each.sighting, status=status, fault=fault)
            each.changed_at = self.clock.now()

    def vanish(self, cloud_id: CloudId) -> None:
        """Take an object away behind everybody's back."""
        with self._lock:
            self._remove(cloud_id)

    # -- inside ----------------------------------------------------------------------------------

    def _changed(self, since: float) -> "tuple[Sighting, ...]":
        """Servers that changed since then, those that were deleted included."""
        now = self.clock.now()
        alive = self.alive(Kind.SERVER)
        return tuple(
            each for each in alive if self._changed_at(each.cloud_id, now) >= since
        ) + tuple(sighting for at, sighting in self._deleted if at >= since)

    def _changed_at(self, cloud_id: CloudId, now: float) -> float:
        each = self._objects[cloud_id]
        return max(each.changed_at, each.ready_at if each.ready_at <= now else 0.0)

    def _call(self, verb: str, kind: Kind | None) -> None:
        self.calls.append((verb, kind))
        self._raise_fault(verb, kind, after_effect=False)

    def _fail_after(self, verb: str, kind: Kind | None) -> None:
        self._raise_fault(verb, kind, after_effect=True)

    def _raise_fault(self, verb: str, kind: Kind | None, *, after_effect: bool) -> None:
        if not self.faults:
            return
        fault = self.faults[0]
        matches = fault.verb == verb and fault.kind in (None, kind)
        if matches and fault.after_effect is after_effect:
            self.faults.popleft()
            raise fault.error

    def _set(self, spec: RecordSpec, tag: Tag) -> Sighting:
        """Set a name, in the place of an earlier record of ours only."""
        cloud_id = record_id(spec, tag.object)
        for each in [*self._objects.values()]:
            other, known = each.spec, each.sighting
            if not isinstance(other, RecordSpec) or (other.name, other.record_type) != (
                spec.name,
                spec.record_type,
            ):
                continue
            if known.tag is None or known.tag.installation != tag.installation:
                raise CloudRefused(f"{spec.name} is somebody else's", why=Refusal.CONFLICT)
            self._remove(known.cloud_id)
        sighting = Sighting(kind=Kind.RECORD, cloud_id=cloud_id, tag=tag, name=spec.name)
        now = self.clock.now()
        made = _Object(sighting=sighting, spec=spec, ready_at=now, changed_at=now)
        self._objects[cloud_id] = made
        return self._shown(made, now)

    def _insert(self, kind: Kind, spec: Spec, tag: Tag | None) -> Sighting:
        number = next(self._serial)
        cloud_id = CloudId(f"{kind.value}-{number:06d}")
        now = self.clock.now()
        address = (f"10.0.{number >> 8 & 255}.{number & 255}",)
        sighting = Sighting(
            kind=kind,
            cloud_id=cloud_id,
            tag=tag,
            name=getattr(spec, "name", ""),
            status="",
            addresses=address if kind in (Kind.PORT, Kind.FLOATING_IP) else (),
            size_gib=self._size(spec),
            created_at=moment(now),
        )
        wait = self.boot if kind in (Kind.SERVER, Kind.VOLUME) else 0.0
        made = _Object(sighting=sighting, spec=spec, ready_at=now + wait, changed_at=now)
        self._objects[cloud_id] = made
        return self._shown(made, now)

    def _shown(self, each: _Object, now: float) -> Sighting:
        sighting = each.sighting
        if sighting.status:
            return sighting
        building, ready = _WORDS[sighting.kind]
        status = ready if now >= each.ready_at else building
        if sighting.kind is Kind.VOLUME and sighting.attached_to:
            status = "IN-USE"
        addresses = sighting.addresses
        if isinstance(each.spec, ServerSpec):
            ports = [self._objects.get(CloudId(port)) for port in each.spec.ports]
            addresses = tuple(a for port in ports if port for a in port.sighting.addresses)
        return msgspec.structs.replace(sighting, status=status, addresses=addresses)

    def _size(self, spec: Spec) -> int | None:
        if isinstance(spec, SnapshotSpec):
            found = self._objects.get(CloudId(spec.volume))
            if found is None:
                raise CloudRefused("no such volume", why=Refusal.NOT_FOUND, status=404)
            return found.sighting.size_gib
        if not isinstance(spec, VolumeSpec):
            return None
        for source in (spec.snapshot_id, spec.source_id):
            if source is not None and CloudId(source) not in self._objects:
                raise CloudRefused(f"no {source}", why=Refusal.NOT_FOUND, status=404)
        return spec.size_gib

    def _adopt(self, volume: CloudId, tag: Tag) -> Sighting:
        each = self._objects.get(volume)
        if each is None:
            raise CloudRefused("no such volume", why=Refusal.NOT_FOUND, status=404)
        if each.sighting.tag not in (None, tag):
            raise CloudRefused("belongs to another", why=Refusal.BAD_REQUEST)
        each.sighting = msgspec.structs.replace(each.sighting, tag=tag)
        return self._shown(each, self.clock.now())

    def _attach(self, spec: AttachmentSpec) -> Sighting:
        server, volume = CloudId(spec.server), CloudId(spec.volume)
        if server not in self._objects or volume not in self._objects:
            raise CloudRefused("no such server or volume", why=Refusal.NOT_FOUND, status=404)
        each = self._objects[volume]
        if set(each.sighting.attached_to) - {server}:
            raise CloudRefused("the volume is in-use", why=Refusal.CONFLICT, status=400)
        each.sighting = msgspec.structs.replace(each.sighting, attached_to=(server,))
        cloud_id = CloudId(f"{server}/{volume}")
        return Sighting(kind=Kind.ATTACHMENT, cloud_id=cloud_id, status="ATTACHED")

    def _end(self, kind: Kind, cloud_id: CloudId) -> bool:
        if kind is Kind.ATTACHMENT:
            server, _, volume = cloud_id.partition("/")
            each = self._objects.get(CloudId(volume))
            if each is None or server not in each.sighting.attached_to:
                return False
            if self.detaches:
                each.sighting = msgspec.structs.replace(each.sighting, attached_to=())
            return True
        found = self._objects.get(cloud_id)
        if found is None:
            return False
        if kind is Kind.VOLUME and found.sighting.attached_to:
            raise CloudRefused("the volume is in use", why=Refusal.CONFLICT, status=400)
        gone_at = self.clock.now() + self.end
        found.gone_at = min(gone_at, found.gone_at) if found.gone_at else gone_at
        return True

    def _remove(self, cloud_id: CloudId) -> None:
        gone = self._objects.pop(cloud_id)
        if gone.sighting.kind is Kind.SERVER:
            self._detach(cloud_id)
            at = gone.gone_at or self.clock.now()
            deleted = msgspec.structs.replace(gone.sighting, status="DELETED")
            self._deleted.append((at, deleted))

    def _detach(self, server: CloudId) -> None:
        for each in self._objects.values():
            held = tuple(one for one in each.sighting.attached_to if one != server)
            each.sighting = msgspec.structs.replace(each.sighting, attached_to=held)

    def _check_quota(self, kind: Kind) -> None:
        names = {Kind.SERVER: "servers", Kind.PORT: "ports", Kind.VOLUME: "volumes"}
        total = getattr(self.quota, names[kind]).total if kind in names else None
        if total is not None and len(self.alive(kind)) >= total:
            text = f"Quota exceeded for {names[kind]}: {total} of {total} in use"
            raise CloudRefused(text, why=Refusal.QUOTA, status=403, request_id="req-quota")


_WORDS = {
    Kind.SERVER: ("BUILD", "ACTIVE"),
    Kind.PORT: ("DOWN", "ACTIVE"),
    Kind.FLOATING_IP: ("DOWN", "ACTIVE"),
    Kind.VOLUME: ("CREATING", "AVAILABLE"),
    Kind.RECORD: ("SET", "SET"),
    Kind.SNAPSHOT: ("CREATING", "AVAILABLE"),
}
