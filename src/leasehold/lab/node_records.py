"""The nodes in the database."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text

from leasehold.lab.model import NodeName
from leasehold.lab.node_row import NodeRow
from leasehold.store.tables import nodes

_FIELDS = NodeRow.__struct_fields__
_saved = text(  # SQLAlchemy has ON CONFLICT once for each database; the databases agree on it
    f"{insert(nodes)} ON CONFLICT (name) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _FIELDS if name != "name")
)
_removed = delete(nodes).where(nodes.c.name == bindparam("of_name"))


def load(connection: Connection) -> list[NodeRow]:
    """Every node that was registered, and what was said about others."""
    found = connection.execute(select(*(nodes.c[name] for name in _FIELDS)))
    return [NodeRow(**dict(zip(_FIELDS, row, strict=True))) for row in found]


def save(connection: Connection, rows: Collection[NodeRow]) -> None:
    """Write nodes, new or changed."""
    if rows:
        connection.execute(_saved, [msgspec.structs.asdict(row) for row in rows])


def remove(connection: Connection, names: Collection[NodeName]) -> None:
    if names:
        connection.execute(_removed, [{"of_name": name} for name in names])
