"""An engine over a cloud in memory, turned by hand; calls wait until the test lets them leave."""

import itertools
from pathlib import Path

from leasehold.engine.cloud import Kind, ObjectId, PortSpec, RecordSpec, ServerSpec, Spec
from leasehold.engine.engine import Engine
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.engine.row import KIND_OF, Row, State
from leasehold.engine.watch import Pace
from leasehold.store import Place
from leasehold.store.sqlite import SqliteFile
from tests.simulation.clock import HandClock
from tests.simulation.departures import Departures
from tests.simulation.disk import Disk


class World:
    """One engine, one cloud `c`, one name server `dns.lab`, one ledger."""

    def __init__(
        self,
        directory: Path,
        cloud: MemoryCloud | None = None,
        names: MemoryCloud | None = None,
        place: Place | None = None,
        history: float | None = None,
        **cloud_options: object,
    ) -> None:
        self.clock = cloud.clock if cloud else HandClock()
        self.cloud = cloud or MemoryCloud(self.clock, **cloud_options)
        self.name_server = names or MemoryCloud(self.clock)
        self.place = place or SqliteFile(path=directory / "ledger.db")
        self.calls = Departures()
        self._numbers = itertools.count(1)
        self.pace = Pace(calls_per_second=100, burst=100)
        self.history = history
        self.open()

    def open(self) -> None:
        self.database = Disk(self.place)
        self.engine = Engine(
            self.database,
            {"c": self.cloud},
            self.clock,
            name_servers={"dns.lab": self.name_server},
            spawn=self.calls,
            paces={"c": self.pace, "dns.lab": self.pace},
            history=self.history,
        )

    def crash(self, *, calls_arrive: bool = False) -> None:
        """End as `kill -9` would: answers and all memory are lost, the file stays."""
        if calls_arrive:
            self.calls.arrive()
        self.calls.lose()
        self.database.close()
        self.open()

    def plan(self, *specs: Spec, patience: float = 600.0) -> list[Row]:
        rows = [
            Row(
                id=ObjectId(f"{KIND_OF[type(spec)].value}-{next(self._numbers):04}"),
                cloud="dns.lab" if isinstance(spec, RecordSpec) else "c",
                spec=spec,
                subject="n1",
                created_at=self.clock.now(),
                since=self.clock.now(),
                patience=patience,
            )
            for spec in specs
        ]
        self.database.write(lambda connection: self.engine.plan(connection, rows)).result()()
        return rows

    def plan_server(self, name: str = "n1", **fields: object) -> tuple[Row, Row]:
        """A server on a port of its own."""
        (port,) = self.plan(PortSpec(name=name, network_id="net"))
        spec = ServerSpec(name=name, flavor_id="1", image_id="i", ports=(port.id,), **fields)
        (server,) = self.plan(spec)
        return port, server

    def drop(self, *rows: Row) -> None:
        ids = [row.id for row in rows]
        self.database.write(lambda connection: self.engine.drop(connection, ids)).result()()

    def turn(self) -> float:
        return self.engine.turn(self.engine.drain())

    def run(self, seconds: float) -> None:
        """Go on for a while of the world's own time."""
        end = self.clock.time + seconds
        while True:
            wake_at = self.turn()
            if self.calls.waiting:
                self.calls.arrive()
                continue
            if wake_at > end:
                self.clock.time = end
                return
            self.clock.time = max(wake_at, self.clock.time + 0.001)

    def row(self, row: Row) -> Row:
        return self.engine.ledger.rows[row.id]

    def state(self, row: Row) -> State:
        return self.row(row).state

    def names(self, kind: Kind) -> list[str]:
        return sorted(each.name for each in self.cloud.alive(kind))

    def leftovers(self) -> int:
        return sum(len(self.cloud.alive(kind)) for kind in Kind)
