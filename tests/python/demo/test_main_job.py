"""The main job on the demo: from raw files to a delivered audience, as a newcomer runs it."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from clone import clone, run

FRANK, HOLLY = "frank@contoso.com", "holly@contoso.com"
MEMBERS = "select segment_name, profile_id, key_type, key_value from segment_members order by all"


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def delivery(folder: Path, export: str) -> Path:
    (found,) = (folder / "exports" / export).glob("*Z-*")
    return found


def delivered_rows(folder: Path, export: str) -> list[dict[str, object]]:
    (path,) = delivery(folder, export).glob("full*")
    if path.suffix == ".parquet":
        found: list[dict[str, object]] = pq.read_table(path).to_pylist()
        return found
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)] if ".csv" in path.suffixes else [*map(json.loads, file)]


@pytest.fixture()
def copy(delivered: Path, tmp_path: Path) -> Path:
    """A copy of the delivered clone, to change."""
    return shutil.copytree(delivered, tmp_path / "dbt-consent", symlinks=True)


def test_each_of_the_four_rows_is_judged_alone(delivered: Path) -> None:
    newsletter = {row["email"] for row in delivered_rows(delivered, "newsletter")}
    updates = {row["email"] for row in delivered_rows(delivered, "product_updates")}
    assert FRANK in newsletter and HOLLY not in newsletter
    assert HOLLY in updates and FRANK not in updates


@pytest.mark.parametrize(
    ("export", "segment", "key", "suffix"),
    [
        ("newsletter", "newsletter_audience", "email", ".csv"),
        ("product_updates", "product_updates_audience", "email", ".parquet"),
        ("sms_offers", "sms_offers_audience", "phone", "-00001.jsonl.gz"),
    ],
)
def test_each_format_holds_whom_the_segment_holds(
    delivered: Path, export: str, segment: str, key: str, suffix: str
) -> None:
    (path,) = delivery(delivered, export).glob("full*")
    assert path.name == f"full{suffix}"
    members = rows(
        delivered,
        f"select key_value from segment_members where segment_name = '{segment}' order by all",
    )
    found = sorted((row[key],) for row in delivered_rows(delivered, export))
    assert found == members and len(found) > 100


def test_the_refresh_says_who_is_left_out_and_where_the_files_are(delivered: Path) -> None:
    said = (delivered / "refresh.txt").read_text(encoding="utf-8")
    lines = said.splitlines()
    (start,) = (n for n, line in enumerate(lines) if line.startswith("newsletter_audience "))
    # what was left out stands below its segment, indented
    below = itertools.takewhile(lambda each: each.startswith(" "), lines[start + 1 :])
    line = " ".join([lines[start], *below])
    ((count,),) = rows(
        delivered,
        "select count(*) from segment_members where segment_name = 'newsletter_audience'",
    )
    assert f" {count} " in line and " denied" in line and " no_record" in line
    assert delivery(delivered, "newsletter").name in said


def test_dbt_alone_gives_the_same_segments(delivered: Path, tmp_path: Path) -> None:
    folder = clone(tmp_path / "dbt-consent")
    built = run(folder, "dbt build")
    assert built.returncode == 0, built.stdout
    assert rows(folder, MEMBERS) == rows(delivered, MEMBERS)
    assert len(rows(folder, MEMBERS)) > 1000


def test_a_second_run_changes_nothing(copy: Path) -> None:
    tables = (
        "profiles",
        "profile_ids",
        "profile_id_changes",
        "consent_events",
        "contact_point_permissions",
        "segment_history",
        "delivered_members",
    )
    before = {name: rows(copy, f"select * from {name} order by all") for name in tables}
    done = run(copy, "consent refresh --json")
    assert done.returncode == 0, done.stderr
    for name in tables:
        assert rows(copy, f"select * from {name} order by all") == before[name], name
    for each in json.loads(done.stdout)["deliveries"]:
        assert each["counts"].get("added", 0) == each["counts"]["removed"] == 0


def replace(path: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def only_header(path: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        first = (folder / path).read_text(encoding="utf-8").splitlines()[0]
        (folder / path).write_text(first + "\n", encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            lambda folder: (folder / "data/demo/crm_customers.csv").write_bytes(b"\x89PNG\r\n"),
            "base_crm__customers",
            id="another kind of file",
            marks=pytest.mark.long,
        ),
        pytest.param(
            replace("data/demo/crm_customers.csv", "customer_id", "id"),
            "customer_id",
            id="a column is missing",
        ),
        pytest.param(
            replace("data/demo/preference_center_consents.csv", "Newsletter", "Gazette"),
            "'Gazette' (source preference_center",
            id="an unknown label",
        ),
        pytest.param(
            only_header("data/demo/preference_center_consents.csv"),
            "stg_preference_center__consents is empty",
            id="an empty source",
        ),
    ],
)
def test_bad_input_stops_with_what_is_wrong(
    copy: Path, spoil: Callable[[Path], object], message: str
) -> None:
    events = rows(copy, "select count(*) from consent_events")
    spoil(copy)
    done = run(copy, "consent refresh --select +consent_events")
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split()), done.stderr
    assert "Traceback" not in done.stderr
    assert rows(copy, "select count(*) from consent_events") == events
    assert delivery(copy, "newsletter"), "the last delivery stays, and no other came"


@pytest.mark.long
def test_a_loss_that_is_real_is_accepted_once(copy: Path) -> None:
    path = copy / "data/demo/preference_center_consents.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 3]), encoding="utf-8")
    build = "dbt build --select +int_sources__guard --exclude-resource-type unit_test"
    refused = run(copy, build)
    assert refused.returncode == 1
    assert "it lost more than" in " ".join(refused.stdout.split())
    vars_ = "--vars '{accepted_shrinks: [stg_preference_center__consents]}'"
    accepted = run(copy, f"{build} {vars_}")
    assert accepted.returncode == 0, accepted.stdout
    # from now on, that is how large the source is
    assert run(copy, build).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("moment", ["2025-06-01", "2031-12-31T23:30:00+01:00"])
def test_a_new_warehouse_is_green_at_any_moment(tmp_path: Path, moment: str) -> None:
    """Tests that ship, unit tests among them, know no clock but the one that they set."""
    folder = clone(tmp_path / "dbt-consent")
    done = run(folder, f"dbt build --vars '{{observed_at: \"{moment}\"}}'")
    assert done.returncode == 0, done.stdout
    assert "ERROR=0" in done.stdout
    assert "unit tests" in done.stdout
