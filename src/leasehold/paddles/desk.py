"""The desk: does for a client of paddles what it asks, by the lab's own means.

What a request looks at and what it does happens under the lab's lock, in one go; the answer is written
then, and sent when the ledger has kept it. All this is in the event loop: a lock takes less time than
the way to another thread and back. What has to be read from the ledger is read before, in a thread.
"""

import asyncio
from collections.abc import Iterable
from itertools import islice

import msgspec
from msgspec import UNSET

from leasehold.lab.config import PaddlesConfig
from leasehold.lab.duration import parse_duration
from leasehold.lab.lab import Lab
from leasehold.lab.model import LeaseId, NodeName, Wish
from leasehold.lab.node_row import NodeChange, NodeRow, Want
from leasehold.lab.prompt import Entry, Prompt
from leasehold.paddles.bodies import UNTYPED, LockChange, LockMany, NodeBody, UnlockMany
from leasehold.paddles.cards import NOBODY, Cards, LockCard, description, holder
from leasehold.paddles.filters import Filter
from leasehold.paddles.names import Names
from leasehold.paddles.pending import Gone, Pending
from leasehold.paddles.rules import Deed, Standing, judge
from leasehold.paddles.waiting import kept
from leasehold.paddles.web import Refused

BY = "a client of paddles"
"""Who changed a node, in its history: paddles does not ask."""


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    lease: LeaseId
    nodes: bytes
    """A JSON array of them, whole."""


