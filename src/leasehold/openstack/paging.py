"""Lists that come in pages: what they look like on the wire, and what one page holds."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from leasehold.openstack.call import Query
from leasehold.openstack.secret import decode_secret

T = TypeVar("T")

PAGE_SIZE = 1000
"""Nova, Cinder and Glance cut at 1,000 unless their operator says otherwise; Neutron pages only
when it is asked to. The larger the page the fewer the calls, and a thousand servers are 2 MB."""


UNREADABLE = (ValueError, RecursionError)
"""What msgspec raises over an answer that is not the JSON it should be: msgspec.DecodeError is a
ValueError, and so is UnicodeDecodeError; nesting without end is a RecursionError."""


class Link(msgspec.Struct, frozen=True, gc=False):
    """Where another page is."""

    href: str
    rel: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One answer of a listing."""

    items: Sequence[T]
    date: datetime | None
    """The cloud's clock when it answered, to the second."""
    elapsed: float
    """Seconds that the answer took."""


class Collection(Generic[T]):
    """A list of one kind of thing: where it is and how its pages are decoded.

    `wrapped` is the key around each item, where there is one (``{"keypair": {...}}``).
    """

    def __init__(
        self,
        path: str,
        item: type[T],
        *,
        key: str,
        links: str | None = None,
        wrapped: str | None = None,
        page_size: int | None = PAGE_SIZE,
        by_offset: bool = False,
        shared: tuple[str, ...] = (),
    ) -> None:
        """`shared` names fields whose values many items repeat; a page keeps one copy of each.

        `by_offset` is for lists that have pages but no links to the next one.
        """
        self.path = path
        self.by_offset = by_offset
        self.page_size = page_size
        self._shared = shared
        self._wrapped = wrapped is not None
        body = msgspec.defstruct(
            "Body",
            [
                ("items", list[_wrapper(item, wrapped)], msgspec.field(name=key)),  # type: ignore[misc]  # made at run time
                ("links", list[Link], msgspec.field(name=links or f"{key}_links", default=[])),
                ("next", str | None, None),
            ],
            gc=False,
        )
        self._decoder = msgspec.json.Decoder(body, strict=False, dec_hook=decode_secret)

    def at(self, path: str) -> "Collection[T]":
        """Give the same list at another path, for lists that belong to one thing."""
        other = copy(self)
        other.path = path
        return other

    def decode(self, content: bytes) -> tuple[Sequence[T], Query | None]:
        """Read a page: its items, and the query of the next one. Raises one of `UNREADABLE`."""
        body: Any = self._decoder.decode(content)  # a type made at run time has no static name
        items = [wrapper.inner for wrapper in body.items] if self._wrapped else body.items
        for name in self._shared:
            _share(items, name)
        return items, next_query(body.links, body.next)


def _wrapper(item: type[T], key: str | None) -> type:
    if key is None:
        return item
    return msgspec.defstruct("Wrapper", [("inner", item, msgspec.field(name=key))])


def _share(items: list[Any], name: str) -> None:
    """Point items to one copy of equal values: equal, frozen and fresh from us, it is no change."""
    copies: dict[Any, Any] = {}
    for item in items:
        value = getattr(item, name)
        copy_ = copies.setdefault(value, value)
        if copy_ is not value:
            msgspec.structs.force_setattr(item, name, copy_)


def next_query(links: Sequence[Link], next_href: str | None = None) -> Query | None:
    """Take only the query of the next page's address.

    The rest is often wrong: a service behind a proxy names itself by http, or by an inner host.
    """
    href = next((link.href for link in links if link.rel == "next"), next_href)
    return tuple(parse_qsl(urlsplit(href).query)) if href else None
