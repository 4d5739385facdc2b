"""Our driver in Libcloud's place, beside Libcloud's own and openstacksdk: what using it costs.

Import is the CPU of a fresh process, less that of an empty one, the median of five. Tokens and
requests are for one list of servers, images, networks and volumes. Then 100 threads make a node each
at once, through one driver that has not signed in yet: the tokens fetched, the servers there are after
that, how many threads got the answer about their own, and what the others got.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence

from bench.report import table
from leasehold.emulator import Delays, Emulator, fixed
from leasehold.openstack import connect

WHO = ("libcloud", "ours", "openstacksdk")
RUNS = 5


def run() -> None:
    nothing = _cpu(["-c", "pass"])
    rows = [(who, *_looked(who, nothing), *_created(who)) for who in WHO]
    table(
        (
            *("driver", "import", "tokens", "requests"),
            *("tokens of 100 threads", "servers", "own answers", "others got"),
        ),
        rows,
    )


def _looked(who: str, nothing: float) -> tuple[str, str, str]:
    cost = _cpu(_deed("import", who)) - nothing
    with Emulator(guests="none", seed=1) as cloud:
        _done(_deed("look", who), cloud)
        tokens = cloud.requests.of("identity", "POST")
        return f"{cost:.2f} s", str(tokens), str(cloud.requests.total - tokens)


def _created(who: str) -> tuple[str, ...]:
    # Slow enough that no node of the hundred is done while another is being made.
    delays = Delays(boot=fixed(60))
    with Emulator(guests="none", seed=1, delays=delays) as cloud:
        wishes = _what_there_is(cloud)
        cloud.requests.reset()
        found: dict[str, int] = json.loads(_done(_deed("create", who), cloud, **wishes))
        tokens = cloud.requests.of("identity", "POST")
        made = len(cloud.leftovers().servers)
    own = found.pop("right", 0)
    others = ", ".join(f"{name} {count}" for name, count in sorted(found.items()))
    return str(tokens), str(made), str(own), others or "-"


def _what_there_is(cloud: Emulator) -> dict[str, str]:
    """The ids of what the nodes are made of."""
    with connect(
        auth_url=cloud.auth_url, username="demo", password=cloud.password, project_name="demo"
    ) as ours:
        return {
            "FLAVOR": next(each.id for each in ours.compute.flavors() if each.name == "tiny"),
            "IMAGE": next(each.id for each in ours.image.images() if each.name == "tiny"),
            "NETWORK": next(each.id for each in ours.network.networks() if each.name == "lab"),
        }


def _deed(deed: str, who: str) -> list[str]:
    return ["-m", "bench.driver_deeds", deed, who]


def _cpu(words: Sequence[str]) -> float:
    """CPU seconds of a process, its children's too; the median."""
    found = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(found)


def _done(words: Sequence[str], cloud: Emulator, **more: str) -> str:
    env = os.environ | {
        "OS_AUTH_URL": cloud.auth_url,
        "OS_USERNAME": "demo",
        "OS_PASSWORD": cloud.password,
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "PYTHONWARNINGS": "ignore",
        **more,
    }
    done = subprocess.run(
        [sys.executable, *words], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout
