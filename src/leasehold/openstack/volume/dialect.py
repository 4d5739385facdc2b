"""The two ways in which Cinder spells names: v1's, and that of v2 and v3."""

import warnings
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from leasehold.openstack.body import Fields
from leasehold.openstack.call import FilterValue
from leasehold.openstack.paging import Collection
from leasehold.openstack.service import Service, Shape

T = TypeVar("T")

CUT_AT = 1000
"""Where Cinder ends a list of v1, unless its operator says otherwise (osapi_max_limit)."""
_V1 = {"name": "display_name", "description": "display_description"}


class MayBeCut(UserWarning):
    """A list of Cinder v1 is as long as such lists can be: there may be more than it shows."""


class Dialects(Generic[T]):
    """How one kind of thing is listed and shown: by v1 as `old`, by v2 and v3 as `new`."""

    def __init__(self, path: str, *, new: type[T], old: type[T], keys: tuple[str, str]) -> None:
        plural, single = keys
        self._new = Collection(path, new, key=plural), Shape(new, key=single)
        self._old = Collection(path, old, key=plural, page_size=None), Shape(old, key=single)

    def shape(self, service: Service) -> Shape[T]:
        """Give the shape of a single thing."""
        return (self._old if is_v1(service) else self._new)[1]

    def items(self, service: Service, filters: Mapping[str, FilterValue]) -> Iterator[T]:
        """List; what v1, which has no pages, may have cut is told by a `MayBeCut` warning."""
        if not is_v1(service):
            yield from service.items(self._new[0], filters)
            return
        spelled = {_V1.get(name, name): value for name, value in filters.items()}
        for page in service.pages(self._old[0], spelled):
            if len(page.items) >= CUT_AT:
                warnings.warn(
                    f"Cinder v1 shows {len(page.items)} and has no pages: there may be more. "
                    "Narrow the list by filters, or have the operator offer v2 or v3",
                    MayBeCut,
                    stacklevel=2,
                )
            yield from page.items


def is_v1(service: Service) -> bool:
    """Say whether the endpoint in use is Cinder's first API, or Nova's that it was made of."""
    return service.api_version < (2, 0)


def spelled(service: Service, fields: Fields) -> Fields:
    """Spell the names in a request as the endpoint in use wants them."""
    if not is_v1(service):
        return fields
    return {_V1.get(name, name): value for name, value in fields.items()}
