"""Thousands of lives in bad weather on the simulated clock, and what is left of them: nothing.

python -m tests.simulation.soak 10000
"""

import random
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec

from leasehold.engine.clock import Clock
from leasehold.engine.cloud import (
    CloudBusy,
    CloudError,
    CloudId,
    CloudRefused,
    CloudUnsure,
    Kind,
    Listing,
    Refusal,
    Sighting,
    Spec,
    Tag,
)
from leasehold.lab.config import VolumeConfig
from leasehold.lab.model import LeaseId, LeaseState
from tests.simulation.bench import OFFERS, Bench
from tests.simulation.clock import HandClock
from tests.simulation.departures import Hang
from tests.simulation.storm import Storm

NODES = 24
PATIENCE = {"boot_patience": "2m", "ready_patience": "2m", "queue_patience": "1h"}
CALM = 3600.0
"""Seconds of good weather in the end: two audits of an idle cloud, and then some."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    lives: int
    """Nodes that were locked and given back, or whose lease ended in some other way."""
    ready: int
    faults: int
    crashes: int
    calls: int
    simulated_seconds: float
    leaks: tuple[str, ...]
    """What is still in the cloud and not the neighbours'."""
    wrong_deletes: tuple[str, ...]
    """Objects of the neighbours that were asked to be deleted."""

    def __str__(self) -> str:
        return (
            f"{self.lives} lives ({self.ready} ready), {self.faults} faults, {self.crashes} crashes, "
            f"{self.calls} calls in {self.simulated_seconds / 3600:.1f} simulated hours: "
            f"{len(self.leaks)} leaks, {len(self.wrong_deletes)} wrong deletes"
        )


class Unlucky(Storm):
    """A cloud of which each call may go wrong, before or after its effect."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        super().__init__(clock, offers=OFFERS)
        self.chance = chance
        self.calm = False
        self.happened: Counter[str] = Counter()

    def _unlucky(self, share: float, what: str) -> bool:
        happens = not self.calm and self.chance.random() < share
        self.happened[what] += happens
        return happens

    def _before(self, *, may_hang: bool) -> None:
        if self._unlucky(0.03, "unsure before effect"):
            raise CloudUnsure("the connection was cut")
        if self._unlucky(0.02, "busy"):
            pause = self.chance.choice([None, 3.0, 20.0])
            raise CloudBusy("slow down", retry_after=pause)
        if may_hang and self._unlucky(0.003, "hang"):
            raise Hang

    def _after(self) -> None:
        if self._unlucky(0.04, "unsure after effect"):
            raise CloudUnsure("500", status=500, request_id="req-500")

    def _refuse(self) -> None:
        if self._unlucky(0.02, "refusal"):
            why = self.chance.choice([Refusal.QUOTA, Refusal.CONFLICT])
            raise CloudRefused("not now", why=why, status=409)
        if self._unlucky(0.003, "refusal for good"):
            raise CloudRefused("image is gone", why=Refusal.NOT_FOUND, status=400)

    def make(self, spec: Spec, tag: Tag) -> Sighting:
        self._before(may_hang=True)
        self._refuse()
        made = super().make(spec, tag)
        self._after()
        if made.kind is Kind.SERVER and self._unlucky(0.04, "server in error"):
            self.mark(made.cloud_id, "ERROR", "No valid host was found.")
        return made

    def delete(self, kind: Kind, cloud_id: CloudId) -> bool:
        self._before(may_hang=True)
        if self._unlucky(0.02, "delete refused"):
            self.deletes.append(cloud_id)
            raise CloudRefused("in use", why=Refusal.CONFLICT, status=409)
        self.end = 1e9 if self._unlucky(0.02, "delete without effect") else self.usual_end
        known = super().delete(kind, cloud_id)
        self._after()
        return known

    def list(self, kind: Kind, since: datetime | None = None) -> Listing:
        self._before(may_hang=False)
        if self._unlucky(0.01, "listing cut short"):
            keep = self.chance.randint(0, 10)
            listing = super().list(kind, since)
            return msgspec.structs.replace(listing, sightings=listing.sightings[:keep])
        if self._unlucky(0.01, "listing fails"):
            raise CloudError("gateway timeout")
        return super().list(kind, since)

    def stir(self) -> None:
        """Things that happen to servers without our doing."""
        for each in self.ours():
            if each.kind is Kind.SERVER and self._unlucky(0.001, "server vanishes"):
                self.vanish(each.cloud_id)
            elif each.status in ("ACTIVE", "BUILD") and self._unlucky(0.001, "server breaks"):
                self.mark(each.cloud_id, "ERROR", "the host died")


def soak(lives: int, directory: Path, *, seed: int = 1) -> Report:
    """Live `lives` node lives, then let the weather clear and count what is left."""
    chance = random.Random(seed)
    cloud = Unlucky(HandClock(), chance)
    cloud.calm = True
    names = Unlucky(cloud.clock, chance)
    volumes = (VolumeConfig(size_gib=1),)
    bench = Bench(directory, cloud, names, dns="lab", nodes=NODES, volumes=volumes, **PATIENCE)
    cloud.calm = False
    for number in range(5):
        for kind in (Kind.SERVER, Kind.PORT, Kind.VOLUME):
            cloud.add_neighbour(kind, f"demo{number + 1:03}")
    began = bench.clock.time
    ready, crashes = _live(bench, cloud, chance, lives)
    for each in (cloud, names):
        each.calm = True
        each.clear_up()
    bench.calls.let_go()
    for lease in bench.lab.leases():
        bench.lab.release(lease.id)
    bench.run(CALM)
    report = Report(
        lives=lives,
        ready=ready,
        faults=sum((cloud.happened + names.happened).values()),
        crashes=crashes,
        calls=len(cloud.calls) + len(names.calls),
        simulated_seconds=bench.clock.time - began,
        leaks=tuple(
            f"{each.kind} {each.cloud_id} {each.name}" for each in cloud.ours() + names.ours()
        ),
        wrong_deletes=tuple(cloud.wrong_deletes()),
    )
    bench.database.close()
    return report


def _live(bench: Bench, cloud: Unlucky, chance: random.Random, lives: int) -> tuple[int, int]:
    """Lock, wait, use, give back: until that many nodes were locked. How many were ready; crashes."""
    born = ready = crashes = 0
    end_at: dict[LeaseId, float] = {}
    while born < lives or bench.lab.leases():
        while born < lives and len(end_at) < NODES // 2:
            count = min(chance.choice([1, 1, 1, 2, 4]), lives - born)
            end_at[bench.lock(count).id] = bench.clock.time + chance.uniform(5, 400)
            born += count
        bench.run(chance.uniform(1, 30))
        cloud.stir()
        if chance.random() < 0.05:
            bench.calls.let_go()
        if chance.random() < 0.03:
            bench.restart(calls_arrive=chance.random() < 0.5)
            crashes += 1
        for lease in bench.lab.leases():
            if end_at[lease.id] < bench.clock.time:
                ready += lease.count if lease.state is LeaseState.READY else 0
                bench.lab.release(lease.id)
        known = {lease.id for lease in bench.lab.leases()}
        end_at = {lease: at for lease, at in end_at.items() if lease in known}
    return ready, crashes


if __name__ == "__main__":
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        report = soak(int(sys.argv[1]), Path(directory))
    print(f"{report} (in {time.monotonic() - began:.0f} s)")
    print(*report.leaks, *report.wrong_deletes, sep="\n")
