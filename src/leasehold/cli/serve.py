"""``leasehold serve``: the service in the foreground."""

import sys
from pathlib import Path

from leasehold.cli.configuration import ConfigFile, find_config


def serve(*, config: ConfigFile = None) -> None:
    """Run the service.

    Until Ctrl-C or SIGTERM. Prints its address when it answers; logs go to stderr.
    """
    from leasehold.lab.config import load
    from leasehold.service.log import configure_logs
    from leasehold.service.serve import serve as run_service

    path: Path = find_config(config)
    configure_logs(sys.stderr)
    run_service(load(path), lambda url: print(url, flush=True))
