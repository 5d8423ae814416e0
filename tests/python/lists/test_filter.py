"""`consent filter` as somebody uses it who was handed a list, on the example of the page."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from consent_evidence import Load, Record, Row, Suppression
from evidence_project import EvidenceProject
from typer.testing import CliRunner, Result

from runner.cli import app

PURPOSES: dict[str, dict[str, Any]] = {
    "newsletter": {"channel": "email"},
    "sms_offers": {"channel": "phone", "enforcement": "opt_out"},
    "profiling": {},
}
LABELS = {("", each): each for each in (*PURPOSES, "use", "sale", "storage")}
ANSWERS = {("", "yes"): "granted", ("", "no"): "denied"}
SAID = datetime(2026, 5, 1)
LOADS = (datetime(2026, 6, 1), datetime(2026, 6, 3))
FRANK, HOLLY, LIAM = "frank@contoso.com", "holly@contoso.com", "liam@contoso.com"
ERASED, STRANGER = "erased@contoso.com", "stranger@contoso.com"
BOUNCED, OLD, NEW = "bounced@contoso.com", "old@contoso.com", "new@contoso.com"
PHONES = {"frank": "+31612345601", "holly": "+31612345602", "liam": "+31612345603"}


def record(name: str, email: str, phone: str | None = None) -> Record:
    points = {("email", email), *([("phone", phone)] if phone else [])}
    return Record("crm", name, frozenset(points), "NL")


def said(number: int, kind: str, value: str, purpose: str, answer: str) -> Row:
    return Row(
        "stg_lab__ledger", "crm", f"c{number}", (kind, value), purpose, answer, SAID, None, None
    )


def load(moment: datetime, moved: str) -> Load:
    """Frank and Liam say yes, Holly no; somebody moves, somebody was erased, one is unknown."""
    return Load(
        moment,
        (
            record("frank", FRANK, PHONES["frank"]),
            record("holly", HOLLY, PHONES["holly"]),
            record("liam", LIAM, PHONES["liam"]),
            record("bounced", BOUNCED),
            record("erased", ERASED),
            record("moved", moved),
        ),
        (
            said(1, "email", FRANK, "newsletter", "yes"),
            said(2, "email", HOLLY, "newsletter", "no"),
            said(3, "email", LIAM, "newsletter", "yes"),
            said(4, "email", STRANGER, "newsletter", "yes"),
            said(5, "email", BOUNCED, "newsletter", "yes"),
            said(6, "email", ERASED, "newsletter", "yes"),
            said(7, "email", ERASED, "storage", "no"),
            said(8, "email", OLD, "newsletter", "yes"),
            said(9, "phone", PHONES["holly"], "sms_offers", "no"),
            said(10, "email", LIAM, "sale", "no"),
        ),
        (Suppression(("email", BOUNCED), "bounced", SAID),),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> EvidenceProject:
    project = EvidenceProject(
        tmp_path_factory.mktemp("lists"), PURPOSES, variables={"delivery_targets": ["lab"]}
    ).create()
    for moment, moved in zip(LOADS, (OLD, NEW), strict=True):
        project.load(load(moment, moved), LABELS, ANSWERS)
    return project


@pytest.fixture
def folder(
    built: EvidenceProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder for lists; commands run in the project."""
    monkeypatch.chdir(built.folder)
    yield tmp_path


LINES = [
    {"Name": "Frank", "E-mail": " FRANK@contoso.com ", "Mobile": "06 12345601", "Note": "=1+1"},
    {"Name": "Holly", "E-mail": HOLLY, "Mobile": "", "Note": "-5"},
    {"Name": "A colleague of Holly", "E-mail": FRANK, "Mobile": PHONES["holly"], "Note": ""},
    {"Name": "Old Liam", "E-mail": LIAM, "Mobile": "", "Note": "a;b"},
    {"Name": "Nobody", "E-mail": "nobody@contoso.com", "Mobile": "", "Note": ""},
    {"Name": "Stranger", "E-mail": STRANGER, "Mobile": "", "Note": ""},
    {"Name": "Bounced", "E-mail": BOUNCED, "Mobile": "", "Note": ""},
    {"Name": "Erased", "E-mail": ERASED, "Mobile": "", "Note": ""},
    {"Name": "Moved", "E-mail": OLD, "Mobile": "", "Note": ""},
    {"Name": "Typo", "E-mail": "frank(at)contoso", "Mobile": "", "Note": ""},
    {"Name": "Empty", "E-mail": "", "Mobile": "", "Note": ""},
]
REASONS = {
    "Holly": "denied",
    "A colleague of Holly": "denied_elsewhere",
    "Nobody": "no_record",
    "Bounced": "suppressed",
    "Erased": "withheld",
    "Moved": "former_contact_point",
    "Typo": "not_readable",
    "Empty": "no_contact_point",
}


