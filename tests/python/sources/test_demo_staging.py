"""The demo's staging models on sources that contradict themselves and write what cannot be read.

Every source has several rows of one record here. Whatever their order, a no in one of them is a
no, and the attributes are those of the same row.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clone import clone, run

CRM = ["customer_id", "first_name", "last_name", "gender", "birth_date", "email", "phone"]
CRM += ["loyalty_card", "language", "street", "postal_code", "city", "country", "is_employee"]
for answer in ("newsletter_opt_in", "product_updates_opt_in", "do_not_contact"):
    CRM += [answer, f"{answer}_at"]
CRM += ["created_at", "modified_at"]
CENTRE = ["Consent id", "E-mail", "Option", "Value", "Changed at", "Expires at", "Form"]
SHOP = ["consent_id", "contact_kind", "contact", "topic", "state", "requested_at", "confirmed_at"]
SHOP += ["expires_at", "form", "policy_version"]
ACCOUNT = ["id", "mail_address", "mobile", "given_name", "family_name", "ship_street"]
ACCOUNT += ["ship_postcode", "ship_city", "ship_country", "locale", "total_spent"]
ACCOUNT += ["registered_at", "changed_at"]
MEMBER = ["member_no", "card_number", "phone", "first_name", "last_name", "gender", "birth_date"]
MEMBER += ["home_country", "points", "joined_at", "updated_at"]

YES = {"newsletter_opt_in": "yes", "newsletter_opt_in_at": "2026-02-01"}
NO = {"newsletter_opt_in": "no", "newsletter_opt_in_at": "2026-02-01"}
SHUT = {"do_not_contact": "true", "do_not_contact_at": "2026-02-01"}
OPEN = {"do_not_contact": "false", "do_not_contact_at": "2026-02-01"}
OLD, NEW = {"modified_at": "2026-01-01"}, {"modified_at": "2026-03-01"}
COPIES: dict[str, list[dict[str, str]]] = {
    "yes_and_no": [YES, NO],
    "yes_and_no_undated": [
        {**YES, "newsletter_opt_in_at": ""},
        {**NO, "newsletter_opt_in_at": ""},
    ],
    "shut_and_open": [{**YES, **SHUT}, {**YES, **OPEN}],
    "shut_undated_in_an_older_row": [
        {**YES, **NEW},
        {**YES, "do_not_contact": "true", **OLD},
        {**YES, **OPEN, **NEW},
    ],
    "shut_later_in_an_older_row": [
        {**YES, **NEW},
        {**YES, "do_not_contact": "true", "do_not_contact_at": "2026-02-20", **OLD},
    ],
    "no_under_an_older_address": [
        {**YES, **NEW},
        {**NO, **OLD, "email": "{name}.before@example.com"},
    ],
    "no_of_a_row_without_address": [{**YES, **NEW}, {**NO, **OLD, "email": ""}],
    "no_with_a_day_that_is_none": [YES, {**NO, "newsletter_opt_in_at": "2026-02-30"}],
}
ENDS = ["2026-02-29", "2026-11-31", "2026-04-31T00:00:00Z", "2025-02-30 10:00"]
ENDS += ["2025-06-31T10:00:00+02:00", "1899-12-31", "never"]


@dataclass
class Sources:
    """Rows of every file that the demo reads, and who must never be permitted what."""

    crm: list[dict[str, str]] = field(default_factory=list)
    centre: list[dict[str, Any]] = field(default_factory=list)
    shop: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    loyalty: list[dict[str, Any]] = field(default_factory=list)
    members: list[dict[str, Any]] = field(default_factory=list)
    shut: list[dict[str, str]] = field(default_factory=list)
    never: set[tuple[str, str]] = field(default_factory=set)
    permitted: set[tuple[str, str]] = field(default_factory=set)

    def customer(self, name: str, *rows: Mapping[str, str]) -> str:
        """One record in the CRM, of one row or several."""
        email = f"{name}@example.com"
        for row in rows or ({},):
            given = {k: v.format(name=name) for k, v in row.items()}
            same = {
                "customer_id": name,
                "email": email,
                "country": "NL",
                "modified_at": "2026-02-02",
            }
            self.crm.append({**same, "city": f"City {len(self.crm)}", **given})
        return email

    def said(self, email: str, option: str, value: str, at: str, id_: str | None = None) -> None:
        row = {"E-mail": email, "Option": option, "Value": value, "Changed at": at}
        self.centre.append({**row, "Consent id": id_})


def sources() -> Sources:
    found = Sources()
    for case, copies in COPIES.items():
        for number, order in enumerate(itertools.permutations(copies)):
            email = found.customer(f"{case}.{number}", *order)
            found.never.add((email, "newsletter"))
    found.permitted.add((found.customer("twice.yes", YES, {**YES, **OPEN}), "newsletter"))
    for number, (first, second) in enumerate([("True", "False"), ("False", "True")]):
        for at in ("2026-02-01T10:00:00Z", ""):
            for id_ in (f"p{number}{at}", None):
                email = found.customer(f"centre.{number}.{len(found.crm)}")
                for value in (first, second):
                    found.said(email, "Newsletter", value, at, id_)
                found.never.add((email, "newsletter"))
        email = found.customer(f"shop.{number}")
        for state in ("opt-in", "opt-out") if number else ("opt-out", "opt-in"):
            found.shop.append(
                {
                    "consent_id": f"s{number}",
                    "contact_kind": "email",
                    "contact": email,
                    "topic": "Newsletter",
                    "state": state,
                    "requested_at": "2026-02-01T10:00:00Z",
                }
            )
        found.never.add((email, "newsletter"))
        for more, at in enumerate(("2026-02-01", None)):
            phone, card = f"+3162000{number}{more}77", f"2620{number}{more}"
            found.members.append({"member_no": card, "card_number": card, "phone": phone})
            for choice in ("Ja", "Nee") if number else ("Nee", "Ja"):
                row = {"card_number": card, "topic": "SMS aanbiedingen", "changed_on": at}
                found.loyalty.append({**row, "choice": choice})
            found.never.add((phone, "sms_offers"))
    for number, end in enumerate(ENDS):
        email = found.customer(f"end.{number}")
        found.said(email, "Newsletter", "True", "2026-02-01T10:00:00Z", f"e{number}")
        found.centre[-1]["Expires at"] = end
        found.never.add((email, "newsletter"))
    email = found.customer("year.one")
    found.said(email, "Newsletter", "True", "", "y1")
    found.said(email, "Newsletter", "False", "0001-01-01T00:00:00", "y2")
    found.never.add((email, "newsletter"))
    first, second = found.customer("first"), found.customer("second")
    third, fourth = found.customer("third", YES), found.customer("fourth", YES)
    for option, value, points in (
        ("Newsletter", "True", f"{first}; {second}"),
        ("Product updates", "True", first),
        ("Product updates", "True", second),
        ("Product updates", "False", f"{first}, Second <{second}>, nobody"),
    ):
        found.said(points, option, value, "2026-02-01T10:00:00Z", f"s{len(found.centre)}")
    found.never |= {(each, "newsletter") for each in (first, second, third, fourth)}
    found.never |= {(each, "product_updates") for each in (first, second)}
    found.shut.append({"kind": "email", "contact": f"{third} / {fourth}", "reason": "manual"})
    for number, option in enumerate(("", "  ")):
        found.said(email, option, "False", "2026-02-01T10:00:00Z", f"o{number}")
    found.accounts.append({"id": "1", "mail_address": "year.one@example.com"})
    return found


def write(folder: Path, given: Sources, backwards: bool) -> Path:
    """The demo's files with these rows, in this order or the other way round."""
    folder.mkdir()

    def rows(listed: Sequence[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
        return reversed(listed) if backwards else listed

    for name, columns, listed in (
        ("crm_customers", CRM, given.crm),
        ("preference_center_consents", CENTRE, given.centre),
        ("suppressions", ["kind", "contact", "reason", "since"], given.shut),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows(listed))
    for name, columns, listed in (
        ("webshop_consents", SHOP, given.shop),
        ("webshop_customers", ACCOUNT, given.accounts),
    ):
        lines = [json.dumps({c: row.get(c) for c in columns}) + "\n" for row in rows(listed)]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    types = {
        "points": pa.int64(),
        "birth_date": pa.date32(),
        "joined_at": pa.timestamp("us"),
        "updated_at": pa.timestamp("us"),
    }
    consents = [
        {c: row[c] for c in ("card_number", "topic", "choice")} for row in rows(given.loyalty)
    ]
    days = pa.array([row["changed_on"] for row in rows(given.loyalty)]).cast(pa.date32())
    table = pa.Table.from_pylist(consents).append_column("changed_on", days)
    pq.write_table(table, folder / "loyalty_consents.parquet")
    members = pa.schema([(column, types.get(column, pa.string())) for column in MEMBER])
    pq.write_table(
        pa.Table.from_pylist([*map(dict, rows(given.members))], members),
        folder / "loyalty_members.parquet",
    )
    return folder


GIVEN = sources()


@dataclass(frozen=True)
class Built:
    folder: Path
    warehouses: tuple[str, str]

    def rows(self, query: str, warehouse: int = 0) -> list[tuple[Any, ...]]:
        path = self.folder / self.warehouses[warehouse]
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = clone(tmp_path_factory.mktemp("staging") / "dbt-consent")
    names = ("forwards.duckdb", "backwards.duckdb")
    for number, name in enumerate(names):
        data = write(folder / f"data/{name}.files", GIVEN, backwards=bool(number))
        done = run(
            folder,
            "dbt build --exclude-resource-type test unit_test"
            " --select +contact_point_permissions +rejected_consents",
            CONSENT_DATA=str(data),
            CONSENT_WAREHOUSE=str(folder / name),
        )
        assert done.returncode == 0, done.stdout
    return Built(folder, names)


@pytest.mark.parametrize("warehouse", [0, 1], ids=["forwards", "backwards"])
def test_a_no_in_any_row_of_a_record_is_a_no_whatever_the_order(
    built: Built, warehouse: int
) -> None:
    decided = {
        (value, purpose): is_permitted
        for value, purpose, is_permitted in built.rows(
            "select key_value, purpose, is_permitted from contact_point_permissions", warehouse
        )
    }
    assert {each: decided[each] for each in sorted(GIVEN.never) if decided[each]} == {}
    assert {each for each in GIVEN.permitted if not decided[each]} == set()


def test_the_order_of_rows_changes_nothing_that_is_read(built: Built) -> None:
    for model in (
        *("stg_crm__customers", "stg_crm__consents", "stg_webshop__consents"),
        *("stg_loyalty__consents", "stg_preference_center__consents"),
    ):
        found = [built.rows(f"select * from {model} order by all", n) for n in (0, 1)]
        assert found[0] == found[1], model
        assert found[0], model


def test_a_record_has_one_row_and_the_consent_of_all(built: Built) -> None:
    [(records, customers)] = built.rows(
        "select count(*), count(distinct source_record_id) from stg_crm__customers"
    )
    assert records == customers == len({row["customer_id"] for row in GIVEN.crm})
    said = built.rows(
        "select key_value, status, recorded_at from stg_crm__consents"
        " where consent_id = 'no_under_an_older_address.0:newsletter_opt_in' order by all"
    )
    assert [(value, status) for value, status, _ in said] == [
        ("no_under_an_older_address.0.before@example.com", "denied"),
        ("no_under_an_older_address.0@example.com", "denied"),
        ("no_under_an_older_address.0@example.com", "granted"),
    ]


def test_what_cannot_be_read_stands_beside_its_text(built: Built) -> None:
    ends = built.rows(
        "select raw_expires_at, expires_at from stg_preference_center__consents"
        " where raw_expires_at is not null order by consent_id"
    )
    assert ends == [(end, None) for end in ENDS]
    crm = built.rows(
        "select distinct raw_recorded_at, status, recorded_at from stg_crm__consents"
        " where consent_id like 'no_with_a_day%' and status = 'denied'"
    )
    assert crm == [("2026-02-30", "denied", None)]
    assert built.rows(
        "select raw_recorded_at, recorded_at from stg_preference_center__consents"
        " where consent_id = 'y2'"
    ) == [("0001-01-01T00:00:00", None)]


def test_an_answer_without_an_option_is_kept_with_its_status(built: Built) -> None:
    assert (
        built.rows(
            "select purpose, raw_purpose, status from stg_preference_center__consents"
            " where consent_id in ('o0', 'o1')"
        )
        == [(None, None, "denied")] * 2
    )


def test_a_field_with_several_addresses_is_listed(built: Built) -> None:
    listed = built.rows(
        "select status, raw_value from rejected_consents"
        " where column_name = 'key_value' and reason = 'contact_point_not_valid' order by all"
    )
    several = "first@example.com, Second <second@example.com>, nobody"
    assert ("denied", several) in listed
    assert ("granted", "first@example.com; second@example.com") in listed
    assert ("manual", "third@example.com / fourth@example.com") in listed


def test_what_cannot_be_read_is_listed_with_its_status_and_its_text(built: Built) -> None:
    listed = built.rows(
        "select column_name, reason, status, raw_value from rejected_consents"
        " where column_name in ('recorded_at', 'expires_at', 'purpose')"
    )
    unreadable = {("expires_at", "time_not_readable", "granted", end) for end in ENDS}
    unreadable.add(("recorded_at", "time_not_readable", "denied", "0001-01-01T00:00:00"))
    unreadable.add(("recorded_at", "time_not_readable", "denied", "2026-02-30"))
    unreadable.add(("purpose", "purpose_missing", "denied", None))
    assert unreadable <= set(listed)
