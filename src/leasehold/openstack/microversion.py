"""Agrees with a service on a microversion, without asking for it beforehand.

The wish goes out with the first request. A service that is too old answers 406, has done nothing,
and says its range; the request is sent again with what both know. So a service that is new enough
costs no call at all, and an older one costs one in the life of a connection.
"""

import re

from leasehold.openstack.call import Answer, ServiceType
from leasehold.openstack.errors import SettingsError

Version = tuple[int, int]
Headers = tuple[tuple[str, str], ...]

# The newest whose answers the driver was written and tested for: both of Train (2019), so that most
# clouds know them. Compute needs 2.69 at least: from there on a listing shows the servers of a cell
# that is down, instead of leaving them out as if they were gone.
WISHED: dict[ServiceType, Version] = {ServiceType.COMPUTE: (2, 79), ServiceType.VOLUME: (3, 59)}

_HEADER_NAME = {ServiceType.COMPUTE: "compute", ServiceType.VOLUME: "volume"}
_RANGE = re.compile(r"minimum is (\d+)\.(\d+) and maximum is (\d+)\.(\d+)", re.IGNORECASE)


def parse_version(text: str) -> Version:
    """Read ``2.79``. Raises `SettingsError` for anything else, such as a float: 2.60 would be 2.6."""
    if not isinstance(text, str) or not (found := re.fullmatch(r"(\d+)\.(\d+)", text)):
        raise SettingsError(f"a microversion is a text like '2.79', not {text!r}")
    return int(found[1]), int(found[2])


class Microversion:
    """What is agreed with one service. Threads may share it: all of them reach the same agreement.

    `plain` asks for none, so that the service answers as it did before there were microversions.
    """

    def __init__(
        self, service: ServiceType, pinned: str | None = None, *, plain: bool = False
    ) -> None:
        self._service = service
        self._pinned = pinned is not None
        wished = None if plain else WISHED.get(service)
        self._version: Version | None = parse_version(pinned) if pinned else wished
        self.agreed: Version | None = None
        """The version that the service confirmed; None before its first answer."""

    def headers(self, *, until: Version | None = None) -> Headers:
        """Give the headers that ask for the version; none for a service that has no such thing.

        `until` asks for no newer one than that, for the sake of a single call.
        """
        if self._version is None:
            return ()
        asked = min(self._version, until) if until else self._version
        return self._asking(f"{asked[0]}.{asked[1]}")

    def latest(self) -> Headers:
        """Give the headers that ask for whatever is newest, to learn what it is."""
        return self._asking("latest") if self._version else ()

    def _asking(self, number: str) -> Headers:
        asked = ("OpenStack-API-Version", f"{_HEADER_NAME[self._service]} {number}")
        if self._service is ServiceType.COMPUTE:
            # Nova before Newton (2.27) knows only this one.
            return (asked, ("X-OpenStack-Nova-API-Version", number))
        return (asked,)

    def confirm(self, answer: Answer) -> None:
        """Learn from an answer which version the service used."""
        if self.agreed is None and self._version is not None:
            self.agreed = self.said(answer) or (self._version[0], 1)

    def said(self, answer: Answer) -> Version | None:
        """Read the version that made an answer; a service that says none used its oldest."""
        text = answer.headers.get("openstack-api-version") or answer.headers.get(
            "x-openstack-nova-api-version", ""
        )
        found = re.search(r"(\d+)\.(\d+)$", text)
        return (int(found[1]), int(found[2])) if found else None

    def lower(self, refusal: str, *, asked: Headers, until: Version | None = None) -> bool:
        """Take the best version that a 406 names; False if that leaves nothing to try.

        `asked` are the headers that were refused: another thread may have lowered it since.
        """
        if asked != self.headers(until=until):
            return True
        if self._pinned or self._version is None or not (found := _RANGE.search(refusal)):
            return False
        lowest, highest = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
        best = min(WISHED[self._service], highest)
        if best < lowest or best == self._version:
            return False
        self._version = best
        return True
