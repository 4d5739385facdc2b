"""What may go wrong, as Hypothesis strategies."""

from hypothesis import strategies as st

from leasehold.engine.cloud import CloudBusy, CloudError, CloudRefused, CloudUnsure, Kind, Refusal
from leasehold.engine.memory_cloud import Fault
from tests.simulation.departures import Hang
from tests.simulation.storm import Lie

kinds = st.sampled_from([Kind.SERVER, Kind.PORT, Kind.VOLUME, Kind.ATTACHMENT])
listed = st.sampled_from([Kind.SERVER, Kind.PORT, Kind.VOLUME])

passing: st.SearchStrategy[CloudError] = st.sampled_from(
    [
        CloudUnsure("the reply was lost"),
        CloudUnsure("500", status=500, request_id="req-5"),
        CloudBusy("429", retry_after=7.0),
        CloudBusy("connection refused"),
        CloudRefused("quota exceeded", why=Refusal.QUOTA, status=403),
        CloudRefused("conflict", why=Refusal.CONFLICT, status=409),
    ]
)
final: st.SearchStrategy[CloudError] = st.sampled_from(
    [
        CloudRefused("no such image", why=Refusal.NOT_FOUND, status=400),
        CloudRefused("not allowed", why=Refusal.FORBIDDEN, status=403),
    ]
)
hanging = st.builds(Hang)

faults = st.one_of(
    st.builds(Fault, verb=st.just("make"), kind=kinds, error=passing | final | hanging),
    st.builds(Fault, verb=st.just("delete"), kind=kinds, error=passing | hanging),
    st.builds(Fault, verb=st.just("list"), kind=listed, error=passing | hanging),
    st.builds(Fault, verb=st.just("limits"), error=passing),
)
name_faults = st.one_of(
    st.builds(Fault, verb=st.just("make"), error=passing | final | hanging),
    st.builds(Fault, verb=st.sampled_from(["delete", "list"]), error=passing | hanging),
    st.builds(
        Fault,
        verb=st.sampled_from(["make", "delete"]),
        error=st.builds(CloudUnsure, st.just("the reply was lost")),
        after_effect=st.just(True),
    ),
)
unsure = st.builds(CloudUnsure, st.just("the reply was lost"))
late = st.one_of(
    st.builds(Fault, verb=st.just("make"), kind=kinds, error=unsure, after_effect=st.just(True)),
    st.builds(Fault, verb=st.just("delete"), kind=kinds, error=unsure, after_effect=st.just(True)),
)


def truncated(keep: int) -> Lie:
    """A listing whose tail is cut off though it says that it is complete."""
    return lambda shown: shown[:keep]


def thinned(step: int) -> Lie:
    """A listing that leaves every `step`-th object out."""
    return lambda shown: tuple(each for n, each in enumerate(shown) if n % step)


class Stale:
    """Listings as they were when the lie began."""

    def __init__(self) -> None:
        self._kept: dict[Kind, tuple] = {}

    def __call__(self, shown: tuple) -> tuple:
        if not shown:
            return shown
        return self._kept.setdefault(shown[0].kind, shown)


lies = st.one_of(
    st.builds(truncated, st.integers(0, 3)),
    st.builds(thinned, st.integers(2, 4)),
    st.builds(Stale),
    st.just(tuple),
)