class Desk:
    """One lab for clients of paddles. Lives in one event loop."""

    def __init__(self, lab: Lab, config: PaddlesConfig) -> None:
        self._lab = lab
        self._names = Names(config.domain)
        self._cards = Cards(self._names)
        self._pending = Pending(lab, float(parse_duration(config.patience)))

    def close(self) -> None:
        """Have nobody wait any more: the service stops. Call it in the event loop."""
        self._pending.close()

    # -- looking ---------------------------------------------------------------------------------

    def nodes(self, asked: Filter) -> bytes:
        """A JSON array of the nodes that pass a filter."""
        types = None if asked.machine_types is None else sorted(asked.machine_types)
        with self._lab.promptly() as lab:
            found = (entry for entry in lab.entries(types) if _passes(entry, asked))
            return self._cards.list(lab, islice(found, asked.count))

    def node(self, name: str) -> bytes:
        """A whole node in JSON. Raises `Refused`, 404."""
        with self._lab.promptly() as lab:
            return self._cards.whole(lab, self._entry(lab, name))

    def demand(self, name: str, message: str = "node not found") -> None:
        """Raise `Refused`, 404, if there is no such node."""
        with self._lab.promptly() as lab:
            self._entry(lab, name, message)

    def machine_types(self) -> list[str]:
        with self._lab.promptly() as lab:
            return sorted({row.machine_type for row in lab.rows()} - {UNTYPED})

    # -- nodes -----------------------------------------------------------------------------------

    async def create(self, name: NodeName, body: NodeBody) -> None:
        """Register a node, locked if so asked, then even without an owner. Raises `Refused`."""
        lock = body.lock
        said = None if lock.description is UNSET else lock.description
        new = NodeRow(name=name, machine_type=UNTYPED, up=False, description=said)
        row = body.change.applied_to(new)
        with self._lab.promptly() as lab:
            if self._names.find(lab, name) is not None:
                raise Refused(400, f"Node with name {name} already exists")
            _check_host(lab, row)
            if lab.has_server(row.machine_type):
                if lock.locked:
                    raise Refused(400, "a node in a cloud is registered first, and locked then")
                row = msgspec.structs.replace(row, name=self._names.short(name))
            if lock.locked:
                owner, purpose = _for_whom(row, lock)
                lab.register_taken(row, by=BY, owner=owner, purpose=purpose)
            else:
                lab.register_nodes([row], by=BY, new_types=True)
            durable = lab.kept
        await kept(durable)

    async def update(self, name: str, body: NodeBody, gone: Gone) -> LockCard:
        """Change a node, and its lock by the rules: both, or nothing.

        A lock that is more than a word, as of a node in a cloud, is waited for. Raises `Refused`.
        """
        if body.lock.locked is False:
            await self._recall((name,))
        with self._lab.promptly() as lab:
            entry = self._entry(lab, name)
            row = entry.row
            deed = judge(body.lock, self._standing(lab, entry))
            change = _change_of(entry, deed, body)
            if body.change.vm_host is not UNSET:
                _check_host(lab, change.applied_to(row))
            waits = deed is Deed.LOCK and not _is_at_hand(lab, row, change)
            if not waits:
                self._change(lab, row, change, deed, body.lock)
                card = self._card(lab, row.name)
                durable = lab.kept
            else:
                wish = _wish(row, body, in_cloud=lab.has_server(row.machine_type))
        if waits:
            await self._pending.lock(wish, gone)
            with self._lab.promptly() as lab:
                self._change(lab, row, change, Deed.NOTHING, LockChange())
                card = self._card(lab, row.name)
                durable = lab.kept
        await kept(durable)
        return card

    async def delete(self, name: str) -> None:
        """Have a node no more; who holds it, holds it no more either. Raises `Refused`."""
        with self._lab.promptly() as lab:
            entry = self._entry(lab, name)
            if entry.lease is not None:
                lab.unlock([entry.row.name], owner=BY, force=True)
            lab.remove_nodes([entry.row.name], by=BY)
            self._cards.forget(entry.row.name)
            durable = lab.kept
        await kept(durable)

    # -- many at once ----------------------------------------------------------------------------

    async def lock_many(self, asked: LockMany, gone: Gone) -> Locked:
        """Lock nodes, all or none, and show them whole; those in a cloud when they are ready.

        Who hangs up before the answer holds nothing. Raises `Refused`, 503, if there are not enough,
        or if the cloud does not have what they are made of.
        """
        want = Want(os_type=asked.os_type, os_version=asked.os_version, arch=asked.arch)
        purpose = asked.description or ""
        with self._lab.promptly() as lab:
            free = lab.count_free(asked.machine_types, want)
            if free < asked.count:
                raise Refused(503, f"only {free} nodes available")
            instant = lab.is_instant(asked.machine_types)
            if instant:
                rows = lab.find_free(asked.machine_types, want, asked.count)
                lease = lab.take(rows, owner=asked.locked_by, purpose=purpose).id
                body = self._cards.list(lab, lab.held_by(lease))
                durable = lab.kept
        if instant:
            await self._pending.keep(lease, durable, gone)
            return Locked(lease=lease, nodes=body)
        wish = Wish(
            machine_type="|".join(asked.machine_types),
            count=asked.count,
            os_type=asked.os_type,
            os_version=asked.os_version,
            arch=asked.arch,
            owner=asked.locked_by,
            purpose=purpose,
            wait=False,
        )
        lease = await self._pending.lock(wish, gone)
        with self._lab.promptly() as lab:
            return Locked(lease=lease, nodes=self._cards.list(lab, lab.held_by(lease)))

    async def unlock_many(self, asked: UnlockMany) -> list[LockCard]:
        """Give nodes back, all or none. Raises `Refused`."""
        await self._recall(asked.names)
        with self._lab.promptly() as lab:
            found = [self._names.find(lab, name) for name in asked.names]
            entries = [entry for entry in found if entry is not None]
            if len(entries) < len(found):
                raise Refused(400, "Could not find all nodes!")
            lock = LockChange(locked=False, locked_by=asked.locked_by)
            going = [
                entry.row.name
                for entry in entries
                if judge(lock, self._standing(lab, entry)) is Deed.UNLOCK
            ]
            if going:
                lab.unlock(going, owner=asked.locked_by)
            cards = [self._card(lab, entry.row.name) for entry in entries]
            durable = lab.kept
        await kept(durable)
        return cards

    # -- inside ----------------------------------------------------------------------------------

    def _entry(self, lab: Prompt, name: str, message: str = "node not found") -> Entry:
        entry = self._names.find(lab, name)
        if entry is None:
            raise Refused(404, message)
        return entry

    def _card(self, lab: Prompt, name: NodeName) -> LockCard:
        return self._cards.lock(self._entry(lab, name))

    async def _recall(self, names: Iterable[str]) -> None:
        """Have the lab know who gave these nodes back last, where they are free."""
        with self._lab.promptly() as lab:
            found = [self._names.find(lab, name) for name in names]
            free = [each.row.name for each in found if each is not None and each.lease is None]
            unknown = [name for name in free if not lab.knows_last_holder(name)]
        if unknown:
            await asyncio.to_thread(self._lab.recall, unknown)

    def _standing(self, lab: Prompt, entry: Entry) -> Standing:
        if entry.lease is not None:
            by = holder(entry)
            return Standing(locked=True, locked_by=by, description=description(entry))
        last = lab.last_holder(entry.row.name)
        return Standing(
            locked=False,
            description=description(entry),
            last_by=last.owner if last else None,
            last_description=last.purpose if last else None,
        )

    def _change(
        self, lab: Prompt, row: NodeRow, change: NodeChange, deed: Deed, lock: LockChange
    ) -> None:
        """Change a node and its lock, in an order in which nobody who waits comes between."""
        name, moves = row.name, change.applied_to(row).machine_type != row.machine_type
        if deed is Deed.LOCK and not moves:
            self._turn_key(lab, self._entry(lab, name), deed, lock)
        if change != NodeChange():
            lab.change_nodes([name], change, by=BY, new_types=True)
        if deed is not Deed.LOCK or moves:
            self._turn_key(lab, self._entry(lab, name), deed, lock)

    def _turn_key(self, lab: Prompt, entry: Entry, deed: Deed, lock: LockChange) -> None:
        name = entry.row.name
        said = lock.description
        if deed is Deed.LOCK:
            owner, purpose = _for_whom(entry.row, lock)
            lab.take([entry.row], owner=owner, purpose=purpose)
        elif deed is Deed.UNLOCK:
            lab.unlock([name], owner=lock.locked_by or None)
        elif entry.lease is not None and said is not UNSET and said != description(entry):
            lab.describe_hold(name, said or "")


