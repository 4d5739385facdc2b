"""What clients of paddles may write, and the words in which the rest is refused."""

import msgspec
import pytest
from msgspec import UNSET

from leasehold.paddles.bodies import lock_many, new_name, node_body, unlock_many
from leasehold.paddles.web import Refused

WISH = {"count": 2, "locked_by": "ann@lab", "machine_type": "smithi", "description": None}


def refusal(read, *asked) -> str:
    with pytest.raises(Refused) as found:
        read(*asked)
    assert found.value.status == 400
    return found.value.message


def test_a_wish_has_all_four_keys_and_the_refusal_names_them():
    for key in WISH:
        left = {name: value for name, value in WISH.items() if name != key}
        assert refusal(lock_many, left) == (
            "must pass these fields: count, locked_by, machine_type, description"
        )


@pytest.mark.parametrize("count", [10, 10.0])
def test_a_count_may_be_written_with_a_point(count):
    assert lock_many(WISH | {"count": count}).count == 10


@pytest.mark.parametrize("count", ["1", None, 1.5, True, [], float("inf"), float("nan")])
def test_a_count_that_is_no_whole_number_is_refused(count):
    assert refusal(lock_many, WISH | {"count": count}).startswith("count must be a whole number")


@pytest.mark.parametrize("count", [0, -3, 0.0])
def test_less_than_one_node_cannot_be_locked(count):
    assert refusal(lock_many, WISH | {"count": count}) == "cannot lock less than 1 node"


@pytest.mark.parametrize("machine_type", ["", None])
def test_a_wish_without_a_machine_type_is_refused(machine_type):
    assert refusal(lock_many, WISH | {"machine_type": machine_type}) == "must specify machine_type"


def test_a_wish_without_an_owner_is_refused():
    message = "Cannot lock without specifying locked_by"
    assert refusal(lock_many, WISH | {"locked_by": ""}) == message
    assert refusal(lock_many, WISH | {"locked_by": None}) == message


def test_several_machine_types_are_joined_by_a_bar_and_each_counts_once():
    assert lock_many(WISH | {"machine_type": "a|b|a|"}).machine_types == ("a", "b")


def test_a_version_that_yaml_took_for_a_number_is_the_text_that_it_looks_like():
    assert lock_many(WISH | {"os_version": 22.04}).os_version == "22.04"


def test_an_unlock_has_names_and_owner_and_nothing_else():
    for wrong in ({"names": []}, {"names": [], "locked_by": "ann", "description": "x"}):
        assert refusal(unlock_many, wrong) == "must pass these fields: names, locked_by"


@pytest.mark.parametrize(("names", "told"), [("n1", "a text"), ({}, "an object"), (3, "a number")])
def test_names_that_are_no_list_are_refused(names, told):
    message = f"'names' must be a list; got: {told}"
    assert refusal(unlock_many, {"names": names, "locked_by": "ann"}) == message


def test_a_node_that_is_named_twice_is_not_found_twice():
    asked = {"names": ["n1", "n1"], "locked_by": "ann"}
    assert refusal(unlock_many, asked).startswith("Could not find all nodes!")


def test_an_unlock_of_nothing_needs_no_owner():
    assert unlock_many({"names": [], "locked_by": None}).names == ()


@pytest.mark.parametrize("fields", [{}, {"name": None}, {"name": ""}])
def test_a_node_without_a_name_is_refused(fields):
    assert refusal(new_name, fields) == "could not find required key: 'name'"


@pytest.mark.parametrize("name", [3, ["n"], "a/b", "n" * 257, "n\0"])
def test_a_name_that_no_path_could_hold_is_refused(name):
    assert refusal(new_name, {"name": name})


def test_what_is_not_said_about_a_node_stays():
    body = node_body({"name": "n1", "unknown": 1})
    assert msgspec.to_builtins(body.change) == {}
    assert (body.lock.locked, body.lock.locked_by, body.lock.description) == (None, UNSET, UNSET)


def test_null_clears_a_text_and_leaves_a_flag_alone():
    change = node_body({"os_type": None, "up": None, "vm_host": None}).change
    assert (change.os_type, change.up, change.vm_host) == (None, UNSET, None)


def test_the_host_of_a_guest_may_be_written_as_paddles_answers_it():
    assert node_body({"vm_host": {"name": "metal1", "up": True}}).change.vm_host == "metal1"


@pytest.mark.parametrize(
    "fields",
    [
        {"up": "yes"},
        {"is_vm": 2},
        {"locked": "true"},
        {"locked": []},
        {"arch": ["x86_64"]},
        {"arch": "a" * 17},
        {"os_type": {}},
        {"description": True},
        {"description": "a\0b"},
        {"vm_host": 7},
        {"vm_host": {"name": []}},
    ],
)
def test_a_value_of_the_wrong_kind_or_size_is_refused_by_its_name(fields):
    assert next(iter(fields)) in refusal(node_body, fields)


@pytest.mark.parametrize("written", [1, 1.0, True])
def test_one_is_as_good_as_true(written):
    assert node_body({"locked": written, "locked_by": "ann"}).lock.locked is True
