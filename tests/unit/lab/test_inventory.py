"""Which nodes are free."""

from hypothesis import given
from hypothesis import strategies as st

from leasehold.lab.inventory import Inventory
from leasehold.lab.model import NodeName

NODES = {
    "a": tuple(NodeName(f"a{number}") for number in range(5)),
    "b": tuple(NodeName(f"b{number}") for number in range(2)),
}


def test_at_first_all_are_free_in_their_order() -> None:
    inventory = Inventory(NODES)
    assert inventory.free("a") == list(NODES["a"])
    assert (inventory.count_free("a"), inventory.count_leaving("a")) == (5, 0)


def test_a_machine_type_that_is_not_configured_has_none() -> None:
    inventory = Inventory(NODES)
    assert inventory.free("c") == []
    assert (inventory.count_free("c"), inventory.count_leaving("c")) == (0, 0)
    assert inventory.note(NodeName("c1"), held=False, occupied=False) is None


def test_who_waits_is_told_of_once_when_a_node_becomes_free() -> None:
    inventory, node = Inventory(NODES), NodeName("a1")
    assert inventory.note(node, held=True, occupied=False) is None
    assert inventory.note(node, held=True, occupied=True) is None
    assert inventory.note(node, held=False, occupied=True) is None
    assert inventory.count_leaving("a") == 1
    assert inventory.note(node, held=False, occupied=False) == "a"
    assert inventory.note(node, held=False, occupied=False) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([*NODES["a"], *NODES["b"]]), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_free_is_what_is_neither_held_nor_occupied(changes) -> None:
    inventory, held, occupied = Inventory(NODES), set(), set()
    for node, is_held, is_occupied in changes:
        inventory.note(node, held=is_held, occupied=is_occupied)
        (held.add if is_held else held.discard)(node)
        (occupied.add if is_occupied else occupied.discard)(node)
        for name, nodes in NODES.items():
            free = [each for each in nodes if each not in held | occupied]
            assert inventory.free(name) == free
            assert inventory.count_free(name) == len(free)
            assert inventory.count_leaving(name) == len((occupied - held) & set(nodes))
    inventory.clear()
    assert inventory.free("a") == list(NODES["a"])
