"""Doubles what cloud-init's programs print: to the console and to a log file."""

import contextlib
import os

from .child import be_child


def start(console: int, log: str) -> int:
    """Fork the copier; returns the pipe's end to print to.

    It lives as long as anybody holds that end: a program that a script leaves running in the
    background still has somewhere to print.
    """
    read, write = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        os.close(write)
        be_child(lambda: _copy(read, console, log))
    os.close(read)
    return write


def _copy(source: int, console: int, log: str) -> int:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    while data := os.read(source, 1 << 16):
        for sink in (console, file):
            # A full disk must not end the program that prints.
            with contextlib.suppress(OSError):
                _write(sink, data)
    return 0


def _write(sink: int, data: bytes) -> None:
    while data:
        data = data[os.write(sink, data) :]
