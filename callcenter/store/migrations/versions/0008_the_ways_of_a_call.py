"""What a call went through: its waits, its graph, the recording notices, the language that was chosen

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("calls", sa.Column("queue_seconds", sa.Float(), nullable=False, server_default="0"))
    op.add_column("calls", sa.Column("language", sa.String(), nullable=True))
    for name in ("waits", "path", "notices"):
        op.add_column("calls", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in ("notices", "path", "waits", "language", "queue_seconds"):
        op.drop_column("calls", name)
