"""``python -m bench.clients NAME``: list every server of a cloud with one client, and tell the cost.

Each client runs in a process of its own, so that CPU and memory are its own. The environment names
the cloud (``OS_*``). One small request comes first: sign-in and imports are not part of the count.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Lister = Callable[[], int]


def leasehold_list() -> Lister:
    from leasehold.openstack import connect

    cloud = connect()
    next(iter(cloud.compute.flavors()))
    return lambda: len(list(cloud.compute.servers()))


def leasehold_streamed() -> Lister:
    from leasehold.openstack import connect

    cloud = connect()
    next(iter(cloud.compute.flavors()))
    return lambda: sum(1 for _ in cloud.compute.servers())


def libcloud_class() -> Lister:
    from leasehold.libcloud import register

    register()
    return libcloud()


def libcloud() -> Lister:
    from libcloud.compute.providers import get_driver
    from libcloud.compute.types import Provider

    url = urlsplit(os.environ["OS_AUTH_URL"])
    driver = get_driver(Provider.OPENSTACK)(
        os.environ["OS_USERNAME"],
        os.environ["OS_PASSWORD"],
        ex_force_auth_url=f"{url.scheme}://{url.netloc}{url.path.removesuffix('/v3')}",
        ex_force_auth_version="3.x_password",
        ex_tenant_name=os.environ["OS_PROJECT_NAME"],
        api_version="2.2",
    )
    driver.list_sizes()
    return lambda: len(driver.list_nodes())


def _session() -> object:
    from keystoneauth1 import session
    from keystoneauth1.identity import v3

    auth = v3.Password(
        auth_url=os.environ["OS_AUTH_URL"],
        username=os.environ["OS_USERNAME"],
        password=os.environ["OS_PASSWORD"],
        project_name=os.environ["OS_PROJECT_NAME"],
        user_domain_name="Default",
        project_domain_name="Default",
    )
    return session.Session(auth=auth)


def novaclient() -> Lister:
    from novaclient import client

    nova = client.Client("2.1", session=_session())
    nova.flavors.list()
    return lambda: len(nova.servers.list(limit=-1))


def openstacksdk() -> Lister:
    import openstack

    cloud = openstack.connect(load_yaml_config=False)
    next(iter(cloud.compute.flavors()))
    return lambda: len(list(cloud.compute.servers()))


def requests_json() -> Lister:
    import requests

    session = _session()
    url = session.get_endpoint(service_type="compute", interface="public")
    http = requests.Session()
    http.headers["X-Auth-Token"] = session.get_token()
    http.get(f"{url}/flavors").json()

    def run() -> int:
        servers = []
        page = f"{url}/servers/detail"
        while page:
            answer = http.get(page).json()
            servers += answer["servers"]
            links = {each["rel"]: each["href"] for each in answer.get("servers_links", [])}
            page = links.get("next")
        return len(servers)

    return run


CLIENTS = {
    "leasehold": leasehold_list,
    "leasehold, streamed": leasehold_streamed,
    "leasehold, as libcloud": libcloud_class,
    "libcloud": libcloud,
    "novaclient": novaclient,
    "openstacksdk": openstacksdk,
    "requests + json": requests_json,
}


def _status(field: str) -> float:
    """A size of this process from the kernel, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def main(name: str) -> None:
    run = CLIENTS[name]()
    Path("/proc/self/clear_refs").write_text("5")  # the peak from here on, without the parent's
    memory = _status("VmRSS")
    cpu, wall = time.process_time(), time.perf_counter()
    count = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = _status("VmHWM")
    print(json.dumps({"count": count, "cpu": cpu, "wall": wall, "mb": peak - memory}))


if __name__ == "__main__":
    main(sys.argv[1])
