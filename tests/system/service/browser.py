"""A headless Chromium, spoken to over its own pipe: no driver, no port, no sleeping."""

import base64
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
  new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true,
    characterData: true});
  look();
})
"""

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
"""The keys that are no letters, with the codes that Chromium wants to know."""


class Browser:
    """One browser process. What it is asked, it answers in order of its own; what happens, too."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = os.fdopen(answers, "rb")
        self._number = 0

    @contextmanager
    def a_page(self, url: str) -> Iterator["Page"]:
        """A page that shares no cookie with any other."""
        page = Page(self)
        context = page.ask("Target.createBrowserContext")["browserContextId"]
        try:
            page.open(url, context)
            yield page
        finally:
            page.session = None
            page.ask("Target.disposeBrowserContext", browserContextId=context)

    def send(self, method: str, parameters: dict[str, object], session: str | None) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        return self._number

    def read(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has gone"
            message += byte
        found: dict[str, Any] = json.loads(message)
        return found

    def close(self) -> None:
        os.close(self._commands)
        self._answers.close()


class Page:
    """One open page."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.session: str | None = None
        self._seen: list[str] = []
        self.complaints: list[str] = []
        """What the page wrote to its console, and what its policy stopped."""
        self.asked: list[str] = []
        """What it wanted to have confirmed; it always was."""

    def open(self, url: str, context: str) -> None:
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Log", "Runtime", "Page"):
            self.ask(f"{domain}.enable")
        self.go(url)

    def go(self, url: str) -> None:
        """Open another address in the same page."""
        self._seen.clear()
        self.ask("Page.navigate", url=url)
        self._until_loaded()

    def follow(self, expression: str) -> None:
        """Do something that leads to another page, and wait for that."""
        self._seen.clear()
        self.value(expression)
        self._until_loaded()

    def value(self, expression: str) -> Any:
        """Evaluate JavaScript, waiting for promises."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Wait until the document fulfils a condition."""
        self.value(UNTIL.replace("CONDITION", condition))

    def press(self, key: str) -> None:
        """Press a key as a person does."""
        named = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key[0].upper()))}
        text = {"Enter": "\r", "Tab": ""}.get(key, key)
        kind = "keyDown" if text else "rawKeyDown"
        self.ask("Input.dispatchKeyEvent", type=kind, text=text, **named)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **named)

    def type(self, text: str) -> None:
        for letter in text:
            self.press(letter)

    def tab_to(self, element: str) -> None:
        """Press Tab until the element with this id has the focus."""
        for _ in range(200):
            if self.value("document.activeElement.id") == element:
                return
            self.press("Tab")
        raise AssertionError(f"the keyboard does not reach {element}")

    def resize(self, width: int, height: int, *, telephone: bool = False) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=telephone,
        )  # fmt: skip

    def darken(self, scheme: str = "dark") -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.ask("Emulation.setEmulatedMedia", features=[feature])

    def picture(self) -> bytes:
        """What is seen, as a PNG."""
        shot = self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    def ask(self, method: str, **parameters: object) -> Any:
        """Send a command, and wait for its answer."""
        number = self._browser.send(method, parameters, self.session)
        while True:
            answer = self._browser.read()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self._hear(answer)

    def _until_loaded(self) -> None:
        while "Page.loadEventFired" not in self._seen:
            self._hear(self._browser.read())

    def _hear(self, event: dict[str, Any]) -> None:
        if event.get("sessionId") != self.session:
            return  # of a page that was closed a moment ago
        method = event.get("method", "")
        self._seen.append(method)
        if method in ("Log.entryAdded", "Runtime.consoleAPICalled"):
            self.complaints.append(json.dumps(event["params"]))
        elif method == "Page.javascriptDialogOpening":
            self.asked.append(event["params"]["message"])
            accept: dict[str, object] = {"accept": True}
            self._browser.send("Page.handleJavaScriptDialog", accept, self.session)


@contextmanager
def a_browser(directory: Path) -> Iterator[Browser]:
    """A browser process; skips the test where there is no Chromium, but not in CI."""
    if PROGRAM is None:
        assert os.environ.get("CI") != "true", "Chromium is missing: apt-get install chromium"
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
    browser = Browser(commands, answers)
    try:
        yield browser
    finally:
        browser.close()
        process.terminate()
        process.wait()
