"""What the terminal shows: tables that fit, a line per step, colours where they are seen."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from clone import run
from hypothesis import given
from hypothesis import strategies as st

from runner import __version__, tables

NAME = st.from_regex(r"\A[a-z_/.0-9-]{1,30}\Z")
CELL = st.one_of(st.just(""), NAME, st.lists(NAME, min_size=1, max_size=6).map(" ".join))
ESCAPE = "\x1b["


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(
    st.lists(NAME, min_size=n, max_size=n),
    st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=n, max_size=n),
)), st.integers(40, 120))  # fmt: skip
def test_tables_fit_and_break_no_word(
    table: tuple[list[str], list[list[str]], list[bool]], width: int
) -> None:
    columns, rows, numeric = table
    # numbers are short, and have no spaces
    rows = [["7" if n else c for c, n in zip(row, numeric, strict=True)] for row in rows]
    lines = tables.lines(columns, rows, numeric, width)
    assert max(len(line) for line in lines) <= max(width, 38), "\n".join(lines)
    told = " ".join(lines).split()
    for row in rows:
        for word in " ".join(row).split():
            assert word in told, f"{word} is broken:\n" + "\n".join(lines)


def test_a_table_at_80_columns() -> None:
    rows = [
        ["newsletter_audience", "588", "828 no_record, 477 no_contact_point", "out/newsletter/x"],
        ["sms_offers", "162", "", "exports/sms_offers/outbox/20261126T185400956457Z-ee56d0a9"],
    ]  # fmt: skip
    columns = ("segment", "members", "left out", "where")
    assert tables.lines(columns, rows, [False, True, False, False], 80) == [
        "segment              members  left out",
        "newsletter_audience      588  828 no_record, 477 no_contact_point",
        "  where: out/newsletter/x",
        "sms_offers               162",
        "  where: exports/sms_offers/outbox/20261126T185400956457Z-ee56d0a9",
    ]


def test_a_piped_refresh_prints_a_line_per_step_and_per_problem(delivered: Path) -> None:
    lines = (delivered / "refresh.err").read_text("utf-8").splitlines()
    steps = [line.split()[2:4] for line in lines if re.match(r"\d\d:\d\d:\d\d  \w+ ", line)]
    assert [" ".join(step).split(":")[0] for step in steps] == [
        "freshness",
        "build 5",
        "export high_value_to_google",
        "export newsletter",
        "export partner_offers",
        "export product_updates",
        "export sms_offers",
    ]
    assert len(lines) < 15 and "stg_crm__customers" not in "\n".join(lines)
    assert lines[-1].startswith("warning: the build warns: ")
    assert "`consent rejected`" in lines[-1]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", ["status", "segments", "segments --overlap", "rejected"])
def test_commands_fit_and_break_no_name(delivered: Path, command: str, width: int) -> None:
    done = run(delivered, f"consent {command}", COLUMNS=str(width))
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert len(line) <= width or len(line.split()) < 3, line
    names = {
        "status": ["contact_point_permissions", "is_confirmed_after_request_int_consent__"],
        "segments": ["product_updates_audience", "high_value_to_google"],
        "segments --overlap": ["product_updates_audience"],
        "rejected": ["contact_point_not_valid", "rejected_consents"],
    }
    assert all(name in done.stdout for name in names[command])
    assert ESCAPE not in done.stdout
    if command == "status":
        for title in ("The last runs", "Exports", "Warnings of the last build"):
            assert f"\n{title}\n" in f"\n{done.stdout}"


def test_version_quiet_and_completion(delivered: Path) -> None:
    assert run(delivered, "consent --version").stdout == f"consent {__version__}\n"
    loud = run(delivered, "consent validate")
    quiet = run(delivered, "consent validate --quiet")
    assert "0 errors" in loud.stderr and "0 errors" not in quiet.stderr
    assert run(delivered, "_CONSENT_COMPLETE=complete_bash COMP_WORDS='consent seg' COMP_CWORD=1 "
               f"{shutil.which('consent') or 'consent'}").stdout.strip() == "segments"  # fmt: skip


def test_colours_are_left_out_where_nobody_wants_them(delivered: Path) -> None:
    plain = run(delivered, "FORCE_COLOR=1 NO_COLOR=1 consent status")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain.stdout + plain.stderr)
