"""Turns a freshly forked child into the program that an SSH client asked for."""

import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from . import kernel, scp, sftp
from .accounts import Login
from .messages import Run, Window

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NOT_FOUND = 127


def open_terminal(window: Window) -> tuple[int, int]:
    """Make a terminal in the guest; returns master and slave."""
    master, slave = os.openpty()
    size = struct.pack("HHHH", window.rows, window.columns, 0, 0)
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)
    return master, slave


def become(run: Run, login: Login, streams: tuple[int, int, int], *, change_user: bool) -> int:
    """In the child: take streams, session and identity, then be the program.

    Returns, with an exit status, only for what this process serves itself, and when the program
    cannot be started, which is told on its standard error.
    """
    try:
        _settle(streams, terminal=run.window is not None)
        if change_user:
            _change_user(login, may_sudo=login.sudo)
        _go_home(login)
        environment = _environment(run, login, kept={} if change_user else os.environ)
        service = _service(run)
        if service is None:
            _shell(run, login, environment)
        return service()
    except OSError as error:
        os.write(2, f"{error}\n".encode())
        return _NOT_FOUND


def _service(run: Run) -> Callable[[], int] | None:
    """Choose what is served by this very process; None if a shell is wanted."""
    if run.sftp:
        return lambda: sftp.serve(0, 1)
    copy = None if run.command is None else scp.asked(run.command)
    return None if copy is None else lambda: scp.serve(copy, 0, 1)


def _shell(run: Run, login: Login, environment: Mapping[str, str]) -> NoReturn:
    shell = Path(login.shell).name
    words = [f"-{shell}"]  # a login shell, by custom
    if run.command is not None:
        words = [shell, "-c", run.command]
    os.execve(login.shell, words, environment)  # noqa: S606 - the guest's owner asked for it


def _settle(streams: tuple[int, int, int], *, terminal: bool) -> None:
    os.setsid()
    if terminal:
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    close_all_but(0, 1, 2)
    default_signals()


def close_all_but(*kept: int) -> None:
    """Close every other descriptor: none of the emulator's or the host's may be inherited."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        if int(entry.name) not in kept:
            # The one that listed the directory is closed already.
            with contextlib.suppress(OSError):
                os.close(int(entry.name))


def default_signals() -> None:
    """Undo what Python ignores or handles, which programs would inherit."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _change_user(login: Login, *, may_sudo: bool) -> None:
    os.umask(0o022)
    if os.isatty(0):
        os.fchown(0, login.uid, -1)
    if login.uid == 0 and login.gid == 0:
        return  # already so; and a user namespace with one user refuses setgroups
    os.setgroups(login.groups)
    os.setgid(login.gid)
    if may_sudo:
        kernel.keep_capabilities_over_setuid()
    os.setuid(login.uid)
    if may_sudo:
        # What a setuid sudo would have; see `stand_ins`.
        kernel.hand_on_capabilities(("setuid", "setgid"))


def _go_home(login: Login) -> None:
    try:
        os.chdir(login.home)
    except OSError as error:
        os.write(2, f"Could not chdir to home directory {login.home}: {error.strerror}\n".encode())
        os.chdir("/")


def _environment(run: Run, login: Login, kept: Mapping[str, str]) -> dict[str, str]:
    environment = {
        "PATH": kept.get("PATH", PATH),
        "LANG": kept.get("LANG", "C.UTF-8"),
        **run.environment,
        "HOME": login.home,
        "USER": login.name,
        "LOGNAME": login.name,
        "SHELL": login.shell,
    }
    if run.window is not None:
        environment["TERM"] = run.window.term
        environment["SSH_TTY"] = os.ttyname(0)
    return environment
