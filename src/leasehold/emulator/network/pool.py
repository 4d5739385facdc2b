"""The addresses of one subnet: which are free, and which comes next."""

from collections import deque
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, ip_address
from itertools import chain

from leasehold.emulator.network.records import AllocationPool


class AddressPool:
    """Hands out addresses in rising order; one that came back waits until all others were out.

    So an address is not given to a second server while its first one may still be remembered
    (in a known_hosts file, in a name server). Taken over many calls, each costs constant time.
    """

    def __init__(self, pools: Sequence[AllocationPool]) -> None:
        ranges = (range(_number(pool.start), _number(pool.end) + 1) for pool in pools)
        self._ranges = sorted(ranges, key=lambda numbers: numbers.start)
        self._address = type(ip_address(pools[0].start)) if pools else IPv4Address
        self._rising: Iterator[int] = chain.from_iterable(self._ranges)
        self._passed = -1
        self._returned: deque[str] = deque()
        self._used: set[str] = set()

    @property
    def size(self) -> int:
        return sum(numbers.stop - numbers.start for numbers in self._ranges)

    @property
    def used(self) -> int:
        return len(self._used)

    @property
    def used_in_ranges(self) -> int:
        return sum(1 for address in self._used if self._hands_out(_number(address)))

    def take(self) -> str | None:
        """The next free address; None when there is none."""
        for address in self._candidates():
            if self.claim(address):
                return address
        return None

    def claim(self, address: str) -> bool:
        """Take this very address, in the ranges or not; False when it is in use."""
        if address in self._used:
            return False
        self._used.add(address)
        return True

    def give_back(self, address: str) -> None:
        """Make an address free again; nothing happens to one that is."""
        if address not in self._used:
            return
        self._used.remove(address)
        number = _number(address)
        if number <= self._passed and self._hands_out(number):
            self._returned.append(address)

    def over(self, pools: Sequence[AllocationPool]) -> "AddressPool":
        """A pool over other ranges, in which the same addresses are in use."""
        other = AddressPool(pools)
        other._used = set(self._used)
        return other

    def _candidates(self) -> Iterator[str]:
        """Each is offered once, and may have been claimed in the meantime."""
        for number in self._rising:
            self._passed = number
            yield str(self._address(number))
        while self._returned:
            yield self._returned.popleft()

    def _hands_out(self, number: int) -> bool:
        return any(number in numbers for numbers in self._ranges)


def _number(address: str) -> int:
    return int(ip_address(address))
