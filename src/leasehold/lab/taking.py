"""Taking nodes that are always there, and that nobody has to wait for: the lease is ready at once."""

import secrets
from collections.abc import Mapping, Sequence

from leasehold.lab.book import LeaseRow
from leasehold.lab.memory import BARE, Memory
from leasehold.lab.model import LeaseId, LeaseState, NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.planner import fixed_hold


def new_lease_id() -> LeaseId:
    return LeaseId(f"lease-{secrets.token_hex(5)}")


def take(
    memory: Memory,
    rows: Sequence[NodeRow],
    *,
    owner: str,
    purpose: str,
    since: Mapping[NodeName, float] | None = None,
) -> LeaseRow:
    """Lease these free nodes without end, whatever their condition; no proof is asked for.

    `since` says when each was locked (Unix seconds), if not now. Call it with the lab's lock in hand,
    and let it turn.
    """
    now = memory.clock.now()
    since = since or dict.fromkeys((row.name for row in rows), now)
    began = min(since.values())
    memory.epoch += 1
    lease = LeaseRow(
        id=new_lease_id(),
        epoch=memory.epoch,
        machine_type="|".join(dict.fromkeys(row.machine_type for row in rows)),
        count=len(rows),
        owner=owner,
        purpose=purpose,
        key=None,
        public_keys=(),
        seconds=None,
        nodes=tuple(row.name for row in rows),
        state=LeaseState.READY,
        created_at=began,
        ready_at=began,
    )
    memory.book.put(lease)
    memory.journal.draft.add_lease(lease)
    memory.note(lease.state.value, now, lease=lease.id)
    for row in rows:
        hold = fixed_hold(lease, row, BARE, since[row.name])
        memory.journal.draft.add_hold(hold)
        memory.book.hold(hold)
        memory.touch(row.name)
    return lease