def _passes(entry: Entry, asked: Filter) -> bool:
    row = entry.row
    return (
        asked.locked in (None, entry.lease is not None)
        and asked.up in (None, row.up)
        and asked.os_type in (None, row.os_type)
        and asked.os_version in (None, row.os_version)
        and (asked.locked_by is None or asked.locked_by == holder(entry))
    )


def _change_of(entry: Entry, deed: Deed, body: NodeBody) -> NodeChange:
    """What changes about the node itself: what is said of a held one is said of its lock."""
    said = body.lock.description
    if said is UNSET or entry.lease is not None or deed is Deed.LOCK:
        return body.change
    return msgspec.structs.replace(body.change, description=said)


def _is_at_hand(lab: Prompt, row: NodeRow, change: NodeChange) -> bool:
    """Whether a node, as it is and as it will be, can be locked by a word.

    Raises `Refused` if it shall be of another machine type and cannot.
    """
    machine_type = change.applied_to(row).machine_type
    if machine_type == row.machine_type:
        return lab.is_at_hand(row)
    if lab.is_at_hand(row) and lab.is_instant((machine_type,)):
        return True
    raise Refused(400, "a node is moved to another machine type first, and locked then")


def _wish(row: NodeRow, body: NodeBody, *, in_cloud: bool) -> Wish:
    """The wish for a lock of one node. What it shall run is a question to a cloud alone."""
    owner, purpose = _for_whom(row, body.lock)
    keys = ("os_type", "os_version", "arch") if in_cloud else ()
    asked = {key: getattr(body.change, key) for key in keys}
    return Wish(
        machine_type=row.machine_type,
        nodes=(row.name,),
        owner=owner,
        purpose=purpose,
        wait=False,
        **{key: value for key, value in asked.items() if value is not UNSET},
    )


def _check_host(lab: Prompt, row: NodeRow) -> None:
    """Raise `Refused` for a host that is not there, or stands on its own guest."""
    if row.vm_host is None:
        return
    above, seen = lab.entry(NodeName(row.vm_host)), {row.name}
    if above is None:
        raise Refused(400, f"vm_host: there is no node {row.vm_host}")
    while above is not None:
        if above.row.name in seen:
            raise Refused(400, f"vm_host: {row.name} would be its own host")
        seen.add(above.row.name)
        above = lab.entry(NodeName(above.row.vm_host)) if above.row.vm_host else None


def _for_whom(row: NodeRow, lock: LockChange) -> tuple[str, str]:
    """Owner and purpose of a lock; left out, what was said of the node goes on to be said."""
    said = row.description if lock.description is UNSET else lock.description
    return lock.locked_by or NOBODY, said or ""
