"""Judges what a survey saw: what would fail, why, and what to do. Pure."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from leasehold.openstack.call import ServiceType
from leasehold.openstack.survey import Finding, ServiceSeen, Severity, Survey

SKEW_LIMIT = 30.0
"""Seconds. Tokens and deltas are judged by two clocks; half a minute is more than both forgive."""

_NEEDED = {
    ServiceType.COMPUTE: (Severity.FAIL, "no server can be made"),
    ServiceType.IMAGE: (Severity.FAIL, "images cannot be chosen"),
    ServiceType.NETWORK: (Severity.FAIL, "servers cannot be given ports"),
    ServiceType.VOLUME: (Severity.WARN, "volumes and datasets cannot be had"),
}
_LOOKING_ONLY = frozenset({"reader", "auditor", "observer"})
_CELLS = (2, 69)


def findings_of(survey: Survey) -> tuple[Finding, ...]:
    """List what is wrong, the worst first."""
    if survey.trouble:
        return (_fail("sign-in", survey.trouble),)
    found = [
        *_sign_in(survey),
        *(finding for service in survey.services for finding in _service(service)),
        *_room(survey),
        *_stock(survey),
        *_clock(survey),
        *_wire(survey),
    ]
    return tuple(sorted(found, key=lambda finding: finding.severity is Severity.WARN))


def _fail(about: str, message: str) -> Finding:
    return Finding(severity=Severity.FAIL, about=about, message=message)


def _warn(about: str, message: str) -> Finding:
    return Finding(severity=Severity.WARN, about=about, message=message)


def _sign_in(survey: Survey) -> Iterable[Finding]:
    identity = survey.identity
    if identity is None or not identity.project_id:
        yield _fail("sign-in", "signed in, but to no project: name one by project_name")
    elif identity.roles and set(identity.roles) <= _LOOKING_ONLY:
        roles = ", ".join(identity.roles)
        yield _fail(
            "sign-in", f"with {roles} as the only role nothing can be made: ask for role member"
        )
    if not survey.catalog:
        yield _warn("catalog", "it is empty: only services given by endpoints= can be reached")


def _service(service: ServiceSeen) -> Iterable[Finding]:
    if service.trouble:
        severity, consequence = _NEEDED[service.type]
        message = f"{consequence}: {service.trouble}"
        yield Finding(severity=severity, about=str(service.type), message=message)
    elif service.type is ServiceType.COMPUTE and (service.microversion or (2, 1)) < _CELLS:
        major, minor = service.microversion or (2, 1)
        yield _warn(
            "compute",
            f"it speaks {major}.{minor}, and before 2.69 the servers of a cell that is down are "
            "missing from listings as if they were gone",
        )


def _room(survey: Survey) -> Iterable[Finding]:
    for room in survey.room:
        if room.total == 0:
            yield _fail("quota", f"the quota of {room.name} is 0: ask the operator to raise it")
        elif room.total is not None and room.used >= room.total:
            yield _warn("quota", f"{room.name}: all {room.total} are used; new leases must wait")


def _stock(survey: Survey) -> Iterable[Finding]:
    stock = survey.stock
    if stock.images == 0:
        yield _fail("images", "there is no active image to boot from: upload or share one")
    if stock.flavors == 0:
        yield _fail("flavors", "there is no flavor: ask the operator for access to one")
    if stock.networks == 0:
        yield _fail("networks", "there is no network: make one with a subnet")
    elif stock.external_networks == 0:
        yield _warn("networks", "there is no external network: floating IPs cannot be had")


def _clock(survey: Survey) -> Iterable[Finding]:
    if survey.skew is not None and abs(survey.skew) > SKEW_LIMIT:
        way = "ahead of" if survey.skew > 0 else "behind"
        yield _warn(
            "clock",
            f"the cloud's clock is {abs(survey.skew):.0f} s {way} this machine's: set both by NTP",
        )


def _wire(survey: Survey) -> Iterable[Finding]:
    if not survey.verified:
        yield _warn("TLS", "the cloud's certificate is not checked: name its CA by cacert instead")
    parts = urlsplit(survey.auth_url)
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        yield _warn("TLS", f"credentials go to {parts.netloc} in the clear: use https")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
