"""Whole numbers in the place of ids, for clients from before there were UUIDs."""

from leasehold.emulator.compute.faults import not_found

_FIRST = 100_001


class Numbers:
    """A number per id, given at first sight and kept. An id that is a number keeps its own."""

    def __init__(self) -> None:
        self._by_id: dict[str, int] = {}
        self._by_number: dict[int, str] = {}

    def of(self, thing_id: str) -> int:
        if thing_id.isdecimal() and int(thing_id) < _FIRST:
            return int(thing_id)
        number = self._by_id.setdefault(thing_id, _FIRST + len(self._by_id))
        self._by_number[number] = thing_id
        return number

    def id(self, number: object) -> str:
        """The id behind a number, which may come as text; raises Fault 404."""
        text = str(number)
        if not text.isdecimal():
            raise not_found("Not Found")
        return self._by_number.get(int(text), text)
