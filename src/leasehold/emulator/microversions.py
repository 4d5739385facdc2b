"""Microversions: which one a call asked for, and what the answer says about it."""

from collections.abc import Mapping

import msgspec

Microversion = tuple[int, int]


class MicroversionRefused(Exception):
    """The version asked for is not a version (400) or not on offer (406)."""

    def __init__(self, status: int, message: str, version: Microversion | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.version = version
        """The one asked for, which the headers of a 406 repeat."""


class Microversions(msgspec.Struct, frozen=True, kw_only=True):
    """The span one service offers, and the header names it goes by."""

    service_type: str
    """As in ``OpenStack-API-Version: SERVICE_TYPE 2.90``."""
    lowest: Microversion
    highest: Microversion
    legacy_header: str | None = None
    """Nova's older ``X-OpenStack-Nova-API-Version``: read when the new one is absent."""

    def negotiate(self, headers: Mapping[str, str]) -> Microversion:
        """The version to answer in; the lowest when the caller asks for none."""
        wanted = self._wanted(headers)
        if wanted is None:
            return self.lowest
        if wanted == "latest":
            return self.highest
        version = parse(wanted)
        if not self.lowest <= version <= self.highest:
            raise MicroversionRefused(
                406,
                f"Version {wanted} is not supported by the API. Minimum is {text(self.lowest)} "
                f"and maximum is {text(self.highest)}.",
                version,
            )
        return version

    def headers(self, version: Microversion) -> dict[str, str]:
        """The headers of an answer given in `version`."""
        found = {
            "openstack-api-version": f"{self.service_type} {text(version)}",
            "vary": "OpenStack-API-Version",
        }
        if self.legacy_header:
            found[self.legacy_header.lower()] = text(version)
            found["vary"] += f", {self.legacy_header}"
        return found

    def _wanted(self, headers: Mapping[str, str]) -> str | None:
        for choice in headers.get("openstack-api-version", "").split(","):
            service_type, _, version = choice.strip().partition(" ")
            if service_type == self.service_type:
                return version.strip()
        if self.legacy_header:
            return headers.get(self.legacy_header.lower())
        return None


def parse(wanted: str) -> Microversion:
    """``2.90`` as a pair; raises `MicroversionRefused` (400) for anything else."""
    major, _, minor = wanted.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise MicroversionRefused(
            400,
            f"API Version String {wanted} is of invalid format. "
            "Must be of format MajorNum.MinorNum.",
        )
    return int(major), int(minor)


def text(version: Microversion) -> str:
    return f"{version[0]}.{version[1]}"
