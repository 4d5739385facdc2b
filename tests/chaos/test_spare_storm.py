"""Warm spares in bad weather: nobody has to wait for one, none leaks, and in the end they are there."""

from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule

from leasehold.lab.model import NodeState
from tests.chaos.test_lab_storm import EXAMPLES, LabStorm

SPARES = 2


class SpareStorm(LabStorm):
    more: ClassVar[dict[str, object]] = {"min_ready": SPARES, "max_spare_age": "10m"}

    @rule()
    def somebody_resumes_the_machine_type(self) -> None:
        if not self.bench.database.full and not self._is_behind():
            self.bench.lab.resume("demo")

    @invariant()
    def a_spare_is_nobodys(self) -> None:
        spare = [node for node in self.bench.lab.nodes() if node.state is NodeState.SPARE]
        assert all(node.owner is node.lease is None for node in spare)
        assert "" not in {lease.owner for lease in self.bench.lab.leases()}

    def _see_that_all_is_back(self) -> None:
        """Nothing is there but spares."""
        self.bench.lab.resume("demo")
        for _ in range(15):
            self.bench.run(60.0)
            for node in list(self.bench.prober.targets):
                self.bench.answer_ssh(node, ready=True)
        self.bench.run(30.0)
        book = self.bench.steward.book
        states = [node.state for node in self.bench.lab.nodes()]
        assert states.count(NodeState.SPARE) >= SPARES - 1, "one may be being replaced"
        assert len(book.leases) == len(book.spares) <= SPARES + 1
        known = {row.id for row in self.bench.engine.ledger.rows.values()}
        assert {each.tag.object for each in self.cloud.ours() if each.tag} <= known


SpareStorm.TestCase.settings = settings(max_examples=max(5, EXAMPLES // 4), stateful_step_count=30)
test_spares_keep_the_labs_promises_in_any_weather = pytest.mark.timeout(0)(SpareStorm.TestCase)
