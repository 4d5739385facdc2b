"""A dataset's life on a cloud: made, attached, moved, grown, restored, destroyed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.tenant import Tenant, until

from leasehold.datasets.agents import Agents
from leasehold.datasets.commands import Commands
from leasehold.datasets.control import Control
from leasehold.datasets.model import DatasetState, DatasetWish
from leasehold.datasets.protocol import DatasetReport, Report, Want
from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import KEPT_KINDS
from leasehold.engine.engine import Engine
from leasehold.engine.openstack_cloud import OpenStackCloud
from leasehold.openstack import Connection
from leasehold.store import Database
from leasehold.store.sqlite import SqliteFile


class Agent:
    """Reports what it is told to be done. Nothing is mounted here: that is the agents' own tests'."""

    def __init__(self, agents: Agents, node: str, server: str) -> None:
        self.agents, self.node, self.server = agents, node, server
        agents.register(node, f"sha256:{node}")
        self.poll()

    def poll(self) -> None:
        for _ in range(2):  # hear, then say
            orders = self.agents.orders(self.node)
            said = tuple(
                DatasetReport(
                    dataset=order.dataset,
                    epoch=order.epoch,
                    volume=order.volume,
                    filesystem="ext4",
                    mounted="/there" if order.want is Want.MOUNTED else None,
                )
                for order in orders.datasets
            )
            report = Report(
                server_id=self.server, era="boot", version="1", sent_at=0.0, datasets=said
            )
            self.agents.report(self.node, report)


class Site:
    """A control side that runs."""

    def __init__(self, directory: Path, connection: Connection) -> None:
        self.cloud = OpenStackCloud(connection)
        self.database = Database(SqliteFile(path=directory / "ledger.db"))
        clock = SystemClock()
        self.control = Control(self.database, {"c": self.cloud}, clock, grace=1.0)
        self.engine = Engine(
            self.database,
            {"c": self.cloud},
            clock,
            kinds=KEPT_KINDS,
            on_change=self.control.heard_rows,
        )
        self.control.attach(self.engine)
        self.commands = Commands(self.control)
        self.agents = Agents(self.control, self.commands)
        self.nodes: list[Agent] = []
        self.changed = threading.Event()
        self.engine.start()
        self.control.start()

    def becomes(self, state: DatasetState, node: str | None) -> None:
        def arrived() -> bool:
            for agent in self.nodes:
                agent.poll()
            shown = self.commands.show("pg")
            return (shown.state, shown.attached_node) == (state, node)

        until(arrived)

    def stop(self) -> None:
        self.control.stop()
        self.engine.stop()
        self.database.close()


@pytest.fixture
def site(cloud: Tenant, connection: Connection, tmp_path: Path) -> Iterator[Site]:
    cloud.volume.made |= {"volumes", "snapshots"}
    running = Site(tmp_path, connection)
    yield running
    running.stop()


def test_a_dataset_lives_on_this_cloud(cloud: Tenant, site: Site) -> None:
    one, two = cloud.a_server(), cloud.a_server()
    site.nodes = [Agent(site.agents, "n1", one), Agent(site.agents, "n2", two)]
    made = site.commands.create(DatasetWish(name="pg", node="n1", size_gib=1))
    site.becomes(DatasetState.MOUNTED, "n1")
    volume = site.commands.show("pg").volume_id

    def held_by() -> list[str]:
        found = cloud.volume.get(f"/volumes/{volume}").one
        return [each["server_id"] for each in found["attachments"]]

    until(lambda: held_by() == [one])  # Nova answers before it has attached
    site.commands.grow("pg", 2)
    until(lambda: site.commands.show("pg").actual_gib == 2)
    snapshot = site.commands.snapshot("pg", "s")
    site.commands.move("pg", "n2")
    site.becomes(DatasetState.MOUNTED, "n2")
    until(lambda: held_by() == [two])

    until(lambda: site.control.shelf.rows[
        site.control.shelf.snapshots[snapshot.id].object].state == "up")  # fmt: skip
    site.commands.restore("pg", "s")
    site.becomes(DatasetState.MOUNTED, "n2")
    until(lambda: site.commands.show("pg").volume_id not in (None, volume))
    site.commands.delete("pg", with_snapshots=True)
    site.becomes(DatasetState.GONE, None)
    assert site.commands.show(made.id).state is DatasetState.GONE
    until(lambda: cloud.volume.get("/volumes").body["volumes"] == [])
    assert cloud.volume.get("/snapshots").body["snapshots"] == []


def test_a_stopped_server_gives_its_dataset_up_without_a_word_of_its_agent(
    cloud: Tenant, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leasehold.datasets import place

    monkeypatch.setattr(place, "SILENCE", 0.5)
    one, two = cloud.a_server(), cloud.a_server()
    site.nodes = [Agent(site.agents, "n1", one), Agent(site.agents, "n2", two)]
    site.commands.create(DatasetWish(name="pg", node="n1", size_gib=1))
    site.becomes(DatasetState.MOUNTED, "n1")
    site.nodes = site.nodes[1:]
    cloud.compute.post(f"/servers/{one}/action", {"os-stop": None})
    cloud.server_is(one, "SHUTOFF")
    site.commands.move("pg", "n2")
    site.becomes(DatasetState.MOUNTED, "n2")
