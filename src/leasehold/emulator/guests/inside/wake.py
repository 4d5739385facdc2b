"""Tells a poll loop that a child has ended."""

import contextlib
import os
import signal


class Wake:
    """A pipe that becomes readable with SIGCHLD; one per process, made in its main thread."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # A handler must exist for Python to notice the signal at all.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)

    def fileno(self) -> int:
        """For poll."""
        return self._read

    def clear(self) -> None:
        """Forget what has been told."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 512):
                pass
