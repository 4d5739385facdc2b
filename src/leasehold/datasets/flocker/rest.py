"""Flocker's REST API v1 in terms of datasets: each call a method that answers a status and a body.

What is different, because there it hurt: a primary that no node has is refused (409) instead of being
waited for; so are a move and a deletion while a lease holds the dataset, instead of hanging without a
word; the containers' half of the API is not there.
"""

import hashlib
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
import structlog

from leasehold import __version__
from leasehold.datasets.agents import Agents
from leasehold.datasets.book import AgentRow, DatasetRow, HoldRow
from leasehold.datasets.commands import Commands
from leasehold.datasets.control import Control
from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetExists,
    DatasetHeld,
    DatasetRefused,
)
from leasehold.datasets.flocker.bodies import (
    ConfiguredDataset,
    Lease,
    Move,
    NewDataset,
    NewLease,
    Node,
    Refused,
    SeenDataset,
)
from leasehold.datasets.model import GIB, DatasetId, DatasetNode, DatasetState, DatasetWish
from leasehold.datasets.wish import ID, NAME

_log = structlog.get_logger()
T = TypeVar("T")

_Whole = list[tuple[ConfiguredDataset, HoldRow | None]]

SPOKEN = "1.15.0"
"""The release of Flocker whose API this is."""
NAME_KEY, PROFILE_KEY = "name", "clusterhq:flocker:profile"
FLOCKERS_PROFILES = frozenset({"gold", "silver", "bronze", "default"})
"""Those that every backend of Flocker had to take; its OpenStack one ignored them."""
HOLDER = "flocker:"
"""Begins the owner of a hold that came over this API, where anybody may renew and release it."""


def node_uuid(name: str) -> str:
    """The UUID by which a node is known here: its name if that is one, else one made from it."""
    try:
        return str(UUID(name))
    except ValueError:
        digest = hashlib.sha256(f"leasehold node {name}".encode()).digest()
        return str(UUID(bytes=digest[:16], version=4))


