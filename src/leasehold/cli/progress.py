"""How a lock comes along: a live display on a terminal, a line per change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from leasehold.cli.tables import STYLES, clean
from leasehold.lab.duration import format_duration
from leasehold.lab.model import Lease, LeaseState, NodeState

Show = Callable[[Lease], None]

_MOST_ROWS = 20
_WAY = (
    NodeState.INTENT,
    NodeState.BUILDING,
    NodeState.ADDRESSED,
    NodeState.REACHABLE,
    NodeState.READY,
)


@contextmanager
def showing(clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """Give a function to call with each new view of the lease, for as long as it is shown."""
    if sys.stderr.isatty():
        display = _Display(clock)
        with Live(display, console=Console(stderr=True), refresh_per_second=8):
            yield display.show
    else:
        yield _Lines(clock).show


class _Display:
    """A table that rich draws anew several times a second, so that the clocks run."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._lease: Lease | None = None
        self._since: dict[str, tuple[NodeState, float]] = {}

    def show(self, lease: Lease) -> None:
        now = self._clock()
        for node in lease.nodes:
            if self._since.get(node.name, (None, 0.0))[0] is not node.state:
                self._since[node.name] = (node.state, now)
        self._lease = lease

    def __rich__(self) -> RenderableType:
        now = self._clock()
        table = Table(box=None, pad_edge=False, show_header=False)
        lease = self._lease
        if lease is None:
            table.add_row(Text("asking ..."))
            return table
        ready = sum(node.state is NodeState.READY for node in lease.nodes)
        table.title = (
            f"{lease.id} {lease.state}: {ready} of {lease.count} {lease.machine_type} ready"
        )
        table.title_justify = "left"
        table.title_style = "bold"
        if not lease.nodes:
            table.add_row(Text(waiting(lease)), Text(format_duration(now - self._began)))
        # Of many the ones still on their way are the news.
        nodes = sorted(lease.nodes, key=lambda node: node.state is NodeState.READY)
        shown = lease.nodes if len(nodes) <= _MOST_ROWS else nodes[:_MOST_ROWS]
        for node in shown:
            ended = self._since[node.name][1] if node.state is NodeState.READY else now
            table.add_row(
                Text(node.name, style="bold"),
                way(node.state),
                Text(format_duration(ended - self._began), justify="right"),
                Text(clean(str(node.reason or node.address or "")), style="dim"),
            )
        if len(shown) < len(nodes):
            table.add_row(Text(f"and {len(nodes) - len(shown)} more"))
        return table


class _Lines:
    """One line for each thing that changed, with the seconds since the start."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._told: dict[str, str] = {}

    def show(self, lease: Lease) -> None:
        if lease.state is LeaseState.WAITING:
            self._tell(lease.id, waiting(lease))
        for node in lease.nodes:
            why = f": {node.reason}" if node.reason else ""
            self._tell(node.name, f"{node.state}{why}")

    def _tell(self, what: str, words: str) -> None:
        if self._told.get(what) != words:
            self._told[what] = words
            elapsed = self._clock() - self._began
            print(f"{elapsed:6.1f}s  {what}  {clean(words)}", file=sys.stderr, flush=True)


def waiting(lease: Lease) -> str:
    """Why a lease has no nodes yet."""
    place = f"place {lease.position} in the queue" if lease.position else str(lease.state)
    blocks = "; ".join(str(each) for each in lease.blocks) or str(lease.reason or "")
    return f"{place}: {blocks}" if blocks else place


def way(state: NodeState) -> Text:
    """The five steps to READY, those behind it filled, and the word for where it is."""
    done = _WAY.index(state) + 1 if state in _WAY else 0
    text = Text("━" * (3 * done), style="green" if state is NodeState.READY else "yellow")
    text.append("━" * (3 * (len(_WAY) - done)), style="bright_black")
    text.append(f" {state.value:<9}", style=STYLES.get(state.value, ""))
    return text
