"""One refresh of 1,000 servers: CPU from the bytes of the answer to the ledger's rows being current.

Beside it: what openstacksdk and plain json spend on decoding the same answer alone.
"""

import json
import statistics
import time
from collections.abc import Callable

import msgspec

from bench.report import table
from leasehold.engine.cloud import Installation, Kind, Listing, ObjectId, ServerSpec
from leasehold.engine.observe import Known, Memory, observe
from leasehold.engine.openstack_sightings import server_sighting
from leasehold.engine.row import Row, State
from leasehold.openstack import connect

COUNT = 1000


def run() -> None:
    from leasehold.emulator import Emulator

    with Emulator(guests="none", seed=1) as emulator:
        emulator.seed_servers(COUNT)
        auth = {
            "auth_url": emulator.auth_url,
            "username": "demo",
            "password": "demo",
            "project_name": "demo",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        with connect(**auth) as cloud:
            page = next(iter(cloud.compute.server_pages()))
        raw = _raw(emulator.auth_url, auth)
    servers = page.items
    known = _known(servers)
    ours = _cpu(lambda: _refresh(raw, type(servers[0]), known))
    peers = {
        "json.loads alone": _cpu(lambda: json.loads(raw)),
        "openstacksdk, decoding alone": _cpu(lambda: _sdk(raw), runs=1),
    }
    rows = [("leasehold, the whole refresh", f"{ours * 1000:.1f} ms", "1")]
    rows += [(name, f"{each * 1000:.1f} ms", f"{each / ours:.1f}") for name, each in peers.items()]
    table((f"{COUNT:,} servers", "CPU", "to leasehold"), rows)


def _raw(auth_url: str, auth: dict[str, str]) -> bytes:
    import requests
    from keystoneauth1 import session
    from keystoneauth1.identity import v3

    signed_in = session.Session(auth=v3.Password(**auth))
    url = signed_in.get_endpoint(service_type="compute", interface="public")
    headers = {"X-Auth-Token": signed_in.get_token()}
    return requests.get(f"{url}/servers/detail", headers=headers, timeout=60).content


def _known(servers: list[object]) -> Known:
    rows, ids = {}, {}
    for number, server in enumerate(servers):
        sighting = server_sighting(server)
        row = Row(
            id=ObjectId(f"server-{number}"),
            cloud="c",
            spec=ServerSpec(name=sighting.name, flavor_id="1"),
            state=State.UP,
            cloud_id=sighting.cloud_id,
            status=sighting.status,
            addresses=sighting.addresses,
            created_at=0.0,
            since=0.0,
            called_at=0.0,
        )
        rows[row.id] = row
        ids[sighting.cloud_id] = row.id
    return Known(installation=Installation("bench"), cloud="c", rows=rows, ids=ids)


def _refresh(raw: bytes, kind: type, known: Known) -> None:
    class Page(msgspec.Struct):
        servers: list[kind]

    found = msgspec.json.decode(raw, type=Page).servers
    listing = Listing(kind=Kind.SERVER, sightings=tuple(map(server_sighting, found)), complete=True)
    seen = observe(known, listing, 10.0, Memory(), 10.0)
    assert not seen.changed


def _sdk(raw: bytes) -> None:
    from openstack.compute.v2.server import Server

    for each in json.loads(raw)["servers"]:
        Server.existing(**each)


def _cpu(work: Callable[[], object], runs: int = 9) -> float:
    def once() -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    return statistics.median(once() for _ in range(runs))
