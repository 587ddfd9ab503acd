"""From where a call was forwarded to us: the number that was dialled first

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("calls", sa.Column("diverted_from", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "diverted_from")
