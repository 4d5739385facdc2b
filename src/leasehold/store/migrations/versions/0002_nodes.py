"""Nodes: what was registered at run time, and what was said about those of the configuration."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("machine_type", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("registered", sa.Boolean, nullable=False),
        sa.Column("up", sa.Boolean, nullable=False),
        sa.Column("down_by_check", sa.Boolean, nullable=False),
        sa.Column("note", sa.String),
        sa.Column("description", sa.String),
        sa.Column("address", sa.String),
        sa.Column("os_type", sa.String),
        sa.Column("os_version", sa.String),
        sa.Column("arch", sa.String),
        sa.Column("is_vm", sa.Boolean, nullable=False),
        sa.Column("vm_host", sa.String),
        sa.Column("mac_address", sa.String),
        sa.Column("ssh_pub_key", sa.String),
    )
