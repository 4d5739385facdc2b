"""Which nodes there are, and which of them are free for whom."""

import random

from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.inventory import Count, Inventory
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import ANYTHING, NodeRow, Want, order


def a_row(name: str = "a1", machine_type: str = "a", **fields: object) -> NodeRow:
    return NodeRow(name=NodeName(name), machine_type=machine_type, **fields)


def an_inventory(**counts: int) -> Inventory:
    """So many nodes of each type, named after it and numbered from 1."""
    return Inventory(
        a_row(f"{name}{number}", name)
        for name, count in counts.items()
        for number in range(1, count + 1)
    )


def test_at_first_all_are_free_in_the_order_of_people() -> None:
    inventory = an_inventory(a=11, b=1)
    assert inventory.free("a") == [f"a{number}" for number in range(1, 12)]
    assert inventory.count("a") == Count(free=11)
    assert [row.name for row in inventory.rows()][-2:] == ["a11", "b1"]


def test_a_machine_type_without_nodes_has_none() -> None:
    inventory = an_inventory(a=1)
    assert inventory.free("c") == []
    assert inventory.count("c") == Count()
    assert inventory.note(NodeName("c1"), held=False, occupied=False) is None


def test_who_waits_is_told_of_once_when_a_node_becomes_free() -> None:
    inventory, node = an_inventory(a=5), NodeName("a1")
    assert inventory.note(node, held=True, occupied=False) is None
    assert inventory.note(node, held=True, occupied=True) is None
    assert inventory.note(node, held=False, occupied=True) is None
    assert inventory.count("a") == Count(free=4, leaving=1)
    assert inventory.note(node, held=False, occupied=False) == "a"
    assert inventory.note(node, held=False, occupied=False) is None


def test_who_waits_is_told_of_nodes_that_are_new_or_up_again_or_another_now() -> None:
    inventory = an_inventory()
    assert inventory.put(a_row(up=False)) is None
    assert inventory.put(a_row(up=True)) == "a"
    assert inventory.put(a_row(description="in the corner")) is None
    assert inventory.put(a_row(os_type="ubuntu")) == "a"
    assert inventory.put(a_row(machine_type="b")) == "b"
    assert inventory.free("a") == []
    assert inventory.machine_types() == ["b"]


def test_a_node_that_is_down_is_not_given_out_and_what_holds_it_keeps_it() -> None:
    inventory, node = an_inventory(a=2), NodeName("a1")
    inventory.note(node, held=True, occupied=False)
    inventory.put(a_row(up=False))
    assert inventory.count("a") == Count(held=1, free=1)
    assert inventory.note(node, held=False, occupied=False) is None
    assert inventory.count("a") == Count(down=1, free=1)
    assert inventory.free("a") == ["a2"]


def test_types_are_offered_in_the_order_in_which_they_were_named() -> None:
    inventory = an_inventory(a=2, b=2)
    assert inventory.free(("b", "a", "b")) == ["b1", "b2", "a1", "a2"]
    assert inventory.free(("b", "a"), limit=3) == ["b1", "b2", "a1"]
    assert inventory.count(("b", "a", "b")).all == 4


def test_attributes_choose_among_fixed_nodes_and_not_among_those_that_are_made() -> None:
    rows = [a_row("a1", os_type="ubuntu"), a_row("a2", os_type="centos"), a_row("c1", "cloud")]
    inventory = Inventory(rows, cloud_types={"cloud"})
    want = Want(os_type="centos")
    assert inventory.free(("a", "cloud"), want) == ["a2", "c1"]
    assert inventory.count(("a", "cloud"), want).all == 2
    assert [inventory.fits(NodeName(name), want) for name in ("a1", "a2", "c1", "x")] == [
        False, True, True, False,
    ]  # fmt: skip


names = st.sampled_from([f"n{number}" for number in range(1, 13)])
systems = st.sampled_from([None, "ubuntu", "centos"])
changes = st.one_of(
    st.tuples(st.just("put"), names, st.sampled_from("ab"), systems, st.booleans()),
    st.tuples(st.just("note"), names, st.booleans(), st.booleans()),
    st.tuples(st.just("remove"), names),
)


@given(st.lists(changes, max_size=60))
def test_free_is_what_is_up_and_neither_held_nor_occupied(steps) -> None:
    inventory = Inventory()
    rows: dict[str, NodeRow] = {}
    held: dict[str, bool] = {}
    occupied: dict[str, bool] = {}
    for what, name, *how in steps:
        if what == "put":
            machine_type, system, up = how
            rows[name] = a_row(name, machine_type, os_type=system, up=up)
            inventory.put(rows[name])
        elif what == "note" and name in rows:
            held[name], occupied[name] = how
            inventory.note(NodeName(name), held=how[0], occupied=how[1])
        elif what == "remove" and name in rows:
            inventory.remove(NodeName(name))
            del rows[name]
            held.pop(name, None)
            occupied.pop(name, None)
        for machine_type in "ab":
            for want in (ANYTHING, Want(os_type="ubuntu")):
                fitting = [
                    each
                    for each in sorted(rows, key=order)
                    if rows[each].machine_type == machine_type
                    and want.os_type in (None, rows[each].os_type)
                ]
                free = [
                    each
                    for each in fitting
                    if rows[each].up and not held.get(each) and not occupied.get(each)
                ]
                assert inventory.free(machine_type, want) == free
                count = inventory.count(machine_type, want)
                assert (count.free, count.all) == (len(free), len(fitting))
                assert count.held == sum(held.get(each, False) for each in fitting)
    assert {row.name: row for row in inventory.rows()} == rows
    assert len(inventory) == len(rows)


def test_a_wish_looks_at_what_it_takes_and_not_at_all_there_is(monkeypatch) -> None:
    """Six thousand nodes, one in a hundred of them as wanted."""
    numbers = list(range(6000))
    random.Random(1).shuffle(numbers)
    inventory = Inventory(
        a_row(f"n{each}", os_type="rare" if each % 100 == 7 else "usual") for each in numbers
    )
    looked_at: list[str] = []
    monkeypatch.setattr(
        "leasehold.lab.inventory.NodeName", lambda name: looked_at.append(name) or name
    )
    assert inventory.free("a", Want(os_type="rare"), limit=3) == ["n7", "n107", "n207"]
    assert len(looked_at) == 3
