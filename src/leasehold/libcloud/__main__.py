"""Runs a program that was written for Libcloud on our driver: python -m leasehold.libcloud PROGRAM."""

import runpy
import sys
from pathlib import Path

from leasehold.libcloud.registration import register

USAGE = """usage: python -m leasehold.libcloud PROGRAM [ARGUMENT ...]

Runs a Python program, unchanged, with Leasehold's driver in the place of Libcloud's OpenStack driver.
PROGRAM is a file, or with -m before it a module."""


def main(words: list[str]) -> None:
    """Run the program that `words` begin with; the rest is its own arguments."""
    match words:
        case ["-m", module, *rest]:
            register()
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case [program, *rest] if not program.startswith("-"):
            register()
            sys.argv = [program, *rest]
            sys.path[0] = str(Path(program).resolve().parent)  # as python PROGRAM does
            runpy.run_path(program, run_name="__main__")
        case _:
            sys.exit(USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
