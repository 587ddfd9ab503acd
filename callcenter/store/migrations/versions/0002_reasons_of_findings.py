"""Reasons of findings, in any language

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("findings", sa.Column("reason", sa.String(), nullable=True))
    op.add_column("findings", sa.Column("reason_args", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("findings", "reason_args")
    op.drop_column("findings", "reason")
