"""Each promise names the tests that would fail if it were broken, and they exist."""

import re

from tests.docs.page import ROOT

_NAMED = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)`")


def test_the_tests_that_the_promises_name_exist():
    text = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
    named = [(found["file"], found["test"]) for found in _NAMED.finditer(text)]
    missing = [f"{file}::{test}" for file, test in named if test not in _tests_in(file)]
    assert not missing, "\n".join(missing)


def test_each_promise_names_a_test_or_says_that_it_is_not_kept_yet():
    text = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
    promises = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(promises) >= 10
    bare = [
        promise.partition("\n")[0]
        for promise in promises
        if not _NAMED.search(promise) and "Not built yet" not in promise
    ]
    assert not bare


def _tests_in(file: str) -> set[str]:
    path = ROOT / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return set(re.findall(r"^\s*(?:(?:async )?def )?(test_\w+)(?:\(| = )", text, re.MULTILINE))
