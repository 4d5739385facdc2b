"""Which calls a rule strikes, and when an outage ends."""

from random import Random
from typing import Any

import pytest

from leasehold.emulator import Effect, Faults, Rule
from tests.unit.emulator.conftest import StepClock

SERVERS = ("compute", "POST", "/v2.1/servers")


def faults_with(**rule: Any) -> Faults:
    faults = Faults(Random(3), StepClock().now)
    faults.add(Rule(effect=rule.pop("effect", Effect.ERROR_BEFORE), **rule))
    return faults


def struck(faults: Faults, calls: int, call: tuple[str, str, str] = SERVERS) -> list[bool]:
    return [bool(faults.strike(*call)) for _ in range(calls)]


def test_a_rule_without_conditions_strikes_every_call() -> None:
    faults = faults_with()
    assert faults.strike("network", "GET", "/v2.0/ports")
    assert faults.strike(*SERVERS)


@pytest.mark.parametrize(
    "conditions",
    [
        {"service": "network"},
        {"method": "DELETE"},
        {"path": r"^/v2\.1/flavors"},
        {"kind": "volume"},
        {"kind": "server", "method": "GET"},
    ],
)
def test_a_condition_that_does_not_hold_spares_the_call(conditions: dict[str, Any]) -> None:
    assert struck(faults_with(**conditions), 1) == [False]


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("server", ("compute", "DELETE", "/v2.1/servers/1")),
        ("server", ("compute", "GET", "/v2.1/servers/detail")),
        ("attachment", ("compute", "POST", "/v2.1/servers/1/os-volume_attachments")),
        ("port", ("network", "GET", "/v2.0/ports")),
        ("floating_ip", ("network", "PUT", "/v2.0/floatingips/1")),
        ("volume", ("volume", "POST", "/v3/volumes")),
        ("image", ("image", "PUT", "/v2/images/1/file")),
        ("token", ("identity", "POST", "/v3/auth/tokens")),
    ],
)
def test_a_kind_means_its_services_paths(kind: str, call: tuple[str, str, str]) -> None:
    assert struck(faults_with(kind=kind), 1, call) == [True]


def test_a_servers_kind_is_not_its_attachments() -> None:
    call = ("compute", "POST", "/v2.1/servers/1/os-volume_attachments")
    assert struck(faults_with(kind="server"), 1, call) == [False]


def test_a_rule_can_pass_the_first_and_strike_a_few() -> None:
    assert struck(faults_with(skip=1, count=2), 5) == [False, True, True, False, False]


def test_a_probability_strikes_as_often_as_it_says_and_the_same_for_a_seed() -> None:
    first, second = (struck(faults_with(probability=0.3), 1000) for _ in range(2))
    assert first == second
    assert 250 < sum(first) < 350


def test_an_effect_of_a_handler_waits_for_its_method() -> None:
    faults = faults_with(effect=Effect.NO_VALID_HOST, count=1)
    assert struck(faults, 1, ("compute", "GET", "/v2.1/servers/1")) == [False]
    assert struck(faults, 1) == [True]


def test_rules_tell_how_often_they_matched_and_struck() -> None:
    faults = faults_with(skip=1)
    struck(faults, 3)
    (rule,) = faults.rules()
    assert (rule.matched, rule.struck) == (3, 2)


def test_a_removed_rule_strikes_no_more() -> None:
    faults = faults_with()
    (rule,) = faults.rules()
    assert faults.remove(rule.id)
    assert not faults.remove(rule.id)
    assert struck(faults, 1) == [False]


@pytest.mark.parametrize("rule", [{"kind": "unicorn"}, {"probability": 0.0}, {"probability": 1.5}])
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unicorn|probability"):
        Rule(effect=Effect.LATENCY, **rule)


def test_an_outage_of_one_service_spares_the_others() -> None:
    faults = Faults(Random(1), StepClock().now)
    faults.begin_outage("volume")
    assert faults.outage_of("volume") is not None
    assert faults.outage_of("compute") is None
    faults.end_outage("volume")
    assert faults.outage_of("volume") is None


def test_an_outage_of_everything_ends_by_itself() -> None:
    clock = StepClock()
    faults = Faults(Random(1), clock.now)
    faults.begin_outage(seconds=5)
    clock.advance(4.9)
    assert faults.outage_of("identity") is not None
    clock.advance(0.1)
    assert faults.outage_of("identity") is None


def test_clearing_drops_rules_and_lifts_outages() -> None:
    faults = faults_with()
    faults.begin_outage()
    faults.clear()
    assert faults.rules() == []
    assert faults.outages() == []
