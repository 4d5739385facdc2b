"""Builders: a real lab over a cloud in memory, and the application in front of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import Flavor, Image, Network, Offers
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import load
from leasehold.lab.lab import Lab
from leasehold.lab.open import open_lab
from leasehold.service.app import make_app
from leasehold.service.datasets import control_for
from leasehold.service.feed import Feed
from leasehold.service.tokens import Tokens

CONFIG = """
[service]
database = "{database}"

[clouds.memory]

[machine_types.demo]
cloud = "memory"
image = "debian-12"
flavor = "small"
nodes = {nodes}
ready = "active"
names = "demo{{n:03}}"
"""

OFFERS = Offers(
    images=(Image(id="image-1", name="debian-12"),),
    flavors=(Flavor(id="flavor-1", name="small", cores=1, ram_mib=1024, disk_gib=10),),
    networks=(Network(id="network-1", name="lab"),),
)


def memory_lab(
    directory: Path,
    *,
    nodes: int = 4,
    boot: float = 0.0,
    database: str = "ledger.db",
    more: str = "",
) -> Lab:
    """A lab with `nodes` nodes of machine type demo, whose servers take `boot` seconds."""
    path = directory / "leasehold.toml"
    path.write_text(CONFIG.format(nodes=nodes, database=database) + more)
    clock = SystemClock()
    cloud = MemoryCloud(clock, boot=boot, offers=OFFERS)
    config = load(path)
    beside = control_for(config)
    return open_lab(config, clouds={"memory": cloud}, clock=clock, neighbour=beside)


@contextmanager
def a_service(
    directory: Path,
    *,
    nodes: int = 4,
    boot: float = 0.0,
    tokens: Mapping[str, str] | None = None,
    base_url: str = "http://127.0.0.1:8484",
    more: str = "",
) -> Iterator["TestClient[Litestar]"]:
    """A client of a running lab's application, without a socket between them."""
    lab = memory_lab(directory, nodes=nodes, boot=boot, more=more)
    lab.start()
    try:
        app = make_app(
            lab, Feed(lab), tokens=Tokens(tokens or {}, lab.database), local_owner="ann@lab"
        )
        with TestClient(app, base_url=base_url, raise_server_exceptions=False) as client:
            yield client
    finally:
        lab.stop()


def lock(client: "TestClient[Litestar]", **wish: object) -> httpx.Response:
    """Ask for one node of machine type demo, or what `wish` says."""
    return client.post("/api/v1/leases", json={"machine_type": "demo", **wish})


def until(client: "TestClient[Litestar]", lease: str, state: str) -> dict:
    """Wait until a lease is in a state."""
    shown = client.get(f"/api/v1/leases/{lease}").json()
    while shown["state"] != state:
        asked = {"wait": 30, "state": shown["state"]}
        shown = client.get(f"/api/v1/leases/{lease}", params=asked).json()
    return shown
