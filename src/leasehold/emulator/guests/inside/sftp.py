"""Serves files over SFTP version 3, as the user and in the root of the calling process.

Written for the guests because a server outside would follow the guest's symbolic links into the
host's files, and OpenSSH's own is not on every machine.
"""

# Paths are bytes, as clients send them; pathlib takes text only.
# ruff: noqa: PTH101, PTH115, PTH116, PTH118

import contextlib
import errno
import itertools
import os
import pwd
import stat
import time
from collections.abc import Callable, Iterator

from . import sftp_packets as wire
from .sftp_packets import Attributes, Fields, Kind, Malformed, Status

_VERSION = 3
_NAMES_PER_PACKET = 100
_MOST_READ = 256 * 1024
_EXTENSIONS = (
    (b"posix-rename@openssh.com", b"1"),
    (b"statvfs@openssh.com", b"2"),
    (b"hardlink@openssh.com", b"1"),
    (b"fsync@openssh.com", b"1"),
)
_ERRORS = {
    errno.ENOENT: Status.NO_SUCH_FILE,
    errno.ENOTDIR: Status.NO_SUCH_FILE,
    errno.EACCES: Status.PERMISSION_DENIED,
    errno.EPERM: Status.PERMISSION_DENIED,
    errno.EROFS: Status.PERMISSION_DENIED,
}


def serve(source: int, sink: int) -> int:
    """Answer requests until the client closes; returns the exit status."""
    with open(source, "rb", closefd=False) as reader, open(sink, "wb", closefd=False) as writer:
        session = _Session()
        while (packet := wire.read_packet(reader)) is not None:
            reply = session.answer(packet)
            writer.write(wire.number(len(reply)) + reply)
            writer.flush()
    return 0


class _Session:
    """One client's open files and directories."""

    def __init__(self) -> None:
        self._files: dict[bytes, int] = {}
        self._appending: set[bytes] = set()
        self._directories: dict[bytes, Iterator[tuple[bytes, os.stat_result]]] = {}
        self._handles = 0
        self._answers: dict[int, Callable[[Fields], bytes]] = {
            Kind.OPEN: self._open,
            Kind.CLOSE: self._close,
            Kind.READ: self._read,
            Kind.WRITE: self._write,
            Kind.LSTAT: lambda fields: _attributes(os.lstat(fields.string())),
            Kind.STAT: lambda fields: _attributes(os.stat(fields.string())),
            Kind.FSTAT: lambda fields: _attributes(os.fstat(self._file(fields))),
            Kind.SETSTAT: lambda fields: _change(fields.string(), fields.attributes()),
            Kind.FSETSTAT: lambda fields: _change(self._file(fields), fields.attributes()),
            Kind.OPENDIR: self._open_directory,
            Kind.READDIR: self._read_directory,
            Kind.REMOVE: lambda fields: _done(os.unlink, fields.string()),
            Kind.MKDIR: _make_directory,
            Kind.RMDIR: lambda fields: _done(os.rmdir, fields.string()),
            Kind.REALPATH: lambda fields: _one_name(os.path.realpath(fields.string() or b".")),
            Kind.RENAME: _rename,
            Kind.READLINK: lambda fields: _one_name(os.readlink(fields.string())),
            Kind.SYMLINK: _symlink,
            Kind.EXTENDED: self._extended,
        }

    def answer(self, packet: bytes) -> bytes:
        """Carry out one request; its reply begins with the request's number."""
        kind, fields = packet[0], Fields(packet[1:])
        if kind == Kind.INIT:
            extensions = b"".join(wire.string(part) for pair in _EXTENSIONS for part in pair)
            return bytes([Kind.VERSION]) + wire.number(_VERSION) + extensions
        number = packet[1:5]
        try:
            fields.number()
            reply = self._answers.get(kind, _unsupported)(fields)
        except Malformed:
            reply = _status(Status.BAD_MESSAGE, "The packet is too short")
        except (OSError, ValueError, OverflowError) as error:
            known = _ERRORS.get(error.errno or 0) if isinstance(error, OSError) else None
            text = (error.strerror if isinstance(error, OSError) else None) or str(error)
            reply = _status(known or Status.FAILURE, text)
        return reply[:1] + number + reply[1:]

    def _new_handle(self) -> bytes:
        self._handles += 1
        return str(self._handles).encode()

    def _file(self, fields: Fields) -> int:
        handle = fields.string()
        if handle not in self._files:
            raise ValueError("No such handle")
        return self._files[handle]

    def _open(self, fields: Fields) -> bytes:
        path, asked, wanted = fields.string(), fields.number(), fields.attributes()
        flags = os.O_RDWR if asked & wire.WRITE else os.O_RDONLY
        if not asked & wire.READ and asked & wire.WRITE:
            flags = os.O_WRONLY
        for bit, flag in (
            (wire.APPEND, os.O_APPEND),
            (wire.CREATE, os.O_CREAT),
            (wire.TRUNCATE, os.O_TRUNC),
            (wire.EXCLUSIVE, os.O_EXCL),
        ):
            flags |= flag if asked & bit else 0
        mode = 0o666 if wanted.mode is None else stat.S_IMODE(wanted.mode)
        descriptor = os.open(path, flags | os.O_CLOEXEC, mode)
        handle = self._new_handle()
        self._files[handle] = descriptor
        if asked & wire.APPEND:
            self._appending.add(handle)
        return bytes([Kind.HANDLE]) + wire.string(handle)

    def _close(self, fields: Fields) -> bytes:
        handle = fields.string()
        if handle in self._files:
            self._appending.discard(handle)
            os.close(self._files.pop(handle))
        elif self._directories.pop(handle, None) is None:
            raise ValueError("No such handle")
        return _ok()

    def _read(self, fields: Fields) -> bytes:
        descriptor, offset, count = self._file(fields), fields.long(), fields.number()
        data = os.pread(descriptor, min(count, _MOST_READ), offset)
        if not data and count:
            return _status(Status.EOF, "End of file")
        return bytes([Kind.DATA]) + wire.string(data)

    def _write(self, fields: Fields) -> bytes:
        handle = fields.string()
        if handle not in self._files:
            raise ValueError("No such handle")
        offset, data = fields.long(), fields.string()
        while data:
            if handle in self._appending:
                written = os.write(self._files[handle], data)
            else:
                written = os.pwrite(self._files[handle], data, offset)
            data, offset = data[written:], offset + written
        return _ok()

    def _open_directory(self, fields: Fields) -> bytes:
        entries = _entries(fields.string() or b".")
        handle = self._new_handle()
        self._directories[handle] = entries
        return bytes([Kind.HANDLE]) + wire.string(handle)

    def _read_directory(self, fields: Fields) -> bytes:
        entries = self._directories.get(fields.string())
        if entries is None:
            raise ValueError("No such handle")
        names = list(itertools.islice(entries, _NAMES_PER_PACKET))
        return _names(names) if names else _status(Status.EOF, "End of directory")

    def _extended(self, fields: Fields) -> bytes:
        name = fields.string()
        if name == b"posix-rename@openssh.com":
            return _done(os.replace, fields.string(), fields.string())
        if name == b"hardlink@openssh.com":
            return _done(os.link, fields.string(), fields.string())
        if name == b"fsync@openssh.com":
            return _done(os.fsync, self._file(fields))
        if name == b"statvfs@openssh.com":
            return _file_system(os.statvfs(fields.string()))
        return _unsupported(fields)


