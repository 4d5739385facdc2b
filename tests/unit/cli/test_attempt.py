from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from leasehold.cli.attempt import Attempt
from leasehold.cli.client import Refused
from leasehold.cli.exits import Exit, Unreachable
from leasehold.lab.model import Lease, LeaseId, LeaseState, Wish
from leasehold.service.problem import Problem

LEASE = Lease(
    id=LeaseId("lease-7"), machine_type="demo", count=1, owner="ann", purpose="",
    state=LeaseState.PREPARING, epoch=1, created_at=datetime(2026, 1, 2, tzinfo=UTC), seconds=60,
)  # fmt: skip
READY = msgspec.structs.replace(LEASE, state=LeaseState.READY)
LOST = Unreachable("http://h", "reset", reached=True)
DEAD = Unreachable("http://h", "refused")


class Script:
    """A client whose answers are written down beforehand; what it was asked is kept."""

    def __init__(self, **answers: list[object]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, str, str | None]] = []
        self.timeout = 30.0

    def _next(self, verb: str, path: str, key: str | None = None) -> object:
        self.calls.append((verb, path, key))
        answer = self.answers[verb].pop(0)
        if isinstance(answer, BaseException | type):
            raise answer
        return answer

    def post(self, kind: type, path: str, body: object, *, key: str) -> object:
        return self._next("post", path, key)

    def get(self, kind: type, path: str) -> object:
        return self._next("get", path)

    def delete(self, kind: type, path: str) -> object:
        return self._next("delete", path)

    def follow(self, **_: object) -> Iterator[None]:
        self._next("follow", "")
        yield None
        yield None


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leasehold.cli.attempt._PAUSE", 0.0)


def an_attempt(script: Script) -> Attempt:
    return Attempt(script, Wish(machine_type="demo", key="k1"))  # type: ignore[arg-type]  # a twin


def test_a_lost_reply_is_asked_again_with_the_same_key() -> None:
    script = Script(post=[LOST, LEASE])
    assert an_attempt(script).ask() == LEASE
    assert [key for _, _, key in script.calls] == ["k1", "k1"]


def test_a_service_that_was_never_reached_is_not_asked_again() -> None:
    script = Script(post=[DEAD])
    with pytest.raises(Unreachable):
        an_attempt(script).ask()
    assert len(script.calls) == 1


def test_a_service_gone_after_it_was_reached_is_asked_again() -> None:
    assert an_attempt(Script(post=[LOST, DEAD, DEAD, LEASE])).ask() == LEASE


def test_asking_ends_after_five_tries_and_says_that_nodes_may_be_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    attempt = an_attempt(Script(post=[LOST] * 5))
    with pytest.raises(Unreachable):
        attempt.ask()
    attempt.warn()
    assert "leasehold leases --mine" in capsys.readouterr().err


def test_a_refusal_leaves_nothing_to_warn_of(capsys: pytest.CaptureFixture[str]) -> None:
    attempt = an_attempt(Script(post=[Refused(409, Problem(code="too_many", message="no"))]))
    with pytest.raises(Refused):
        attempt.ask()
    attempt.warn()
    assert capsys.readouterr().err == ""


def test_following_survives_a_restart_of_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(post=[LEASE], follow=[LOST, DEAD, None], get=[LEASE, READY])
    attempt = an_attempt(script)
    attempt.ask()
    seen: list[LeaseState] = []
    assert attempt.follow(lambda lease: seen.append(lease.state)) == READY
    assert seen == [LeaseState.PREPARING, LeaseState.READY]
    assert capsys.readouterr().err.count("Trying again") == 1


def test_ctrl_c_before_anything_was_sent_asks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script()
    assert an_attempt(script).give_back() is Exit.INTERRUPTED
    assert script.calls == []
    assert "nothing was locked" in capsys.readouterr().err


def test_ctrl_c_while_waiting_gives_the_lease_back(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(post=[LEASE], delete=[LEASE])
    attempt = an_attempt(script)
    attempt.ask()
    assert attempt.give_back() is Exit.INTERRUPTED
    assert script.calls[-1][:2] == ("delete", "/leases/lease-7")
    assert "lease-7 was given back" in capsys.readouterr().err


def test_ctrl_c_before_the_reply_learns_the_lease_by_its_key_and_gives_it_back() -> None:
    script = Script(post=[KeyboardInterrupt, LEASE], delete=[LEASE])
    attempt = an_attempt(script)
    with pytest.raises(KeyboardInterrupt):
        attempt.ask()
    attempt.give_back()
    assert script.calls == [
        ("post", "/leases", "k1"), ("post", "/leases", "k1"), ("delete", "/leases/lease-7", None),
    ]  # fmt: skip


def test_ctrl_c_with_the_service_gone_tells_the_lease_and_the_command_that_frees_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    attempt = an_attempt(Script(post=[LEASE], delete=[DEAD]))
    attempt.ask()
    assert attempt.give_back() is Exit.INTERRUPTED
    assert "leasehold unlock --lease lease-7" in capsys.readouterr().err


def test_a_second_ctrl_c_stops_at_once_with_the_same_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    attempt = an_attempt(Script(post=[LEASE], delete=[KeyboardInterrupt]))
    attempt.ask()
    assert attempt.give_back() is Exit.INTERRUPTED
    assert "leasehold unlock --lease lease-7" in capsys.readouterr().err


def test_ctrl_c_on_a_lock_that_was_refused_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    no = Refused(409, Problem(code="too_many", message="only 4"))
    attempt = an_attempt(Script(post=[KeyboardInterrupt, no]))
    with pytest.raises(KeyboardInterrupt):
        attempt.ask()
    attempt.give_back()
    assert "nothing is locked (only 4)" in capsys.readouterr().err
