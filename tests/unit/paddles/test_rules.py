"""What may be done to a node's lock, as it stands: paddles' rules, and where ours are kinder."""

import pytest
from msgspec import UNSET

from leasehold.paddles.bodies import LockChange
from leasehold.paddles.rules import Deed, Standing, judge
from leasehold.paddles.web import Refused

FREE = Standing(locked=False)
MINE = Standing(locked=True, locked_by="ann", description="/run/7")


def ask(locked: bool | None, by=UNSET, description=UNSET) -> LockChange:
    return LockChange(locked=locked, locked_by=by, description=description)


def refusal(lock: LockChange, now: Standing) -> tuple[int, str]:
    with pytest.raises(Refused) as found:
        judge(lock, now)
    return found.value.status, found.value.message


def test_a_free_node_is_locked_for_who_says_a_name():
    assert judge(ask(True, "ann"), FREE) is Deed.LOCK
    assert refusal(ask(True), FREE) == (400, "Cannot lock without specifying locked_by")
    assert refusal(ask(True, ""), FREE) == (400, "Cannot lock without specifying locked_by")


def test_a_locked_node_is_not_locked_again():
    for lock in (ask(True, "bob"), ask(True, "ann"), ask(True, "ann", "/run/8"), ask(True)):
        assert refusal(lock, MINE) == (403, "Cannot lock an already-locked node")


def test_the_same_lock_once_more_is_done_already():
    assert judge(ask(True, "ann", "/run/7"), MINE) is Deed.NOTHING


def test_a_node_is_unlocked_by_its_owner():
    assert judge(ask(False, "ann"), MINE) is Deed.UNLOCK
    assert judge(ask(False, "ann", "/run/7"), MINE) is Deed.UNLOCK
    assert judge(ask(False, "ann", ""), MINE) is Deed.UNLOCK
    assert refusal(ask(False), MINE) == (400, "Cannot unlock without specifying locked_by")
    message = "Cannot unlock - locked_by values must match"
    assert refusal(ask(False, "bob"), MINE) == (403, message)


def test_a_node_is_not_unlocked_under_another_description():
    message = "Cannot unlock - description values must match"
    assert refusal(ask(False, "ann", "/run/8"), MINE) == (403, message)


def test_a_free_node_is_not_unlocked():
    message = "Cannot unlock an already-unlocked node"
    assert refusal(ask(False, "ann"), FREE) == (403, message)
    other = Standing(locked=False, last_by="bob", last_description="/run/7")
    assert refusal(ask(False, "ann", "/run/7"), other) == (403, message)


def test_an_unlock_that_is_repeated_is_done_already():
    given_back = Standing(locked=False, last_by="ann", last_description="/run/7")
    assert judge(ask(False, "ann"), given_back) is Deed.NOTHING
    assert judge(ask(False, "ann", "/run/7"), given_back) is Deed.NOTHING
    message = "Cannot unlock an already-unlocked node"
    assert refusal(ask(False, "ann", "/run/8"), given_back) == (403, message)


def test_a_look_changes_nothing():
    assert judge(ask(None), MINE) is Deed.NOTHING
    assert judge(ask(None, "ann"), MINE) is Deed.NOTHING
    assert judge(ask(None, None), FREE) is Deed.NOTHING


def test_a_lock_is_not_taken_over_by_a_name_alone():
    assert refusal(ask(None, "bob"), MINE)[0] == 403
    assert refusal(ask(None, None), MINE)[0] == 403
    assert refusal(ask(None, "bob"), FREE)[0] == 400
