"""Sets of verdicts beside one another, and what people say of them

Until now a finding named its standard and version itself; those of one call and version become a set.

Revision: 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

UNIQUE = "findings_call_id_rule_standard_version_key"
"""PostgreSQL's own name of the constraint, which SQLite keeps without one."""

MAKE_SETS = """
INSERT INTO judgings (call_id, standard, version, digest, engine, judged_at, failed)
SELECT call_id, standard, standard_version, '', max(engine), max(judged_at), false
FROM findings GROUP BY call_id, standard, standard_version ORDER BY max(judged_at), call_id
"""
JOIN_SETS = """
UPDATE findings SET judging_id = (
  SELECT id FROM judgings
  WHERE judgings.call_id = findings.call_id AND judgings.standard = findings.standard
    AND judgings.version = findings.standard_version)
"""
QUEUE_UNSURE = """
INSERT INTO review_items (finding_id, call_id, rule, cause, rank, wanted, state, created_at)
SELECT id, call_id, rule, 'unsure', 30, 1, 'open',
       (SELECT judged_at FROM judgings WHERE judgings.id = findings.judging_id)
FROM findings
WHERE verdict = 'unsure'
  AND judging_id = (SELECT max(id) FROM judgings WHERE judgings.call_id = findings.call_id)
"""


def upgrade() -> None:
    _make_judgings()
    op.execute(MAKE_SETS)
    op.add_column("findings", sa.Column("judging_id", sa.Integer(), nullable=True))
    op.add_column("findings", sa.Column("repeats", sa.Integer(), nullable=True))
    op.execute(JOIN_SETS)
    with op.batch_alter_table("findings", naming_convention={"uq": UNIQUE}) as table:
        table.drop_constraint(UNIQUE, type_="unique")
        for name in ("standard", "standard_version", "engine", "judged_at"):
            table.drop_column(name)
        table.alter_column("judging_id", existing_type=sa.Integer(), nullable=False)
        table.create_foreign_key("findings_judging_id_fkey", "judgings", ["judging_id"], ["id"])
        table.create_unique_constraint("findings_judging_id_rule_key", ["judging_id", "rule"])
    op.create_index("ix_findings_repeats", "findings", ["repeats"])
    _make_reviews()
    op.execute(QUEUE_UNSURE)
    op.add_column("jobs", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_legs_party", "legs", ["party"])  # an agent's calls


def _make_judgings() -> None:
    op.create_table(
        "standard_versions",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "rejudgings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standard", sa.String(), nullable=True),
        sa.Column("desk", sa.String(), nullable=True),
        sa.Column("since", sa.DateTime(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("cursor_at", sa.DateTime(), nullable=True),
        sa.Column("cursor_id", sa.String(), nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rejudgings_state", "rejudgings", ["state"])
    op.create_table(
        "judgings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("judged_at", sa.DateTime(), nullable=False),
        sa.Column("rejudging_id", sa.Integer(), sa.ForeignKey("rejudgings.id"), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("reviewed_score", sa.Float(), nullable=True),
        sa.Column("reviewed_failed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_judgings_call_id_id", "judgings", ["call_id", "id"])
    op.create_index("ix_judgings_standard", "judgings", ["standard"])


def _make_reviews() -> None:
    op.create_table(
        "review_items",
        sa.Column("finding_id", sa.Integer(), sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    op.create_index("ix_review_items_call_id", "review_items", ["call_id"])
    op.create_index("ix_review_items_queue", "review_items", ["state", "rank", "finding_id"])
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), sa.ForeignKey("review_items.finding_id"), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("finding_id", "by", "at"):
        op.create_index(f"ix_reviews_{column}", "reviews", [column])
    op.create_table(
        "appeals",
        sa.Column("finding_id", sa.Integer(), sa.ForeignKey("findings.id"), nullable=False),
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("finding_id"),
    )
    for column in ("call_id", "agent", "state"):
        op.create_index(f"ix_appeals_{column}", "appeals", [column])


def downgrade() -> None:
    """Findings get their standard back. Of two sets by one version only the newer is kept, and no reviews."""
    for table in ("appeals", "reviews", "review_items"):
        op.drop_table(table)
    op.drop_index("ix_legs_party", "legs")
    op.drop_column("jobs", "priority")
    op.drop_index("ix_findings_repeats", "findings")
    op.execute(
        "DELETE FROM findings WHERE judging_id NOT IN (SELECT max(id) FROM judgings "
        "GROUP BY call_id, version)"
    )
    for name, kind in (
        ("standard", sa.String()),
        ("standard_version", sa.String()),
        ("engine", sa.String()),
        ("judged_at", sa.DateTime()),
    ):
        op.add_column("findings", sa.Column(name, kind, nullable=True))
        source = "version" if name == "standard_version" else name
        op.execute(
            f"UPDATE findings SET {name} = (SELECT {source} FROM judgings WHERE id = findings.judging_id)"  # noqa: S608
        )
    with op.batch_alter_table("findings", naming_convention={"uq": "findings_judging_id_rule_key"}) as batch:
        batch.drop_constraint("findings_judging_id_rule_key", type_="unique")
        batch.drop_column("repeats")
        batch.drop_column("judging_id")
        for name in ("standard", "standard_version", "engine"):
            batch.alter_column(name, existing_type=sa.String(), nullable=False)
        batch.alter_column("judged_at", existing_type=sa.DateTime(), nullable=False)
        batch.create_unique_constraint(UNIQUE, ["call_id", "rule", "standard_version"])
    for table in ("judgings", "rejudgings", "standard_versions"):
        op.drop_table(table)
