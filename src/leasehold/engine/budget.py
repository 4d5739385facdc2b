"""How many calls we allow ourselves: a token bucket with a capped burst. Pure: time is passed in."""


class Budget:
    """Allows `rate` calls per second on average and `burst` at once, never more after a rest."""

    def __init__(self, rate: float, burst: float, *, at_first: float | None = None) -> None:
        self.rate = rate
        self.burst = burst
        self._tokens = burst if at_first is None else at_first
        self._at: float | None = None
        self._closed_until = 0.0

    def _refill(self, now: float) -> None:
        if self._at is not None and now > self._at:
            earned = (now - self._at) * self.rate
            self._tokens = max(self._tokens, min(self.burst, self._tokens + earned))
        self._at = now

    def available(self, now: float) -> int:
        """How many calls may leave now."""
        self._refill(now)
        return 0 if now < self._closed_until else max(0, int(self._tokens))

    def spend(self, calls: float) -> None:
        """Note calls that left. A large amount, such as the pages of a listing, is paid off later."""
        self._tokens -= calls

    def next_at(self, now: float) -> float:
        """When the next call may leave."""
        self._refill(now)
        wait = max(0.0, 1.0 - self._tokens) / self.rate
        return max(now + wait, self._closed_until)

    def pause(self, until: float) -> None:
        """Let nothing leave before `until`: what a ``Retry-After`` asks for."""
        self._closed_until = max(self._closed_until, until)
