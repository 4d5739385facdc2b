"""The names of a node in DNS: which records it should have, from its address and host key. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from leasehold.dns import address_type, fingerprint, reverse_name
from leasehold.dns.names import zone_of
from leasehold.engine.cloud import Kind, ObjectId, RecordSpec
from leasehold.engine.ledger import new_id
from leasehold.engine.row import Row
from leasehold.lab.book import Hold
from leasehold.lab.config import DnsConfig, MachineTypeConfig
from leasehold.lab.model import NodeName
from leasehold.lab.progress import address_of, twin_of

RECORD_PATIENCE = 60.0
"""Seconds from a record's setting until it must be read back."""


def authority(dns: str) -> str:
    """What the ledger and audits call the name server of ``[dns.NAME]``; no cloud can be called so."""
    return f"dns.{dns}"


def host_name(node: NodeName, dns: DnsConfig) -> str:
    """The name of a node in full."""
    return f"{node}.{dns.domain}"


def missing(
    hold: Hold, rows: Mapping[ObjectId, Row], config: MachineTypeConfig, dns: DnsConfig
) -> tuple[RecordSpec, ...]:
    """The records that a node should have by what is known of it, and that nobody has planned."""
    mine = [rows[each] for each in hold.objects if each in rows]
    planned = {row.spec for row in mine if row.kind is Kind.RECORD}
    address = address_of(mine, config)
    if address is None:
        return ()
    twin = twin_of(address, mine) if dns.nsupdate_url is None else None
    wanted = _records(hold, [address, *filter(None, [twin])], dns)
    return tuple(each for each in wanted if each not in planned)


def rows_for(hold: Hold, dns: str, specs: Sequence[RecordSpec], now: float) -> list[Row]:
    """Ledger rows for these records."""
    return [
        Row(
            id=new_id(Kind.RECORD),
            cloud=authority(dns),
            spec=spec,
            subject=hold.node,
            lease=hold.lease,
            created_at=now,
            since=now,
            patience=RECORD_PATIENCE,
        )
        for spec in specs
    ]


def _records(hold: Hold, addresses: Sequence[str], dns: DnsConfig) -> Iterator[RecordSpec]:
    name = host_name(hold.node, dns)
    for address in addresses:
        kind = address_type(address)
        yield RecordSpec(name=name, record_type=kind, values=(address,), ttl=dns.ttl)
    if dns.nsupdate_url is not None:
        return
    for pointer in map(reverse_name, addresses):
        if zone_of(pointer, dns.reverse_zones) is not None:
            yield RecordSpec(name=pointer, record_type="PTR", values=(f"{name}.",), ttl=dns.ttl)
    # A host key counts once its server has proved itself; until then another may answer.
    proved = hold.host_key if hold.ready_at is not None else None
    shown = fingerprint(proved) if dns.sshfp and proved else None
    if shown is not None:
        yield RecordSpec(name=name, record_type="SSHFP", values=(shown,), ttl=dns.ttl)
