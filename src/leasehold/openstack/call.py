"""One request to one service, and its answer: what passes between the verbs and the transport."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import quote

import msgspec

from leasehold.openstack.errors import BadId

_SOUND = re.compile(r"/|(?:/(?!\.{1,2}(?:/|$))[^/?#\s\x00-\x1f]+)+")
"""Paths in which each segment names something and none leads elsewhere."""


class ServiceType(StrEnum):
    """The services that the driver speaks to, by their official type."""

    IDENTITY = "identity"
    COMPUTE = "compute"
    COMPUTE_V1 = "compute-v1"
    """Nova's API 1.0, which shares nothing with its successors but the catalog's type."""
    IMAGE = "image"
    NETWORK = "network"
    VOLUME = "block-storage"
    RESERVATION = "reservation"


FilterValue = str | int | bool | datetime | Sequence[str] | None
"""What a filter of a list can be; a sequence is sent as the same name several times."""

Query = tuple[tuple[str, str], ...]


def query_of(filters: Mapping[str, FilterValue]) -> Query:
    """Spell filters as OpenStack reads them: True and False in lower case, times in UTC, no None."""
    return tuple((name, text) for name, value in filters.items() for text in _texts(name, value))


def _texts(name: str, value: FilterValue) -> Iterable[str]:
    match value:
        case None:
            return ()
        case bool():
            return (str(value).lower(),)
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"{name} needs a time with a time zone, got {value.isoformat()}")
            return (value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
        case str() | int():
            return (str(value),)
        case _:
            return tuple(value)


def segment(text: str) -> str:
    """Spell a name of the user's as one segment of a path, whatever it holds."""
    return quote(text, safe="")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `path` starts after the service's endpoint.

    Raises `BadId` for a path that an id would lead somewhere else: to another resource, or, an
    empty one, from a server to the list of all.
    """

    service: ServiceType
    method: str
    path: str
    query: Query = ()
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    repeatable: bool
    """Sending it twice does what sending it once does, so that a lost reply costs nothing."""

    def __post_init__(self) -> None:
        if not _SOUND.fullmatch(self.path):
            raise BadId(self.path)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud answered, its body not yet decoded."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    elapsed: float
    """Seconds from sending the request to the head of the answer."""

    @property
    def request_id(self) -> str | None:
        """The cloud's id of the request, for the operator's logs."""
        return self.headers.get("x-openstack-request-id") or self.headers.get(
            "x-compute-request-id"
        )

    @property
    def date(self) -> datetime | None:
        """The cloud's clock when it answered, to the second; None if it did not say."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            return None
