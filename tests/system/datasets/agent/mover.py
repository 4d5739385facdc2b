"""What a control side does for containers, in its simplest form: one thing after the other."""

import threading

import msgspec

from leasehold.datasets.model import Dataset, DatasetNode, DatasetWish
from leasehold.datasets.protocol import Order, Want
from tests.system.datasets.agent.site import Node, Site
from tests.system.datasets.agent.stand_in import Conflict, a_dataset, an_order


class Mover:
    """Makes datasets, and moves them to who asks, unless containers use them elsewhere."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._nodes = {node.name: node for node in (site.one, site.two)}
        self._at: dict[str, tuple[Node, Order]] = {}
        self._threads: list[threading.Thread] = []
        site.control.on_create = self._create
        site.control.on_fetch = self._fetch

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)

    def node_of(self, name: str) -> str:
        return self._at[name][0].name

    def _create(self, node: str, wish: DatasetWish) -> Dataset:
        size = wish.size_gib or 1
        made = a_dataset(wish.name, size_gib=size, node=DatasetNode(node))

        def come() -> None:
            volume = self._site.volume(self._nodes[node], size=size)
            order = an_order(
                volume, dataset=made.id, name=wish.name, size_bytes=size << 30,
                filesystem=wish.filesystem or "ext4",
            )  # fmt: skip
            self._at[wish.name] = (self._nodes[node], order)
            self._site.control.order(node, order)

        self._later(come)
        return made

    def _fetch(self, node: str, name: str) -> None:
        if name not in self._at:
            return  # still being made, for the node that asked first
        there, order = self._at[name]
        if there.name == node:
            return
        control = self._site.control
        for report in control.reports[there.name].datasets:
            if report.dataset == order.dataset and report.users:
                raise Conflict(f"dataset {name} is used on {there.name} by {report.users[0]}")

        def move() -> None:
            left = msgspec.structs.replace(
                order, epoch=order.epoch + 1, want=Want.UNMOUNTED, format=None
            )
            control.order(there.name, left)
            control.await_report(there.name, order.dataset, lambda each: each.mounted is None
                                 and each.epoch == left.epoch)  # fmt: skip
            self._site.detach(order.volume, there)
            self._site.attach(order.volume, self._nodes[node])
            come = msgspec.structs.replace(order, epoch=order.epoch + 2, format=None)
            self._at[name] = (self._nodes[node], come)
            control.order(node, come)

        self._later(move)

    def _later(self, work) -> None:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)
