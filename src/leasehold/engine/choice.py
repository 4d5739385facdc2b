"""Chooses among what a cloud offers: by id, by name or by size. Pure."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from leasehold.engine.cloud import Flavor, Image
from leasehold.engine.errors import NotOffered


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


class Choice:
    """Finds things for somebody, and says what there was instead."""

    def __init__(self, whose: str) -> None:
        self.whose = whose

    def named(
        self,
        thing: str,
        name: str,
        offered: Sequence[N],
        best: Callable[[Iterable[N]], N] | None = None,
    ) -> N:
        """By id, else by name. Several of one name are an error, unless `best` chooses."""
        by_id = [each for each in offered if each.id == name]
        found = by_id or [each for each in offered if each.name == name]
        if not found:
            raise self.missing(thing, name, [each.name or each.id for each in offered])
        if len(found) > 1 and best is None:
            ids = [f"{each.name} ({each.id})" for each in found]
            raise self.missing(f"one {thing} only named", name, ids)
        return best(found) if best else found[0]

    def missing(self, thing: str, name: str, known: Sequence[str]) -> NotOffered:
        """The error that tells what there is."""
        return NotOffered(thing, name, near(name, list(known)), known, whose=self.whose)

    def smallest_flavor(
        self,
        offered: Sequence[Flavor],
        *,
        cores: int,
        ram_mib: int,
        disk_gib: int,
    ) -> Flavor:
        """The smallest (RAM, disk, cores) that has this much."""
        fits = [
            each
            for each in offered
            if each.cores >= cores and each.ram_mib >= ram_mib and each.disk_gib >= disk_gib
        ]
        if not fits:
            wanted = f"{cores} cores, {ram_mib} MiB RAM, {disk_gib} GiB disk"
            sizes = [f"{f.name} ({f.cores}/{f.ram_mib}/{f.disk_gib})" for f in offered]
            raise self.missing("flavor with", wanted, sizes)
        return min(fits, key=lambda each: (each.ram_mib, each.disk_gib, each.cores, each.name))


def newest(images: Iterable[Image]) -> Image:
    """The image made last."""
    return max(images, key=lambda each: (each.created_at is not None, each.created_at, each.id))


def near(name: str, names: Mapping[str, object] | list[str] | tuple[str, ...]) -> list[str]:
    """The names most like `name`, the best first, at most three."""
    lowered = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.5)
    return [lowered[each] for each in found]