def write_csv(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(LINES[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(LINES)
    return path


def read_csv(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def consent(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_each_row_is_decided_and_says_why(folder: Path, built: EvidenceProject) -> None:
    path = write_csv(folder / "trade_fair.csv")
    done = consent("filter", str(path), "--for", "newsletter")
    assert done.exit_code == 0, done.output
    refused = read_csv(folder / "trade_fair.refused.csv")
    assert {line["Name"]: line["consent_reason"] for line in refused} == REASONS
    assert [line["Name"] for line in refused] == [n["Name"] for n in LINES if n["Name"] in REASONS]
    permitted = read_csv(folder / "trade_fair.permitted.csv")
    assert [line["Name"] for line in permitted] == ["Frank", "Old Liam", "Stranger"]
    # as it was written, but for what may not be used, and for what a spreadsheet would run
    assert permitted[0] == {**LINES[0], "Mobile": "", "Note": "'=1+1"}
    assert refused[0]["Note"] == "-5"
    assert not (folder / "trade_fair.unknown.csv").exists()
    for name in ("permitted.csv", "refused.csv", "certificate.json"):
        mode = (folder / f"trade_fair.{name}").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    certificate = json.loads((folder / "trade_fair.certificate.json").read_text())
    assert certificate["files"]["permitted"]["rows"] == 3
    assert certificate["emptied"] == {"Mobile": 1}
    assert "contoso" not in json.dumps(certificate)
    (recorded,) = built.warehouse.rows(
        "select kind, export_name, segment_name, row_count, status, delivery_id from deliveries"
        " where export_name = 'trade_fair.csv'"
    )
    assert recorded[:5] == ("filter", "trade_fair.csv", "newsletter", 3, "delivered")
    hashes = built.warehouse.rows(
        "select count(*) from filtered_contact_points"
        f" where delivery_id = '{recorded[5]}' and length(contact_point_hash) = 64"
    )
    assert hashes == [(3,)]
    again = consent("filter", str(path), "--for", "newsletter")
    assert again.exit_code == 2 and "--overwrite" in again.output
    assert built.warehouse.rows("select count(*) from delivered_members") == [(0,)]


def test_a_third_party_needs_sale_too(folder: Path) -> None:
    path = write_csv(folder / "partner.csv")
    done = consent("filter", str(path), "--for", "newsletter", "--third-party")
    assert done.exit_code == 0, done.output
    permitted = read_csv(folder / "partner.permitted.csv")
    assert [line["Name"] for line in permitted] == ["Frank"]
    # of the stranger no grant of sale is known, and nothing but a no forbids it
    unknown = read_csv(folder / "partner.unknown.csv")
    assert [line["Name"] for line in unknown] == ["Stranger"]


def test_people_of_whom_nothing_is_known_are_a_file_of_their_own(folder: Path) -> None:
    path = folder / "calls.parquet"
    numbers = [PHONES["frank"], PHONES["holly"], "+31612399999"]
    pq.write_table(pa.table({"Mobile": numbers, "score": [1, 2, 3]}), path)
    done = consent("filter", str(path), "--for", "sms_offers", "--phone", "Mobile")
    assert done.exit_code == 0, done.output
    names = {each: folder / f"calls.{each}.parquet" for each in ("permitted", "refused", "unknown")}
    read = {name: pq.read_table(each) for name, each in names.items()}
    assert read["permitted"].to_pylist() == [{"Mobile": PHONES["frank"], "score": 1}]
    assert read["permitted"].schema.field("score").type == pa.int64()
    assert read["refused"].column("consent_reason").to_pylist() == ["denied"]
    assert read["unknown"].column("score").to_pylist() == [3]
    words = ("filter", str(path), "--for", "sms_offers", "--unknown-may", "--overwrite")
    assert consent(*words).exit_code == 0
    assert pq.read_table(names["permitted"]).num_rows == 2


def test_a_workbook_stays_one(folder: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mail", "Since", "Said"])
    sheet.append([FRANK, datetime(2026, 1, 2), 7])
    sheet.append([HOLLY, datetime(2026, 1, 3), 8])
    path = folder / "partner.xlsx"
    book.save(path)
    assert consent("filter", str(path), "--for", "newsletter").exit_code == 0
    rows = list(openpyxl.load_workbook(folder / "partner.permitted.xlsx").worksheets[0].values)
    assert rows == [("Mail", "Since", "Said"), (FRANK, datetime(2026, 1, 2), 7)]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_the_format_of_a_text_list_stays(folder: Path, encoding: str) -> None:
    path = folder / "liste.csv"
    text = f"Straße;E-Mail\r\nÜberweg 1;{FRANK}\r\nÖde – 2;{HOLLY}\r\n"
    path.write_bytes(text.encode(encoding))
    done = consent("filter", str(path), "--for", "newsletter")
    assert done.exit_code == 0, done.output
    permitted = (folder / "liste.permitted.csv").read_bytes()
    assert permitted == f"Straße;E-Mail\r\nÜberweg 1;{FRANK}\r\n".encode(encoding)


def test_a_purpose_that_contacts_nobody_asks_everybody_in_the_row(folder: Path) -> None:
    path = write_csv(folder / "scores.csv")
    done = consent("filter", str(path), "--for", "use")
    assert done.exit_code == 0, done.output
    names = [line["Name"] for line in read_csv(folder / "scores.permitted.csv")]
    assert names == ["Frank", "Holly", "A colleague of Holly", "Old Liam"]


def test_another_moment_is_a_rehearsal(folder: Path, built: EvidenceProject) -> None:
    path = write_csv(folder / "trade_fair.csv")
    words = ("filter", str(path), "--for", "newsletter", "--as-of", "2026-05-15")
    before = consent(*words)
    assert before.exit_code == 1 and "consent refresh --as-of" in before.output
    built.build(LOADS[1], as_of=datetime(2026, 5, 15))
    done = consent(*words)
    assert done.exit_code == 0 and "rehearsal" in done.output, done.output
    assert not (folder / "trade_fair.certificate.json").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--for", "newsleter"), "did you mean 'newsletter'"),
        (("--for", "newsletter", "--email", "Mail"), "no column 'Mail'"),
        (("--for", "newsletter", "--key", "Name=shoe"), "'shoe' is no alternate key"),
        (("--for", "newsletter", "--key", "Name"), "COLUMN=KIND"),
    ],
)
def test_mistakes_are_told(folder: Path, words: tuple[str, ...], told: str) -> None:
    path = write_csv(folder / "trade_fair.csv")
    done = consent("filter", str(path), *words)
    assert done.exit_code == 2
    assert told in done.output
    assert [each.name for each in folder.iterdir()] == ["trade_fair.csv"]


def test_a_red_build_decides_nothing_that_leaves(folder: Path, built: EvidenceProject) -> None:
    """A test that fails stops lists as it stops exports."""
    path = write_csv(folder / "trade_fair.csv")
    red = "node_id like '%assert_%' and status = 'pass'"
    built.warehouse.execute(f"update node_results set status = 'fail' where {red}")
    try:
        done = consent("filter", str(path), "--for", "newsletter")
    finally:
        built.warehouse.execute("update node_results set status = 'pass' where status = 'fail'")
    assert done.exit_code == 1 and "not green" in done.output, done.output
    assert [each.name for each in folder.iterdir()] == ["trade_fair.csv"]
