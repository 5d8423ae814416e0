"""Whatever is wrong between the warehouse and the file is caught before anything leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from exports_world import World

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import audience, deliver, files, lines, writers
from runner.exports.layouts import layouts


def refused(world: World, match: str) -> None:
    """The next delivery is refused, and nothing of it is left but the record."""
    before = [path.name for path in world.deliveries()]
    with pytest.raises(ExportError, match=match) as caught:
        world.deliver()
    assert "no@example.com" not in str(caught.value), "offenders are masked"
    assert [path.name for path in world.deliveries()] == before
    assert list(world.destination.glob(".partial-*")) == []
    assert world.query("select distinct status from deliveries") == [("discarded",)]
    assert world.outstanding() == set()


def test_mutated_export_query(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(project: Project, export: Any) -> tuple[str, list[str]]:
        sql, values = real(project, export)
        for guard in ("and permissions.is_permitted", "and refused_newsletter.key_value is null"):
            assert guard in sql
            sql = sql.replace(guard, "")
        return sql, values

    real = audience.audience
    monkeypatch.setattr(audience, "audience", everybody)
    world.execute(
        "insert into segment_members select 'newsletter_audience', profile_id, key_type, "
        "key_value, null from contact_point_permissions where not is_permitted"
    )
    world.execute(
        "insert into newsletter_audience select profile_id, key_type, key_value, '', '' "
        "from contact_point_permissions where not is_permitted"
    )
    refused(world, r"1 without a permission in force: n\*\*\*@example.com: newsletter: no perm")


def test_mutated_permission_table(world: World) -> None:
    world.build(allowed={*world.members(), "no@example.com"})
    refused(world, r"1 without a permission in force: n\*\*\*@example.com")


def test_a_suppression_that_the_table_missed(world: World) -> None:
    world.execute(
        "insert into suppression_events (key_type, key_value, reason) "
        "values ('email', '03@example.com', 'bounced')"
    )
    refused(world, r"0\*\*\*@example.com: the contact point is suppressed")


def test_a_withheld_profile_that_the_table_missed(world: World) -> None:
    world.execute("insert into int_consent__withheld_profiles values ('p-03@example.com')")
    refused(world, r"0\*\*\*@example.com: the profile is withheld")


@pytest.mark.parametrize("kind", ["full", "added", "removed"])
def test_file_changed_between_write_and_check(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def tampered(export: Any, work: Any, folder: Path) -> Any:
        written = files.write_files(export, work, folder)
        with (folder / f"{kind}.csv").open("a", encoding="utf-8", newline="") as file:
            file.write('"p","no@example.com",,\r\n')
        return written

    monkeypatch.setattr(deliver, "write_files", tampered)
    refused(world, rf"{kind}.csv is not the file that was written")


def replacing(old: str, new: str) -> Callable[..., Any]:
    """A writer that puts another value in the place of one, and hashes what it writes."""

    def write(folder: Path, stem: str, batches: pa.RecordBatchReader, **options: Any) -> Any:
        table = batches.read_all()
        columns = [
            pa.array([new if value == old else value for value in column.to_pylist()], column.type)
            for column in table.columns
        ]
        changed = pa.table(columns, schema=table.schema)
        return real(folder, stem, changed.to_reader(), **options)

    real = writers.write
    return write


def test_a_writer_that_writes_somebody_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "write", replacing("03@example.com", "no@example.com"))
    refused(world, r"full: in the file and not in the evidence: 1 \(n\*\*\*@example.com\)")


def test_a_writer_that_writes_somebody_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "write", replacing("03@example.com", "04@example.com"))
    refused(world, r"full: more than once in the file: 0\*\*\*@example.com")


def test_a_contact_point_in_a_column_where_none_may_stand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.export = dataclasses.replace(world.export, layout=layouts()["google_customer_match"])

    def with_phones(self: Any, *given: Any, **options: Any) -> Any:
        return [
            ("'+31612345678'", header) if header == "Phone" else (sql, header)
            for sql, header in real(self, *given, **options)
        ]

    real = type(world.export.layout).select
    monkeypatch.setattr(type(world.export.layout), "select", with_phones)
    refused(world, r"in the file and not in the evidence")


def test_a_removal_that_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver()
    world.say("03@example.com", "denied")
    world.build()

    def forgetful(work: Any, *, is_baseline: bool) -> dict[str, int]:
        counts = real(work, is_baseline=is_baseline)
        work.save(
            "select * from (" + f"select * from {work.table('removed')}" + ") limit 0",
            work.path("forgotten"),
        )
        work.path("forgotten").replace(work.path("removed"))
        return counts

    real = lines.compare
    monkeypatch.setattr(deliver, "compare", forgetful)
    with pytest.raises(ExportError, match=r"removed: in the evidence and not in the file: 1"):
        world.deliver()


def test_a_ledger_that_does_not_follow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def partial(work: Any, before: Any, now: Any, to: Path, owner: str) -> Any:
        change = real(work, before, now, to, owner)
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * from '{to}' where key_value <> '03@example.com') "
                f"to '{to}.2' (format parquet)"
            )
        Path(f"{to}.2").replace(to)
        return change

    real = deliver.ledger.write_change
    world.export = dataclasses.replace(world.export, deliver=("full",))
    monkeypatch.setattr(deliver.ledger, "write_change", partial)
    refused(world, r"delivered and not out there by the ledger: 1 \(0\*\*\*@example.com\)")
