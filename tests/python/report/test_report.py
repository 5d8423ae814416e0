"""`consent report`: every number of the page is that of a query written by hand."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from clone import run
from read_page import Page, number

from runner.report.texts import PAGE as TEXTS
from runner.segments.words import LANGUAGES

STATUS = "case when reason = 'suppressed' then 'suppressed' else status end"
WEEK = "cast(date_trunc('week', recorded_at) as date)"
BY_HAND = {
    "permitted": (
        "select purpose, count(*) filter (is_permitted) from profile_consents group by all"
    ),
    "statuses": f"""
        select purpose, {
        ", ".join(
            f"count(*) filter ({STATUS} = '{name}')"
            for name in ("granted", "pending", "expired", "denied", "suppressed", "no_record")
        )
    } from contact_point_permissions group by all""",
    "origins": """
        select source_name, purpose, count(*) from contact_point_permissions
        where is_permitted and status = 'granted' group by all""",
    "records": """
        select case when record_count > 10 then '11+' when record_count > 5 then '6–10'
            else cast(record_count as varchar) end, count(*) from profiles group by all""",
    "reviews": """
        select case doubt when 'birth_date' then 'birth dates' else doubt end, count(*)
        from merge_reviews group by all""",
    "unmatched": "select source_name, count(*) from unmatched_consents group by all",
    "delivered": """
        select cast(date_trunc('week', delivered_at) as date), export_name,
            case kind when 'full' then 'full list' else kind end, sum(row_count)
        from deliveries where kind in ('full', 'added', 'removed') group by all""",
    "weekly": f"""
        select {WEEK}, count(distinct event_id) filter (status = 'granted'),
            count(distinct event_id) filter (status = 'denied')
        from int_consent__statements
        where not is_retracted
            and recorded_at >= date_trunc('week', current_date) - interval 52 week
            and recorded_at < date_trunc('week', current_date)
        group by all""",
    "overlap": """
        select one.segment_name, other.segment_name, count(*)
        from segment_members one join segment_members other using (profile_id)
        where one.segment_name <> other.segment_name group by all""",
    "expiring": """
        select strftime(date_trunc('month', expires_at), '%b %Y'), purpose, count(*)
        from contact_point_permissions
        where is_permitted and expires_at > now() at time zone 'UTC'
            and expires_at < cast(current_date + interval 12 month as date)
        group by all""",
}


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "consent.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def is_named(figure: str, column: str) -> bool:
    """Whether a column's cells are names, though they may look like counts."""
    return column == "which" or (figure, column) == ("records", "records")


