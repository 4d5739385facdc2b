"""The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02): numbers, fields, attributes."""

import enum
import os
import struct
from typing import BinaryIO

import msgspec

LARGEST = 1 << 20
"""Bytes in one packet; OpenSSH's own limit is a quarter of it."""


class Kind(enum.IntEnum):
    """Packet types."""

    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    FSTAT = 8
    SETSTAT = 9
    FSETSTAT = 10
    OPENDIR = 11
    READDIR = 12
    REMOVE = 13
    MKDIR = 14
    RMDIR = 15
    REALPATH = 16
    STAT = 17
    RENAME = 18
    READLINK = 19
    SYMLINK = 20
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRS = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(enum.IntEnum):
    """Outcomes."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    UNSUPPORTED = 8


# SSH_FXF_*
READ, WRITE, APPEND, CREATE, TRUNCATE, EXCLUSIVE = 1, 2, 4, 8, 16, 32
# SSH_FILEXFER_ATTR_*
_SIZE, _OWNER, _MODE, _TIMES, _EXTENDED = 1, 2, 4, 8, 0x80000000


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants a file to be; None leaves it."""

    size: int | None = None
    owner: tuple[int, int] | None = None
    mode: int | None = None
    times: tuple[int, int] | None = None


class Malformed(Exception):
    """A packet ended before its fields did."""


class Fields:
    """Reads a packet's fields in order."""

    def __init__(self, packet: bytes) -> None:
        self._packet, self._at = packet, 0

    def number(self) -> int:
        """Read 32 bits."""
        return int.from_bytes(self._take(4), "big")

    def long(self) -> int:
        """Read 64 bits."""
        return int.from_bytes(self._take(8), "big")

    def string(self) -> bytes:
        """Read bytes with their length before them."""
        return self._take(self.number())

    def attributes(self) -> Attributes:
        """Read an ATTRS structure."""
        flags = self.number()
        size = self.long() if flags & _SIZE else None
        owner = (self.number(), self.number()) if flags & _OWNER else None
        mode = self.number() if flags & _MODE else None
        times = (self.number(), self.number()) if flags & _TIMES else None
        if flags & _EXTENDED:
            for _ in range(self.number()):
                self.string(), self.string()
        return Attributes(size=size, owner=owner, mode=mode, times=times)

    def _take(self, count: int) -> bytes:
        taken = self._packet[self._at : self._at + count]
        if len(taken) < count:
            raise Malformed
        self._at += count
        return taken


def number(value: int) -> bytes:
    """Write 32 bits."""
    return struct.pack(">I", value)


def string(value: bytes) -> bytes:
    """Write bytes with their length before them."""
    return struct.pack(">I", len(value)) + value


def attributes(status: os.stat_result) -> bytes:
    """Write an ATTRS structure."""
    return struct.pack(
        ">IQIIIII",
        _SIZE | _OWNER | _MODE | _TIMES,
        status.st_size,
        status.st_uid,
        status.st_gid,
        status.st_mode,
        int(status.st_atime) & 0xFFFFFFFF,
        int(status.st_mtime) & 0xFFFFFFFF,
    )


def read_packet(stream: BinaryIO) -> bytes | None:
    """Read one packet without its length; None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    length = int.from_bytes(head, "big")
    if not 1 <= length <= LARGEST:
        return None  # not SFTP: nothing after this can be understood
    packet = stream.read(length)
    return packet if len(packet) == length else None
