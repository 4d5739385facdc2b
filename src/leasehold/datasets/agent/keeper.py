"""Keeps one dataset as it was ordered, in a thread of its own, so that a bad one delays no other."""

import random
import traceback
from collections.abc import Callable
from threading import Condition, Thread

import msgspec
import structlog

from leasehold.datasets.agent.content import Stamp
from leasehold.datasets.agent.device import Device
from leasehold.datasets.agent.errors import AgentError, Busy, DeviceMissing, NotBlank
from leasehold.datasets.agent.hands import Hands
from leasehold.datasets.agent.memory import Memory, Remembered
from leasehold.datasets.agent.step import Seen, Step, next_step
from leasehold.datasets.protocol import Blank, DatasetReport, Order, Want

_log = structlog.get_logger()

FIRST_RETRY = 0.2
LONGEST_RETRY = 10.0
"""Seconds between looks at a dataset that is not as it shall be: doubled from one to the other, with
jitter. Looking costs this machine little, and no cloud anything."""
SETTLED_LOOK = 30.0
"""Seconds between looks at one that is."""
MOST_STEPS = 8
"""In a row, without a pause; none needs more than FORMAT, FINISH, PREPARE and GROW."""


class Keeper:
    """`tell` it an order; `report` says how far it is. `changed` is called whenever that changes."""

    def __init__(
        self,
        remembered: Remembered,
        hands: Hands,
        memory: Memory,
        now: Callable[[], float],
        changed: Callable[[], None],
        claims: Callable[[str], tuple[str, ...]] = lambda name: (),
    ) -> None:
        """`claims` names who was just told where the dataset of a name is, and may use it at once."""
        self._remembered = remembered
        self._hands = hands
        self._memory = memory
        self._now = now
        self._changed = changed
        self._claims = claims
        self._condition = Condition()
        self._ordered = False
        """Whether the order was heard by this process: one that is only remembered is not obeyed,
        for much may have been decided since."""
        self._poked = False
        self._stopping = False
        self._seen = hands.glance(remembered.order)
        self._known: dict[str, Device] = {}
        """The disk of the volume that was last found, by the volume's id."""
        self._unmounted_for: int | None = None
        """The epoch for which a look has proved that it is mounted nowhere."""
        self._refused: int | None = None
        self._heard_older = False
        self._error: AgentError | OSError | None = None
        self._retry_at: float | None = None
        self._thread = Thread(target=self._run, name=f"keeper {self.order.dataset}", daemon=True)

    @property
    def order(self) -> Order:
        return self._remembered.order

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end after the step it is in; what is mounted stays so."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def tell(self, order: Order) -> None:
        """An order as heard just now; a stale one is refused. Raises OSError if it cannot be
        remembered: then it is not obeyed."""
        with self._condition:
            if _is_stale(order, self.order):
                # Two calls are open at once, and their answers may pass each other: the first old
                # order may be late, a second one comes from a stale control side.
                self._refused = order.epoch if self._heard_older else None
                self._heard_older = True
                if self._refused is None:
                    return
            elif order != self.order or not self._ordered:
                remembered = msgspec.structs.replace(self._remembered, order=order, left=False)
                if remembered != self._remembered:
                    self._memory.keep(remembered)
                self._remembered = remembered
                self._ordered = True
                self._refused, self._heard_older = None, False
                self._poke()
            elif self._refused is not None:
                self._refused, self._heard_older = None, False
            else:
                self._heard_older = False
                return
        self._changed()

    def poke(self) -> None:
        """Look now, not when it is due."""
        with self._condition:
            self._poke()

    def may_be_forgotten(self) -> bool:
        """Told to be unmounted, and proved to be."""
        with self._condition:
            return self.order.want is Want.UNMOUNTED and self._unmounted_for == self.order.epoch

    def forget(self) -> None:
        """Keep its epoch alone."""
        with self._condition:
            self._remembered = msgspec.structs.replace(self._remembered, left=True)
            self._memory.keep(self._remembered)

    @property
    def mounted_at(self) -> str | None:
        """Where it can be used by the newest look, while it is wanted there.

        Also if that is only remembered: what is mounted here cannot be on another server.
        """
        with self._condition:
            seen = self._seen
            wanted = self.order.want is Want.MOUNTED
            there = seen.device is not None and seen.there == seen.device.number
            return self._mounted() if wanted and there and not seen.fresh else None

    @property
    def is_used(self) -> bool:
        """By the newest look a container has it."""
        with self._condition:
            return bool(self._seen.containers)

    def report(self) -> DatasetReport:
        with self._condition:
            order, seen, error = self.order, self._seen, self._error
            device, found = seen.device, seen.filesystem
            content = seen.content
            blank = Blank.UNKNOWN
            if content is not None:
                blank = Blank.BLANK if content.is_blank else Blank.DATA
            elif found is not None or isinstance(error, NotBlank):
                blank = Blank.DATA
            return DatasetReport(
                dataset=order.dataset,
                epoch=order.epoch,
                volume=order.volume,
                device=str(device.path) if device else None,
                device_bytes=device.size if device else None,
                blank=blank,
                filesystem=found.type if found and not seen.formatting else None,
                filesystem_uuid=found.uuid if found and not seen.formatting else None,
                filesystem_bytes=found.size if found and not seen.formatting else None,
                mounted=self._mounted(),
                busy=error.holders if isinstance(error, Busy) else (),
                error=str(error) if error is not None else None,
                next_step=getattr(error, "next_step", "it is tried again") if error else "",
                retry_at=self._retry_at,
                refused_epoch=self._refused,
            )

    def _mounted(self) -> str | None:
        """Anything but proof counts as mounted: only then may the volume be taken away."""
        seen, order = self._seen, self.order
        if seen.places:
            place = self._hands.place_of(order)
            return str(place if place in seen.places else seen.places[0])
        if order.want is Want.UNMOUNTED and self._unmounted_for != order.epoch:
            return str(self._hands.place_of(order))
        return None

    def _poke(self) -> None:
        self._poked = True
        self._condition.notify_all()

    def _run(self) -> None:
        wait = FIRST_RETRY
        while True:
            with self._condition:
                self._poked = False
                remembered, ordered = self._remembered, self._ordered
                if self._stopping:
                    return
            well = self._converge(remembered, obey=ordered)
            wait = FIRST_RETRY if well else min(wait * 2, LONGEST_RETRY)
            pause = SETTLED_LOOK if well else wait * random.uniform(0.8, 1.2)
            with self._condition:
                retry_at = None if well else self._now() + pause
                self._retry_at = retry_at
            self._changed()
            with self._condition:
                if self._condition.wait_for(lambda: self._poked or self._stopping, pause):
                    wait = FIRST_RETRY

    def _converge(self, remembered: Remembered, *, obey: bool) -> bool:
        """Look and act until there is nothing left to do; whether that was reached."""
        try:
            for _ in range(MOST_STEPS):
                volume = remembered.order.volume
                seen = self._hands.look(remembered, self._known.get(volume))
                if seen.device is not None:
                    self._known = {volume: seen.device}
                self._show(seen)
                if not obey:
                    return True
                step = next_step(remembered.order, seen, self._hands.place_of(remembered.order))
                if step is Step.NOTHING:
                    break
                if self._superseded(remembered.order):
                    return True  # a newer order waits already
                if step is Step.UNMOUNT and (claims := self._claims(remembered.order.name)):
                    raise Busy(str(self._hands.place_of(remembered.order)), claims)
                _log.info("agent.step", dataset=remembered.order.name, step=step.value)
                self._hands.act(step, remembered, seen, self._note)
                remembered = msgspec.structs.replace(self._remembered, order=remembered.order)
                if step is Step.UNMOUNT:
                    self._prove_unmounted(remembered.order)
                    break
            else:
                raise AgentError(f"{MOST_STEPS} steps did not bring it to where it shall be")
        except (AgentError, OSError) as error:
            return self._trouble(error, remembered.order)
        except Exception as error:  # noqa: BLE001 - one dataset must not end with a dead thread
            _log.error("agent.defect", dataset=remembered.order.name, trace=traceback.format_exc())
            defect = f"a defect of the agent ({type(error).__name__}: {error}); its log has more"
            return self._trouble(AgentError(defect), remembered.order)
        if remembered.order.want is Want.UNMOUNTED and seen.device is None and seen.there is None:
            self._prove_unmounted(remembered.order)
        with self._condition:
            self._error = None
        return True

    def _superseded(self, order: Order) -> bool:
        with self._condition:
            return order != self.order

    def _note(self, *, formatting: Stamp | None, fresh: bool) -> None:
        """Beside the newest order, which may have come while an older one is worked on."""
        with self._condition:
            noted = msgspec.structs.replace(self._remembered, formatting=formatting, fresh=fresh)
            self._memory.keep(noted)
            self._remembered = noted

    def _show(self, seen: Seen) -> None:
        with self._condition:
            self._seen = seen

    def _prove_unmounted(self, order: Order) -> None:
        with self._condition:
            self._seen = msgspec.structs.replace(self._seen, places=(), there=None)
            self._unmounted_for = order.epoch

    def _trouble(self, error: AgentError | OSError, order: Order) -> bool:
        with self._condition:
            news = str(error) != str(self._error)
            self._error = error
            if isinstance(error, DeviceMissing):
                self._seen = self._hands.glance(order)
        if news:
            _log.warning("agent.trouble", dataset=order.name, error=str(error))
        return False


def _is_stale(order: Order, obeyed: Order) -> bool:
    """Older than what was obeyed; or of the same epoch, which never means two things, for another."""
    same = (order.want, order.volume) == (obeyed.want, obeyed.volume)
    return order.epoch < obeyed.epoch or (order.epoch == obeyed.epoch and not same)
