"""Cloud calls in one server's life at 100 concurrent (boot 30 s, delete 5 s), beside libcloud.

Three rounds of 100, after a first server: sign-in, a look around, what the cloud offers, its limits.
libcloud is driven as its users drive it: create_node, wait_until_running, destroy_node, a thread for
each of 20 servers (its count per life grows with their number: every wait lists all servers).
"""

import threading
import time

from bench.lab import a_lab, lock, wait
from bench.report import table
from leasehold.emulator import Delay, Delays, Emulator
from leasehold.lab.lab import Lab

SERVERS = 100
PEER_SERVERS = 20
ROUNDS = 3
BOOT = Delay(low=28.0, mode=30.0, high=32.0)
DELETE = Delay(low=4.0, mode=5.0, high=6.0)
OWN = frozenset({"POST", "DELETE", "PUT"})


def run() -> None:
    ours, background = _ours()
    peer = _libcloud()
    rows = [
        ("leasehold", SERVERS, f"{ours:.1f}", f"{background:.2f}", "1"),
        ("libcloud", PEER_SERVERS, f"{peer:.1f}", "-", f"{peer / ours:.1f}"),
    ]
    table(("client", "servers", "calls per life", "background per s", "to leasehold"), rows)


def _emulator() -> Emulator:
    return Emulator(guests="none", seed=1, delays=Delays(boot=BOOT, delete=DELETE))


def _ours() -> tuple[float, float]:
    """Calls that belong to a server, per server; and the others per second."""
    with _emulator() as emulator, a_lab(emulator, nodes=SERVERS) as lab:
        _live(lab, 1)
        emulator.requests.reset()
        began = time.monotonic()
        for _ in range(ROUNDS):
            _live(lab, SERVERS)
        seconds = time.monotonic() - began
        calls = emulator.requests.by_call()
        own = sum(
            count
            for call, count in calls.items()
            if call.method in OWN and call.service != "identity"
        )
        return own / SERVERS / ROUNDS, (emulator.requests.total - own) / seconds


def _live(lab: Lab, count: int) -> None:
    """Servers from their lock to their end."""
    lease = wait(lab, lock(lab, count))
    lab.release(lease.id)
    assert lab.settle("c", 120)


def _libcloud() -> float:
    from libcloud.compute.providers import get_driver
    from libcloud.compute.types import Provider

    with _emulator() as emulator:

        def life(number: int) -> None:
            driver = get_driver(Provider.OPENSTACK)(
                "demo",
                emulator.password,
                ex_force_auth_url=f"{emulator.url}/identity",
                ex_force_auth_version="3.x_password",
                ex_tenant_name="demo",
                api_version="2.2",
            )
            size = next(each for each in driver.list_sizes() if each.name == "tiny")
            image = next(each for each in driver.list_images() if each.name == "debian-12")
            network = next(each for each in driver.ex_list_networks() if each.name == "lab")
            node = driver.create_node(name=f"n{number}", size=size, image=image, networks=[network])
            driver.wait_until_running([node], ssh_interface="private_ips")
            driver.destroy_node(node)

        threads = [threading.Thread(target=life, args=(n,)) for n in range(PEER_SERVERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return emulator.requests.total / PEER_SERVERS
