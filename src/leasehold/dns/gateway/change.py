"""One change that a caller may ask for, carried out on the zone."""

from collections.abc import Sequence

import dns.name
import dns.update
import msgspec

from leasehold.dns.errors import DnsError, NoAnswer, Taken, Unsettled
from leasehold.dns.gateway.settings import Settings
from leasehold.dns.marked import mark_name
from leasehold.dns.names import address_type, plain, reverse_name, zone_of

_ALONE = ("CNAME", "DNAME", "NS")
"""Types beside which there can be no address."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    pointers: tuple[str, ...] = ()
    """The PTR records that were set or removed."""
    reverse: tuple[str, ...] = ()
    """Why a PTR record is not as it should be, if one is not."""

    @property
    def changed(self) -> bool:
        return self.before != self.after


def set_addresses(settings: Settings, label: str, addresses: Sequence[str]) -> Change:
    """Let a name have just these addresses, or none. Raises `DnsError`; `Unsettled` once it is sent.

    The server is asked what it has, each time. An alias or a delegation is not touched, nor a name
    that a lease of Leasehold stands behind: the server itself refuses that.
    """
    name = f"{label}.{settings.domain}"
    before = _addresses(settings, name)
    after = tuple(sorted({plain(address_type(each), each) for each in addresses}))
    if before != after:
        _update(settings, name, after)
    pointers, troubles = _reverse(settings, name, before, after)
    return Change(name=name, before=before, after=after, pointers=pointers, reverse=troubles)


def _update(settings: Settings, name: str, after: tuple[str, ...]) -> None:
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
    place = settings.server.place
    try:
        settings.server.update(message)
    except NoAnswer as error:
        raise Unsettled(place, f"{name}: {error.found}", "it may have had effect") from error
    try:
        found = _addresses(settings, name)
    except DnsError as error:
        raise Unsettled(place, f"{name}: {error.found}", "it was set, and not read back") from error
    if found != after:
        hint = "somebody else changed the name in this moment; ask again"
        raise Unsettled(place, f"{name} is {', '.join(found) or 'nothing'}", hint)


def _addresses(settings: Settings, name: str) -> tuple[str, ...]:
    return tuple(sorted(settings.server.addresses(name)))


def _reverse(
    settings: Settings, name: str, before: tuple[str, ...], after: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Let the PTR records follow, where the zone is ours: those that did, and what went wrong.

    Nothing is raised, for the name itself is set by now. A record that an earlier request could not
    set is set now.
    """
    done, troubles = [], []
    for address in sorted({*before, *after}):
        pointer = reverse_name(address)
        zone = zone_of(pointer, settings.reverse_zones)
        if zone is None or (address in before and address in after and _is_set(settings, pointer)):
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
            done.append(pointer)
        except Taken:
            troubles.append(f"{pointer} points elsewhere and was left alone")
        except DnsError as error:
            troubles.append(f"{pointer}: {error}")
    return tuple(done), tuple(troubles)


def _is_set(settings: Settings, pointer: str) -> bool:
    """Whether it points anywhere. If that cannot be told, setting it tells why."""
    try:
        return bool(settings.server.ask(pointer, "PTR"))
    except DnsError:
        return False
