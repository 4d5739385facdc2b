"""The pages' HTML: everything that is not ours to trust is escaped by the templates."""

from collections.abc import Mapping
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from leasehold import __version__
from leasehold.datasets.model import DatasetState
from leasehold.engine.decide import moment
from leasehold.lab.advice import ADVICE
from leasehold.lab.duration import format_duration
from leasehold.lab.model import Lease, NodeState
from leasehold.lab.rights import Right


class Html:
    """Renders pages from the templates beside this package."""

    def __init__(self, *, datasets: bool = False) -> None:
        """`datasets`: whether there is a view of them to go to."""
        environment = Environment(
            loader=PackageLoader("leasehold.service"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        globals_: Mapping[str, object] = {
            "version": __version__,
            "Right": Right,
            "advice": {cause: text.replace("`", "") for cause, text in ADVICE.items()},
            "datasets_on": datasets,
            "dataset_states": [state.value for state in DatasetState],
            "states": [state.value for state in NodeState],
        }
        environment.globals.update(globals_)
        environment.filters["clock"] = _clock
        environment.filters["moment"] = moment
        environment.filters["ready"] = _ready
        environment.filters["duration"] = format_duration
        environment.filters["words"] = _words
        self._environment = environment

    def page(self, name: str, **values: object) -> str:
        """A whole page, or a part of one."""
        return self._environment.get_template(name).render(**values)


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _ready(lease: Lease) -> int:
    return sum(node.state is NodeState.READY for node in lease.nodes)


def _words(name: str) -> str:
    """A field's name as people read it: ``volume_gib`` is ``volume GiB``."""
    return name.replace("_", " ").replace(" gib", " GiB").replace(" mib", " MiB")
