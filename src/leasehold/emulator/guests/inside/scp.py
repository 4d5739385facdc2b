"""Serves the copying protocol of the old ``scp``, as the program of that name does.

Clients that do not use SFTP run ``scp -t`` (to the guest) or ``scp -f`` (from it) over SSH. The
protocol is lines: C (file), D (directory), E (its end), T (times), each acknowledged by a zero
byte, or answered by a byte 1 and a message.
"""

import glob
import os
import shlex
import stat
from pathlib import Path
from typing import BinaryIO

import msgspec

_CHUNK = 1 << 16


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """What a client's ``scp`` command asks for."""

    to_guest: bool
    recursive: bool
    keep_times: bool
    directory: bool
    paths: tuple[str, ...]


class _Refused(Exception):
    """The client answered a line with an error."""


def asked(command: str) -> Copy | None:
    """Read a command that runs scp's server side; None for any other command."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if not words or words[0].rpartition("/")[2] != "scp":
        return None
    flags: set[str] = set()
    paths = words[1:]
    while paths and paths[0].startswith("-"):
        word = paths.pop(0)
        if word == "--":
            break
        flags |= set(word[1:])
    if flags - set("tfrpdvq") or ("t" in flags) == ("f" in flags):
        return None
    return Copy(
        to_guest="t" in flags,
        recursive="r" in flags,
        keep_times="p" in flags,
        directory="d" in flags,
        paths=tuple(paths),
    )


def serve(copy: Copy, source: int, sink: int) -> int:
    """Copy; returns the exit status."""
    with (
        open(source, "rb", closefd=False) as reader,
        open(sink, "wb", buffering=0, closefd=False) as writer,
    ):
        exchange = _Exchange(reader, writer)
        try:
            if copy.to_guest:
                exchange.receive(copy)
            else:
                exchange.send(copy)
        except EOFError:
            return 1
        return exchange.status


class _Exchange:
    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader, self._writer = reader, writer
        self.status = 0

    # From the client

    def receive(self, copy: Copy) -> None:
        target = Path(copy.paths[0] if copy.paths else ".")
        if copy.directory and not target.is_dir():
            self._complain(f"{target}: Not a directory")
            return
        self._acknowledge()
        self._receive_into(target, copy, top=True)

    def _receive_into(self, target: Path, copy: Copy, *, top: bool) -> None:
        times: tuple[int, int] | None = None
        while line := self._reader.readline():
            kind, rest = line[:1], line[1:].decode(errors="surrogateescape").rstrip("\n")
            if kind == b"E" and not top:
                self._acknowledge()
                return
            if kind == b"T":
                fields = rest.split()
                times = (int(fields[2]), int(fields[0]))
                self._acknowledge()
            elif kind in (b"C", b"D"):
                mode, size, name = rest.split(" ", 2)
                path = target / name.rpartition("/")[2] if target.is_dir() else target
                self._receive_one(kind, path, int(mode, 8), int(size), copy)
                if times is not None and path.exists():
                    os.utime(path, times)
                times = None
            elif kind in (b"\1", b"\2"):
                self.status = 1
            else:
                self._complain("protocol error: unexpected line")
                return

    def _receive_one(self, kind: bytes, path: Path, mode: int, size: int, copy: Copy) -> None:
        if kind == b"C":
            self._receive_file(path, mode, size)
            return
        if not copy.recursive:
            self._complain(f"{path}: received a directory without -r")
            return
        try:
            path.mkdir(exist_ok=True)
            path.chmod(mode | stat.S_IRWXU)
        except OSError as error:
            self._complain(f"{path}: {error.strerror}")
            return
        self._acknowledge()
        self._receive_into(path, copy, top=False)

    def _receive_file(self, path: Path, mode: int, size: int) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        except OSError as error:
            self._complain(f"{path}: {error.strerror}")
            return
        self._acknowledge()
        failure = None
        with os.fdopen(descriptor, "wb") as file:
            while size:
                data = self._reader.read(min(size, _CHUNK))
                if not data:
                    raise EOFError
                size -= len(data)
                try:
                    file.write(data)
                except OSError as error:  # the rest of the data must be read all the same
                    failure = f"{path}: {error.strerror}"
        self._expect()
        if failure is None:
            self._acknowledge()
        else:
            self._complain(failure)

    # To the client

    def send(self, copy: Copy) -> None:
        self._expect()
        for pattern in copy.paths:
            # The shell would have done this, were it not left out.
            expanded = os.path.expanduser(pattern)  # noqa: PTH111 - a pattern, not yet a path
            found = sorted(glob.glob(expanded))  # noqa: PTH207 - Path.glob has no absolute ones
            for path in found or [expanded]:
                self._send_one(Path(path), copy)

    def _send_one(self, path: Path, copy: Copy) -> None:
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode):
                self._send_directory(path, status, copy)
            else:
                self._send_file(path, status, copy)
        except OSError as error:
            self._complain(f"scp: {path}: {error.strerror}")
        except _Refused:
            self.status = 1

    def _send_directory(self, path: Path, status: os.stat_result, copy: Copy) -> None:
        if not copy.recursive:
            self._complain(f"scp: {path}: not a regular file")
            return
        entries = sorted(path.iterdir())
        self._announce(f"D{stat.S_IMODE(status.st_mode):04o} 0", path, status, copy)
        for entry in entries:
            self._send_one(entry, copy)
        self._tell(b"E\n")

    def _send_file(self, path: Path, status: os.stat_result, copy: Copy) -> None:
        with path.open("rb") as file:
            size = status.st_size
            self._announce(f"C{stat.S_IMODE(status.st_mode):04o} {size}", path, status, copy)
            while size:
                # A file that shrinks meanwhile is filled up: the size has been promised.
                data = file.read(min(size, _CHUNK)) or bytes(min(size, _CHUNK))
                self._write(data)
                size -= len(data)
        self._acknowledge()
        self._expect()

    def _announce(self, line: str, path: Path, status: os.stat_result, copy: Copy) -> None:
        if copy.keep_times:
            self._tell(f"T{int(status.st_mtime)} 0 {int(status.st_atime)} 0\n".encode())
        self._tell(f"{line} ".encode() + os.fsencode(path.resolve().name) + b"\n")

    # Both

    def _tell(self, line: bytes) -> None:
        self._write(line)
        self._expect()

    def _expect(self) -> None:
        answer = self._reader.read(1)
        if not answer:
            raise EOFError
        if answer != b"\0":
            self._reader.readline()
            raise _Refused

    def _acknowledge(self) -> None:
        self._write(b"\0")

    def _complain(self, text: str) -> None:
        self.status = 1
        self._write(b"\1" + text.encode(errors="surrogateescape") + b"\n")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._writer.write(view) :]
