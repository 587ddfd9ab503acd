"""Registrations that outlive the switchboard

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("source_host", sa.String(), nullable=False),
        sa.Column("source_port", sa.Integer(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("cseq", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("node", "user", "contact"),
    )
    op.create_index("ix_registrations_expires_at", "registrations", ["expires_at"])


def downgrade() -> None:
    op.drop_table("registrations")
