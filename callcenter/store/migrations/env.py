"""Run by Alembic; `callcenter.store.migrate` hands over the connection and holds the lock and transaction.

A new revision is written from the difference between tables.py and a database at the head:
`python -m callcenter.store.migrations "What changes"`.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import AutoString, SQLModel

from callcenter.store import tables as tables  # every table must be known
from callcenter.store.columns import UtcDateTime
from callcenter.store.migrate import is_ours


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Plain types in the scripts: a revision must not change when our classes do."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    include_object=is_ours,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds everything
)
context.run_migrations()
