"""``python -m tools.docs.picture`` runs the demo on a terminal and keeps what it shows as an SVG."""

import os
import pty
import re
import subprocess
import sys
from fcntl import ioctl
from io import StringIO
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

from rich.console import Console
from rich.text import Text
from tools.docs.screen import Screen

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "demo.svg"
COLUMNS, ROWS = 100, 60
_CHUNK = 1 << 16


def take() -> str:
    """Run the demo and draw its last screen."""
    screen = Screen()
    terminal, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, pack("HHHH", ROWS, COLUMNS, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "leasehold", "demo"],
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    while chunk := _read(terminal):
        screen.write(chunk)
    os.close(terminal)
    if process.wait():
        raise SystemExit(f"the demo ended with {process.returncode}:\n{screen.text()}")
    return draw(f"$ make demo\n{screen.text().strip()}")


def draw(text: str) -> str:
    """Text with ANSI colours as an SVG that fetches nothing."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi(text))
    drawn = console.export_svg(title="", unique_id="demo")
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL).replace("Fira Code", "Courier")


def _read(terminal: int) -> str:
    """What came; nothing at the end, which Linux tells as an error."""
    try:
        return os.read(terminal, _CHUNK).decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    PICTURE.write_text(take(), encoding="utf-8")
    print(f"wrote {PICTURE}, {PICTURE.stat().st_size:,} bytes")
