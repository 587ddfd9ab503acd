"""What a set of verdicts rests on, so that what a changed standard leaves as it is can be taken over

Sets of before rest on nothing that is known: they are judged again whole.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "judging_bases",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("rules", sa.JSON(), nullable=False),
    )
    for name in ("basis", "inputs"):
        op.add_column("judgings", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    for name in ("inputs", "basis"):
        op.drop_column("judgings", name)
    op.drop_table("judging_bases")
