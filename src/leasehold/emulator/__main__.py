"""``python -m leasehold.emulator``."""

import argparse
import sys
from pathlib import Path

from leasehold.emulator.command import run
from leasehold.emulator.identity.catalog_entries import READY_MADE


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m leasehold.emulator",
        description="An OpenStack in one process, on a loopback port, until Ctrl-C.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument(
        "--guests",
        choices=("none", "auto", "container", "shell"),
        default="none",
        help="what stands behind an ACTIVE server",
    )
    parser.add_argument("--boot", default="1,2,4", metavar="LOW,USUAL,HIGH", help="seconds")
    parser.add_argument("--delete", default="0.2,0.5,1", metavar="LOW,USUAL,HIGH", help="seconds")
    parser.add_argument("--instances", type=int, default=1000, help="quota of servers; -1: none")
    parser.add_argument("--servers", type=int, default=0, help="how many there are from the start")
    parser.add_argument("--password", default="demo", help="of the user demo")
    parser.add_argument("--seed", type=int, help="the same seed gives the same ids and delays")
    parser.add_argument("--catalog", default="modern", choices=READY_MADE, help="what it shows")
    parser.add_argument("--write-clouds", type=Path, metavar="PATH", help="where clouds.yaml goes")
    return run(**vars(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
