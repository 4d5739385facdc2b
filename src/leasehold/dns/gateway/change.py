"""One change that a caller may ask for, carried out on the zone."""

import ipaddress
from collections.abc import Sequence

import dns.name
import dns.update
import msgspec

from leasehold.dns.errors import DnsError, Taken
from leasehold.dns.gateway.settings import Settings
from leasehold.dns.marked import mark_name
from leasehold.dns.names import address_type, reverse_name, zone_of

_ALONE = ("CNAME", "DNAME", "NS")
"""Types beside which there can be no address."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reverse: tuple[str, ...] = ()
    """Why a PTR record is not as it should be, if one is not."""

    @property
    def changed(self) -> bool:
        return self.before != self.after


def set_addresses(settings: Settings, label: str, addresses: Sequence[str]) -> Change:
    """Let a name have just these addresses, or none. Raises `DnsError`.

    The server is asked what it has, each time. An alias or a delegation is not touched, nor a name
    that a lease of Leasehold stands behind: the server itself refuses that.
    """
    name = f"{label}.{settings.domain}"
    before = _addresses(settings, name)
    after = tuple(sorted({ipaddress.ip_address(each).compressed for each in addresses}))
    if before == after:
        return Change(name=name, before=before, after=after)
    message = dns.update.UpdateMessage(settings.domain)
    owner = dns.name.from_text(name)
    for type_ in ("A", "AAAA"):
        message.absent(dns.name.from_text(mark_name(name, type_)))
    for type_ in _ALONE:
        message.absent(owner, type_)
    for type_ in ("A", "AAAA"):
        message.delete(owner, type_)
    for address in after:
        message.add(owner, settings.ttl, address_type(address), address)
    settings.server.update(message)
    found = _addresses(settings, name)
    if found != after:
        hint = "somebody else changed the name in this moment; ask again"
        raise Taken(settings.server.place, f"{name} is {', '.join(found) or 'nothing'}", hint)
    return Change(
        name=name, before=before, after=after, reverse=_reverse(settings, name, before, after)
    )


def _addresses(settings: Settings, name: str) -> tuple[str, ...]:
    return tuple(sorted(settings.server.addresses(name)))


def _reverse(
    settings: Settings, name: str, before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[str, ...]:
    """Let the PTR records follow, where the zone is ours. Says what went wrong instead of raising:
    the name itself is set by now."""
    troubles = []
    for address in sorted({*before} ^ {*after}):
        pointer = reverse_name(address)
        zone = zone_of(pointer, settings.reverse_zones)
        if zone is None:
            continue
        owner = dns.name.from_text(pointer)
        message = dns.update.UpdateMessage(zone)
        message.absent(dns.name.from_text(mark_name(pointer, "PTR")))
        if address in after:
            message.absent(owner, "PTR")
            message.add(owner, settings.ttl, "PTR", f"{name}.")
        else:
            message.present(owner, "PTR", f"{name}.")
            message.delete(owner, "PTR", f"{name}.")
        try:
            settings.server.update(message)
        except Taken:
            troubles.append(f"{pointer} points elsewhere and was left alone")
        except DnsError as error:
            troubles.append(f"{pointer}: {error}")
    return tuple(troubles)
