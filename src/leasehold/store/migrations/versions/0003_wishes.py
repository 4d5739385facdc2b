"""Leases: nodes by name, what they shall run, priority, and the warning before the end."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("leases", sa.Column("nodes", sa.LargeBinary))
    op.add_column("leases", sa.Column("os_type", sa.String))
    op.add_column("leases", sa.Column("os_version", sa.String))
    op.add_column("leases", sa.Column("arch", sa.String))
    op.add_column("leases", sa.Column("priority", sa.Integer, nullable=False, server_default="0"))
    op.add_column("leases", sa.Column("warned_until", sa.Float))
