"""A control side over a cloud in memory, with agents that keep the protocol's promises and can crash.

What an agent does is done on `Disks`, which know whether a volume was ever used in a way that loses
data; `check` says so.
"""

import itertools
from pathlib import Path

import msgspec

from leasehold.datasets.agents import Agents
from leasehold.datasets.commands import Commands
from leasehold.datasets.control import Control
from leasehold.datasets.model import Dataset, DatasetId, DatasetWish, Profile
from leasehold.datasets.protocol import Blank, DatasetReport, Order, Orders, Report, Want
from leasehold.engine.cloud import KEPT_KINDS, CloudId, Kind, ObjectId, VolumeSpec
from leasehold.engine.engine import Engine
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.engine.watch import Pace
from leasehold.store import Place
from leasehold.store.sqlite import SqliteFile
from tests.simulation.clock import HandClock
from tests.simulation.departures import Departures
from tests.simulation.disk import Disk


class Disks:
    """What is on the volumes: who wrote, and how often a filesystem was made."""

    def __init__(self) -> None:
        self.filesystems: dict[str, int] = {}
        self.mounted: dict[str, str] = {}
        """By volume: the server that has it mounted."""
        self.harm: list[str] = []


class SimulatedAgent:
    """The agent of one server. What it must not forget outlives a crash; mounts outlive it too."""

    def __init__(self, world: "DatasetWorld", node: str, server: str) -> None:
        self.world = world
        self.node = node
        self.server = server
        self.era = f"{server}-boot-1"
        self.alive = True
        self.busy = False
        self.users: tuple[str, ...] = ()
        self.obeyed: dict[DatasetId, Order] = {}
        """On disk."""

    @property
    def mounts(self) -> dict[str, str]:
        return self.world.disks.mounted

    def reboot(self) -> None:
        """The server starts anew: nothing is mounted, the disk is as it was."""
        self.let_go()
        number = int(self.era.rpartition("-")[2]) + 1
        self.era = f"{self.server}-boot-{number}"
        self.alive = True

    def let_go(self) -> None:
        for volume in [key for key, server in self.mounts.items() if server == self.server]:
            del self.mounts[volume]

    def poll(self, orders: Orders | None = None) -> None:
        """Report, obey, and report again what came of it."""
        if not self.alive:
            return
        orders = orders or self.report()
        self.obey(orders)
        self.report()

    def report(self) -> Orders:
        report = Report(
            server_id=self.server,
            era=self.era,
            version="1",
            sent_at=self.world.clock.now(),
            datasets=tuple(self._said(each) for each in self.obeyed.values()),
            obeys=self.world.control.installation,
        )
        return self.world.agents.report(self.node, report)

    def obey(self, orders: Orders) -> None:
        told = {each.dataset for each in orders.datasets}
        for order in orders.datasets:
            known = self.obeyed.get(order.dataset)
            if known is None or order.epoch >= known.epoch:
                self.obeyed[order.dataset] = order
                self._do(order)
        for dataset, order in [*self.obeyed.items()]:
            if dataset not in told and self.mounts.get(order.volume) != self.server:
                del self.obeyed[dataset]

    def _do(self, order: Order) -> None:
        world, volume = self.world, order.volume
        if order.want is Want.UNMOUNTED:
            if self.mounts.get(volume) == self.server and not self.busy:
                del self.mounts[volume]
            return
        if not self._has(volume):
            return
        if world.is_copy(volume):
            if order.format is not None:
                world.disks.harm.append(f"{volume} holds data of another, and may be formatted")
            world.disks.filesystems.setdefault(volume, 1)
        if volume not in world.disks.filesystems:
            if order.format is None:
                return
            world.disks.filesystems[volume] = 1
        by = self.mounts.get(volume)
        if by not in (None, self.server):
            world.disks.harm.append(f"{volume} is mounted by {by} and {self.server}")
        self.mounts[volume] = self.server

    def _has(self, volume: str) -> bool:
        return any(
            each.cloud_id == volume and self.server in each.attached_to
            for each in self.world.cloud.alive(Kind.VOLUME)
        )

    def _said(self, order: Order) -> DatasetReport:
        volume = order.volume
        mounted = self.mounts.get(volume) == self.server
        has = volume in self.world.disks.filesystems
        return DatasetReport(
            dataset=order.dataset,
            epoch=order.epoch,
            volume=volume,
            device="/dev/vdb" if self._has(volume) else None,
            blank=Blank.DATA if has else Blank.BLANK,
            filesystem="ext4" if has and self._has(volume) else None,
            mounted=f"/leasehold/{order.name}" if mounted else None,
            users=self.users if mounted else (),
            busy=("process 7 (postgres)",) if mounted and self.busy else (),
        )


