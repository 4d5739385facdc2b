"""Process 1 of a guest: starts what the emulator asks for, and collects what ends.

It speaks to nobody but the emulator, over one socket. When that socket closes it ends, and the
kernel ends all else in the guest; without a PID namespace it ends the rest itself first.
"""

import contextlib
import fcntl
import os
import pwd
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from . import accounts, kernel, program, room, stage, stand_ins
from .accounts import Login
from .child import be_child
from .descendants import end_descendants
from .messages import (
    Apply,
    AskKeys,
    Broken,
    Early,
    Exited,
    InitReply,
    InitRequest,
    Keys,
    Ready,
    Run,
    Signal,
    Stage,
    Started,
    Ticket,
    encode,
    from_memory,
)
from .wake import Wake

_CONTROL, _CONSOLE = 3, room.CONSOLE
_REFUSED = 255
"""Exit status of what could not even be tried."""


class Init:
    """The loop; lives in a fresh fork of the keeper and owns the process."""

    def __init__(self, control: int, console: int) -> None:
        _arrange(control, console)
        self._control = socket.socket(fileno=_CONTROL)
        self._wake = Wake()
        self._programs: dict[int, Ticket] = {}
        self._ending = False
        self._home: Path | None = None
        self._keys: dict[str, tuple[str, ...]] = {}
        """Without a root of its own the guest has no accounts; these stand for them."""

    def run(self, enter: Callable[[], Path | None]) -> int:
        """Go to the guest's place and serve there; returns the exit status."""
        try:
            self._home = enter()
        except OSError as error:
            self._reply(Broken(reason=str(error)))
            return 1
        if self._home is None:
            kernel.name_process("init")
            self._serve()
        else:
            self._serve_without_namespace()
        return 0

    def _serve_without_namespace(self) -> None:
        def end(_number: int, _frame: object) -> None:
            self._ending = True  # the signal wakes the loop too

        signal.signal(signal.SIGTERM, end)
        kernel.adopt_orphans()
        try:
            self._serve()
        finally:
            end_descendants()

    def _serve(self) -> None:
        self._reply(Ready())
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while not self._ending:
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
        request = msgspec.json.decode(packet, type=InitRequest)
        try:
            self._carry_out(request, descriptors)
        except (OSError, ValueError) as error:
            # No more processes, no /etc/passwd, nonsense in it: the guest must outlive that.
            print(f"init: {error}", flush=True)
            self._refuse(request)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _carry_out(self, request: InitRequest, descriptors: list[int]) -> None:
        match request:
            case Run():
                self._start(request, descriptors)
            case Signal():
                self._signal(request)
            case AskKeys():
                self._reply(Keys(ticket=request.ticket, lines=self._keys_of(request.user)))
            case Apply():
                self._apply(request, from_memory(os.dup(descriptors[0])))

    def _refuse(self, request: InitRequest) -> None:
        if isinstance(request, AskKeys):
            self._reply(Keys(ticket=request.ticket, lines=None))
        elif not isinstance(request, Signal):
            self._reply(Exited(ticket=request.ticket, status=_REFUSED))

    def _start(self, run: Run, descriptors: list[int]) -> None:
        login = self._login(run.user)
        if login is None:
            raise ValueError(f"the account {run.user!r} has gone since its client signed in")
        if run.window is None:
            self._fork_program(run, login, (descriptors[0], descriptors[1], descriptors[2]))
            return
        master, slave = program.open_terminal(run.window)
        try:
            self._fork_program(run, login, (slave, slave, slave))
            self._reply(Started(ticket=run.ticket), master)
        finally:
            os.close(master)
            os.close(slave)

    def _fork_program(self, run: Run, login: Login, streams: tuple[int, int, int]) -> None:
        pid = os.fork()
        if pid == 0:
            own_root = self._home is None
            be_child(lambda: program.become(run, login, streams, change_user=own_root))
        self._programs[pid] = run.ticket

    def _apply(self, request: Apply, content: Stage) -> None:
        if self._home is not None:
            self._record(content, self._home)
            self._reply(Exited(ticket=request.ticket))
            return
        pid = os.fork()
        if pid == 0:
            be_child(lambda: stage.take(content, _CONSOLE, many_users=_many_users()))
        self._programs[pid] = request.ticket

    def _record(self, content: Stage, home: Path) -> None:
        if isinstance(content, Early):
            self._keys = {account.name: account.keys for account in content.accounts}
            (home / "user-data.txt").write_bytes(content.user_data)
            for note in content.notes:
                os.write(_CONSOLE, f"{note}\n".encode())

    def _signal(self, request: Signal) -> None:
        number = signal.Signals.__members__.get(f"SIG{request.name}")
        for pid, ticket in self._programs.items():
            if ticket == request.ticket and number is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, number)

    def _login(self, user: str) -> Login | None:
        if self._home is None:
            login = accounts.find(user)
            if login is not None and login.sudo and not stand_ins.sudo_stands_in():
                return msgspec.structs.replace(login, sudo=False)
            return login
        return _myself(self._home)

    def _keys_of(self, user: str) -> tuple[str, ...] | None:
        if self._home is not None:
            return self._keys.get(user)
        login = accounts.find(user)
        return None if login is None else accounts.authorized_keys(login)

    def _reap(self) -> None:
        while True:
            try:
                pid, outcome = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            ticket = self._programs.pop(pid, None)
            if ticket is not None:
                code = os.waitstatus_to_exitcode(outcome)
                self._reply(Exited(ticket=ticket, status=max(code, 0), killed_by=max(-code, 0)))

    def _reply(self, message: InitReply, *descriptors: int) -> None:
        # An emulator that is gone shows as the end of the socket; nothing is lost here.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [encode(message)], descriptors)


def _arrange(control: int, console: int) -> None:
    """Keep two descriptors, at known numbers; what Python reports goes to the console."""
    program.default_signals()
    high = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10) for number in (control, console)]
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in ((0, nothing), (1, high[1]), (2, high[1])):
        os.dup2(descriptor, number)
    os.dup2(high[0], _CONTROL, inheritable=False)
    os.dup2(high[1], _CONSOLE, inheritable=False)
    program.close_all_but(0, 1, 2, _CONTROL, _CONSOLE)


def _myself(home: Path) -> Login:
    """Describe the emulator's own user, who need not have an account (in containers often)."""
    name, shell = str(os.getuid()), "/bin/sh"
    with contextlib.suppress(KeyError):
        me = pwd.getpwuid(os.getuid())
        name, shell = me.pw_name, me.pw_shell or shell
    return Login(
        name=name, uid=os.getuid(), gid=os.getgid(), home=str(home), shell=shell, groups=()
    )


def _many_users() -> bool:
    """Whether this user namespace has ids beside 0."""
    return int(Path("/proc/self/uid_map").read_text().split()[2]) > 1
