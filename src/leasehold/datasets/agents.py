"""Nodes and their agents: tokens, reports, orders, and what containers ask their agent for."""

from collections.abc import Mapping

import msgspec

from leasehold.datasets import records
from leasehold.datasets.book import AgentRow, DatasetRow, Heard
from leasehold.datasets.commands import Commands
from leasehold.datasets.control import Control, Draft
from leasehold.datasets.errors import (
    BadDatasetWish,
    DatasetExists,
    DatasetRefused,
    UnknownDatasetCloud,
    WrongAgent,
)
from leasehold.datasets.look import SILENCE
from leasehold.datasets.model import AgentNode, Dataset, DatasetNode, DatasetWish
from leasehold.datasets.orders import orders_for
from leasehold.datasets.protocol import DatasetReport, Orders, Report, Want
from leasehold.datasets.views import node_shown, shown
from leasehold.engine.choice import near


class Agents:
    """The nodes that agents run on. Thread-safe."""

    def __init__(self, control: Control, commands: Commands) -> None:
        self.control = control
        self.commands = commands

    # -- nodes and tokens ------------------------------------------------------------------------

    def register(
        self, name: str, token: str, *, cloud: str | None = None, server: str | None = None
    ) -> AgentNode:
        """Give a node a token, by its fingerprint; the one it had before is worth nothing then.

        `server` pins it to one server of the cloud. Raises `BadDatasetWish`, `UnknownDatasetCloud`,
        and `DatasetRefused` for another cloud while datasets belong there.
        """
        control = self.control
        with control.lock:
            clouds = control.clouds
            known = control.shelf.nodes.get(DatasetNode(name))
            if not _is_name(name):
                allowed = "up to 100 letters, digits, dots and hyphens"
                raise BadDatasetWish("node", name, allowed)
            cloud = cloud or (known.cloud if known else None)
            if cloud is None and len(clouds) == 1:
                cloud = next(iter(clouds))
            if cloud is None:
                raise BadDatasetWish("cloud", None, f"one of {', '.join(sorted(clouds))}")
            if cloud not in clouds:
                raise UnknownDatasetCloud(cloud, near(cloud, list(clouds)), list(clouds))
            if known is not None and cloud != known.cloud and control.shelf.at(known.name):
                raise DatasetRefused(
                    f"node {name} has datasets in cloud {known.cloud}; move or delete them first"
                )
            now = control.clock.now()
            fresh = known or AgentRow(
                name=DatasetNode(name), cloud=cloud, token=token, created_at=now
            )
            row = msgspec.structs.replace(
                fresh, cloud=cloud, token=token, pinned=server or fresh.pinned
            )
            control.commit(Draft(nodes=[row]))
            return node_shown(row, now)

    def remove(self, name: str) -> AgentNode:
        """Forget a node and its token. Raises `DatasetRefused` while datasets belong there.

        A deleted one that is on no server holds nothing up: brought back, it is on no node.
        """
        control = self.control
        with control.lock:
            row = control.shelf.node(name)
            there = control.shelf.at(row.name)
            living = [each.name for each in there if each.deleted_at is None]
            if living:
                raise DatasetRefused(
                    f"node {name} has datasets: {', '.join(living[:5])}; move or delete them first"
                )
            leaving = [each.name for each in there if each.attached_node == row.name]
            if leaving:
                raise DatasetRefused(
                    f"node {name} still has the volumes of deleted datasets:"
                    f" {', '.join(leaving[:5])}; wait until they are off"
                )
            control.commit(Draft(datasets=[msgspec.structs.replace(e, node=None) for e in there]))
            control.database.write(lambda it: records.remove_node(it, row.name)).result()
            control.shelf.forget_node(row.name)
            return node_shown(row, control.clock.now())

    def nodes(self) -> list[AgentNode]:
        """All of them, by name."""
        control = self.control
        with control.lock:
            now = control.clock.now()
            return [node_shown(row, now) for _, row in sorted(control.shelf.nodes.items())]

    def tokens(self) -> Mapping[str, str]:
        """Fingerprints by node. Waits for no lock: the door asks in the event loop."""
        return self.control.shelf.tokens

    # -- agents ----------------------------------------------------------------------------------

    def report(self, name: str, report: Report, address: str | None = None) -> Orders:
        """Take in what an agent says; returns what it is told.

        Raises `WrongAgent` if it speaks for a server that is not its own, and then nothing of it
        counts.
        """
        control = self.control
        with control.lock:
            now = control.clock.now()
            row = control.shelf.node(name)
            self._check_server(row, report.server_id)
            row_now = msgspec.structs.replace(
                row,
                server_id=report.server_id,
                era=report.era,
                version=report.version,
                address=address or row.address,
                seen_at=now,
            )
            durable = ("server_id", "era", "version", "address")
            if any(getattr(row, each) != getattr(row_now, each) for each in durable):
                control.commit(Draft(nodes=[row_now]))
            else:
                control.shelf.put_node(row_now)
            control.shelf.heard[row.name] = {
                each.dataset: _heard(each, report, now) for each in report.datasets
            }
            control.stir([each.id for each in control.shelf.at(row.name)])
            control.turn()
            return self.orders(name)

    def orders(self, name: str) -> Orders:
        """What the agent of a node is told now. Raises `UnknownDatasetNode`."""
        control = self.control
        with control.lock:
            row = control.shelf.node(name)
            mine = control.shelf.at(row.name)
            return orders_for(row.name, control.installation, mine, control.shelf.rows)

    def _check_server(self, row: AgentRow, server: str) -> None:
        if row.pinned is not None and server != row.pinned:
            raise WrongAgent(
                f"the token of {row.name} is for server {row.pinned}, and this is {server};"
                f" `leasehold agent token {row.name} --server-id {server}` makes one for it"
            )
        for other in self.control.shelf.nodes.values():
            if other.name != row.name and (other.cloud, other.server_id) == (row.cloud, server):
                raise WrongAgent(
                    f"server {server} is node {other.name} already, and this token is for"
                    f" {row.name}; remove that node, or use its token"
                )

    # -- for containers --------------------------------------------------------------------------

    def datasets(self, name: str) -> list[Dataset]:
        """Those in the node's cloud that are not deleted."""
        control = self.control
        with control.lock:
            cloud = control.shelf.node(name).cloud
            found = [
                row
                for row in control.shelf.datasets.values()
                if row.cloud == cloud and row.deleted_at is None
            ]
            return [shown(control, row) for row in sorted(found, key=lambda each: each.name)]

    def create(self, name: str, wish: DatasetWish) -> Dataset:
        """Make one on the node; one of that name is the answer, whatever it is like."""
        control = self.control
        with control.lock:
            row = control.shelf.node(name)
            try:
                return self.commands.create(
                    msgspec.structs.replace(wish, node=row.name, owner=wish.owner or row.name)
                )
            except DatasetExists:
                known = control.shelf.named(wish.name)
                if known is None or known.cloud != row.cloud:
                    raise
                return shown(control, known)

    def fetch(self, name: str, dataset: str) -> Dataset:
        """Move one to the node, unless somebody holds it or containers use it elsewhere."""
        control = self.control
        with control.lock:
            row = control.shelf.dataset(dataset)
            if row.node != name:
                self._check_unused(row)
            return self.commands.move(row.id, name)

    def delete(self, name: str, dataset: str) -> Dataset:
        """Delete one with the usual grace, unless it is held or used."""
        control = self.control
        with control.lock:
            row = control.shelf.dataset(dataset)
            if row.cloud != control.shelf.node(name).cloud:
                raise DatasetRefused(f"dataset {row.name} is in cloud {row.cloud}")
            self._check_unused(row)
            return self.commands.delete(row.id)

    def _check_unused(self, row: DatasetRow) -> None:
        """What a silent agent said last holds nothing up: its server may be dead, and if it is not,
        the volume does not leave it."""
        heard = self.control.shelf.heard_of(row)
        silent = heard is None or self.control.clock.now() - heard.at > SILENCE
        users = () if heard is None or silent else heard.report.users
        if users and row.want is Want.MOUNTED:
            raise DatasetRefused(
                f"dataset {row.name} is used on {row.attached_node} by {', '.join(users)}; stop them"
                " first"
            )


def _heard(report: DatasetReport, whole: Report, now: float) -> Heard:
    return Heard(report=report, at=now, server_id=whole.server_id, era=whole.era, obeys=whole.obeys)


def _is_name(name: str) -> bool:
    return 1 <= len(name) <= 100 and all(each.isalnum() or each in ".-_" for each in name)
