import pytest

from leasehold.lab.rights import RIGHTS, NotAllowed, Right, Role, demand, may, roles_with


def test_each_role_may_what_the_lesser_one_may_and_more() -> None:
    least, middle, most = (RIGHTS[role] for role in Role)
    assert least < middle < most == set(Right)


def test_a_user_has_a_say_only_over_what_is_theirs() -> None:
    assert may(Role.USER, Right.LEASE)
    assert not may(Role.USER, Right.OVERRULE)
    assert not may(Role.USER, Right.OPERATE)


def test_only_an_administrator_gives_tokens() -> None:
    assert roles_with(Right.ADMINISTER) == (Role.ADMIN,)


def test_a_refusal_names_who_which_right_and_whom_to_ask() -> None:
    with pytest.raises(NotAllowed) as caught:
        demand("ann@lab", Role.USER, Right.OVERRULE)
    text = str(caught.value)
    assert "act on what others hold" in text
    assert "the role user of ann@lab" in text
    assert "operator or admin" in text
