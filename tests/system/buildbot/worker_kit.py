"""buildbot-worker where guests of the emulator can see it: they have neither /tmp nor hidden homes."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


@contextmanager
def a_worker_kit() -> Iterator[str]:
    """A copy of buildbot-worker and all that it needs; the command that runs it."""
    with tempfile.TemporaryDirectory(prefix="leasehold-worker-", dir="/var/tmp") as directory:
        Path(directory).chmod(0o755)
        for found in _with_needs("buildbot-worker", {}).values():
            for top in {Path(str(file)).parts[0] for file in found.files or ()} - {".."}:
                _copy(Path(str(found.locate_file(top))), Path(directory) / top)
        program = "import sys; from buildbot_worker.scripts.runner import run; run()"
        yield f"env PYTHONPATH={directory} PYTHONWARNINGS=ignore {_python()} -S -c '{program}'"


def _with_needs(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    try:
        found[name] = distribution(name)
    except PackageNotFoundError:
        return found  # of no use on this machine
    for line in found[name].requires or ():
        need = Requirement(line)
        if need.name not in found and (need.marker is None or need.marker.evaluate({"extra": ""})):
            _with_needs(need.name, found)
    return found


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not target.exists():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "test"))
    elif source.is_file():
        shutil.copy(source, target)


def _python() -> str:
    """The interpreter that guests can see: this one, or the system's of the same version."""
    here = Path(sys.executable).resolve()
    if not any(part.startswith(".") or part == "tmp" for part in here.parts):
        return str(here)
    return f"/usr/bin/python3.{sys.version_info.minor}"
