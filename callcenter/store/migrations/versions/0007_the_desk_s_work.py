"""The desk's work: agents' states, callbacks, messages, surveys, audit, features of extensions

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_UNFINISHED = sa.text("state IN ('open', 'claimed')")


def upgrade() -> None:
    op.create_table(
        "agent_states",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_agent_states_agent_at", "agent_states", ["agent", "at"])
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_callbacks_state", "callbacks", ["state"])
    op.create_index(
        "ix_callbacks_unfinished",
        "callbacks",
        ["number", "desk"],
        unique=True,
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
    op.create_table(
        "callback_calls",
        sa.Column("callback_id", sa.Integer(), sa.ForeignKey("callbacks.id"), nullable=False),
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.PrimaryKeyConstraint("callback_id", "call_id"),
    )
    op.create_index("ix_callback_calls_call_id", "callback_calls", ["call_id"])
    op.create_table(
        "messages",
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("recording_id", sa.String(), sa.ForeignKey("recordings.id"), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("heard_at", sa.DateTime(), nullable=True),
        sa.Column("heard_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("ix_messages_mailbox", "messages", ["mailbox"])
    op.create_table(
        "surveys",
        sa.Column("call_id", sa.String(), sa.ForeignKey("calls.id"), nullable=False),
        sa.Column("desk", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("ix_surveys_desk", "surveys", ["desk"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "extension_features",
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("dnd", sa.Boolean(), nullable=False),
        sa.Column("forward_to", sa.String(), nullable=False),
        sa.Column("forward_when", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("extension"),
    )


def downgrade() -> None:
    for table in (
        "extension_features",
        "audit",
        "surveys",
        "messages",
        "callback_calls",
        "callbacks",
        "agent_states",
    ):
        op.drop_table(table)
