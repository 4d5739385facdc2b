"""The gateway's checks under a fuzzer that is guided by coverage."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="the fuzzer is not installed for this Python")
RUNS = 50_000


def fuzz(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = Path(__file__).with_name("fuzzing.py")
    asked = [f"-runs={RUNS}", "-seed=1", f"-artifact_prefix={directory}/", *words]
    return subprocess.run(
        [sys.executable, str(program), *asked], capture_output=True, text=True, timeout=100
    )


def test_no_request_that_a_fuzzer_finds_gets_past_the_checks(tmp_path: Path) -> None:
    done = fuzz(tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert f"Done {RUNS} runs" in done.stderr


def test_the_fuzzer_notices_a_rule_that_lets_more_names_through(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "weaker")
    assert done.returncode != 0
    assert "AssertionError: Wish(label=" in done.stdout + done.stderr
