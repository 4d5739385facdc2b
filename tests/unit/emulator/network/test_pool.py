"""Which address comes next, and when one comes again."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from leasehold.emulator.network.pool import AddressPool
from leasehold.emulator.network.records import AllocationPool


def a_pool(start: str = "10.0.0.2", end: str = "10.0.0.5") -> AddressPool:
    return AddressPool([AllocationPool(start=start, end=end)])


def taken(pool: AddressPool, count: int) -> list[str | None]:
    return [pool.take() for _ in range(count)]


def test_addresses_rise_until_there_are_no_more() -> None:
    assert taken(a_pool(), 5) == ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", None]


def test_an_address_comes_again_only_after_all_others() -> None:
    pool = a_pool()
    pool.take()
    pool.give_back("10.0.0.2")
    assert taken(pool, 5) == ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.2", None]


def test_the_address_that_came_back_first_goes_out_first() -> None:
    pool = a_pool()
    taken(pool, 4)
    pool.give_back("10.0.0.4")
    pool.give_back("10.0.0.2")
    assert taken(pool, 3) == ["10.0.0.4", "10.0.0.2", None]


def test_a_claimed_address_is_passed_over() -> None:
    pool = a_pool()
    assert pool.claim("10.0.0.3")
    assert taken(pool, 3) == ["10.0.0.2", "10.0.0.4", "10.0.0.5"]


def test_an_address_in_use_cannot_be_claimed() -> None:
    pool = a_pool()
    pool.take()
    assert not pool.claim("10.0.0.2")


def test_an_address_claimed_outside_the_pool_is_never_handed_out() -> None:
    pool = a_pool()
    assert pool.claim("10.0.0.1")
    pool.give_back("10.0.0.1")
    assert "10.0.0.1" not in taken(pool, 5)


def test_giving_back_what_is_free_changes_nothing() -> None:
    pool = a_pool()
    pool.give_back("10.0.0.2")
    assert taken(pool, 5)[-1] is None


def test_ranges_are_used_from_the_lowest_up() -> None:
    ranges = [("10.0.0.9", "10.0.0.9"), ("10.0.0.3", "10.0.0.4")]
    pool = AddressPool([AllocationPool(start=start, end=end) for start, end in ranges])
    assert taken(pool, 4) == ["10.0.0.3", "10.0.0.4", "10.0.0.9", None]


def test_an_ipv6_pool_hands_out_ipv6() -> None:
    assert a_pool("2001:db8::1", "2001:db8::ffff:ffff").take() == "2001:db8::1"


def test_other_ranges_keep_what_is_in_use() -> None:
    pool = a_pool()
    pool.take()
    wider = pool.over([AllocationPool(start="10.0.0.1", end="10.0.0.5")])
    assert wider.take() == "10.0.0.1"
    assert wider.take() == "10.0.0.3"


@given(st.lists(st.integers(min_value=0, max_value=9)))
def test_no_address_is_out_twice(steps: list[int]) -> None:
    """A step 0 takes one; any other gives back, or claims, one by its number."""
    pool = a_pool("10.0.0.0", "10.0.0.7")
    out: set[str] = set()
    for step in steps:
        address = str(ip_address("10.0.0.0") + step - 1)
        if step == 0:
            found = pool.take()
            assert found not in out
            assert found is not None or len(out) == 8
            out |= {found} if found else set()
        elif address in out:
            pool.give_back(address)
            out.remove(address)
        elif step < 9:
            assert pool.claim(address)
            out.add(address)