@pytest.fixture(scope="module")
def made(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, with the pages that are looked at."""
    folder = tmp_path_factory.mktemp("report") / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    for name, options in (("few", ""), ("exact", "--exact"), ("nl", "--language nl")):
        done = run(folder, f"consent report {options} --output {name}.html")
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == f"{name}.html"
    return folder


@pytest.fixture(scope="module")
def exact(made: Path) -> Page:
    return Page((made / "exact.html").read_text("utf-8"))


@pytest.fixture(scope="module")
def few(made: Path) -> Page:
    return Page((made / "few.html").read_text("utf-8"))


@pytest.mark.parametrize("name", BY_HAND)
def test_tables_say_what_queries_by_hand_find(made: Path, exact: Page, name: str) -> None:
    def plain(cell: object) -> object:
        text = str(cell)
        return number(text) if re.fullmatch(r"[0-9.,]+", text) else text

    told = {tuple(plain(cell) for cell in row) for row in exact.figures[name].rows[1:]}
    if name == "permitted":
        told = {row[:2] for row in told}
    if name == "overlap":
        told |= {(row[1], row[0], row[2]) for row in told}
    zero = {row for row in told if not any(isinstance(cell, float) and cell for cell in row)}
    by_hand = {tuple(plain(cell) for cell in row) for row in rows(made, BY_HAND[name])}
    assert told - zero == by_hand - {row for row in by_hand if row in zero}
    assert by_hand


def test_the_funnels_are_those_of_the_command(made: Path, exact: Page) -> None:
    members = dict(rows(made, "select segment_name, count(*) from segment_members group by all"))
    delivered = dict(
        rows(
            made,
            "select export_name, count(*) from delivered_members where removed_at is null"
            " group by all",
        )
    )
    listed = yaml.safe_load(run(made, "consent segments --json").stdout)
    for each in listed:
        table = exact.figures[f"funnel-{each['segment']}"].rows[1:]
        steps = [(row[0], row[1], number(row[2])) for row in table]
        matches = sum(count for step, _, count in steps if step == "match the rule")
        left = sum(count for step, _, count in steps if step == "left out")
        inside = sum(count for step, _, count in steps if step == "members")
        assert (matches, inside) == (each["matches"], members.get(each["segment"], 0))
        assert matches - left == inside
        out = {what: count for step, what, count in steps if step == "delivered"}
        assert out == {name: delivered[name] for name in each["exports"]}


def test_counts_over_time_are_what_refreshes_counted(made: Path, exact: Page) -> None:
    counted = dict(rows(made, "select name, counted from run_counts where kind = 'segment'"))
    for name, members in counted.items():
        assert number(exact.figures[f"size-{name}"].rows[-1][1]) == members
    assert sum(counted.values()) == rows(made, "select count(*) from segment_members")[0][0]
    kinds = {row[0] for row in rows(made, "select distinct kind from run_counts")}
    assert kinds >= {"people", "contact_points", "permitted", "status", "segment", "entered"}
    assert kinds >= {"rejected", "unmatched"}


def test_a_second_build_writes_down_what_the_first_warned_of(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dbt-consent"
    shutil.copytree(made, folder, symlinks=True)
    warned = rows(folder, "select count(*) from node_results where status = 'warn'")[0][0]
    assert run(folder, "dbt run --select run_counts").returncode == 0
    found = rows(folder, "select name, counted from run_counts where kind = 'warning'")
    assert len(found) == warned > 3
    assert ("is_empty_rejected_consents_", 160) in found
    # a run for another moment would write nothing
    told = run(folder, "dbt compile --quiet --select run_counts --vars '{as_of: 2026-03-01}'")
    assert told.returncode == 0 and told.stdout.rstrip().endswith("where false")


@pytest.mark.parametrize("page", ["few", "exact", "nl"])
def test_a_drawing_has_the_numbers_of_its_table(made: Path, page: str) -> None:
    found = Page((made / f"{page}.html").read_text("utf-8"))
    drawn = {key: shown for key, shown in found.figures.items() if shown.spec}
    assert len(drawn) > 25
    for key, shown in drawn.items():
        assert shown.has_svg, key
        assert shown.spec["description"] and shown.spec["width"] == "container"
        for datum in shown.drawn() if key != "removals" else []:
            if datum["value"] and re.fullmatch("[0-9.,]+", datum["label"]):
                assert int(re.sub("[.,]", "", datum["label"])) == abs(datum["value"]), key
        # what one table's cells say, the drawing's labels say
        if key not in ("delivered", "removals", "permitted"):
            cells = Counter(
                cell
                for row in shown.rows[1:]
                for name, cell in zip(shown.rows[0], row, strict=True)
                if re.fullmatch(r"[0-9.,]+|< 5|kept back|achtergehouden", cell)
                and not is_named(key, name)
            )
            labels = Counter(str(datum["label"]) for datum in shown.drawn())
            assert labels == cells, key


def test_small_counts_are_not_said(exact: Page, few: Page) -> None:
    hidden = 0
    for key, shown in few.figures.items():
        for row, true in zip(shown.rows[1:], exact.figures[key].rows[1:], strict=True):
            for name, cell, real in zip(shown.rows[0], row, true, strict=True):
                is_count = re.fullmatch(r"[0-9][0-9,]*", real) and not is_named(key, name)
                if is_count and number(real) in (1, 2, 3, 4):
                    assert cell == "< 5", (key, row)
                    hidden += 1
                elif is_count:
                    assert cell in (real, "kept back"), (key, row)
        for datum in shown.drawn() if shown.spec and key != "removals" else []:
            assert datum["label"] not in ("1", "2", "3", "4"), key
            assert datum["value"] not in (1, 2, 3, 4, -1, -2, -3, -4), key
    assert hidden > 20


@pytest.mark.parametrize("page", ["few", "exact", "nl"])
def test_nobody_is_in_the_page(made: Path, page: str) -> None:
    text = (made / f"{page}.html").read_text("utf-8")
    start, end = text.index("<script>const"), text.rindex("</script>", 0, text.rindex("<script>"))
    words = (text[:start] + text[end:]).lower().replace('"field":', "")
    values = rows(
        made,
        """
        select key_value from profile_contact_points
        union select profile_id from profiles
        union select last_name from profiles where length(last_name) > 3
        union select raw_value from rejected_consents where length(raw_value) > 3
        union select source_record_id from profile_matches
        """,
    )
    assert len(values) > 6000
    present = set(re.findall(r"[^\s<>\"'=,;:()]+", words))
    assert [value for (value,) in values if value and str(value).lower() in present] == []
    assert "@" not in re.sub(r"@media", "", words)


def test_it_asks_the_network_for_nothing(made: Path, few: Page) -> None:
    text = (made / "few.html").read_text("utf-8")
    assert all(link.startswith("#") for link in few.addresses), few.addresses
    assert "default-src 'none'" in text
    assert len(text.encode()) < 3_000_000
    assert (made / "few.html").stat().st_mode & 0o077 == 0


def test_values_of_names_are_hidden_unless_asked_for(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dbt-consent"
    shutil.copytree(made, folder, symlinks=True)
    path = folder / "models/segments/employees.yml"
    path.write_text(path.read_text("utf-8").replace(
        "{field: is_employee, eq: true}", "{field: last_name, eq: Zonneschijn}"))  # fmt: skip
    assert "Zonneschijn" in path.read_text("utf-8")
    assert run(folder, "consent report -o a.html").returncode == 0
    assert run(folder, "consent report -o b.html --exact").returncode == 0
    assert "Zonneschijn" not in (folder / "a.html").read_text("utf-8")
    assert "Zonneschijn" in (folder / "b.html").read_text("utf-8")


def test_the_languages_have_the_same_texts() -> None:
    def keys(given: Any, at: str = "") -> set[str]:
        if isinstance(given, dict):
            return {name for key, one in given.items() for name in keys(one, f"{at}.{key}")}
        return {at + "".join(sorted(re.findall(r"\{\w+\}", str(given))))}

    said = tomllib.loads(TEXTS.read_text("utf-8"))
    assert set(said) == set(LANGUAGES)
    assert keys(said["en"]) == keys(said["nl"])


def test_every_word_of_the_page_is_dutch_where_asked_for(made: Path) -> None:
    text = (made / "nl.html").read_text("utf-8")
    assert '<html lang="nl">' in text
    said = tomllib.loads(TEXTS.read_text("utf-8"))
    for figure in said["en"]["figures"].values():
        assert figure["title"] not in text
    assert "2.210" in text, "numbers have Dutch marks"
    assert "voor wie dit alles geldt" in text, "rules too"


def test_wrong_use_is_told(made: Path) -> None:
    assert run(made, "consent report --language de").returncode == 2
    done = run(made, "consent report --output models")
    assert done.returncode == 2 and "is a folder" in done.stderr
