"""The worst verdict of a set beside its score, and indexes for pages of many calls

Revision: 0013, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"

_HAS = "EXISTS (SELECT 1 FROM findings f WHERE f.judging_id = judgings.id AND f.verdict = '{0}')"
_HELD = (
    "EXISTS (SELECT 1 FROM findings f"
    " LEFT JOIN review_items i ON i.finding_id = coalesce(f.repeats, f.id)"
    " WHERE f.judging_id = judgings.id AND coalesce(i.verdict, f.verdict) = '{0}')"
)


def _worst(has: str) -> str:
    """The first of the three that there is."""
    cases = " ".join(f"WHEN {has.format(each)} THEN '{each}'" for each in ("fail", "unsure", "pass"))
    return f"CASE {cases} ELSE '' END"


def upgrade() -> None:
    # First: SQLite would look a set's verdicts up among all of that verdict.
    op.drop_index("ix_findings_rule", "findings")
    op.drop_index("ix_findings_verdict", "findings")
    op.add_column("judgings", sa.Column("worst", sa.String(), nullable=False, server_default=""))
    op.add_column("judgings", sa.Column("reviewed_worst", sa.String()))
    op.execute(f"UPDATE judgings SET worst = {_worst(_HAS)}")  # noqa: S608 - our own words
    op.execute(
        f"UPDATE judgings SET reviewed_worst = {_worst(_HELD)} WHERE reviewed_failed IS NOT NULL"  # noqa: S608
    )
    op.drop_index("ix_judgings_call_id_id", "judgings")
    op.create_index("ix_judgings_call_id_id", "judgings", ["call_id", "id", "worst", "reviewed_worst"])
    op.create_index("ix_findings_rule_verdict", "findings", ["rule", "verdict", "judging_id", "repeats"])
    op.create_index("ix_review_items_decided_at", "review_items", ["decided_at"])


def downgrade() -> None:
    op.drop_index("ix_review_items_decided_at", "review_items")
    op.drop_index("ix_findings_rule_verdict", "findings")
    op.create_index("ix_findings_verdict", "findings", ["verdict"])
    op.create_index("ix_findings_rule", "findings", ["rule"])
    op.drop_index("ix_judgings_call_id_id", "judgings")
    op.create_index("ix_judgings_call_id_id", "judgings", ["call_id", "id"])
    op.drop_column("judgings", "reviewed_worst")
    op.drop_column("judgings", "worst")
