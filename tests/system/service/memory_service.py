"""A real service over a cloud in memory, as a program of its own: for tests that need processes.

It prints its address and runs until it is told to stop. Nodes are ready when the cloud says so.
"""

import argparse
from pathlib import Path

from leasehold.engine.clock import SystemClock
from leasehold.engine.cloud import Flavor, Image, Network, Offers
from leasehold.engine.memory_cloud import MemoryCloud
from leasehold.lab.config import load
from leasehold.lab.lab import Lab
from leasehold.lab.open import open_lab
from leasehold.service.listener import listen_on
from leasehold.service.log import configure_logs
from leasehold.service.serve import run

CONFIG = """
[clouds.memory]

[machine_types.demo]
cloud = "memory"
image = "debian-12"
flavor = "small"
nodes = {nodes}
ready = "active"
names = "demo{{n:03}}"
"""

OFFERS = Offers(
    images=(Image(id="image-1", name="debian-12"),),
    flavors=(Flavor(id="flavor-1", name="small", cores=1, ram_mib=1024, disk_gib=10),),
    networks=(Network(id="network-1", name="lab"),),
)


def memory_lab(directory: Path, *, nodes: int = 4, boot: float = 0.0) -> Lab:
    """A lab with `nodes` nodes of machine type demo, whose servers take `boot` seconds."""
    path = directory / "leasehold.toml"
    path.write_text(CONFIG.format(nodes=nodes))
    clock = SystemClock()
    cloud = MemoryCloud(clock, boot=boot, offers=OFFERS)
    return open_lab(load(path), clouds={"memory": cloud}, clock=clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--boot", type=float, default=0.0)
    parser.add_argument("--token", action="append", default=[], help="NAME=sha256:HEX")
    chosen = parser.parse_args()
    configure_logs()
    tokens = dict(each.split("=", 1) for each in chosen.token)
    lab = memory_lab(chosen.directory, nodes=chosen.nodes, boot=chosen.boot)
    run(lab, listen_on(chosen.listen, tokens), tokens, lambda url: print(url, flush=True))


if __name__ == "__main__":
    main()
