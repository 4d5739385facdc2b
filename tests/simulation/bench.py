"""A lab over a cloud in memory, turned by hand: no sockets, no threads but the writer's."""

from collections.abc import Collection, Mapping
from pathlib import Path

from leasehold.engine.cloud import Flavor, Image, Kind, Network, Offers
from leasehold.engine.engine import Engine
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.engine.reason import Cause, Reason
from leasehold.engine.row import Row, State
from leasehold.engine.stock import Stock
from leasehold.engine.watch import Pace
from leasehold.lab.config import (
    CloudConfig,
    Config,
    DnsConfig,
    LimitsConfig,
    MachineTypeConfig,
    ServiceConfig,
)
from leasehold.lab.lab import Lab
from leasehold.lab.model import Lease, Wish
from leasehold.lab.prober import Checkup, Finding, Target
from leasehold.lab.steward import Steward
from leasehold.store import Database, Place
from leasehold.store.sqlite import SqliteFile
from tests.simulation.clock import HandClock
from tests.simulation.departures import Departures
from tests.simulation.disk import Disk

OFFERS = Offers(
    images=(Image(id="i1", name="debian-12"), Image(id="i2", name="ubuntu-22.04")),
    flavors=(Flavor(id="f1", name="small", cores=1, ram_mib=512, disk_gib=5),),
    networks=(Network(id="n1", name="lab"), Network(id="n2", name="public", external=True)),
)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFF0dGB2QjkRVqXmjEOMzZMJjLJkqDD2Bc4gfpsRXPbD test"


DOMAIN = DnsConfig(domain="lab.test", key_file="lab.key", reverse_zones=("10.in-addr.arpa",))


class FakeProber:
    """Records what it is asked to look at; the test plays the answers."""

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.checks: dict[str, Target] = {}

    def check(self, targets: Collection[Target]) -> None:
        self.checks |= {target.node: target for target in targets}

    def look_at(self, targets: Collection[Target]) -> None:
        self.targets = {target.node: target for target in targets}

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Bench:
    """A lab with the machine type `demo` (and `types`), its cloud, and a name server.

    That one is for who sets ``dns="lab"``.
    """

    def __init__(
        self,
        directory: Path,
        cloud: MemoryCloud | None = None,
        names: MemoryCloud | None = None,
        place: Place | None = None,
        types: Mapping[str, MachineTypeConfig] | None = None,
        limits: LimitsConfig | None = None,
        **recipe: object,
    ) -> None:
        fields = {"cloud": "c", "image": "debian-12", "nodes": 4, "ready": "active"} | recipe
        self.place = place or SqliteFile(path=directory / "ledger.db")
        self.config = Config(
            path=directory / "leasehold.toml",
            service=ServiceConfig(),
            clouds={"c": CloudConfig()},
            machine_types={"demo": MachineTypeConfig(**fields), **(types or {})},
            dns={"lab": DOMAIN},
            limits=limits or LimitsConfig(),
        )
        self.clock = cloud.clock if cloud else HandClock()
        self.cloud = cloud or MemoryCloud(self.clock, boot=10, end=5, offers=OFFERS)
        self.name_server = names or MemoryCloud(self.clock)
        self.calls = Departures()
        self.pace = Pace(calls_per_second=100, burst=100)
        self.open()

    def open(self, *, stocked: bool = True) -> None:
        """Open the lab; not `stocked`, it has yet to hear what the cloud offers."""
        clouds = {"c": self.cloud}
        self.database = Disk(self.place)
        self.stock = Stock(clouds)
        if stocked:
            self.stock.use("c", lambda offers: offers)
        self.steward = Steward(self.database, self.config, self.stock, self.clock, KEY)
        self.prober = FakeProber()
        self.steward.aim.look_at = self.prober.look_at
        self.steward.check = self.prober.check
        self.engine = Engine(
            self.database,
            clouds,
            self.clock,
            on_change=self.steward.heard_rows,
            spawn=self.calls,
            name_servers={"dns.lab": self.name_server},
            paces={"c": self.pace, "dns.lab": self.pace},
        )
        self.steward.attach(self.engine)
        self.lab = Lab(self.steward, self.engine, self.prober)

    def restart(self, *, calls_arrive: bool = False, stocked: bool = True) -> None:
        """End as `kill -9` would: answers and all memory are lost, the file stays."""
        if calls_arrive:
            self.calls.arrive()
        self.calls.lose()
        self.database.close()
        self.open(stocked=stocked)

    def lock(self, count: int = 1, **fields: object) -> Lease:
        wish = {"machine_type": "demo", "count": count, "owner": "ann", "purpose": "try"} | fields
        return self.lab.lock(Wish(**wish))

    def turn(self) -> float:
        """One turn of the lab and one of the engine; returns when time alone needs the next."""
        with self.steward.lock:
            if self.steward.wake_at <= self.clock.time:
                self.steward.wake()
        wake_at = self.engine.turn(self.engine.drain())
        self.flush()
        return min(wake_at, self.steward.wake_at)

    def flush(self) -> None:
        """Wait until every write that is queued has ended, and whoever it concerns was told."""
        Database.write(self.database, lambda _: None).result()

    def run(self, seconds: float) -> None:
        """Go on for a while of the lab's own time."""
        end = self.clock.time + seconds
        while True:
            wake_at = self.turn()
            news = self.engine.drain()
            if news:
                self.engine.turn(news)
            elif self.calls.waiting:
                self.calls.arrive()
            elif wake_at > end:
                self.clock.time = end
                return
            else:
                self.clock.time = max(wake_at, self.clock.time + 0.001)

    def answer_ssh(
        self, node: str, *, ready: bool = False, host_key: str = "ssh-ed25519 AAAA"
    ) -> None:
        target = self.prober.targets[node]
        self.steward.heard_finding(
            Finding(node=node, server=target.server, host_key=host_key, ready=ready)
        )

    def answer_check(self, node: str, trouble: str | None = None) -> None:
        """The health check of a node ends: it is well, or there is trouble."""
        target = self.prober.checks.pop(node)
        reason = Reason(cause=Cause.NO_ANSWER, text=trouble) if trouble else None
        self.steward.heard_checkup(Checkup(node=node, server=target.server, reason=reason))

    def records(self) -> list[str]:
        """Each name that is set, with its type."""
        there = self.name_server.alive(Kind.RECORD)
        return sorted(" ".join(each.cloud_id.split(" ")[:2]) for each in there)

    def rows(self, kind: Kind) -> list[Row]:
        """What the ledger has of a kind and is not gone."""
        rows = self.engine.ledger.rows.values()
        return [row for row in rows if row.kind is kind and row.state is not State.GONE]

    def servers(self) -> list[str]:
        return sorted(each.name for each in self.cloud.alive(Kind.SERVER))
