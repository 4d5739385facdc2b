"""Calls that have left for a cloud, and that reach it when the test says so."""

from collections.abc import Callable


class Hang(BaseException):
    """Raised by a cloud in place of an answer: the call goes on for ever, or until it is let go."""


class Departures:
    """Give it to an engine as its `spawn`."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self._hanging: list[Callable[[], None]] = []

    def __call__(self, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def arrive(self) -> None:
        """Let every call that has left reach the cloud and come back."""
        for _ in range(len(self.waiting)):
            self.arrive_one()

    def arrive_one(self, number: int = 0) -> None:
        """Let one call, the oldest or another, reach the cloud and come back."""
        call = self.waiting.pop(number)
        try:
            call()
        except Hang:
            self._hanging.append(call)

    def let_go(self) -> None:
        """Let the calls that hang go on their way after all."""
        self.waiting += self._hanging
        self._hanging.clear()

    def lose(self) -> None:
        """Nobody waits for an answer any more."""
        self.waiting.clear()
        self._hanging.clear()
