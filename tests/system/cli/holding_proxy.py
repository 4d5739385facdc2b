"""A proxy that can swallow an answer: the request arrives, the reply does not."""

import socket
import threading
from contextlib import suppress


class HoldingProxy:
    """Forwards connections to a port; while `holding`, answers stay here and are never delivered."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.holding = False
        self.held = threading.Event()
        """Set once an answer was kept back."""
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        # A shutdown wakes the accept; closing alone would not.
        for each in (self._listening, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in (self._listening, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listening.accept()
                service = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._sockets += [caller, service]
            for source, sink, answers in ((caller, service, False), (service, caller, True)):
                thread = threading.Thread(target=self._pump, args=(source, sink, answers))
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(1 << 16):
                if answers and self.holding:
                    self.held.set()
                    continue
                sink.sendall(chunk)
        with suppress(OSError):
            if not (answers and self.holding):
                sink.shutdown(socket.SHUT_WR)
