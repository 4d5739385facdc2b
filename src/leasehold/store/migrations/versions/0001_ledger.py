"""The first tables: facts, objects, leases, holds and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "objects",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("cloud", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("spec", sa.LargeBinary, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("lease", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sa.Column("cloud_id", sa.String),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_index("objects_open", "objects", ["cloud", "state"])
    op.create_index("objects_subject", "objects", ["subject"])
    op.create_table(
        "leases",
        sa.Column("epoch", SERIAL, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("machine_type", sa.String, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("key", sa.String),
        sa.Column("public_keys", sa.LargeBinary, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("until", sa.Float),
        sa.Column("ready_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("reason", sa.LargeBinary),
        sa.UniqueConstraint("owner", "key", name="leases_owner_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("leases_state", "leases", ["state"])
    op.create_table(
        "holds",
        sa.Column("node", sa.String, primary_key=True),
        sa.Column("lease", sa.String, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
    )
    op.create_index("holds_lease", "holds", ["lease"])
    op.create_table(
        "events",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("lease", sa.String),
        sa.Column("object", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_index("events_subject", "events", ["subject", "id"])
    op.create_index("events_lease", "events", ["lease", "id"])
