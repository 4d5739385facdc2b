"""Turns a freshly forked child into the program that an SSH client asked for."""

import fcntl
import os
import signal
import struct
import sys
import termios
from collections.abc import Mapping
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


def become(run: Run, login: Login, streams: tuple[int, int, int], *, change_user: bool) -> NoReturn:
    """In the child: take streams, session and identity, then be the program.

    Never returns: what goes wrong is told on the program's standard error, with status 127.
    """
    status = _NOT_FOUND
    try:
        _settle(streams, terminal=run.window is not None)
        if change_user:
            _change_user(login, may_sudo=login.sudo)
        _go_home(login)
        environment = _environment(run, login, kept={} if change_user else os.environ)
        status = _be(run, login, environment)
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    finally:
        os._exit(status)


def _be(run: Run, login: Login, environment: Mapping[str, str]) -> int:
    if run.sftp:
        return sftp.serve(0, 1)
    if run.command is None:
        os.execve(login.shell, [f"-{os.path.basename(login.shell)}"], environment)
    copying = scp.asked(run.command)
    if copying is not None:
        return scp.serve(copying, 0, 1)
    os.execve(login.shell, [os.path.basename(login.shell), "-c", run.command], environment)


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
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                continue  # the one listdir itself had open


def default_signals() -> None:
    """Undo what Python ignores or handles, which programs would inherit."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _change_user(login: Login, *, may_sudo: bool) -> None:
    if sys.stdin is not None and os.isatty(0):
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
    os.umask(0o022)


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
