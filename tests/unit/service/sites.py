"""Builders: the application with datasets over a cloud in memory, and agents that speak to it."""

from collections.abc import Iterator
from pathlib import Path

from litestar import Litestar
from litestar.testing import TestClient

from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import Kind
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import load
from leasehold.lab.open import open_lab
from leasehold.service.app import make_app
from leasehold.service.datasets import Datasets, control_for, datasets_of
from leasehold.service.feed import Feed
from leasehold.service.tokens import Tokens

Client = TestClient[Litestar]
API = "/api/v1"
CONFIG = """
[clouds.memory]

[datasets]
grace = "2h"

[dataset_profiles.gold]
volume_type = "ssd"
size_gib = 3
"""


class Site:
    """A running service with datasets, and its client."""

    def __init__(self, client: Client, cloud: MemoryCloud, datasets: Datasets) -> None:
        self.client = client
        self.cloud = cloud
        self.datasets = datasets

    def create(self, **wish: object) -> dict:
        answer = self.client.post(f"{API}/datasets", json={"name": "pg", "size_gib": 1, **wish})
        assert answer.status_code == 202, answer.text
        return answer.json()

    def until(self, state: str, name: str = "pg") -> dict:
        shown = self.client.get(f"{API}/datasets/{name}").json()
        for _ in range(50):
            if shown["state"] == state:
                return shown
            asked = {"wait": 30, "state": shown["state"]}
            shown = self.client.get(f"{API}/datasets/{name}", params=asked).json()
        raise AssertionError(shown)

    def an_agent(self, name: str) -> "Agent":
        made = self.client.post(f"{API}/agents", json={"name": name})
        assert made.status_code == 201, made.text
        return Agent(self, made.json()["token"], self.cloud.add_foreign(Kind.SERVER, name))


class Agent:
    """Speaks as an agent does, and does nothing else."""

    def __init__(self, site: Site, token: str, server: str) -> None:
        self.site = site
        self.headers = {"authorization": f"Bearer {token}"}
        self.server = server

    def report(self, *datasets: dict) -> dict:
        body = {
            "server_id": self.server,
            "era": "boot-1",
            "version": "1",
            "sent_at": 0.0,
            "datasets": datasets,
        }
        answer = self.site.client.post(f"{API}/agent/report", json=body, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def orders(self, **asked: object) -> dict:
        url = f"{API}/agent/orders"
        return self.site.client.get(url, params=asked, headers=self.headers).json()

    def obey(self, order: dict) -> dict:
        """Report that the order was carried out."""
        mounted = f"/leasehold/{order['name']}" if order["want"] == "mounted" else None
        done = {key: order[key] for key in ("dataset", "epoch", "volume")}
        return self.report(done | {"filesystem": "ext4", "mounted": mounted})

    def next_order(self) -> dict:
        """Wait for an order to come."""
        orders = self.orders()
        for _ in range(20):
            if orders["datasets"]:
                return orders["datasets"][0]
            orders = self.orders(after=orders["number"], wait=30)
        raise AssertionError("no order came")


def a_site(directory: Path, tokens: dict[str, str]) -> Iterator[Site]:
    path = directory / "leasehold.toml"
    path.write_text(CONFIG)
    config, clock = load(path), SystemClock()
    cloud = MemoryCloud(clock)
    lab = open_lab(config, clouds={"memory": cloud}, clock=clock, neighbour=control_for(config))
    lab.start()
    datasets = datasets_of(lab)
    assert datasets is not None, "the table asks for them"
    try:
        app = make_app(
            lab,
            Feed(lab),
            tokens=Tokens(tokens, lab.database),
            local_owner="ann@lab",
            datasets=datasets,
        )
        base = "http://127.0.0.1:8484"
        with TestClient(app, base_url=base, raise_server_exceptions=False) as client:
            yield Site(client, cloud, datasets)
    finally:
        lab.stop()
