"""Datasets as the application has them: their control side, and who waits for its news."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from leasehold.datasets.agents import Agents
from leasehold.datasets.commands import Commands
from leasehold.datasets.control import Control
from leasehold.datasets.errors import DatasetError
from leasehold.datasets.model import Profile
from leasehold.lab.config import Config
from leasehold.lab.duration import parse_duration
from leasehold.lab.lab import Lab
from leasehold.lab.neighbour import MakeNeighbour


class DatasetsOff(DatasetError):
    """The configuration says nothing of datasets."""

    def __init__(self) -> None:
        super().__init__(
            "there are no datasets here: put a table [datasets] into leasehold.toml, which may be"
            " empty, and start the service anew"
        )


def control_for(config: Config) -> MakeNeighbour | None:
    """What makes the control side that a configuration asks for; None if it asks for none."""
    settings = config.datasets
    if settings is None:
        return None
    profiles = [
        Profile(
            name=name,
            cloud=each.cloud,
            volume_type=each.volume_type,
            size_gib=each.size_gib,
            filesystem=each.filesystem,
            availability_zone=each.availability_zone,
        )
        for name, each in config.dataset_profiles.items()
    ]
    grace = parse_duration(settings.grace)
    return lambda database, clouds, clock: Control(
        database, clouds, clock, profiles=profiles, grace=grace
    )


class Datasets:
    """The control side, and one subscription to it for all who wait over HTTP.

    Lives in one event loop: `open` it there, `close` it before the loop ends.
    """

    def __init__(self, control: Control) -> None:
        self.control = control
        self.commands = Commands(control)
        self.agents = Agents(control, self.commands)
        self._moved = asyncio.Event()
        self._closed = False
        self._unsubscribe: Callable[[], None] = lambda: None
        self._then: Callable[[], None] = lambda: None

    def open(self, then: Callable[[], None]) -> None:
        """Begin to listen; `then` is called in the loop after each change."""
        self._then = then
        loop = asyncio.get_running_loop()

        def ring() -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended a moment ago: nobody listens
                loop.call_soon_threadsafe(self._ring)

        self._unsubscribe = self.control.subscribe(ring)

    def close(self) -> None:
        """End every wait."""
        self._closed = True
        self._ring()
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def _ring(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        self._then()

    async def news(self, seconds: float) -> AsyncIterator[None]:
        """Yield at once, then after each change, for so many seconds; ends with the application."""
        ends = asyncio.get_running_loop().time() + seconds
        while True:
            moved = self._moved
            yield
            left = ends - asyncio.get_running_loop().time()
            if self._closed or left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), left)


def datasets_of(lab: Lab) -> Datasets | None:
    """Those of a lab that was opened with `control_for`."""
    control = lab.neighbour
    return Datasets(control) if isinstance(control, Control) else None


@contextlib.asynccontextmanager
async def listening(datasets: Datasets | None, then: Callable[[], None]) -> AsyncIterator[None]:
    """Keep them open for the duration of a block; `then` is called after each change."""
    if datasets is None:
        yield
        return
    datasets.open(then)
    try:
        yield
    finally:
        datasets.close()
