"""The tables. Times are Unix seconds; structured values are JSON text written by msgspec."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

LARGEST_ID = 2**63 - 1
"""What a column of numbers can hold."""

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
    comment="Single values of this installation, such as its id.",
)

objects = Table(
    "objects",
    metadata,
    Column("id", String, primary_key=True),
    Column("cloud", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("spec", LargeBinary, nullable=False),
    Column("subject", String, nullable=False, default=""),
    Column("lease", String),
    Column("state", String, nullable=False),
    Column("wanted", Boolean, nullable=False),
    Column("cloud_id", String),
    Column("facts", LargeBinary, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("since", Float, nullable=False),
    Index("objects_open", "cloud", "state"),
    Index("objects_subject", "subject"),
    comment="The ledger: a row per cloud object, written before the first call for it.",
)

leases = Table(
    "leases",
    metadata,
    Column("epoch", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("machine_type", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("owner", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("key", String),
    Column("public_keys", LargeBinary, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("until", Float),
    Column("ready_at", Float),
    Column("ended_at", Float),
    Column("reason", LargeBinary),
    Column("nodes", LargeBinary),
    Column("os_type", String),
    Column("os_version", String),
    Column("arch", String),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("warned_until", Float),
    UniqueConstraint("owner", "key", name="leases_owner_key"),
    Index("leases_state", "state"),
    sqlite_autoincrement=True,
    comment="Who holds what, why, until when. Epochs only grow; `seconds` 0 is without end.",
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", String, primary_key=True),
    Column("machine_type", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("registered", Boolean, nullable=False),
    Column("up", Boolean, nullable=False),
    Column("down_by_check", Boolean, nullable=False),
    Column("note", String),
    Column("description", String),
    Column("address", String),
    Column("os_type", String),
    Column("os_version", String),
    Column("arch", String),
    Column("is_vm", Boolean, nullable=False),
    Column("vm_host", String),
    Column("mac_address", String),
    Column("ssh_pub_key", String),
    comment="Nodes registered at run time, and what people said about those of the configuration.",
)

holds = Table(
    "holds",
    metadata,
    Column("node", String, primary_key=True),
    Column("lease", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Index("holds_lease", "lease"),
    comment="Which lease holds a node now. The primary key is what forbids a double lock.",
)

boots = Table(
    "boots",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("machine_type", String, nullable=False),
    Column("server", String, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("cause", String),
    Column("planned_at", Float, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("console", String),
    Index("boots_machine_type", "machine_type", "id"),
    Index("boots_ended_at", "ended_at"),
    Index("boots_server", "server"),
    sqlite_autoincrement=True,
    comment="Each server that was to become a node, and what became of it: kept when it is gone.",
)

events = Table(
    "events",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("subject", String),
    Column("lease", String),
    Column("object", String),
    Column("state", String, nullable=False),
    Column("reason", LargeBinary),
    Index("events_subject", "subject", "id"),
    Index("events_lease", "lease", "id"),
    sqlite_autoincrement=True,
    comment="History: what happened to nodes, leases and objects, in order.",
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", String, primary_key=True),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("owner", String, nullable=False),
    Column("role", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("created_by", String, nullable=False),
    comment="Who may call, beside those of the configuration; of a token only the hash.",
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", Float, nullable=False),
    Column("owner", String, nullable=False),
    Column("role", String, nullable=False),
    Column("token", String),
    Column("address", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("code", String),
    Index("audit_log_at", "at"),
    Index("audit_log_owner", "owner", "id"),
    sqlite_autoincrement=True,
    comment="Every call that changed something, or was refused to: who, from where, what, on what.",
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("row", LargeBinary, nullable=False),
    comment="Named data on volumes, those included that can still be brought back.",
)

dataset_snapshots = Table(
    "dataset_snapshots",
    metadata,
    Column("id", String, primary_key=True),
    Column("dataset", String, nullable=False),
    Column("row", LargeBinary, nullable=False),
    comment="What datasets held at a moment.",
)

dataset_nodes = Table(
    "dataset_nodes",
    metadata,
    Column("name", String, primary_key=True),
    Column("row", LargeBinary, nullable=False),
    comment="Nodes that an agent runs on, with the fingerprints of their tokens.",
)
