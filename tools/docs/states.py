"""The page of states: diagrams of the tables that the code decides by."""

from enum import Enum

from tools.docs.markdown import code, sentence, table
from tools.docs.source import doc, members_of

from leasehold.engine.cloud import Kind
from leasehold.engine.row import State
from leasehold.engine.table import PROOFS, TABLE, USABLE_STATUS, Event
from leasehold.lab.model import LeaseState, NodeState

_ENDS = (State.GONE,)


def page() -> str:
    return f"""# States

Three things have a state: an object's row in the ledger, a node, and a lease. Each change of one is a
line of history: `leasehold show NODE` and `leasehold events` print it.

## An object in the ledger

One row stands for one server, port, floating IP, volume, snapshot, attachment or record. All kinds
share one table, `leasehold.engine.table.TABLE`; this diagram is drawn from it.

{diagram()}

{_members("state", State)}

{_members("event", Event)}

What counts as usable is the cloud's own word:

{table(("object", "words"), [(kind.value, _words(kind)) for kind in Kind])}

What counts as not there: so many complete listings in a row that lack it, each begun after our last
call for it had ended.

{table(("state", "listings"), [(code(state), str(count)) for state, count in PROOFS.items()])}

## A node

{sentence(doc(NodeState))}

{_members("state", NodeState)}

A node's state is not stored. It is derived from who holds the node, from its rows, and from what SSH
answered, so that it can never disagree with them.

## A lease

{sentence(doc(LeaseState))}

{_members("state", LeaseState)}

Why something is in its state is its reason; [Reasons](reasons.md) lists them.
"""


_PLAIN = {
    Event.USABLE.value: "The cloud says that it can be used.",
    NodeState.FREE.value: "Nobody holds it, and nothing of it is left in the cloud.",
    LeaseState.WAITING.value: "In the queue: there are not enough free nodes yet.",
    LeaseState.PREPARING.value: "It holds its nodes; they are on their way.",
    LeaseState.READY.value: "All of its nodes are ready; its time runs.",
    LeaseState.RELEASED.value: "Given back by its holder, or by force.",
    LeaseState.EXPIRED.value: "Its time was up.",
    LeaseState.FAILED.value: "It could not be made ready; the reason says why.",
}
"""Members whose name says it all in the code, but not to a reader of the page."""


def diagram() -> str:
    """The table of an object's states as a Mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.PLANNED}"]
    joined: dict[tuple[State, State], list[Event]] = {}
    for (before, event), after in TABLE.items():
        joined.setdefault((before, after), []).append(event)
    for (before, after), events in joined.items():
        lines.append(f"    {before} --> {after}: {' / '.join(events)}")
    lines += [f"    {state} --> [*]" for state in _ENDS]
    return "\n".join([*lines, "```"])


def _members(column: str, kind: type[Enum]) -> str:
    rows = [(code(name), sentence(text) or _PLAIN[name]) for name, text in members_of(kind)]
    return table((column, "meaning"), rows)


def _words(kind: Kind) -> str:
    return ", ".join(code(word) for word in sorted(USABLE_STATUS[kind]))