class DatasetWorld:
    """One ledger, one cloud, a control side and nodes with agents."""

    def __init__(
        self,
        directory: Path,
        nodes: int = 2,
        *,
        place: Place | None = None,
        grace: float = 3600.0,
        **cloud_options: object,
    ) -> None:
        self.clock = HandClock()
        self.cloud = MemoryCloud(self.clock, **cloud_options)
        self.place = place or SqliteFile(path=directory / "ledger.db")
        self.disks = Disks()
        self.grace = grace
        self.calls = Departures()
        self._numbers = itertools.count(1)
        self.agent_of: dict[str, SimulatedAgent] = {}
        self.open()
        for number in range(1, nodes + 1):
            self.add_node(f"n{number}")

    def add_node(self, name: str) -> SimulatedAgent:
        server = self.cloud.add_foreign(Kind.SERVER, name)
        self.agents.register(name, f"sha256:{name}")
        agent = self.agent_of[name] = SimulatedAgent(self, name, server)
        return agent

    def open(self) -> None:
        self.database = Disk(self.place)
        self.control = Control(
            self.database,
            {"c": self.cloud},
            self.clock,
            profiles=(Profile(name="gold", volume_type="ssd", size_gib=5, filesystem="xfs"),),
            grace=self.grace,
            make_id=self._new_id,
            spawn=self.calls,
        )
        pace = Pace(calls_per_second=1000, burst=1000, calls_at_once=1000)
        self.engine = Engine(
            self.database,
            {"c": self.cloud},
            self.clock,
            spawn=self.calls,
            paces={"c": pace},
            kinds=KEPT_KINDS,
            on_change=self.control.heard_rows,
        )
        self.control.attach(self.engine)
        self.commands = Commands(self.control, self._new_uuid)
        self.agents = Agents(self.control, self.commands)

    def _new_id(self, kind: Kind) -> ObjectId:
        return ObjectId(f"{kind.value}-{next(self._numbers):06}")

    def _new_uuid(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012}"

    def crash(self, *, calls_arrive: bool = False) -> None:
        """The control side ends as by ``kill -9``: answers and memory are lost, the file stays."""
        if calls_arrive:
            self.calls.arrive()
        self.calls.lose()
        self.database.close()
        self.open()

    def turn(self) -> float:
        engine_at = self.engine.turn(self.engine.drain())
        return min(engine_at, self.control.turn())

    def run(self, seconds: float, *, poll: float = 5.0) -> None:
        """Go on for a while of the world's own time, with agents that hear of news."""
        end = self.clock.time + seconds
        heard: dict[str, int] = {}
        poll_at = self.clock.time
        while True:
            wake_at = self.turn()
            self.check()
            if self.calls.waiting:
                self.calls.arrive()
                continue
            due = self.clock.time >= poll_at
            for name, agent in self.agent_of.items():
                if agent.alive and (due or self.agents.orders(name).number != heard.get(name)):
                    agent.poll()
                    heard[name] = self.agents.orders(name).number
            self.check()
            if due:
                poll_at = self.clock.time + poll
                continue
            wake_at = min(wake_at, poll_at)
            if wake_at > end:
                self.clock.time = end
                return
            self.clock.time = max(wake_at, self.clock.time + 0.001)

    def check(self) -> None:
        """What must never be."""
        assert self.disks.harm == []
        for each in self.cloud.alive(Kind.VOLUME):
            assert len(each.attached_to) <= 1
            by = self.disks.mounted.get(each.cloud_id)
            if by is not None and self._runs(by):
                assert by in each.attached_to, f"{each.cloud_id} was taken from {by} while mounted"

    def is_copy(self, volume: str) -> bool:
        """Whether the cloud made it with data in it, or somebody else did."""
        spec = self.cloud._objects[CloudId(volume)].spec
        assert isinstance(spec, VolumeSpec)
        return bool(spec.snapshot_id or spec.source_id or not spec.keep)

    def _runs(self, server: str) -> bool:
        return any(
            each.cloud_id == server and each.status != "SHUTOFF"
            for each in self.cloud.alive(Kind.SERVER)
        )

    def kill(self, node: str) -> None:
        """The server of a node vanishes."""
        agent = self.agent_of[node]
        agent.alive = False
        agent.let_go()
        self.cloud.vanish(CloudId(agent.server))

    def create(self, name: str = "pg", node: str | None = "n1", **fields: object) -> Dataset:
        wish = DatasetWish(**({"name": name, "node": node, "size_gib": 10} | fields))
        return self.commands.create(wish)

    def show(self, name: str = "pg") -> Dataset:
        return self.commands.show(name)

    def volumes(self) -> list[str]:
        return [each.cloud_id for each in self.cloud.alive(Kind.VOLUME)]

    def change_row(self, name: str, **changes: object) -> None:
        """Play with what the ledger says, as an old copy of it would."""
        row = self.control.shelf.dataset(name)
        with self.control.lock:
            self.control.shelf.put(msgspec.structs.replace(row, **changes))
            self.control.stir((row.id,))
