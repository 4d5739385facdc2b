"""What a start tells, with a master that writes slowly."""

from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.task import Clock

from leasehold.buildbot.standing import Stage, Standing
from leasehold.buildbot.story import Story


class SlowMaster:
    """A master whose writes of properties end when they are let."""

    def __init__(self) -> None:
        self.reactor = Clock()
        self.kept: dict[str, Any] = {}
        self._held: list[tuple[Deferred[None], str, Any]] = []
        self.data = SimpleNamespace(updates=self)

    def setBuildStateString(self, _build: int, _text: str) -> Deferred[None]:  # noqa: N802
        return succeed(None)

    def setBuildProperty(  # noqa: N802
        self, _build: int, name: str, value: Any, _source: str
    ) -> Deferred[None]:
        written: Deferred[None] = Deferred()
        self._held.append((written, name, value))
        return written

    def let_all(self) -> None:
        """End the writes, those that began last first."""
        while self._held:
            written, name, value = self._held.pop()
            self.kept[name] = value
            written.callback(None)


class ToldStory(Story):
    async def _tell_page(self, told: Any) -> None:
        """The page is the system tests'."""


def a_story(master: SlowMaster) -> Story:
    build = SimpleNamespace(buildid=1, setProperty=lambda *_: None)
    return ToldStory(master, 1, build, "secret")


def test_a_worker_that_connected_is_not_told_as_building_by_a_later_listing() -> None:
    story = a_story(SlowMaster())
    story.heard(Standing(stage=Stage.BUILDING))
    story.connected()
    story.heard(Standing(stage=Stage.BUILDING))
    story.heard(Standing(stage=Stage.UP))
    assert story.facts["state"] == "connected"


def test_what_was_told_last_stays_however_slow_the_writes_before_are() -> None:
    master = SlowMaster()
    story = a_story(master)
    story.heard(Standing(stage=Stage.BUILDING))
    first = ensureDeferred(story.tell())
    story.connected()
    second = ensureDeferred(story.tell())
    master.let_all()
    assert (first.called, second.called) == (True, True)
    assert master.kept["leasehold_state"] == "connected"
    assert master.kept["leasehold_seconds"].keys() >= {"building", "up", "connected"}
