"""Programs of the system that kill the agent which started them: at a known step, as kill -9 does."""

import shutil
from pathlib import Path

BEFORE = "kill -9 $PPID\nexit 1\n"
AFTER = '{program} "$@"; code=$?\nkill -9 $PPID\nexit $code\n'
TORN = (
    '{program} "$@" || exit\n'
    "for device; do :; done\n"
    'dd if=/dev/zero of="$device" bs=64k count=1 conv=notrunc status=none\n'
    "kill -9 $PPID\n"
    "exit 1\n"
)
"""A mkfs that was killed half-way: much is written, and no signature at the beginning."""


class Deadly:
    """A directory for the front of PATH."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.bin = directory / "bin"
        self.bin.mkdir(parents=True)
        self._armed: list[Path] = []

    def arm(self, name: str, *ways: str) -> None:
        """Let a program kill before it runs, after it, or (mkfs) in between; each once, in turn."""
        program = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        assert program is not None
        text = "#!/bin/sh\n"
        for number, way in enumerate(ways):
            armed = self.directory / f"{name}-{number}"
            self._armed.append(armed)
            text += f'if mkdir "{armed}" 2>/dev/null; then\n{way.format(program=program)}fi\n'
        path = self.bin / name
        path.write_text(f'{text}exec {program} "$@"\n')
        path.chmod(0o755)

    @property
    def left(self) -> list[str]:
        """What has not killed yet."""
        return [armed.name for armed in self._armed if not armed.exists()]

    @property
    def path(self) -> str:
        return f"{self.bin}:/usr/sbin:/usr/bin:/sbin:/bin"