class Rest:
    """The calls. Thread-safe; each that changes something returns once it is durable."""

    def __init__(
        self, commands: Commands, agents: Agents, new_uuid: Callable[[], UUID] = uuid4
    ) -> None:
        self._commands = commands
        self._new_uuid = new_uuid
        self._agents = agents
        self._control: Control = commands.control

    # -- looking ---------------------------------------------------------------------------------

    def version(self) -> dict[str, str]:
        return {"flocker": SPOKEN, "leasehold": __version__}

    def datasets(self) -> tuple[list[ConfiguredDataset], str]:
        """All of them as they should be, those deleted until they are gone; and the tag of it all."""
        with self._control.lock:
            whole = self._whole()
        return [configured for configured, _ in whole], _tag(whole)

    def seen(self) -> list[SeenDataset]:
        """All that have a volume, as they are."""
        with self._control.lock:
            rows = [*self._control.shelf.datasets.values()]
        return [
            _seen(row)
            for row in rows
            if row.usable_at is not None and row.state is not DatasetState.GONE
        ]

    def leases(self) -> list[Lease]:
        with self._control.lock:
            rows = [*self._control.shelf.datasets.values()]
            now = self._control.clock.now()
        return [_lease(row, row.hold, now) for row in rows if row.hold and row.hold.is_on(now)]

    def nodes(self) -> list[Node]:
        """Those whose agents have reported lately."""
        return [
            Node(uuid=node_uuid(each.name), host=each.address or "")
            for each in self._agents.nodes()
            if each.online
        ]

    def node_of_era(self, era: str) -> dict[str, str]:
        """Raises `Refused` (404) while no agent has reported from that boot."""
        for each in self._agents.nodes():
            if each.era == era:
                return {"uuid": node_uuid(each.name)}
        raise Refused(404, "No node found with given era.")

    # -- changing --------------------------------------------------------------------------------

    def create(self, body: NewDataset, owner: str, tag: str | None) -> ConfiguredDataset:
        """Raises `Refused`: 409 for an id or a node that cannot be used, 412 for an old tag."""
        if body.deleted:
            raise Refused(400, "A dataset cannot be created as deleted.")

        def create() -> ConfiguredDataset:
            node = self._node(body.primary)
            dataset_id = DatasetId(str(body.dataset_id or self._new_uuid()))
            if dataset_id in self._control.shelf.datasets:
                raise Refused(409, "The provided dataset_id is already in use.")
            wish = DatasetWish(
                id=dataset_id,
                name=self._name(body, dataset_id),
                node=node.name,
                owner=owner,
                size_gib=-(-body.maximum_size // GIB) if body.maximum_size else None,
                profile=self._profile(body.metadata),
                metadata=body.metadata,
            )
            return self._configured(self._commands.create(wish).id)

        return self._changed(create, tag)

    def move(self, dataset: str, body: Move, tag: str | None) -> ConfiguredDataset:
        """Raises `Refused`: 404, 405 for a deleted one, 409, 412."""

        def move() -> ConfiguredDataset:
            row = self._found(dataset)
            if row.deleted_at is not None:
                raise Refused(405, "The dataset has been deleted.")
            if body.primary is not None:
                self._commands.move(row.id, self._node(body.primary).name)
            return self._configured(row.id)

        return self._changed(move, tag)

    def delete(self, dataset: str, tag: str | None) -> ConfiguredDataset:
        """Doing it twice does nothing more. Raises `Refused`: 404, 409, 412."""
        return self._changed(
            lambda: self._configured(self._commands.delete(self._found(dataset).id).id), tag
        )

    def acquire(self, body: NewLease, owner: str, tag: str | None) -> tuple[Lease, bool]:
        """The lease, and whether it is new. Raises `Refused`: 404, 409 for another node's, 412."""

        def acquire() -> tuple[Lease, bool]:
            row = self._found(str(body.dataset_id))
            node = self._node(body.node_uuid)
            now = self._control.clock.now()
            held = row.hold if row.hold and row.hold.is_on(now) else None
            if held is not None and held.node != node.name:
                raise Refused(409, "Lease already held.")
            until = None if body.expires is None else now + body.expires
            wanted = HoldRow(node=node.name, owner=HOLDER + owner, until=until)
            ours = held is not None and held.owner.startswith(HOLDER)
            self._commands.hold(row.id, wanted, force=ours)
            return _lease(row, wanted, now), held is None

        return self._changed(acquire, tag)

    def release(self, dataset: str, owner: str, tag: str | None) -> Lease:
        """Raises `Refused`: 404 if there is none, 409 if it was not made over this API, 412."""

        def release() -> Lease:
            row = self._control.shelf.datasets.get(DatasetId(dataset.lower()))
            now = self._control.clock.now()
            if row is None or row.hold is None or not row.hold.is_on(now):
                raise Refused(404, "Lease not found.")
            ours = row.hold.owner.startswith(HOLDER)
            self._commands.release(row.id, HOLDER + owner, force=ours)
            return _lease(row, row.hold, now)

        return self._changed(release, tag)

    def _changed(self, change: Callable[[], T], tag: str | None) -> T:
        """Do it if the configuration is still what the caller saw; nothing can come between."""
        with self._control.lock:
            if tag is not None and tag != _tag(self._whole()):
                raise Refused(
                    412, "The configuration is not the one of X-If-Configuration-Matches."
                )
            try:
                return change()
            except (DatasetExists, DatasetHeld, DatasetRefused) as error:
                raise Refused(409, str(error)) from None
            except BadDatasetWish as error:
                raise Refused(400, str(error)) from None

    def _found(self, dataset: str) -> DatasetRow:
        try:
            row = self._control.shelf.datasets[DatasetId(dataset.lower())]
        except KeyError:
            raise Refused(404, "Dataset not found.") from None
        return row

    def _node(self, wanted: UUID) -> AgentRow:
        for row in self._control.shelf.nodes.values():
            if node_uuid(row.name) == str(wanted):
                return row
        raise Refused(409, "The provided primary node is not part of the cluster.")

    def _name(self, body: NewDataset, dataset_id: DatasetId) -> str:
        """The one of the metadata, which Docker's plugin goes by, unless it is taken or no name."""
        name = body.metadata.get(NAME_KEY, "")
        is_name = NAME.fullmatch(name) and not ID.fullmatch(name)
        if is_name and self._control.shelf.named(name) is None:
            return name
        return f"flocker-{dataset_id}"

    def _profile(self, metadata: dict[str, str]) -> str | None:
        profile = metadata.get(PROFILE_KEY)
        if profile is None or profile in self._control.profiles:
            return profile
        if profile in FLOCKERS_PROFILES:
            _log.info("profile not configured, the default is used", profile=profile)
            return None
        raise Refused(
            400, f"There is no profile {profile!r}: a table [dataset_profiles.{profile}] makes one."
        )

    def _configured(self, dataset: DatasetId) -> ConfiguredDataset:
        return _configured(self._control.shelf.datasets[dataset])

    def _whole(self) -> _Whole:
        """Everything that the API configures."""
        return [(_configured(row), row.hold) for row in self._control.shelf.datasets.values()]


def _tag(whole: _Whole) -> str:
    """It changes when any of it does."""
    return hashlib.sha256(msgspec.json.encode(whole)).hexdigest()


def _configured(row: DatasetRow) -> ConfiguredDataset:
    named = {} if NAME_KEY in row.metadata else {NAME_KEY: row.name}
    return ConfiguredDataset(
        dataset_id=row.id,
        primary=_uuid(row.node),
        deleted=row.deleted_at is not None,
        metadata={**row.metadata, **named},
        maximum_size=row.size_gib * GIB,
    )


def _seen(row: DatasetRow) -> SeenDataset:
    seen = SeenDataset(dataset_id=row.id, maximum_size=row.size_gib * GIB)
    if row.state is not DatasetState.MOUNTED or row.attached_node is None or row.path is None:
        return seen
    return msgspec.structs.replace(seen, primary=node_uuid(row.attached_node), path=row.path)


def _lease(row: DatasetRow, hold: HoldRow, now: float) -> Lease:
    expires = None if hold.until is None else max(0.0, hold.until - now)
    return Lease(dataset_id=row.id, node_uuid=node_uuid(hold.node), expires=expires)


def _uuid(node: DatasetNode | None) -> str | None:
    return None if node is None else node_uuid(node)
