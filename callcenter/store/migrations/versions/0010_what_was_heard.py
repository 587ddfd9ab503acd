"""What was heard in a recording, with other readings, and who listens to one that grows

Revision: 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "hearings",
        _recording(),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "listenings",
        _recording(),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("lease_until", sa.DateTime(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("listenings")
    op.drop_table("hearings")


def _recording() -> sa.Column[str]:
    key = sa.ForeignKey("recordings.id", ondelete="CASCADE")
    return sa.Column("recording_id", sa.String(), key, primary_key=True)
