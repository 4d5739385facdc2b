"""The ``leasehold`` command. Nothing is imported here that its call does not need."""

import sys


def main() -> None:
    """Run the command named by the process's arguments, and exit with its code."""
    from leasehold.cli.app import run

    sys.exit(run(sys.argv[1:]))
