"""Boots: what became of each server, and the dossiers of those that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "boots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("machine_type", sa.String, nullable=False),
        sa.Column("server", sa.String, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("cause", sa.String),
        sa.Column("planned_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Column("console", sa.String),
        sqlite_autoincrement=True,
    )
    op.create_index("boots_machine_type", "boots", ["machine_type", "id"])
    op.create_index("boots_ended_at", "boots", ["ended_at"])
    op.create_index("boots_server", "boots", ["server"])
