"""What a step is made of: say, run, write, wait, and remember that it is done."""

import concurrent.futures
import contextlib
import json
import secrets
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from testbed.layout import DONE, ETC, LOG
from testbed.processes import alive

_BEGAN = time.monotonic()


def say(*words: object) -> None:
    print(f"[{time.monotonic() - _BEGAN:6.1f}s]", *words, flush=True)


def run(command: Iterable[object], log: str | None = None, **options: Any) -> None:
    """Run a command to completion; on failure show the end of its log."""
    command = [str(word) for word in command]
    path = LOG / f"{log or Path(command[0]).name}.log"
    with path.open("ab") as out:
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, **options
        ).returncode
    if code:
        tail = "\n".join(path.read_text(errors="replace").splitlines()[-15:])
        sys.exit(f"failed ({code}): {' '.join(command)}\n{tail}\n(full log: {path})")


@contextlib.contextmanager
def once(step: str) -> Iterator[bool]:
    """Yield whether the step is to be done; remembered across runs when it succeeds."""
    mark = DONE / step
    yield not mark.exists()
    mark.touch()


def secret(name: str) -> str:
    """The password of that name, made up when it is first asked for."""
    path = ETC / "secrets.json"
    data = json.loads(path.read_text()) if path.exists() else {}
    if name not in data:
        data[name] = secrets.token_hex(12)
        path.touch(mode=0o600)
        path.write_text(json.dumps(data, indent=1))
    return str(data[name])


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=mode)
    path.write_text(textwrap.dedent(text).lstrip("\n"))


def parallel(*jobs: Callable[[], object]) -> None:
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        for running in [pool.submit(job) for job in jobs]:
            running.result()


def wait_for(
    what: str, test: Callable[[], bool], seconds: float, watch: Iterable[str] = ()
) -> None:
    """Wait until the test holds; exit when a watched process dies first, or time is up."""
    end = time.monotonic() + seconds
    while not test():
        for name in watch:
            if not alive(name):
                sys.exit(f"{name} died while starting; see {LOG / name}.log")
        if time.monotonic() > end:
            sys.exit(f"timed out after {seconds} s waiting for {what}; logs are in {LOG}")
        time.sleep(0.2)


def http_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own, on loopback
            return bool(answer.status < 500)
    except urllib.error.HTTPError as error:
        return error.code < 500  # 300 (nova, glance) and 401 are answers too
    except OSError:
        return False