def _entries(path: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """List a directory; raises at once, but reads on only as asked."""
    listing = os.scandir(path)

    def entries() -> Iterator[tuple[bytes, os.stat_result]]:
        for name in (b".", b".."):
            yield name, os.lstat(os.path.join(path, name))
        for entry in listing:
            with contextlib.suppress(FileNotFoundError):  # removed since it was listed
                yield entry.name, entry.stat(follow_symlinks=False)

    return entries()


def _change(target: bytes | int, wanted: Attributes) -> bytes:
    if wanted.size is not None:
        os.truncate(target, wanted.size)
    if wanted.mode is not None:
        os.chmod(target, stat.S_IMODE(wanted.mode))
    if wanted.times is not None:
        os.utime(target, wanted.times)
    if wanted.owner is not None:
        os.chown(target, *wanted.owner)
    return _ok()


def _make_directory(fields: Fields) -> bytes:
    path, wanted = fields.string(), fields.attributes()
    return _done(os.mkdir, path, 0o777 if wanted.mode is None else stat.S_IMODE(wanted.mode))


def _rename(fields: Fields) -> bytes:
    old, new = fields.string(), fields.string()
    if os.path.lexists(new):  # version 3 does not overwrite
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return _done(os.rename, old, new)


def _symlink(fields: Fields) -> bytes:
    # The draft has them the other way round, but OpenSSH's order is what clients send.
    target, link = fields.string(), fields.string()
    return _done(os.symlink, target, link)


def _unsupported(_fields: Fields) -> bytes:
    return _status(Status.UNSUPPORTED, "Operation unsupported")


def _status(code: Status, text: str) -> bytes:
    head = bytes([Kind.STATUS]) + wire.number(code)
    return head + wire.string(text.encode()) + wire.string(b"en")


def _ok() -> bytes:
    return _status(Status.OK, "Success")


def _done(call: Callable[..., None], *arguments: bytes | int) -> bytes:
    """Make a call that returns nothing or raises."""
    call(*arguments)
    return _ok()


def _attributes(status: os.stat_result) -> bytes:
    return bytes([Kind.ATTRS]) + wire.attributes(status)


def _one_name(name: bytes) -> bytes:
    return bytes([Kind.NAME]) + wire.number(1) + wire.string(name) * 2 + wire.number(0)


def _names(entries: list[tuple[bytes, os.stat_result]]) -> bytes:
    parts = [bytes([Kind.NAME]), wire.number(len(entries))]
    for name, status in entries:
        parts += [wire.string(name), wire.string(_long_name(name, status))]
        parts.append(wire.attributes(status))
    return b"".join(parts)


def _long_name(name: bytes, status: os.stat_result) -> bytes:
    """Write a line as ``ls -l`` would; the `sftp` program shows it as it is."""
    try:
        owner = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        owner = str(status.st_uid)
    when = time.strftime("%b %e %H:%M", time.localtime(status.st_mtime))
    line = f"{stat.filemode(status.st_mode)} {status.st_nlink:4} {owner:8} {status.st_gid:<8} "
    return line.encode() + f"{status.st_size:8} {when} ".encode() + name


def _file_system(status: os.statvfs_result) -> bytes:
    values = (
        status.f_bsize,
        status.f_frsize,
        status.f_blocks,
        status.f_bfree,
        status.f_bavail,
        status.f_files,
        status.f_ffree,
        status.f_favail,
        status.f_fsid & (1 << 64) - 1,
        status.f_flag,
        status.f_namemax,
    )
    return bytes([Kind.EXTENDED_REPLY]) + b"".join(value.to_bytes(8, "big") for value in values)
