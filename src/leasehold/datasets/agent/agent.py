"""The agent as a whole: hears orders, lets each dataset's keeper obey them, and reports."""

import contextlib
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Condition, Event, Lock, Thread

import msgspec
import structlog

from leasehold import __version__
from leasehold.datasets.agent.config import AgentConfig
from leasehold.datasets.agent.control import Control
from leasehold.datasets.agent.errors import AgentError, BadConfig
from leasehold.datasets.agent.hands import Hands
from leasehold.datasets.agent.keeper import Keeper
from leasehold.datasets.agent.memory import Memory, Remembered
from leasehold.datasets.agent.status import Status
from leasehold.datasets.protocol import LONGEST_WAIT, DatasetReport, Order, Orders, Report

_log = structlog.get_logger()

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FIRST_RETRY = 0.5
CLAIM_SECONDS = 60.0
"""So long a container may take from hearing where its dataset is to having it. Afterwards the kernel
knows better than our count, which a killed dockerd never corrects. Longer than `SETTLED_LOOK`."""
LONGEST_RETRY = 15.0
"""Seconds between calls to a control side that does not answer: doubled, with jitter. Orders and
reports may be sent any number of times."""
_STOP_SECONDS = 5.0


class Agent:
    """Runs until `stop`. What is mounted stays mounted when it ends, however it ends."""

    def __init__(
        self,
        config: AgentConfig,
        control: Control,
        memory: Memory,
        server_id: str,
        *,
        now: Callable[[], float] = time.time,
        era: str | None = None,
    ) -> None:
        self._config = config
        self.control = control
        self._memory = memory
        self._server_id = server_id
        self._now = now
        self._era = era or BOOT_ID.read_text(encoding="ascii").strip()
        self._hands = Hands(config.places, config.directory, config.mount_options)
        self._keepers: dict[str, Keeper] = {}
        self.changes = Condition()
        """Told whenever a dataset, or what is known of the control side, changes."""
        self._changed = Event()
        self._stopping = Event()
        self._counting = Lock()
        self._users = memory.users(self._era)
        end = time.monotonic() + CLAIM_SECONDS
        self._claims = {(name, user): end for name, ids in self._users.items() for user in ids}
        self._obeys = memory.installation
        self._number: int | None = None
        self._report_every = 30.0
        self._trouble: str | None = None
        self._heard_at: float | None = None

    def run(self) -> None:
        """Until `stop` is called, from another thread or a signal's handler."""
        self._make_directory()
        for remembered in self._memory.datasets():
            if not remembered.left:
                self._start(remembered)
        listening = Thread(target=self._listen, name="orders", daemon=True)
        listening.start()
        wait = FIRST_RETRY
        while not self._stopping.is_set():
            self._changed.clear()
            self._drop_stale_users()
            report = self.report()
            heard = self._exchange(partial(self.control.report, report))
            wait = FIRST_RETRY if heard else min(wait * 2, LONGEST_RETRY)
            self._publish()
            if heard:
                self._await_news(report)
            else:
                self._stopping.wait(wait * random.uniform(0.8, 1.2))
        keepers = list(self._keepers.values())
        for keeper in keepers:
            keeper.stop()
        for keeper in keepers:
            keeper.join(_STOP_SECONDS)

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()

    def report(self) -> Report:
        """This node as the keepers see it now."""
        return Report(
            server_id=self._server_id,
            era=self._era,
            version=__version__,
            sent_at=self._now(),
            datasets=tuple(self._report_of(keeper) for keeper in list(self._keepers.values())),
            obeys=self._obeys,
        )

    def keeper_of(self, name: str) -> Keeper | None:
        """Of the dataset of this name, as far as this node has to do with it."""
        for keeper in list(self._keepers.values()):
            if keeper.order.name == name:
                return keeper
        return None

    def users_of(self, name: str) -> frozenset[str]:
        """Mounts through Docker."""
        return self._users.get(name, frozenset())

    def use(self, name: str, user: str) -> None:
        """Count a mount, once for each user. Raises OSError: then it is not counted."""
        with self._counting:
            self._set_users(name, self.users_of(name) | {user})
            self._claims[name, user] = time.monotonic() + CLAIM_SECONDS
        self._tell_of_change()

    def release(self, name: str, user: str) -> None:
        """Count it no more; no error if it was not."""
        with self._counting:
            self._claims.pop((name, user), None)
            self._set_users(name, self.users_of(name) - {user})
        self._tell_of_change()
        keeper = self.keeper_of(name)
        if keeper is not None:
            keeper.poke()

    def _set_users(self, name: str, users: frozenset[str]) -> None:
        changed = {**self._users, name: users}
        self._memory.keep_users(self._era, changed)
        self._users = {each: ids for each, ids in changed.items() if ids}

    def _claims_on(self, name: str) -> tuple[str, ...]:
        now = time.monotonic()
        claims = [
            user for (each, user), end in list(self._claims.items()) if each == name and end > now
        ]
        return tuple(f"docker mount {user[:12]}" for user in sorted(claims))

    def _drop_stale_users(self) -> None:
        """Uses that Docker never ended: no container has the dataset, and none is on its way."""
        with self._counting, contextlib.suppress(OSError):
            for name in list(self._users):
                keeper = self.keeper_of(name)
                if keeper is None or keeper.is_used or self._claims_on(name):
                    continue
                _log.warning("docker.stale", dataset=name, mounts=sorted(self._users[name]))
                self._set_users(name, frozenset())

    def _report_of(self, keeper: Keeper) -> DatasetReport:
        users = tuple(
            sorted(f"docker mount {each[:12]}" for each in self.users_of(keeper.order.name))
        )
        return msgspec.structs.replace(keeper.report(), users=users)

    def _await_news(self, sent: Report) -> None:
        """Until there is more to report than when something is tried next, or a report is due."""
        due = time.monotonic() + self._report_every
        while not self._stopping.is_set() and self._changed.wait(due - time.monotonic()):
            self._changed.clear()
            if _news(self.report()) != _news(sent):
                return
            self._publish()

    def _listen(self) -> None:
        """Keep a call for orders open."""
        wait = FIRST_RETRY
        while not self._stopping.is_set():
            heard = self._exchange(lambda: self.control.orders(self._number, LONGEST_WAIT))
            wait = FIRST_RETRY if heard else min(wait * 2, LONGEST_RETRY)
            if not heard:
                self._stopping.wait(wait * random.uniform(0.8, 1.2))

    def _exchange(self, call: Callable[[], Orders]) -> bool:
        """One call and what its answer orders; whether it went well."""
        try:
            orders = call()
            self._obey(orders)
        except AgentError as error:
            return self._failed(str(error))
        except OSError as error:
            return self._failed(f"the state cannot be written: {error}")
        if self._trouble is not None:
            _log.info("agent.heard", service=self.control.service)
        self._trouble = None
        self._heard_at = self._now()
        return True

    def _failed(self, why: str) -> bool:
        if why != self._trouble:
            _log.warning("agent.not_heard", why=why)
        self._trouble = why
        self._changed.set()
        return False

    def _obey(self, orders: Orders) -> None:
        with self.changes:
            if self._obeys is None:
                self._memory.obey(orders.installation)
                self._obeys = orders.installation
            if orders.installation != self._obeys:
                raise AgentError(
                    f"{self.control.service} is installation {orders.installation}, and this node obeys"
                    f" {self._obeys}. If it shall obey the new one, start it once with --obey-anew"
                )
            self._report_every = orders.report_every
            failed = [error for order in orders.datasets if (error := self._pass_on(order))]
            if failed:
                raise AgentError(f"not all orders can be obeyed: {'; '.join(failed)}")
            self._number = orders.number  # only now: what failed above is heard again
            self._forget({order.dataset for order in orders.datasets})

    def _pass_on(self, order: Order) -> str | None:
        """To the keeper of its dataset; what failed delays no other."""
        try:
            keeper = self._keepers.get(order.dataset)
            if keeper is None:
                keeper = self._start(self._memory.recall(order))
            keeper.tell(order)
        except OSError as error:
            return f"the order for {order.name} cannot be remembered: {error}"
        except AgentError as error:
            return str(error)
        return None

    def _forget(self, ordered: set[str]) -> None:
        for dataset, keeper in list(self._keepers.items()):
            if dataset not in ordered and keeper.may_be_forgotten():
                keeper.forget()
                keeper.stop()
                del self._keepers[dataset]
                self._tell_of_change()

    def _start(self, remembered: Remembered) -> Keeper:
        keeper = Keeper(
            remembered,
            self._hands,
            self._memory,
            self._now,
            self._tell_of_change,
            self._claims_on,
        )
        self._keepers[remembered.order.dataset] = keeper
        keeper.start()
        return keeper

    def _tell_of_change(self) -> None:
        self._changed.set()
        with self.changes:
            self.changes.notify_all()

    def _publish(self) -> None:
        self._memory.publish(
            Status(
                service=self.control.service,
                heard_at=self._heard_at,
                trouble=self._trouble,
                written_at=self._now(),
                docker_socket=self._config.docker_socket,
                report=self.report(),
                names={
                    each.order.dataset: each.order.name for each in list(self._keepers.values())
                },
            )
        )

    def _make_directory(self) -> None:
        directory = self._config.directory
        try:
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o711 if self._config.open_to_users else 0o700)
        except OSError as error:
            raise BadConfig(f"directory {directory}: {error.strerror}") from error


def _news(report: Report) -> tuple[DatasetReport, ...]:
    return tuple(msgspec.structs.replace(each, retry_at=None) for each in report.datasets)
