from datetime import UTC, datetime, timedelta

from leasehold.lab.model import Event, NodeName
from leasehold.service.page.timeline import WIDTH, timeline, told

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def an_event(state: str, seconds_ago: float, **values: object) -> Event:
    at = NOW - timedelta(seconds=seconds_ago)
    fields = {"id": 1, "at": at, "node": NodeName("n"), "lease": None, "object": None}
    return Event(**{**fields, "state": state, **values})


def test_a_nodes_way_is_its_states_and_how_long_each_lasted() -> None:
    periods = timeline(
        [an_event("intent", 100), an_event("building", 98), an_event("ready", 60)], NOW
    )
    assert told(periods) == "intent for 2s, building for 38s, ready for 1m"
    assert periods[0].x == 0
    assert round(periods[-1].x + periods[-1].width) == WIDTH
    assert periods[0].width < periods[1].width < periods[2].width


def test_events_of_objects_and_repeated_states_are_no_periods_of_their_own() -> None:
    history = [
        an_event("intent", 10),
        an_event("making", 9, object="server-1"),
        an_event("intent", 8),
        an_event("waiting", 7, node=None),
        an_event("ready", 5),
    ]
    assert [each.state for each in timeline(history, NOW)] == ["intent", "ready"]


def test_a_long_history_is_cut_to_what_can_be_read() -> None:
    states = ["free", "intent", "building", "ready", "releasing"] * 20
    history = [an_event(state, 1000 - n) for n, state in enumerate(states)]
    periods = timeline(history, NOW)
    assert len(periods) == 12
    assert all(each.width >= 46 for each in periods)


def test_a_node_without_history_and_a_clock_that_is_behind_draw_nothing_odd() -> None:
    assert timeline([], NOW) == []
    (period,) = timeline([an_event("free", -5)], NOW)
    assert (period.seconds, period.width) == (0, WIDTH)
