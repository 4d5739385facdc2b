"""Whether a cloud has room for all nodes of a wish, as far as is known. Pure."""

from collections.abc import Container, Iterable, Sequence

from leasehold.engine.quota import NOTHING, Snapshot, Use, shortages, use_of
from leasehold.engine.reason import Reason
from leasehold.engine.row import Row, State


def claimed(rows: Iterable[Row], spares: Container[str]) -> Use:
    """What objects of ours count, those that are only planned yet included.

    Those of spares, whose leases are `spares`, do not: a spare is given to who asks, or gives way.
    """
    claims = (use_of(row.spec) for row in rows if _claims(row) and row.lease not in spares)
    return sum(claims, NOTHING)


def lacking(limits: Sequence[Snapshot], ours: Use, need: Use) -> tuple[Reason, ...]:
    """Each amount that is short for `need`; empty if nothing is known to be.

    With `Cause.QUOTA` it can never be had under these limits.
    """
    return tuple(short for each in limits for short in shortages(each, ours, need))


def _claims(row: Row) -> bool:
    if row.state is State.PLANNED:
        return not row.doomed and row.failure is None
    return row.state is not State.GONE
