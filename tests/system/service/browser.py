"""A headless Chromium, spoken to over its own pipe: no driver, no port, no sleeping."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")

UNTIL = """
new Promise((found) => {
  const look = () => { if (CONDITION) found(true); };
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true});
  look();
})
"""


class Page:
    """One open page."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = os.fdopen(answers, "rb")
        self._number = 0
        self._session: str | None = None
        self.complaints: list[str] = []
        """What the page wrote to its console, and what its policy stopped."""

    def open(self, url: str) -> None:
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Log", "Runtime", "Page"):
            self._ask(f"{domain}.enable")
        self._ask("Page.navigate", url=url)
        self.until('document.readyState === "complete"')

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript, waiting for promises."""
        answer = self._ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until the document fulfils a condition."""
        self.value(UNTIL.replace("CONDITION", condition))

    def close(self) -> None:
        os.close(self._commands)
        self._answers.close()

    def _ask(self, method: str, **parameters: object) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._read())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") in ("Log.entryAdded", "Runtime.consoleAPICalled"):
                self.complaints.append(json.dumps(answer["params"]))

    def _read(self) -> bytes:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has gone"
            message += byte
        return bytes(message)


@contextmanager
def a_page(directory: Path, url: str) -> Iterator[Page]:
    """A page in a browser of its own; skips the test where there is no Chromium."""
    if PROGRAM is None:
        pytest.skip("no Chromium here (apt-get install chromium)")
    theirs, commands = os.pipe()
    answers, ours = os.pipe()
    options = (
        f"--headless --no-sandbox --disable-gpu --remote-debugging-pipe --user-data-dir={directory}"
    )
    process = subprocess.Popen(
        ["bash", "-c", f"exec {PROGRAM} {options} 3<&{theirs} 4>&{ours}"],
        pass_fds=(theirs, ours),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    os.close(ours)
    page = Page(commands, answers)
    try:
        page.open(url)
        yield page
    finally:
        page.close()
        process.terminate()
        process.wait()
