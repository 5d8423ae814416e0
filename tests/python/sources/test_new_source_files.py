"""Files as people have them: what `consent new source` finds, before anything is written."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from clone import run
from own_project import opened, own_project, put

from runner.dbt import Project
from runner.errors import UsageError
from runner.sources.columns import rows_of
from runner.sources.windows1252 import as_utf8
from runner.sources.write import Options, Proposal, propose_source, write_source

Propose = Callable[..., Proposal]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = own_project(tmp_path_factory.mktemp("files") / "own")
    seed = folder / "seeds/reference/purpose_labels.csv"
    seed.write_text("source_name,label,purpose\n,Nieuwsbrief,newsletter\n", encoding="utf-8")
    with opened(folder) as parsed:
        yield parsed


@pytest.fixture(scope="module")
def propose(project: Project) -> Propose:
    def call(
        content: str | bytes, name: str = "list.csv", name_: str | None = None, **options: object
    ) -> Proposal:
        path = put(project.folder, name, content)
        options["name"] = name_
        return propose_source(project, path, Options(**options))  # type: ignore[arg-type]

    return call


def becomes(found: Proposal, column: str) -> dict[str, str]:
    return {e.value: e.becomes for e in found.preview.effects if e.column == column}


def asked(found: Proposal) -> set[str]:
    return {question.column for question in found.plan.questions}


def grants(found: Proposal) -> bool:
    return any(e.becomes == "granted" for e in found.preview.effects)


# what a column of a customer's row says


def test_a_column_of_unsubscribing_says_no_by_yes(propose: Propose) -> None:
    found = propose(
        "signup_id,email,country,newsletter_unsubscribe\n"
        "A1,a@example.com,NL,yes\nA2,b@example.com,NL,no\n"
    )
    assert becomes(found, "newsletter_unsubscribe") == {"yes": "denied", "no": "nothing"}
    assert found.preview.denied["newsletter"] == 1 and not grants(found)


def test_a_german_list_with_three_kinds_of_answers(propose: Propose) -> None:
    content = (
        "\ufeffKundenNr;E-Mail;Newsletter;Kein Newsletter;Werbesperre\n"
        "K1;a@example.com;J;Nein;\nK2;b@example.com;Nein;Ja;x\nK3;c@example.com;J;Nein;x\n"
    )
    assert asked(propose(content)) == {"Newsletter"}, "refused, or not asked?"
    found = propose(content, mapped=("Newsletter=answer to newsletter",))
    assert not found.plan.questions
    assert becomes(found, "Newsletter") == {"J": "granted", "Nein": "denied"}
    assert becomes(found, "Kein Newsletter") == {"Ja": "denied", "Nein": "nothing"}
    assert becomes(found, "Werbesperre") == {"x": "denied", "(empty)": "nothing"}
    assert found.preview.permitted["newsletter"] == 1
    assert found.plan.roles["id"] == "KundenNr"


@pytest.mark.parametrize(
    "name",
    [
        "newsletter_cancelled",
        "newsletter_refused",
        "newsletter_withdrawn",
        "newsletter_sent",
        "newsletter_opened",
        "exclude_from_newsletter",
        "seen_newsletter_popup",
        "newsletter_requested",
        "newsletter 2",
        "newsletter_product_updates",
        "use",
    ],
)
def test_a_name_that_is_not_certain_is_a_question(propose: Propose, name: str) -> None:
    found = propose(f"signup_id,email,{name}\nA1,a@example.com,yes\nA2,b@example.com,no\n")
    assert name in asked(found) and not grants(found)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("newsletter", ("1", "0", "")),
        ("newsletter", ("x", "", "x")),
        ("newsletter", ("yes", "yes", "")),
        ("newsletter", ("yes", "nein", "")),
        ("newsletter", ("yes", "no", "unsubscribed")),
        ("newsletter", ("yes", "no", "no")),
    ],
)
def test_values_that_are_not_certain_are_a_question(
    propose: Propose, name: str, values: tuple[str, ...]
) -> None:
    lines = "".join(f"A{n},a{n}@example.com,{value}\n" for n, value in enumerate(values))
    found = propose(f"signup_id,email,{name}\n{lines}")
    assert asked(found) == {name} and not grants(found)


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("Newsletter", "yes", "no"),
        ("newsletterOptIn", "Yes", "No"),
        ("newsletter_subscribed", "true", "false"),
        ("Nieuwsbrief toestemming", "ja", "nee"),
        ("Einwilligung Newsletter", "Ja", "Nein"),
        ("newsletter accepté", "oui", "non"),
        ("acepta newsletter", "sí", "no"),
        ("consenso newsletter", "sì", "no"),
        ("newsletter aceito", "sim", "não"),
    ],
)
def test_a_purpose_and_positive_words_are_a_grant(
    propose: Propose, name: str, yes: str, no: str
) -> None:
    found = propose(
        f"signup_id,email,{name}\nA1,a@example.com,{yes}\nA2,b@example.com,{no}\n"
        "A3,c@example.com,\n"
    )
    assert not found.plan.questions
    assert becomes(found, name) == {yes: "granted", no: "denied", "(empty)": "nothing"}


def test_two_candidates_are_two_questions(propose: Propose) -> None:
    found = propose(
        "signup_id,email,newsletter,newsletter_opt_in\n"
        "A1,a@example.com,yes,no\nA2,b@example.com,no,yes\nA3,c@example.com,,\n"
    )
    assert asked(found) == {"newsletter", "newsletter_opt_in"} and not grants(found)


def test_dates_beside_a_no_show_that_people_answered(propose: Propose) -> None:
    found = propose(
        "signup_id,email,newsletter,newsletter_at\n"
        "A1,a@example.com,yes,2026-01-01\nA2,b@example.com,no,2026-01-02\n"
    )
    assert not found.plan.questions
    assert becomes(found, "newsletter") == {"yes": "granted", "no": "denied"}
    assert found.plan.consents[0].recorded_at == "newsletter_at"


def test_blocks_of_crm_systems_are_proposed_or_asked_about_first(propose: Propose) -> None:
    found = propose(
        "id,email,nickname_of_pet,HasOptedOutOfEmail,DoNotCall,EMAIL_BLACKLISTED,email_disabled,"
        "Accepts Email Marketing,Email Marketing Consent\n"
        "1a,a@example.com,Rex,true,1,true,true,yes,SUBSCRIBED\n"
        "2b,b@example.com,Bo,false,0,false,false,no,UNSUBSCRIBED\n"
        "3c,c@example.com,Bo,false,0,false,false,no,NEVER_SUBSCRIBED\n"
    )
    for column in ("HasOptedOutOfEmail", "DoNotCall", "EMAIL_BLACKLISTED", "email_disabled"):
        assert "denied" in becomes(found, column).values(), column
    assert asked(found) == {"Accepts Email Marketing", "Email Marketing Consent", "nickname_of_pet"}
    assert found.plan.questions[-1].column != "Email Marketing Consent", "consent comes first"
    assert not found.plan.unused and not grants(found)


def test_an_unknown_column_is_a_question_until_it_is_ignored(propose: Propose) -> None:
    content = (
        "signup_id,email,flavour,newsletter\n"
        "A1,a@example.com,mint,yes\nA2,b@example.com,plum,no\nA3,c@example.com,,\n"
    )
    assert asked(propose(content)) == {"flavour"}
    found = propose(content, ignored=("flav*",))
    assert not found.plan.questions and found.preview.permitted["newsletter"] == 1


# keys


def test_a_foreign_key_is_no_key(propose: Propose) -> None:
    content = "CAMPAIGN_ID,email\nc1,a@example.com\nc1,b@example.com\n"
    found = propose(content, kind="customers", ignored=("CAMPAIGN_ID",))
    assert "id" not in found.plan.roles and found.key == ("email",)
    assert any("edited contact point is a new person" in note for note in found.plan.notes)


def test_a_running_number_and_a_date_are_no_keys(propose: Propose) -> None:
    found = propose(
        "nr,number,email,first name\n1,2026-01-01,a@example.com,Al\n2,2026-01-02,a@example.com,Al\n"
    )
    assert "id" not in found.plan.roles and found.key == (), "the whole row is the key"
    stated = propose(
        "nr,email\n1,a@example.com\n2,b@example.com\n", record_id="nr", kind="customers"
    )
    assert stated.plan.roles["id"] == "nr"


# files of consents


def test_a_consent_for_the_telephone_is_none_for_mail(propose: Propose) -> None:
    found = propose(
        "Party.Email,ContactPointType,PrivacyConsentStatus,DataUsePurpose.Name,CaptureDate,"
        "EffectiveFrom,EffectiveTo,IsDeleted\n"
        "a@example.com,Email,OptIn,Newsletter,2026-01-02T10:00:00.000Z,,2099-01-01T00:00:00Z,false\n"
        "b@example.com,Phone,OptIn,Newsletter,2026-01-02T10:00:00.000Z,,,false\n"
        "c@example.com,Email,OptIn,Newsletter,2026-01-02T10:00:00.000Z,,,true\n"
        "d@example.com,Email,OptIn,Newsletter,2024-01-02T10:00:00.000Z,,2025-01-01T00:00:00Z,false\n"
    )
    assert not found.plan.questions
    assert found.plan.roles["recorded_at"] == "CaptureDate"
    assert found.plan.roles["expires_at"] == "EffectiveTo"
    assert found.preview.permitted["newsletter"] == 1


@pytest.mark.parametrize(
    ("column", "value", "role"),
    [
        ("expires_on", "2020-01-01", "expires_at"),
        ("valid_to", "2020-01-01", "expires_at"),
        ("expires_on", "soon", "expires_at"),
        ("withdrawn_at", "2026-01-01", "withdrawn_at"),
    ],
)
def test_what_ends_a_consent_is_taken(propose: Propose, column: str, value: str, role: str) -> None:
    found = propose(f"email,purpose,status,{column}\na@example.com,Newsletter,yes,{value}\n")
    assert found.plan.roles[role] == column
    assert found.preview.permitted["newsletter"] == 0


def test_an_answer_in_no_list_is_denied_and_said(propose: Propose) -> None:
    found = propose(
        "email,purpose,status\na@example.com,Newsletter,yes\nb@example.com,Newsletter,no\n"
        "c@example.com,Newsletter,rather not\n"
    )
    assert not found.plan.questions
    assert found.preview.permitted["newsletter"] == 1 and found.preview.denied["newsletter"] == 2
    assert any("nobody has mapped" in note for note in found.plan.notes)


def test_addresses_and_numbers_in_one_column_are_both_read(propose: Propose) -> None:
    found = propose(
        "contact,channel,purpose,status\na@example.com,Email,Newsletter,yes\n"
        "+31612345678,SMS,sms_offers,yes\n"
    )
    assert found.plan.roles["key_value"] == "contact" and found.plan.roles["key_type"] == "channel"
    assert found.preview.permitted == {"newsletter": 1, "sms_offers": 1}


def test_a_label_that_nobody_mapped_is_a_question(propose: Propose) -> None:
    content = "email,purpose,status\na@example.com,Weekly,yes\n"
    assert asked(propose(content)) == {"purpose"}
    found = propose(content, mapped=("purpose:Weekly=newsletter",))
    assert not found.plan.questions and found.preview.permitted["newsletter"] == 1


# suppressions


@pytest.mark.parametrize(
    "content", ["email,created\na@example.com,1700000000\n", "Email\na@example.com\n"]
)
def test_a_list_of_addresses_asks_what_it_is(propose: Propose, content: str) -> None:
    with pytest.raises(UsageError, match="Say --as suppressions"):
        propose(content)
    found = propose(content, kind="suppressions")
    assert found.preview.suppressed == 1 and found.plan.reason == "manual"
    bounced = propose(content, kind="suppressions", mapped=("*=bounced",))
    assert bounced.plan.reason == "bounced"


def test_a_list_that_calls_itself_one_is_a_suppression_list(propose: Propose) -> None:
    found = propose(
        "email,reason,since\na@example.com,hard bounce,2026-01-01\nb@example.com,spam,2026-01-01\n"
        "c@example.com,whatever,2026-01-01\n",
        name="suppressions.csv",
    )
    assert found.plan.kind == "suppressions"
    assert found.plan.labels["reason"] == {"hard bounce": "bounced", "spam": "complained"}


# times


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (("2026-03-01", "2026-03-02"), "iso"),
        (("13/01/2026", "03/01/2026"), "%d/%m/%Y"),
        (("01/13/2026", "03/01/2026"), "%m/%d/%Y"),
        (("25-03-2026", "01-03-2026"), "%d-%m-%Y"),
        (("2026/03/01", "2026/03/02"), "%Y/%m/%d"),
        (("20260301", "20260302"), "%Y%m%d"),
        (("1772323200000", "1772323200001"), "epoch_milliseconds"),
        (("March 1, 2026", "April 2, 2026"), "%b %d, %Y"),
        (("2026-03-01 10:00:00.123456 +0000 UTC", "2026-03-01 10:00:00 +0000 UTC"), "iso"),
    ],
)
def test_the_form_of_times_is_found(propose: Propose, values: tuple[str, ...], form: str) -> None:
    lines = "".join(f"a{n}@example.com,newsletter,yes,{_cell(v)}\n" for n, v in enumerate(values))
    found = propose(f"email,purpose,status,signed at\n{lines}")
    assert not found.plan.questions
    assert found.plan.times["signed at"].format == form


def _cell(value: str) -> str:
    return f'"{value}"'


def test_a_day_that_may_be_a_month_is_a_question(propose: Propose) -> None:
    content = "email,purpose,status,signed at\na@example.com,newsletter,yes,03/01/2026 10:00\n"
    assert asked(propose(content, time_zone="UTC")) == {"signed at"}
    found = propose(content, mapped=("signed at=recorded_at as d/m/y in Europe/Berlin",))
    assert not found.plan.questions
    read = found.plan.times["signed at"]
    assert (read.format, read.zone) == ("%d/%m/%Y %H:%M", "Europe/Berlin")


def test_a_clock_time_without_a_zone_is_a_question(propose: Propose) -> None:
    content = "email,purpose,status,signed at\na@example.com,newsletter,yes,2026-01-03 10:00\n"
    assert asked(propose(content)) == {"signed at"}
    assert not propose(content, time_zone="Europe/Amsterdam").plan.questions


# how files are written


@pytest.mark.parametrize(
    ("encoding", "found_as"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "latin-1")],
)
def test_encodings_are_found_and_written_down(
    propose: Propose, encoding: str, found_as: str
) -> None:
    content = "kunde_id;first name;email\nx1;André;a@example.com\nx2;Bo;b@example.com\n"
    found = propose(content.encode(encoding))
    assert found.plan.source.dialect is not None
    assert found.plan.source.dialect.encoding == found_as
    assert f"encoding = '{found_as}'" in found.plan.source.reading
    assert ("André", 1) in found.plan.source.column("first name").values


def test_the_whole_dialect_is_written_down(propose: Propose) -> None:
    found = propose(
        "Export of 2026-01-01\n\nsignup_id;first name;email\n#1;Al;a@example.com\n"
        "2;Bo;b@example.com\n"
    )
    for part in ("skip = 2", "delim = ';'", "comment = ''", "null_padding = false", "quote = '\"'"):
        assert part in found.plan.source.reading
    assert found.plan.source.rows == 2


def test_gzip_and_patterns_of_several_files(project: Project, propose: Propose) -> None:
    text = "signup_id,email\nA{0},a{0}@example.com\n"
    found = propose(gzip.compress(text.format(1).encode()), name="one.csv.gz")
    assert found.plan.source.rows == 1
    for n in (1, 2):
        put(project.folder, f"part_{n}.csv", text.format(n))
    pattern = str(project.folder / "data" / "part_*.csv")
    assert propose_source(project, pattern, Options(name="parts")).plan.source.rows == 2
    put(project.folder, "part_3.csv", "signup_id,mail\nA3,a3@example.com\n")
    with pytest.raises(UsageError, match=r"part_3\.csv has another header"):
        propose_source(project, pattern, Options(name="parts"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,email\n1,a@example.com\n2,b@example.com,secret\n", "line 3 has 3 fields"),
        ("id,email\n1\n", "line 2 has 1 fields"),
        ("1,a@example.com\n2,b@example.com\n", "looks like a person's, not like a header"),
        ("id,email\n", "has no rows"),
        ("", "is empty"),
        ("id,colour\n1,red\n", "looks like a contact point"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_values(
    propose: Propose, content: str, message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as raised:
        propose(content)
    assert "example.com" not in str(raised.value) and "secret" not in str(raised.value)


def test_kinds_of_files_that_are_none(propose: Propose, tmp_path: Path, project: Project) -> None:
    with pytest.raises(UsageError, match=r"a\.pdf is none of \.csv"):
        propose("x", name="a.pdf")
    with pytest.raises(UsageError, match="There is no file"):
        propose_source(project, str(tmp_path / "none.csv"), Options())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "people"}, "--as people is none of"),
        ({"mapped": ("nothing",)}, "is not COLUMN=MEANING"),
        ({"mapped": ("newsleter=grant of newsletter",)}, "did you mean 'newsletter'"),
        ({"mapped": ("newsletter=grant of newsleter",)}, "did you mean 'newsletter'"),
        ({"mapped": ("newsletter=grant of use",)}, "would grant the right 'use'"),
        ({"mapped": ("newsletter=consent",)}, "is no meaning of a column"),
        ({"ignored": ("colour",)}, "--ignore 'colour' is no column"),
        ({"record_id": "colour"}, "--id colour is no column"),
        ({"encoding": "ebcdic"}, "--encoding ebcdic is none of"),
        (
            {"mapped": ("newsletter:yes=perhaps", "newsletter=answer to newsletter")},
            "no meaning of a value",
        ),
        (
            {"mapped": ("newsletter:yess=granted", "newsletter=answer to newsletter")},
            "which none of its rows has (did you mean 'yes'?)",
        ),
        (
            {"time_zone": "Europe/Berln"},
            "is no time zone (did you mean 'Europe/Berlin'?)",
        ),
    ],
)
def test_what_is_said_wrongly_is_an_error(
    propose: Propose, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        propose("signup_id,email,newsletter\nA1,a@example.com,yes\n", **options)


def test_json_lines_and_parquet(project: Project, propose: Propose) -> None:
    found = propose('{"id": "a1", "mail": "a@example.com", "newsletter": "yes"}\n', name="f.jsonl")
    assert found.plan.roles["email"] == "mail" and asked(found) == {"newsletter"}
    path = project.folder / "data" / "typed.parquet"
    duckdb.sql(
        "select 'K1' as id, 'a@example.com' as email, true as newsletter, "
        "timestamp '2026-01-01 10:00:00' as newsletter_at union all "
        "select 'K2', 'b@example.com', false, timestamp '2026-01-01 10:00:00'"
    ).write_parquet(str(path))
    typed = propose_source(project, str(path), Options())
    assert not typed.plan.questions and typed.preview.permitted["newsletter"] == 1


def test_what_windows_writes_is_read_whole(project: Project, propose: Propose) -> None:
    """More than a buffer of it, so that a byte that is lost would be seen; twice, and as gzip."""
    lines = [f"K{n};Zoë – d’Arc „{n}“;{n},50 €;a{n}@example.com" for n in range(30_000)]
    content = "\r\n".join(["kunde_id;first name;Betrag;email", *lines]).encode("cp1252")
    found = propose(content, name="excel.csv")
    source = found.plan.source
    assert source.dialect is not None and source.dialect.encoding == "windows-1252"
    assert "windows-1252://data/excel.csv" in source.reading and "iconv" not in source.reading
    with rows_of(source) as connection:
        read = connection.execute("from read_rows").fetchall()
    assert [";".join(row) for row in read] == lines
    assert propose(gzip.compress(content), name="excel.csv.gz").plan.source.rows == 30_000
    for n in (1, 2):
        (project.folder / "data" / f"month_{n}.csv").write_bytes(content)
    months = propose_source(project, str(project.folder / "data/month_*.csv"), Options(name="m"))
    assert months.plan.source.rows == 60_000


def test_each_byte_of_windows_is_a_character() -> None:
    whole = bytes(range(256))
    open_places = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    for byte, character in zip(whole, as_utf8(whole).decode(), strict=True):
        expected = chr(byte) if byte in open_places else bytes([byte]).decode("cp1252")
        assert character == expected


HOSTILE = "{{ 1/0 }}"


def test_what_a_file_holds_is_never_a_template(project: Project, propose: Propose) -> None:
    found = propose(
        f"contact,kind,purpose,status,is_deleted,it's {HOSTILE}\n"
        f"a@example.com,{HOSTILE},Newsletter,yes,{HOSTILE},x\n"
        "b@example.com,Email,Newsletter,yes,no,x\n",
        name="hostile.csv",
        mapped=(f"kind:{HOSTILE}=email", f"is_deleted:{HOSTILE}=yes"),
        ignored=(f"it's {HOSTILE}",),
    )
    written = write_source(project, found)
    done = run(project.folder, "dbt parse")
    assert done.returncode == 0, done.stdout
    assert HOSTILE not in (project.folder / written.files[0]).read_text(encoding="utf-8")


def test_excel_without_its_extension_says_what_to_install(propose: Propose) -> None:
    with pytest.raises(UsageError, match="install excel"):
        propose(b"PK\x03\x04", name="sheet.xlsx")


def test_activities_are_tied_by_record_or_by_contact_point(
    project: Project, propose: Propose
) -> None:
    by_record = propose(
        "customer id;ordered at;total\nK1;2026-01-02 10:00;9.50\nK1;2026-01-03 10:00;3.00\n",
        name="shop_orders.csv",
        kind="activities",
        name_="shop",
        record_id="customer id",
    )
    assert (by_record.system, by_record.table) == ("shop", "orders")
    by_contact = propose(
        "email,event,occurred at\na@example.com,opened,2026-01-02T10:00:00Z\n",
        name="mail_events.csv",
        kind="activities",
        name_="mail",
    )
    for found in (by_record, by_contact):
        assert not found.plan.questions
        written = write_source(project, found)
        assert f"int_activities__{found.table}" in " ".join(written.notes)
    done = run(project.folder, "dbt parse")
    assert done.returncode == 0, done.stdout


def test_examples_show_nobody(propose: Propose) -> None:
    found = propose(
        "email,newsletter\na@example.com,yes\n"
        '"bea@example.com, cas@example.com",no\n"dee@example.com",\n'
    )
    assert {e.example for e in found.preview.effects if e.example} == {
        "a***@example.com",
        "b***@example.com",
    }
    by_phone = propose("id,phone,newsletter\nK1,0612345678,yes\nK2,0612345679,no\nK3,0612345670,\n")
    assert by_phone.preview.permitted["newsletter"] == 0, "its channel is the mail"
