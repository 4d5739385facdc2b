"""What callers of Flocker's REST API may send and are sent, in its own words and limits.

Source: Flocker 1.15's documentation of the API, and its schemas: sizes in bytes, at least 64 MiB and
in whole KiB; no keys but those that are known.
"""

from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

Key = Annotated[str, Meta(min_length=1, max_length=256)]
Value = Annotated[str, Meta(max_length=256)]
Size = Annotated[int, Meta(ge=64 << 20, multiple_of=1024)]


class Refused(Exception):
    """A request that is not done: Flocker's status for it, and what to say."""

    def __init__(self, status: int, description: str, *errors: str) -> None:
        self.status = status
        self.body: dict[str, Any] = {"description": description}
        if errors:
            self.body["errors"] = list(errors)
        super().__init__(description)


class NewDataset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/configuration/datasets."""

    primary: UUID
    dataset_id: UUID | None = None
    maximum_size: Size | None = None
    metadata: Annotated[dict[Key, Value], Meta(max_length=16)] = {}
    deleted: bool = False


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/configuration/datasets/ID."""

    primary: UUID | None = None


class NewLease(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /v1/configuration/leases; `expires` in seconds from now, null for never."""

    dataset_id: UUID
    node_uuid: UUID
    expires: Annotated[float, Meta(ge=0)] | None


class ConfiguredDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset as it should be."""

    dataset_id: str
    primary: str | None
    deleted: bool
    metadata: dict[str, str]
    maximum_size: int


class SeenDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset as it is: with primary and path only where it is mounted."""

    dataset_id: str
    maximum_size: int
    primary: str | UnsetType = UNSET
    path: str | UnsetType = UNSET


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    dataset_id: str
    node_uuid: str
    expires: float | None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    uuid: str
    host: str


def parse(body: bytes, kind: type[T]) -> T:
    """Read a body. Raises `Refused` with 400."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        told = "The provided JSON doesn't match the required schema."
        raise Refused(400, told, str(error)) from None
    except (msgspec.DecodeError, RecursionError):
        raise Refused(400, "The request body is not JSON.") from None
