"""``python -m bench.driver_deeds DEED WHO``: one deed by one driver, in a process of its own.

WHO is ``libcloud``, ``ours`` (our class in Libcloud's place) or ``openstacksdk``. The environment
names the cloud (``OS_*``).
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

THREADS = 100


def driver(who: str) -> Any:
    from libcloud.compute.providers import get_driver
    from libcloud.compute.types import Provider

    if who == "ours":
        from leasehold.libcloud import register

        register()
    return get_driver(Provider.OPENSTACK)(
        os.environ["OS_USERNAME"],
        os.environ["OS_PASSWORD"],
        ex_force_auth_url=os.environ["OS_AUTH_URL"].removesuffix("/v3"),
        ex_force_auth_version="3.x_password",
        ex_tenant_name=os.environ["OS_PROJECT_NAME"],
        ex_force_service_region="RegionOne",
        api_version="2.2",
    )


def imported(who: str) -> dict[str, Any]:
    """What importing costs is seen from outside."""
    if who == "openstacksdk":
        import openstack  # noqa: F401 - that is the deed
    elif who == "ours":
        import leasehold.libcloud  # noqa: F401
    else:
        import libcloud.compute.drivers.openstack  # noqa: F401
    return {}


def looked_around(who: str) -> dict[str, Any]:
    """One list of each of four services, by one driver or connection."""
    if who == "openstacksdk":
        import openstack

        cloud = openstack.connect(load_yaml_config=False)
        for listed in (
            cloud.compute.servers(),
            cloud.image.images(),
            cloud.network.networks(),
            cloud.block_storage.volumes(),
        ):
            list(listed)
        return {}
    one = driver(who)
    for method in ("list_nodes", "list_images", "ex_list_networks", "list_volumes"):
        getattr(one, method)()
    return {}


def created(who: str) -> dict[str, Any]:
    """A hundred nodes at once through one new driver, a thread for each."""
    make = _maker(who)
    seen: Counter[str] = Counter()
    begin = threading.Barrier(THREADS)

    def create(number: int) -> None:
        begin.wait()
        try:
            name = make(f"n{number}")
            seen["right" if name == f"n{number}" else "another's answer"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
            seen[type(error).__name__] += 1

    threads = [threading.Thread(target=create, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(seen)


def _maker(who: str) -> Callable[[str], str]:
    """What makes a node and gives the name that the answer says. Nothing has signed in before."""
    flavor, image, network = (os.environ[name] for name in ("FLAVOR", "IMAGE", "NETWORK"))
    if who == "openstacksdk":
        import openstack

        cloud = openstack.connect(load_yaml_config=False)
        return lambda name: str(
            cloud.compute.create_server(
                name=name, flavor_id=flavor, image_id=image, networks=[{"uuid": network}]
            ).name
        )
    one = driver(who)
    size, disk, net = (SimpleNamespace(id=each) for each in (flavor, image, network))
    return lambda name: str(one.create_node(name, size, disk, networks=[net]).name)


DEEDS = {"import": imported, "look": looked_around, "create": created}

if __name__ == "__main__":
    deed, who = sys.argv[1:]
    print(json.dumps(DEEDS[deed](who)))
