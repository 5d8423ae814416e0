"""Rows of consent from columns and from customer numbers: whose contact points they are about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from engines.macro_lab import MacroLab

from runner import dbt

NULL, NO_TIME = "cast(null as varchar)", "cast(null as timestamp)"
RECORDS = [
    ("1", "ann@example.com", "+31600000001", "77", "yes", "no"),
    ("2", "bob@example.com", None, "78", "no", None),
    ("3", None, "+31600000003", "79", "perhaps", "yes"),
    ("4", None, None, "80", "no", None),
]
POINTS = [
    ("shop", "1", "phone", "+31600000011"),
    ("shop", "1", "email", "ann.work@example.com"),
    ("shop", "2", "email", "bob.work@example.com"),
    ("shop", "4", "email", "dee.work@example.com"),
    ("other", "1", "email", "stranger@example.com"),
]
SAID = [
    ("77", "granted", None),
    ("78", "denied", None),
    ("79", None, "maybe"),
    ("80", "denied", None),
    ("80", "granted", None),
    ("81", "nothing", None),
]
UNPIVOTED = """
select * from (
    {{ dbt_consent.unpivot_consents(
        relation=ref('people'),
        source_name='shop',
        record_id='source_record_id',
        keys={'email': 'email', 'phone': 'phone'},
        consents=[
            {'column': 'news', 'purpose': 'newsletter', 'keys': ['email'],
             'granted': ['yes'], 'denied': ['no']},
            {'column': 'calls', 'purpose': 'calls', 'keys': ['phone'],
             'granted': ['yes'], 'denied': ['no']},
        ],
    ) }}
) as unpivoted
"""
EXPANDED = f"""
with said as (

    select
        'shop' as source_name, number || coalesce(status, '') as consent_id,
        cast('newsletter' as varchar) as purpose, number, status, raw_status,
        {NO_TIME} as recorded_at, {NO_TIME} as confirmed_at, {NO_TIME} as expires_at,
        {NULL} as evidence, {NULL} as raw_purpose, {NULL} as raw_recorded_at,
        {NULL} as raw_confirmed_at, {NULL} as raw_expires_at
    from {{{{ ref('said') }}}}

)

select * from (
    {{{{ dbt_consent.expand_consents(
        relation='said', number='number', customers=[ref('people')], customer_number='card',
        key_types=['email', 'phone'], number_key_type='card',
    ) }}}}
) as expanded
"""


def table(columns: str, rows: list[tuple[Any, ...]]) -> str:
    """A model of written rows, all of them texts."""
    return " union all ".join(
        "select "
        + ", ".join(
            f"cast({repr(value) if value is not None else 'null'} as varchar) as {column}"
            for column, value in zip(columns.split(), row, strict=True)
        )
        for row in rows
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> MacroLab:
    folder = tmp_path_factory.mktemp("rows")
    variables = {"contact_point_models": ["points"], "alternate_keys": ["email", "phone", "card"]}
    lab = MacroLab(folder, variables)
    people = "source_record_id email phone card news calls"
    for name, sql in {
        "people": "select 'shop' as source_name, people.* from ("
        + table(people, RECORDS)
        + ") as people",
        "points": table("source_name source_record_id key_type key_value", POINTS),
        "said": table("number status raw_status", SAID),
        "unpivoted": UNPIVOTED,
        "expanded": EXPANDED,
    }.items():
        model = "{{ config(materialized='table') }}\n" + sql
        (folder / f"models/{name}.sql").write_text(model, encoding="utf-8")
    unset = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}
    with patch.dict(os.environ, unset, clear=True):
        outcome = dbt.invoke(["run"], folder=Path(folder))
    assert outcome.success, "\n".join(f"{r.name}: {r.message}" for r in outcome.failed)
    return lab


def found(lab: MacroLab, model: str) -> set[tuple[Any, ...]]:
    rows = lab.warehouse.rows(
        f"select consent_id, key_value, status, raw_status from main.{model} order by 1, 2, 3"
    )
    assert len(rows) == len(set(rows))
    return set(rows)


def test_a_yes_in_a_column_is_for_the_records_own_contact_point_and_a_no_for_all(
    lab: MacroLab,
) -> None:
    assert found(lab, "unpivoted") == {
        ("1:news", "ann@example.com", "granted", "news=yes"),
        ("1:calls", "+31600000001", "denied", "calls=no"),
        ("1:calls", "+31600000011", "denied", "calls=no"),
        ("2:news", "bob@example.com", "denied", "news=no"),
        ("2:news", "bob.work@example.com", "denied", "news=no"),
        # without an address of its own the answer that nobody knows is for the telephone
        ("3:news", "+31600000003", None, "news=perhaps"),
        ("3:calls", "+31600000003", "granted", "calls=yes"),
        ("4:news", None, "denied", "news=no"),
        ("4:news", "dee.work@example.com", "denied", "news=no"),
    }


def test_a_yes_by_number_is_for_the_records_own_contact_points_and_a_no_for_all(
    lab: MacroLab,
) -> None:
    assert found(lab, "expanded") == {
        ("77granted", "ann@example.com", "granted", None),
        ("77granted", "+31600000001", "granted", None),
        ("78denied", "bob@example.com", "denied", None),
        ("78denied", "bob.work@example.com", "denied", None),
        ("78denied", "78", "denied", None),
        ("79", "+31600000003", None, "maybe"),
        ("79", "79", None, "maybe"),
        ("80denied", "dee.work@example.com", "denied", None),
        ("80denied", "80", "denied", None),
        ("80granted", "80", "granted", None),
        ("81nothing", "81", "nothing", None),
    }


def test_a_model_that_maps_answers_must_show_them_raw(tmp_path: Path) -> None:
    """Also where a model before it maps them: else an answer that nobody mapped would vanish."""
    lab = MacroLab(tmp_path)
    labels = "select 'x' as source_name, 'Oui' as label, 'granted' as status"
    for name, sql in {
        "status_labels": labels,
        "base_consents": "select {{ dbt_consent.map_status('shop', 'answer') }} as status "
        "from (select 'Oui' as answer) as said",
        "stg_consents": "select status from {{ ref('base_consents') }}",
        "reading": "{% do dbt_consent.require_columns(ref('stg_consents'), "
        "dbt_consent.consent_columns('stg_consents')) %} select 1 as n",
    }.items():
        (tmp_path / f"models/{name}.sql").write_text(sql, encoding="utf-8")
    unset = {k: v for k, v in os.environ.items() if not k.startswith(("DBT_", "CONSENT_W"))}
    with patch.dict(os.environ, unset, clear=True):
        outcome = dbt.invoke(["run"], folder=lab.folder)
    [failed] = outcome.failed
    assert failed.name == "reading"
    assert "column 'raw_status' (string) is missing" in str(failed.message)
    assert "raw_purpose" not in str(failed.message)
