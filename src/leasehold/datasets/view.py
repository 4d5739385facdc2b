"""What a decision about one dataset depends on, and what comes of it."""

import msgspec

from leasehold.datasets.book import AgentRow, DatasetRow, Fate, Heard
from leasehold.engine.cloud import ObjectId
from leasehold.engine.row import Row


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision about one dataset depends on."""

    now: float
    installation: str
    row: DatasetRow
    grace: float
    """Seconds that what was deleted or replaced is kept."""
    configured: bool = True
    """Whether its cloud is one of the configuration's."""
    volume: Row | None = None
    attachment: Row | None = None
    node: AgentRow | None = None
    """Where it should be."""
    holder: AgentRow | None = None
    """Whose server has it."""
    heard: Heard | None = None
    """What that agent said of it last."""
    fate: Fate | None = None
    """What became of the server that has it."""
    stranger: AgentRow | None = None
    """A node whose server has the volume, by the last listing."""
    snapshots: tuple[ObjectId, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    row: DatasetRow
    plan: tuple[Row, ...] = ()
    drop: tuple[ObjectId, ...] = ()
    grow: int | None = None
    """GiB that its volume shall have from now on."""
    ask: bool = False
    """The cloud should be asked what became of the server."""
    wake_at: float | None = None
