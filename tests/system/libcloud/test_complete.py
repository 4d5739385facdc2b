"""Nothing that Libcloud's class offers to programs is missing in ours."""

import inspect
from inspect import Parameter
from typing import Any

import pytest
from libcloud.compute.drivers import openstack as theirs

from leasehold import libcloud as ours

CLASSES = ["OpenStack_1_0_NodeDriver", "OpenStack_1_1_NodeDriver", "OpenStack_2_NodeDriver"]
WITHOUT_VOLUMES = {
    ("OpenStack_1_0_NodeDriver", name)
    for name in ("attach_volume", "create_volume", "detach_volume")
}
"""Nova 1.0 has none: what Libcloud sends it gets no answer, and ours are not implemented."""
KEYWORDS = Parameter.VAR_KEYWORD


def public(kind: type) -> list[str]:
    """The methods of a class that programs call; what ends in Cls only holds another class."""
    return sorted(
        name
        for name in dir(kind)
        if not name.startswith("_") and not name.endswith("Cls") and callable(getattr(kind, name))
    )


CASES = [
    (kind, method)
    for kind in CLASSES
    for method in public(getattr(theirs, kind))
    if (kind, method) not in WITHOUT_VOLUMES
]


def test_libclouds_class_for_api_version_2_has_the_115_methods_that_this_was_made_for() -> None:
    assert len(public(theirs.OpenStack_2_NodeDriver)) == 115


@pytest.mark.parametrize(("kind", "method"), CASES, ids=map(".".join, CASES))
def test_the_method_takes_the_same_arguments(kind: str, method: str) -> None:
    wanted = inspect.signature(getattr(getattr(theirs, kind), method)).parameters
    given = inspect.signature(getattr(getattr(ours, kind), method)).parameters
    in_order = [name for name, each in wanted.items() if each.kind is not KEYWORDS]
    assert list(given)[: len(in_order)] == in_order
    for name, parameter in wanted.items():
        if parameter.kind is KEYWORDS:
            assert KEYWORDS in {each.kind for each in given.values()}, name
        else:
            assert _default(given[name]) == _default(parameter), name


def test_the_constructor_takes_the_same_positional_arguments() -> None:
    wanted = inspect.signature(theirs.OpenStackNodeDriver.__new__).parameters
    given = inspect.signature(ours.OpenStackNodeDriver.__new__).parameters
    assert [*given][:7] == [*wanted][:7]
    assert [each.default for each in given.values()] == [each.default for each in wanted.values()]


@pytest.mark.parametrize(
    "name",
    [
        "NODE_STATE_MAP",
        "VOLUME_STATE_MAP",
        "SNAPSHOT_STATE_MAP",
        "PORT_INTERFACE_MAP",
    ],
)
def test_the_states_that_libcloud_knows_are_the_same_states(name: str) -> None:
    theirs_, ours_ = (getattr(module.OpenStack_2_NodeDriver, name) for module in (theirs, ours))
    assert {status: ours_[status] for status in theirs_} == theirs_


@pytest.mark.parametrize("name", ["api_name", "name", "type", "features", "port"])
def test_what_a_program_may_read_off_the_class_is_the_same(name: str) -> None:
    assert getattr(ours.OpenStack_2_NodeDriver, name) == getattr(
        theirs.OpenStack_2_NodeDriver, name
    )


def _default(parameter: Parameter) -> Any:
    """None where Libcloud shares a list or dict between all calls."""
    return parameter.default or None if parameter.default != "" else ""
