"""Clouds of before there was Neutron, and Libcloud's drivers for them beside ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from leasehold.emulator import Emulator
from tests.looking import named
from tests.system.libcloud.conftest import QUICK
from tests.system.libcloud.pair import Pair, until

Both = dict[Any, Any]

LIBCLOUD_WARNS = [
    pytest.mark.filterwarnings("ignore:This method has been deprecated:UserWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]


@contextmanager
def old_cloud() -> Iterator[Emulator]:
    with Emulator(delays=QUICK, seed=1, guests="none", catalog="oldest") as running:
        yield running


def signed_in(
    emulator: Emulator,
    theirs: Callable[..., Any],
    ours: Callable[..., Any],
    version: str,
    user: str = "demo",
) -> Pair:
    """Both drivers of an API version, on the address that a catalog may not have."""
    project = emulator.run(lambda: emulator.cloud.project(user).id)
    account = {
        "key": user,
        "secret": user,
        "ex_force_auth_url": emulator.url + "/identity",
        "ex_force_auth_version": "2.0_password",
        "ex_tenant_name": user,
        "ex_force_base_url": f"{emulator.url}/compute/v{version}/{project}",
    }
    return Pair(theirs=theirs(**account), ours=ours(**account))


def make(driver: Any, name: str = "web", **options: Any) -> Any:
    """A node as it is when the cloud has taken it on."""
    size, image = named(driver.list_sizes(), "tiny"), named(driver.list_images(), "tiny")
    return driver.create_node(name=name, size=size, image=image, **options)


def settled(driver: Any, node: Any, state: str = "running") -> Any:
    """The node when it is in that state, and nothing is done to it."""

    def listed() -> Any:
        return next(one for one in driver.list_nodes() if one.id == node.id)

    until(lambda: listed().state == state and listed().extra.get("task_state") is None)
    return listed()


def end_all(pair: Pair) -> None:
    for node in pair.ours.list_nodes():
        pair.ours.destroy_node(node)
    until(lambda: pair.ours.list_nodes() == [])
