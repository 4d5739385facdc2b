"""Which pages are made, and by what."""

from collections.abc import Callable
from pathlib import Path

from tools.docs import (
    api,
    commands,
    configuration,
    driver,
    emulator,
    libcloud,
    reasons,
    states,
    waits,
)

ROOT = Path(__file__).parents[2]

_NOTE = "<!-- Made from the code. Change it there, then run `make docs`. -->\n\n"

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/api.md": api.page,
    "docs/reference/commands.md": commands.page,
    "docs/reference/configuration.md": configuration.page,
    "docs/reference/driver.md": driver.page,
    "docs/reference/emulator.md": emulator.page,
    "docs/reference/libcloud.md": libcloud.page,
    "docs/reference/reasons.md": reasons.page,
    "docs/reference/states.md": states.page,
    "docs/waits-and-failures.md": waits.page,
}


def text_of(path: str) -> str:
    """What the page has to say now."""
    return _NOTE + PAGES[path]().strip() + "\n"


def stale() -> list[str]:
    """The pages that say something else than the code, or are missing."""
    return [path for path in PAGES if _kept(path) != text_of(path)]


def write(path: str) -> None:
    """Write one page anew."""
    (ROOT / path).write_text(text_of(path), encoding="utf-8")


def _kept(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else None
