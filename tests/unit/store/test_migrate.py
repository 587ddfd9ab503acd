from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, select

from callcenter.store import migrate, tables
from callcenter.store.engine import StoreError, make_engine, session
from callcenter.store.judgings import sets_of
from callcenter.store.verdict_tables import Judging, ReviewItem
from tests.support import scaled


def test_the_migrations_make_the_tables(url: str) -> None:
    assert tables.Call.__tablename__ in SQLModel.metadata.tables
    engine = make_engine(url)
    with engine.connect() as connection:
        ours = {"compare_type": True, "include_object": migrate.is_ours}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()
    assert migrate.current(url) == migrate.head()


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(url: str) -> None:
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


def test_an_empty_database_has_no_revision(empty_url: str) -> None:
    assert migrate.current(empty_url) is None


def test_roles_that_start_at_once_wait_for_one_another(empty_url: str) -> None:
    code = "import sys; from callcenter.store.migrate import upgrade; upgrade(sys.argv[1])"
    roles = [
        subprocess.Popen([sys.executable, "-c", code, empty_url], stderr=subprocess.PIPE) for _ in range(4)
    ]
    ends = [(role.communicate(timeout=scaled(60))[1], role.returncode) for role in roles]
    assert [status for _, status in ends] == [0] * 4, ends
    assert migrate.current(empty_url) == migrate.head()


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_copy_of_the_scripts(tmp_path, monkeypatch)
    first = next((migrate.FOLDER / "versions").glob("0001*"))
    failing = first.read_text("utf-8").replace(
        "\n\ndef downgrade", '    raise RuntimeError("at the end")\n\n\ndef downgrade'
    )
    first.write_text(failing, "utf-8")
    with pytest.raises(RuntimeError, match="at the end"):
        migrate.upgrade(empty_url)
    engine = make_engine(empty_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_newer_database_is_refused(url: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="newer version"):
        migrate.upgrade(url)


def test_a_server_that_is_not_there_is_explained_without_the_password() -> None:
    with pytest.raises(StoreError, match="cannot use the database") as caught:
        migrate.upgrade("postgresql://u:geheim@127.0.0.1:1/nothing")
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="cannot use the database"):
        migrate.current(f"sqlite:///{tmp_path / 'x.db'}")


def use_copy_of_the_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "FOLDER", folder)


def test_a_revision_is_written_from_the_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    use_copy_of_the_scripts(tmp_path, monkeypatch)
    migrate.upgrade(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE legs DROP COLUMN codec"))
    engine.dispose()
    head = migrate.head()
    written = migrate.revise(url, "Bring the codec back").read_text("utf-8")
    assert "sa.Column('codec', sa.String(), nullable=True)" in written
    assert f"down_revision = '{head}'" in written


def test_a_finding_of_before_reasons_were_kept_stays_as_it_was(empty_url: str) -> None:
    engine = make_engine(empty_url)
    with migrate._locked(empty_url) as connection:
        command.upgrade(migrate._config(connection), "0001")
    with engine.begin() as connection:
        connection.execute(text(OLD_CALL))
        connection.execute(text(OLD_FINDING))
    migrate.upgrade(empty_url)
    with session(engine) as db:
        finding = db.exec(select(tables.FindingRow)).one()
        assert db.exec(select(Judging)).one().worst == finding.verdict  # 0013
    engine.dispose()
    assert (finding.why, finding.reason, finding.reason_args, finding.told("zh")) == (
        "it was so",
        None,
        None,
        None,
    )


def test_findings_of_before_there_were_sets_become_sets(empty_url: str) -> None:
    engine = make_engine(empty_url)
    with migrate._locked(empty_url) as connection:
        command.upgrade(migrate._config(connection), "0008")
    newer = OLD_FINDING.replace("'1', 'model'", "'2', 'model'").replace("'pass'", "'unsure'")
    with engine.begin() as connection:
        connection.execute(text(NEWER_CALL))
        connection.execute(text(OLD_FINDING))
        connection.execute(text(newer.replace("08:05", "08:06")))
    migrate.upgrade(empty_url)
    with session(engine) as db:
        newest, oldest = sets_of(db, "c1")
        assert [(each.version, each.digest, each.engine) for each, _ in (newest, oldest)] == [
            ("2", "", "model"),
            ("1", "", "model"),
        ]
        assert [rows[0].verdict for _, rows in (newest, oldest)] == ["unsure", "pass"]
        (item,) = db.exec(select(ReviewItem)).all()
        assert (item.finding_id, item.state) == (newest[1][0].id, "open")
    with migrate._locked(empty_url) as connection:
        command.downgrade(migrate._config(connection), "0008")
    with engine.begin() as connection:
        found = connection.execute(text("SELECT verdict, standard_version FROM findings ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("pass", "1"), ("unsure", "2")]
    engine.dispose()


OLD_CALL = """
INSERT INTO calls (id, site, node, direction, line, caller, callee, started_at, rings, three_rings,
                   wait_seconds, talk_seconds, hold_seconds)
VALUES ('c1', 's', 'n', 'inbound', 'external', '1', '2', '2026-11-21 08:00:00', 1, 'pass', 0, 0, 0)
"""
OLD_FINDING = """
INSERT INTO findings (call_id, rule, verdict, clause, heard, why, standard, standard_version, engine,
                      judged_at)
VALUES ('c1', 'opening', 'pass', 'A2', '', 'it was so', 'vanke', '1', 'model', '2026-11-21 08:05:00')
"""
NEWER_CALL = OLD_CALL.replace("hold_seconds)", "hold_seconds, queue_seconds, waits, path, notices)").replace(
    "0, 0, 0)", "0, 0, 0, 0, '[]', '[]', '[]')"
)
