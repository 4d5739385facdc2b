"""``leasehold serve`` as a child of ours, for as long as a block lasts."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from leasehold.cli.exits import Failure

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_LOG_LINES = 20


@contextmanager
def running_service(config: Path, log: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Start the service, give its address, and stop it in the end. Raises `Failure` with its log.

    It gets a session of its own: Ctrl-C is for us, and we end it in our order.
    """
    command = [sys.executable, "-m", "leasehold", "serve", "--config", str(config)]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
    line = process.stdout.readline().decode().strip() if readable else ""
    if not line.startswith("http"):
        last = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
        raise Failure(f"the service did not start; its log ends with:\n{last}")
    return line
