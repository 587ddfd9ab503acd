"""How well a leg was heard: loss, jitter and round trip

Revision: 0004, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FIGURES = ("loss", "jitter_seconds", "rtt_seconds")


def upgrade() -> None:
    for name in _FIGURES:
        op.add_column("legs", sa.Column(name, sa.Float(), nullable=True))


def downgrade() -> None:
    for name in reversed(_FIGURES):
        op.drop_column("legs", name)
