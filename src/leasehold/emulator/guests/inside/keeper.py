"""The keeper: one small process per emulator, from which every guest's init is forked.

It exists because forking the emulator itself, with its threads and its memory, is neither safe
nor fast. It ends when the emulator does, however that ends, and takes all guests along: in
containers it is the init of a PID namespace around them, so the kernel sees to it.
"""

import gc
import os
import select
import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from . import kernel, room
from .child import be_child
from .descendants import end_descendants
from .init import Init
from .layout import Layout, survey
from .messages import Done, End, KeeperRequest, Open, encode
from .wake import Wake

_STAGE = Path("/tmp")  # noqa: S108 - covered by a tmpfs of our own, in our own mount namespace
_GUEST_DISK = "size=1g,nr_inodes=500k,mode=755"


class Ground(Protocol):
    """Where guests are put: what differs between containers and directories."""

    def prepare(self, guest: str) -> None:
        """Make room for a guest; nothing happens if it has been there before."""

    def enter(self, guest: str, hostname: str) -> Path | None:
        """In the guest's init: go there. Returns its home if it has no root of its own."""

    def clear(self, guest: str) -> None:
        """Give up a guest's files."""


class Containers:
    """Each guest on a tmpfs of its own, which only the keeper's mount namespace knows."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def prepare(self, guest: str) -> None:
        stage = _STAGE / guest
        if stage.exists():
            return
        stage.mkdir()
        flags = kernel.NO_DEVICES
        try:
            kernel.mount("tmpfs", str(stage), "tmpfs", flags, _GUEST_DISK)
            room.furnish(stage, self._layout)
        except BaseException:
            self.clear(guest)
            raise

    def enter(self, guest: str, hostname: str) -> Path | None:
        room.enter(_STAGE / guest, self._layout, hostname)
        for path in self._layout.left_out:
            print(f"[    0.000000] {path} is empty here: this kernel cannot overlay the host's")
        return None

    def clear(self, guest: str) -> None:
        stage = _STAGE / guest
        if stage.is_mount():
            kernel.unmount(str(stage))
        if stage.exists():
            stage.rmdir()


class Directories:
    """Each guest in a directory; nothing keeps its commands there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def prepare(self, guest: str) -> None:
        (self._directory / guest).mkdir(mode=0o700, exist_ok=True)

    def enter(self, guest: str, hostname: str) -> Path | None:
        del hostname  # the machine's own stays
        os.chdir(self._directory / guest)
        return self._directory / guest

    def clear(self, guest: str) -> None:
        shutil.rmtree(self._directory / guest, ignore_errors=True)


class Keeper:
    """Answers the emulator's requests until its socket closes."""

    def __init__(self, control: socket.socket, ground: Ground, new_pids: bool) -> None:
        self._control = control
        self._ground = ground
        self._new_pids = new_pids
        self._inits: dict[str, int] = {}
        self._wake = Wake()

    def run(self) -> None:
        """Serve; returns when the emulator has gone."""
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while True:
            for descriptor, _ in poller.poll():
                if descriptor == self._wake.fileno():
                    self._wake.clear()
                    self._reap()
                elif not self._serve_one():
                    return

    def _serve_one(self) -> bool:
        packet, descriptors, _, _ = socket.recv_fds(self._control, 1 << 18, 4)
        if not packet:
            return False
        request = msgspec.json.decode(packet, type=KeeperRequest)
        failure = None
        try:
            if isinstance(request, Open):
                self._open(request, *descriptors)
            else:
                self._end(request)
        except OSError as error:
            failure = str(error)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self._control.send(encode(Done(ticket=request.ticket, failure=failure)))
        return True

    def _open(self, request: Open, control: int, console: int) -> None:
        self._ground.prepare(request.guest)
        pid = self._fork()
        if pid == 0:
            be_child(lambda: self._become_init(request, control, console))
        self._inits[request.guest] = pid

    def _become_init(self, request: Open, control: int, console: int) -> int:
        init = Init(control, console)
        return init.run(lambda: self._ground.enter(request.guest, request.hostname))

    def _fork(self) -> int:
        if not self._new_pids:
            return os.fork()
        ours = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        kernel.unshare(kernel.NEW_PIDS)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                kernel.children_into(ours)
            os.close(ours)
        return pid

    def _end(self, request: End) -> None:
        pid = self._inits.pop(request.guest, 0)
        if pid:
            # An init without a namespace ends its descendants first; one with, by dying.
            os.kill(pid, signal.SIGKILL if self._new_pids else signal.SIGTERM)
            os.waitpid(pid, 0)
        if request.forget:
            self._ground.clear(request.guest)

    def _reap(self) -> None:
        for guest, pid in list(self._inits.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._inits[guest]


def in_new_namespaces(as_root: bool, then: Callable[[], int]) -> int:
    """Run ``then`` as process 1 of a new PID namespace; returns its exit status.

    An ordinary user becomes root of a user namespace first: alone in it, the only user mapped.
    """
    user, group = os.geteuid(), os.getegid()
    if not as_root:
        kernel.unshare(kernel.NEW_USERS)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_PIDS)
    kernel.mount("none", "/", flags=kernel.RECURSIVE | kernel.PRIVATE)
    kernel.mount("tmpfs", str(_STAGE), "tmpfs", kernel.NO_DEVICES, "mode=700")
    pid = os.fork()
    if pid == 0:
        kernel.die_with_parent()
        be_child(then)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _serve(control: socket.socket, ground: Ground, new_pids: bool) -> int:
    gc.collect()
    gc.freeze()  # so that collections in the forks leave shared memory shared
    Keeper(control, ground, new_pids).run()
    return 0


def _probe(layout: Layout) -> int:
    """Build one guest for the proof; it ends at once."""
    ground = Containers(layout)
    ground.prepare("probe")
    kernel.unshare(kernel.NEW_PIDS)
    pid = os.fork()
    if pid == 0:
        be_child(lambda: 0 if ground.enter("probe", "probe") is None else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(what: str, argument: str = "") -> int:
    """Do ``probe``, or serve ``container`` or ``shell`` guests on the socket that is stdin."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.chdir("/")
    kernel.name_process("guest-keeper")
    as_root = os.geteuid() == 0
    if what == "shell":
        kernel.adopt_orphans()
        directory = Path(argument)
        try:
            return _serve(socket.socket(fileno=0), Directories(directory), new_pids=False)
        finally:
            end_descendants()
            shutil.rmtree(directory, ignore_errors=True)

    def work() -> int:
        os.umask(0o022)
        layout = survey(_STAGE, many_users=as_root)
        if what == "probe":
            return _probe(layout)
        return _serve(socket.socket(fileno=0), Containers(layout), new_pids=True)

    return in_new_namespaces(as_root, work)
