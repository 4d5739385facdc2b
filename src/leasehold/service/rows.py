"""The pages' HTML: everything that is not ours to trust is escaped by the templates."""

from collections.abc import Sequence
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from leasehold import __version__
from leasehold.lab.model import Event, Lease, MachineType, Node, NodeState


class Rows:
    """Renders pages, and single rows of them, from the templates beside this module."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader("leasehold.service"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["version"] = __version__
        environment.filters["clock"] = _clock
        environment.filters["ready"] = _ready
        self._environment = environment
        self._macros = environment.get_template("rows.html").module

    @staticmethod
    def id_of(shown: Node | Lease) -> str:
        """The element's id: unique on the page, whatever the name holds."""
        return f"node:{shown.name}" if isinstance(shown, Node) else f"lease:{shown.id}"

    def node(self, node: Node) -> str:
        """One row of the table of nodes."""
        return self._macro("node_row", node)

    def lease(self, lease: Lease) -> str:
        """One row of the table of leases."""
        return self._macro("lease_row", lease)

    def event(self, event: Event) -> str:
        """One line of the recent events."""
        return self._macro("event_line", event)

    def summary(self, machine_types: Sequence[MachineType]) -> str:
        """How much of each machine type is free."""
        return self._macro("summary", machine_types)

    def page(self, name: str, **values: object) -> str:
        """A whole page."""
        return self._environment.get_template(name).render(**values)

    def _macro(self, name: str, value: object) -> str:
        return str(getattr(self._macros, name)(value))


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _ready(lease: Lease) -> int:
    return sum(node.state is NodeState.READY for node in lease.nodes)
