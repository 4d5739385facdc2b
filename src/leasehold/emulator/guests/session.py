"""One SSH session: a program in a guest, connected to a channel as sshd would."""

import contextlib
import fcntl
import os
import signal
import struct
import termios
from collections.abc import Mapping

import asyncssh

from leasehold.emulator.guests import GuestFailed
from leasehold.emulator.guests.inside.messages import Run, Ticket, Window
from leasehold.emulator.guests.programs import Programs
from leasehold.emulator.guests.streams import Drain, Feed

_STDERR = 1  # SSH_EXTENDED_DATA_STDERR
_MOST_CELLS = 0xFFFF  # in struct winsize


class Session(asyncssh.SSHServerSession[bytes]):
    """Starts what the client asks for when it has said all about it."""

    def __init__(self, programs: Programs, user: str, environment: dict[str, str]) -> None:
        self._programs = programs
        self._user = user
        self._environment = environment
        self._channel: asyncssh.SSHServerChannel[bytes] | None = None
        self._command: str | None = None
        self._sftp = False
        self._window: Window | None = None
        self._ticket: Ticket | None = None
        self._input: Feed | None = None
        self._early_input = bytearray()
        self._input_ended = False
        self._outputs: list[Drain] = []
        self._outcome: tuple[int, int] | None = None
        self._terminal: int | None = None
        self._size = bytes(8)  # struct winsize

    # What asyncssh calls, in this order

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def pty_requested(
        self,
        term_type: str,
        term_size: tuple[int, int, int, int],
        term_modes: Mapping[int, int],
    ) -> bool:
        columns, rows = (min(cells, _MOST_CELLS) for cells in term_size[:2])
        self._window = Window(term=term_type, columns=columns, rows=rows)
        self.terminal_size_changed(*term_size)
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        self._sftp = subsystem == "sftp"
        return self._sftp

    def session_started(self) -> None:
        try:
            self._ticket = self._programs.ticket()
            run = Run(
                ticket=self._ticket,
                user=self._user,
                command=self._command,
                sftp=self._sftp,
                environment={**self._open_channel().get_environment(), **self._environment},
                window=None if self._sftp else self._window,
            )
            if run.window is None:
                self._start_on_pipes(run)
            else:
                self._programs.start_in_terminal(run, self._take_terminal, self._ended)
        except (GuestFailed, OSError) as error:
            self._open_channel().write_stderr(f"{error}\n".encode())
            self._open_channel().exit(255)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        del datatype
        if self._input is not None:
            self._input.write(data)
        else:  # typed before the terminal is there
            self._early_input += data
            self._open_channel().pause_reading()

    def eof_received(self) -> bool:
        if self._input is not None:
            self._input.end()
        self._input_ended = True
        return True  # output goes on

    def pause_writing(self) -> None:
        for output in self._outputs:
            output.pause()

    def resume_writing(self) -> None:
        for output in self._outputs:
            output.resume()

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        sizes = (min(size, _MOST_CELLS) for size in (height, width, pixwidth, pixheight))
        self._size = struct.pack("HHHH", *sizes)
        self._resize()

    def signal_received(self, signal: str) -> None:
        if self._ticket is not None:
            self._programs.signal(self._ticket, signal)

    def connection_lost(self, exc: Exception | None) -> None:
        # The program learns by its streams, or is hung up on by its terminal, as with sshd.
        self._channel = None
        for stream in (self._input, *self._outputs):
            if stream is not None:
                stream.close()
        self._terminal = None

    # The program

    def _start_on_pipes(self, run: Run) -> None:
        pipes = [os.pipe2(os.O_CLOEXEC) for _ in range(3)]
        theirs = (pipes[0][0], pipes[1][1], pipes[2][1])
        self._feed(pipes[0][1])
        self._drain(pipes[1][0], None)
        self._drain(pipes[2][0], _STDERR)
        self._programs.start(run, theirs, self._ended)

    def _take_terminal(self, master: int) -> None:
        if self._channel is None:  # the client went meanwhile
            os.close(master)
            return
        self._feed(os.dup(master)).write(bytes(self._early_input))
        self._drain(master, None)
        self._terminal = master
        self._resize()
        self._channel.resume_reading()
        if self._input_ended:
            self.eof_received()

    def _resize(self) -> None:
        if self._terminal is not None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, self._size)

    def _feed(self, descriptor: int) -> Feed:
        channel = self._open_channel()
        self._input = Feed(descriptor, channel.pause_reading, channel.resume_reading)
        return self._input

    def _drain(self, descriptor: int, datatype: int | None) -> None:
        def take(data: bytes) -> None:
            if self._channel is not None:
                self._channel.write(data, datatype)

        self._outputs.append(Drain(descriptor, take, self._maybe_exit))

    def _ended(self, status: int, killed_by: int) -> None:
        self._outcome = (status, killed_by)
        if self._window is not None:
            for output in self._outputs:
                output.end_when_empty()
        self._maybe_exit()

    def _maybe_exit(self) -> None:
        """Close the channel once the program has ended and all it wrote is on its way.

        Without a terminal that waits for everybody who holds its output, as sshd does.
        """
        if self._outcome is None or self._channel is None:
            return
        if not all(output.closed for output in self._outputs):
            return
        status, killed_by = self._outcome
        if killed_by:
            self._channel.exit_with_signal(_name(killed_by))
        else:
            self._channel.exit(status)

    def _open_channel(self) -> asyncssh.SSHServerChannel[bytes]:
        if self._channel is None:
            raise GuestFailed("The client closed its channel.")
        return self._channel


def _name(number: int) -> str:
    """Name a signal as SSH does; most real-time ones have no name."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return f"{number}@leasehold"
