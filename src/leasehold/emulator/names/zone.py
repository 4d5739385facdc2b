"""One zone and the rules of RFC 2136 for changing it."""

from collections import defaultdict
from collections.abc import Iterable

import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone

_HEAD = """
@ 60 IN SOA ns.{origin} root.{origin} 1 60 60 600 5
@ 60 IN NS ns.{origin}
"""
_FIXED = (dns.rdatatype.SOA, dns.rdatatype.NS)
"""What an update does not take from the head of a zone."""


class RefusedUpdate(Exception):
    """The update has no effect at all; `rcode` says why."""

    def __init__(self, rcode: dns.rcode.Rcode) -> None:
        self.rcode = rcode
        super().__init__(dns.rcode.to_text(rcode))


class Zone:
    """The records of a zone. Not thread-safe: the server's one lock guards it."""

    def __init__(self, origin: str) -> None:
        self.origin = dns.name.from_text(origin)
        head = _HEAD.format(origin=self.origin)
        self._records = dns.zone.from_text(head, self.origin, relativize=False)

    def get(self, name: dns.name.Name, type_: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
        """What stands under a name, if anything of the type does."""
        return self._records.get_rrset(name, type_)

    def has(self, name: dns.name.Name) -> bool:
        """Whether anything stands under a name."""
        return bool(self._records.get_node(name))

    @property
    def soa(self) -> dns.rrset.RRset:
        found = self.get(self.origin, dns.rdatatype.SOA)
        assert found is not None
        return found

    @property
    def serial(self) -> int:
        return int(self.soa[0].serial)

    def records(self) -> list[dns.rrset.RRset]:
        """Everything but the SOA."""
        return [
            dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
            for name, rdataset in self._records.iterate_rdatasets()
            if rdataset.rdtype != dns.rdatatype.SOA
        ]

    def names(self) -> list[str]:
        """``NAME TYPE`` of everything that was added to it."""
        return sorted(
            f"{rrset.name.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(rrset.rdtype)}"
            for rrset in self.records()
            if rrset.name != self.origin
        )

    def update(
        self, prerequisites: Iterable[dns.rrset.RRset], changes: Iterable[dns.rrset.RRset]
    ) -> None:
        """Carry out all changes if every prerequisite holds. Raises `RefusedUpdate`."""
        self._check(prerequisites)
        for each in changes:
            if not each.name.is_subdomain(self.origin):
                raise RefusedUpdate(dns.rcode.NOTZONE)
        for each in changes:
            self._apply(each)
        soa = self.soa
        raised = soa[0].replace(serial=self.serial + 1)
        self._records.replace_rdataset(self.origin, dns.rdataset.from_rdata(soa.ttl, raised))

    def _check(self, prerequisites: Iterable[dns.rrset.RRset]) -> None:
        """RFC 2136, 3.2."""
        wanted: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], set[dns.rdata.Rdata]]
        wanted = defaultdict(set)
        for each in prerequisites:
            if each.deleting is None:
                wanted[each.name, each.rdtype].update(each)
                continue
            whole = each.rdtype == dns.rdatatype.ANY
            there = self.has(each.name) if whole else bool(self.get(each.name, each.rdtype))
            if each.deleting == dns.rdataclass.ANY and not there:
                raise RefusedUpdate(dns.rcode.NXDOMAIN if whole else dns.rcode.NXRRSET)
            if each.deleting == dns.rdataclass.NONE and there:
                raise RefusedUpdate(dns.rcode.YXDOMAIN if whole else dns.rcode.YXRRSET)
        for (name, type_), values in wanted.items():
            if set(self.get(name, type_) or ()) != values:
                raise RefusedUpdate(dns.rcode.NXRRSET)

    def _apply(self, change: dns.rrset.RRset) -> None:
        """RFC 2136, 3.4.2."""
        name, type_ = change.name, change.rdtype
        if change.deleting is None:
            is_alias = type_ == dns.rdatatype.CNAME
            if is_alias != bool(self.get(name, dns.rdatatype.CNAME)) and self.has(name):
                return  # an alias stands alone; such a change is passed over without a word
            found = self._records.find_rdataset(name, type_, create=True)
            for value in change:
                found.add(value, change.ttl)
            found.ttl = change.ttl
        elif change.deleting == dns.rdataclass.ANY and type_ == dns.rdatatype.ANY:
            for each in [*self._records.find_node(name, create=True)]:
                self._remove(name, each.rdtype)
        elif change.deleting == dns.rdataclass.ANY:
            self._remove(name, type_)
        else:
            left = set(self.get(name, type_) or ()) - set(change)
            ttl = change.ttl
            self._remove(name, type_)
            if left:
                self._records.replace_rdataset(name, dns.rdataset.from_rdata_list(ttl, left))

    def _remove(self, name: dns.name.Name, type_: dns.rdatatype.RdataType) -> None:
        if name == self.origin and type_ in _FIXED:
            return
        self._records.delete_rdataset(name, type_)
