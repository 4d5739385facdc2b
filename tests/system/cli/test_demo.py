import os
import re
import signal
from pathlib import Path

import pytest

from .commands import Command

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def leasehold(tmp_path: Path) -> Command:
    command = Command(tmp_path, "")
    (tmp_path / "tmp").mkdir()
    command.environment["TMPDIR"] = str(tmp_path / "tmp")
    del command.environment["LEASEHOLD_SERVER"]
    return command


def leftovers(leasehold: Command) -> list[str]:
    """Files of the demo, and processes that know of its directory."""
    directory = leasehold.environment["TMPDIR"]
    files = [str(path) for path in Path(directory).iterdir()]
    processes = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            told = (each / "environ").read_bytes() + (each / "cmdline").read_bytes()
        except OSError:
            continue
        if directory.encode() in told and int(each.name) != os.getpid():
            processes.append(told.decode(errors="replace"))
    return files + processes


def test_the_demo_does_the_whole_job_and_leaves_nothing(leasehold: Command) -> None:
    process = leasehold.start("demo")
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, out + err
    assert "Guests: container" in out or "Guests: shell" in out
    for name in ("demo001", "demo002"):
        assert f"{name}  ready" in err
        assert re.search(rf"\$ leasehold ssh --resolver 127\.0\.0\.1:\d+ {name} ", out)
        assert f"  {name}.demo.test A\n" in out
        assert f"  {name}.demo.test SSHFP\n" in out
    assert out.count(" processes\n") == 2
    assert out.count("stray    nothing") == 2
    assert "name server demo at " in out
    assert "asked what is left in its zones: nothing." in out
    assert out.rstrip().endswith("And the cloud itself, asked what it still holds: nothing.")
    assert leftovers(leasehold) == []
    assert not (leasehold.home / "config").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_broken_off_leaves_nothing(leasehold: Command, number: int) -> None:
    process = leasehold.start("demo")
    assert process.stderr is not None
    assert any("building" in line for line in process.stderr)
    process.send_signal(number)
    process.communicate(timeout=100)
    assert process.returncode == 130
    assert leftovers(leasehold) == []


def test_a_demo_that_is_kept_says_how_to_go_on(leasehold: Command) -> None:
    process = leasehold.start("demo", "--keep", "--count", "1")
    seen = []
    assert process.stdout is not None
    for line in process.stdout:
        seen.append(line)
        if "Ctrl-C ends it" in line:
            break
    (line,) = [each for each in seen if "export LEASEHOLD_SERVER=" in each]
    other = Command(leasehold.home, line.partition("=")[2].strip())
    locked = other("lock", "--type", "demo")
    assert locked.returncode == 0, locked.stderr
    said = other("ssh", "demo001", "echo", "hello").stdout
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert said == "hello\n"
    assert process.returncode == 0
    assert leftovers(leasehold) == []


def test_the_count_has_its_limits(leasehold: Command) -> None:
    done = leasehold("demo", "--count", "9")
    assert (done.returncode, "1 to 8" in done.stderr) == (2, True)
