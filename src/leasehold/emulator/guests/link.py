"""One end of a packet socket in the emulator's event loop."""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence

_LARGEST_PACKET = 1 << 18

Receive = Callable[[bytes, list[int]], None]
"""Takes a packet and the descriptors beside it, which it owns from then on."""


def pair() -> tuple[socket.socket, socket.socket]:
    """Make two connected sockets that keep packets whole."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Link:
    """Sends and receives packets with descriptors; `lost` is called once, unless closed here."""

    def __init__(self, end: socket.socket, receive: Receive, lost: Callable[[], None]) -> None:
        end.setblocking(False)
        self._socket = end
        self._receive = receive
        self._lost = lost
        self._waiting: deque[tuple[bytes, Sequence[int]]] = deque()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(end, self._readable)
        self._closed = False

    def send(self, packet: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send, now or when the other side has read more. Closes the descriptors.

        A packet to a side that is gone is dropped: `lost` tells of that. Raises OSError for a
        packet larger than the kernel takes (about 200 kB).
        """
        if self._closed:
            _close(descriptors)
        elif self._waiting or not self._sent(packet, descriptors):
            if not self._waiting:
                self._loop.add_writer(self._socket, self._writable)
            self._waiting.append((packet, descriptors))

    def close(self) -> None:
        """Close this end; nothing is received any more."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._socket.close()
        while self._waiting:
            _close(self._waiting.popleft()[1])

    def _sent(self, packet: bytes, descriptors: Sequence[int]) -> bool:
        try:
            socket.send_fds(self._socket, [packet], descriptors)
        except BlockingIOError:
            return False
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError:
            _close(descriptors)
            raise
        _close(descriptors)
        return True

    def _writable(self) -> None:
        while self._waiting:
            if not self._sent(*self._waiting[0]):
                return
            self._waiting.popleft()
        self._loop.remove_writer(self._socket)

    def _readable(self) -> None:
        packet, descriptors = b"", list[int]()
        with contextlib.suppress(ConnectionResetError):
            try:
                packet, descriptors, _, _ = socket.recv_fds(self._socket, _LARGEST_PACKET, 4)
            except BlockingIOError:
                return
        if packet:
            self._receive(packet, descriptors)
        else:
            self.close()
            self._lost()


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
