"""What people read of what was heard, and an index of its characters and sounds

Tables and indexes whose names begin with `search_` are the database's own (SQLite: FTS5, kept by triggers;
PostgreSQL: GIN), and no part of tables.py. Calls of before are filled in by the scribe.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_FIELDS = ("characters", "sounds")

_SQLITE = (
    """
    CREATE VIRTUAL TABLE search_utterances USING fts5(
        characters, sounds, content='utterances', content_rowid='id', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER search_utterances_added AFTER INSERT ON utterances BEGIN
        INSERT INTO search_utterances(rowid, characters, sounds) VALUES (new.id, new.characters, new.sounds);
    END
    """,
    """
    CREATE TRIGGER search_utterances_removed AFTER DELETE ON utterances BEGIN
        INSERT INTO search_utterances(search_utterances, rowid, characters, sounds)
        VALUES ('delete', old.id, old.characters, old.sounds);
    END
    """,
    """
    CREATE TRIGGER search_utterances_changed AFTER UPDATE OF characters, sounds ON utterances BEGIN
        INSERT INTO search_utterances(search_utterances, rowid, characters, sounds)
        VALUES ('delete', old.id, old.characters, old.sounds);
        INSERT INTO search_utterances(rowid, characters, sounds) VALUES (new.id, new.characters, new.sounds);
    END
    """,
)
_POSTGRESQL = tuple(
    f"CREATE INDEX search_utterances_{field} ON utterances USING gin (to_tsvector('simple', {field}))"
    for field in _FIELDS
)


def upgrade() -> None:
    op.create_table(
        "utterances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "recording_id", sa.String(), sa.ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("pieces", sa.JSON(), nullable=False),
        sa.Column("characters", sa.String(), nullable=False),
        sa.Column("sounds", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_utterances_recording_id", "utterances", ["recording_id"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER search_utterances_{trigger}")
        op.drop_table("search_utterances")
    op.drop_table("utterances")
