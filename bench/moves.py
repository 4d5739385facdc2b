"""Real agents and disks: create to mounted, a move, and 200 moves while service and agents are killed.

Two servers' agents, the service and an emulated cloud with loop devices on one machine (root). The
cloud's own time is what the emulator is told to take for a volume, an attachment and a detachment.
"""

import hashlib
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.system.datasets.agent.site import Node
from tests.system.datasets.agent.whole import Whole

from bench.report import percentile, table
from leasehold.emulator import Delays, Emulator, fixed

CLOUD_SECONDS = 1.0
"""For making a volume, for attaching and for detaching it."""
ALONE = 10
DATASETS, ROUNDS = 8, 25
STUCK = 300.0
DELAYS = Delays(volume=fixed(CLOUD_SECONDS), boot=fixed(0.1), delete=fixed(0.1), action=fixed(0.1))


def run() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        disks = directory / "disks"
        with Emulator(delays=DELAYS, disk_directory=disks) as emulator:
            whole = Whole(emulator, directory, disks)
            try:
                for node in (whole.one, whole.two):
                    node.start()
                created, moved = _alone(whole)
                moves, stuck, twice, harmed = _crashes(whole, random.Random(7))
            finally:
                whole.close()
    made, shifted = 2 * CLOUD_SECONDS, 2 * CLOUD_SECONDS
    table(
        ("what", "seconds, or how many"),
        [
            ("create to mounted, beyond the cloud's own time, p50", _beyond(created, made)),
            ("a move, beyond the cloud's own time, p50", _beyond(moved, shifted)),
            ("moves with kill -9 of the service or an agent in each round: arrived", moves),
            (f"stuck for more than {STUCK / 60:.0f} minutes", stuck),
            ("seen on two servers at once", twice),
            ("files whose checksum was not that of what was written", harmed),
        ],
    )


def _beyond(seconds: list[float], own: float) -> str:
    return f"{percentile(seconds, 0.5) - own:.1f}"


def _alone(whole: Whole) -> tuple[list[float], list[float]]:
    created, moved = [], []
    for number in range(ALONE):
        name = f"alone{number}"
        created.append(_timed(lambda name=name: _create(whole, name, whole.one)))
        moved.append(_timed(lambda name=name: _move(whole, name, whole.two)))
        _call(whole, "DELETE", f"/datasets/{name}")
    return created, moved


def _crashes(whole: Whole, chance: random.Random) -> tuple[int, int, int, int]:
    """Each round moves every dataset to the other node, and kills something meanwhile."""
    sums: dict[str, str] = {}
    for number in range(DATASETS):
        name = f"data{number}"
        place = _create(whole, name, whole.one)
        sums[name] = _write(place)
    moves = stuck = twice = harmed = 0
    for number in range(ROUNDS):
        target = whole.two if number % 2 == 0 else whole.one
        for name in sums:
            _call(whole, "POST", f"/datasets/{name}/move", {"node": target.name})
        time.sleep(chance.uniform(0.0, 4.0))
        _kill(whole, chance)
        ends = time.monotonic() + STUCK
        waiting = set(sums)
        while waiting and time.monotonic() < ends:
            twice += _seen_twice(whole, sums)
            shown = {each["name"]: each for each in _call(whole, "GET", "/datasets")}
            waiting = {name for name in sums if not _is_on(shown[name], target)}
            time.sleep(0.2)
        moves += len(sums) - len(waiting)
        stuck += len(waiting)
        for name in set(sums) - waiting:
            place = Path(shown[name]["path"])
            harmed += _sum_of(place) != sums[name]
            sums[name] = _write(place)
    return moves, stuck, twice, harmed


def _kill(whole: Whole, chance: random.Random) -> None:
    victim = chance.choice((whole, whole.one, whole.two))
    victim.kill()
    time.sleep(chance.uniform(0.0, 1.0))
    victim.start()


def _create(whole: Whole, name: str, node: Node) -> Path:
    _call(whole, "POST", "/datasets", {"name": name, "node": node.name, "size_gib": 1})
    return _await(whole, name, node)


def _move(whole: Whole, name: str, node: Node) -> Path:
    _call(whole, "POST", f"/datasets/{name}/move", {"node": node.name})
    return _await(whole, name, node)


def _await(whole: Whole, name: str, node: Node) -> Path:
    while not _is_on(shown := _call(whole, "GET", f"/datasets/{name}"), node):
        time.sleep(0.05)
    return Path(shown["path"])


def _is_on(shown: dict[str, Any], node: Node) -> bool:
    return (shown["state"], shown["attached_node"]) == ("mounted", node.name)


def _seen_twice(whole: Whole, names: dict[str, str]) -> int:
    places = (whole.one.mounts, whole.two.mounts)
    return sum(all((place / name).is_mount() for place in places) for name in names)


def _write(place: Path) -> str:
    content = os.urandom(1 << 20)
    with (place / "file").open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(content).hexdigest()


def _sum_of(place: Path) -> str:
    return hashlib.sha256((place / "file").read_bytes()).hexdigest()


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _call(whole: Whole, method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "leasehold-owner": "ann"}
    request = Request(f"{whole.url}/api/v1{path}", data, headers, method=method)
    with urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())
