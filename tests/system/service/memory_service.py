"""A real service over a cloud in memory, as a program of its own: for tests that need processes.

It prints its address and runs until it is told to stop. Nodes are ready when the cloud says so.
"""

import argparse
from pathlib import Path

from leasehold.lab.config import TokenConfig
from leasehold.lab.rights import Role
from leasehold.service.doors import Doors
from leasehold.service.listener import listen_on
from leasehold.service.log import configure_logs
from leasehold.service.serve import run
from leasehold.service.tokens import Tokens
from tests.unit.service.labs import memory_lab


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--listen", default="127.0.0.1:0")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--boot", type=float, default=0.0)
    parser.add_argument("--database", default="ledger.db", help="a path, or a postgresql:// URL")
    parser.add_argument("--token", action="append", default=[], help="NAME[:ROLE]=sha256:HEX")
    parser.add_argument("--more", type=Path, help="a file with more of the configuration")
    chosen = parser.parse_args()
    configure_logs()
    lab = memory_lab(
        chosen.directory,
        nodes=chosen.nodes,
        boot=chosen.boot,
        database=chosen.database,
        more=chosen.more.read_text() if chosen.more else "",
    )
    tokens = Tokens(dict(map(token, chosen.token)), lab.database)
    doors = Doors(listening=listen_on(chosen.listen))
    run(lab, doors, tokens, lambda url: print(url, flush=True))


def token(text: str) -> tuple[str, TokenConfig]:
    named, _, mark = text.partition("=")
    name, _, role = named.partition(":")
    return name, TokenConfig(hash=mark, role=Role(role or "user"))


if __name__ == "__main__":
    main()
