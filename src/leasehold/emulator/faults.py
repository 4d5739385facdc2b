"""Faults on demand: the rules in force, and outages of a service or of everything."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from threading import Lock

import msgspec

from leasehold.emulator.fault_rules import KINDS, METHODS, Rule


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a service, or all of them, answers nothing useful."""

    service: str | None = None
    """None is every service."""
    status: int | None = 503
    """The answer to every call; None cuts the connection without one."""
    until: datetime | None = None
    """When it ends by itself; None is when it is lifted."""


class ArmedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in force, with how often it matched a call and how often it struck."""

    id: str
    rule: Rule
    matched: int
    struck: int


class _Armed:
    def __init__(self, rule_id: str, rule: Rule) -> None:
        self.id = rule_id
        self.rule = rule
        self.matched = 0
        self.struck = 0
        service, path = KINDS[rule.kind] if rule.kind else (None, None)
        self._service = rule.service or service
        self._method = rule.method or METHODS.get(rule.effect)
        pattern = rule.path or path
        self._path = re.compile(pattern) if pattern else None

    def strikes(self, service: str, method: str, path: str, random: Random) -> bool:
        if self._service not in (None, service) or self._method not in (None, method):
            return False
        if self._path is not None and not self._path.search(path):
            return False
        if self.rule.count is not None and self.struck >= self.rule.count:
            return False
        self.matched += 1
        if self.matched <= self.rule.skip or random.random() >= self.rule.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The rules in force. Safe to use from any thread."""

    def __init__(self, random: Random, now: Callable[[], datetime]) -> None:
        self._random = random
        self._now = now
        self._lock = Lock()
        self._armed: dict[str, _Armed] = {}
        self._outages: dict[str | None, Outage] = {}
        self._made = 0

    def add(self, rule: Rule) -> str:
        """Put a rule in force; returns the id to remove it by."""
        with self._lock:
            self._made += 1
            rule_id = f"fault-{self._made}"
            self._armed[rule_id] = _Armed(rule_id, rule)
            return rule_id

    def remove(self, rule_id: str) -> bool:
        """False when there is no such rule."""
        with self._lock:
            return self._armed.pop(rule_id, None) is not None

    def clear(self) -> None:
        """Drop every rule and lift every outage."""
        with self._lock:
            self._armed.clear()
            self._outages.clear()

    def rules(self) -> list[ArmedRule]:
        with self._lock:
            return [
                ArmedRule(id=a.id, rule=a.rule, matched=a.matched, struck=a.struck)
                for a in self._armed.values()
            ]

    def begin_outage(
        self,
        service: str | None = None,
        *,
        status: int | None = 503,
        seconds: float | None = None,
    ) -> None:
        """Let a service (None: all of them) fail until it is lifted, or for `seconds`.

        Every call gets `status`; None cuts its connection instead.
        """
        until = None if seconds is None else self._now() + timedelta(seconds=seconds)
        with self._lock:
            self._outages[service] = Outage(service=service, status=status, until=until)

    def end_outage(self, service: str | None = None) -> None:
        with self._lock:
            self._outages.pop(service, None)

    def outages(self) -> list[Outage]:
        with self._lock:
            now = self._now()
            for service, outage in list(self._outages.items()):
                if outage.until is not None and outage.until <= now:
                    del self._outages[service]
            return list(self._outages.values())

    def outage_of(self, service: str) -> Outage | None:
        if not self._outages:
            return None
        return next((o for o in self.outages() if o.service in (None, service)), None)

    def strike(self, service: str, method: str, path: str) -> list[Rule]:
        """The rules this very call has to suffer; counts them as struck."""
        if not self._armed:
            return []
        with self._lock:
            return [
                armed.rule
                for armed in self._armed.values()
                if armed.strikes(service, method, path, self._random)
            ]
