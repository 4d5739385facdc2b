"""``python -m bench.paddles_service DIRECTORY``: a lab of fixed nodes behind paddles' API."""

import argparse
import contextlib
from pathlib import Path

from leasehold.lab.config import Config, PaddlesConfig, ServiceConfig
from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.lab.open import open_lab
from leasehold.service.doors import open_doors
from leasehold.service.listener import url_of
from leasehold.service.log import configure_logs
from leasehold.service.serve import run
from leasehold.service.tokens import Tokens

KIND = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--database", default="ledger.db", help="a path, or a postgresql:// URL")
    chosen = parser.parse_args()
    configure_logs()
    config = Config(
        path=chosen.directory / "leasehold.toml",
        service=ServiceConfig(listen="127.0.0.1:0", database=chosen.database),
        clouds={},
        machine_types={},
        paddles=PaddlesConfig(listen="127.0.0.1:0"),
    )
    lab = open_lab(config, clouds={})
    rows = [
        NodeRow(
            name=NodeName(f"bench{number:04}.front.example"),
            machine_type=KIND,
            os_type="ubuntu",
            os_version="22.04",
            arch="x86_64",
            mac_address="00:11:22:33:44:55",
            ssh_pub_key="ssh-ed25519 " + "A" * 68,
        )
        for number in range(chosen.nodes)
    ]
    lab.register_nodes(rows, by="bench", new_types=True)
    with contextlib.ExitStack() as stack:
        doors = open_doors(config, stack)
        assert doors.paddles is not None
        url = url_of(doors.paddles.listening)
        run(lab, doors, Tokens({}), lambda _: print(url, flush=True))


if __name__ == "__main__":
    main()
