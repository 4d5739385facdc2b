"""Many datasets come and go at once, and the kernel gives their device numbers to each other."""

import threading
from pathlib import Path

import pytest

from leasehold.datasets.model import DatasetWish
from tests.system.datasets.agent.mover import Mover
from tests.system.datasets.agent.site import Node, Site
from tests.system.datasets.agent.stand_in import Conflict, until

pytestmark = pytest.mark.timeout(300)

NAMES = ("a", "b", "c", "d")
ROUNDS = 3


def test_no_dataset_ever_shows_the_data_of_another(site: Site):
    site.one.start()
    site.two.start()
    mover = Mover(site)
    nodes = (site.one, site.two)
    troubles: list[str] = []

    def place_of(name: str, node: Node) -> Path:
        return node.place(site.control.datasets[name].id)

    def live(number: int, name: str) -> None:
        node = nodes[number % 2]
        site.control.datasets[name] = mover._create(node.name, DatasetWish(name=name))
        for moved in range(ROUNDS):
            node = nodes[(number + moved) % 2]
            if moved:
                until(lambda: _fetched(mover, node, name))  # noqa: B023 - called at once
            place = place_of(name, node)
            until(place.is_mount)
            found = {each.name: each.read_text() for each in place.iterdir() if each.is_file()}
            wanted = {f"{name}{each}": name for each in range(moved)}
            if found != wanted:
                troubles.append(f"{name} after {moved} moves holds {found}")
            (place / f"{name}{moved}").write_text(name)

    threads = [
        threading.Thread(target=live, args=(number, name)) for number, name in enumerate(NAMES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
        assert not thread.is_alive()
    mover.join()
    assert troubles == []


def _fetched(mover: Mover, node: Node, name: str) -> bool:
    try:
        mover._fetch(node.name, name)
    except (Conflict, KeyError):
        return False
    return True
