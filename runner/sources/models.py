"""Staging models as text: what a proposal says, in the contract's columns."""

from __future__ import annotations

import re

import duckdb

from runner.sources.columns import Column, SourceFile
from runner.sources.mapping import Proposal

_YES = frozenset({"true", "yes", "y", "ja", "j", "oui", "1", "on"})
_NO = frozenset({"no", "n", "nee", "nein", "non"})
_UPPER, _LOWER = frozenset({"country", "gender"}), frozenset({"language"})


def plain_name(text: str) -> str:
    """Lower-case words joined by `_`: `Klant-Nr` is klant_nr."""
    return "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()))


def names_of(source: SourceFile) -> dict[str, str]:
    """Column → its name in the model: lower case, no reserved word, no two the same."""
    with duckdb.connect() as connection:
        listed = connection.execute(
            "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
        ).fetchall()
    reserved = {word for (word,) in listed}
    names: dict[str, str] = {}
    for column in source.columns:
        name = plain_name(column.name) or "column"
        name = f"{name}_" if name in reserved or not name[0].isalpha() else name
        while name in names.values():
            name += "_"
        names[column.name] = name
    return names


def _text(column: Column, names: dict[str, str]) -> str:
    name = names[column.name]
    if column.data_type == "VARCHAR":
        return name
    return f"cast({name} as {{{{ dbt.type_string() }}}})"


def _macro(macro: str, column: Column, names: dict[str, str], *more: str) -> str:
    name = names[column.name]
    text = f"'{name}'"
    if column.data_type != "VARCHAR":
        text = f"'cast({name} as ' ~ dbt.type_string() ~ ')'"
    return f"{{{{ dbt_consent.{macro}({', '.join((text, *more))}) }}}}"


def _time(column: Column, names: dict[str, str]) -> str:
    if column.data_type == "VARCHAR":
        return _macro("to_utc", column, names)
    return f"{{{{ dbt_consent.to_utc('{names[column.name]}', format='timestamp') }}}}"


def _typed(column: Column, names: dict[str, str], attribute: str, data_type: str) -> str:
    name, kind = names[column.name], data_type.lower()
    if kind in ("string", "text", "varchar"):
        text = _macro("clean_text", column, names)
        for case, which in (("ascii_upper", _UPPER), ("ascii_lower", _LOWER)):
            if attribute in which:
                return f"{{{{ dbt_consent.{case}({text[3:-3]}) }}}}"
        return text
    if kind.startswith("timestamp"):
        return _time(column, names)
    if column.data_type != "VARCHAR":
        return f"cast({name} as {data_type})"
    if kind in ("date", "boolean"):
        return _macro(f"clean_{kind}", column, names)
    return f"{{{{ dbt.safe_cast(dbt_consent.clean_text('{name}'), '{data_type}') }}}}"


def _key_sql(key: str, found: Proposal, names: dict[str, str]) -> str:
    column = found.keys[key]
    if key == "phone" and "country" in found.attributes:
        return _macro(
            "clean_phone", column, names, f"country='{names[found.attributes['country'].name]}'"
        )
    return _macro(
        {"email": "clean_email", "phone": "clean_phone"}.get(key, "clean_code"), column, names
    )


def _model(
    source: SourceFile, table: str, names: dict[str, str], about: str, body: list[str]
) -> str:
    columns = [
        f"        {{{{ adapter.quote({name!r}) }}}} as {plain}" for name, plain in names.items()
    ]
    if all(name == plain for name, plain in names.items()):
        read = f"    select * from {{{{ source({table}) }}}}"
    else:
        read = "    select\n" + ",\n".join(columns) + f"\n    from {{{{ source({table}) }}}}"
    lines = "\n".join(f"        {line}" if line else "" for line in body)
    return (
        f"-- {about} Proposed from {source.path}: read it once.\n"
        f"with source as (\n\n{read}\n\n),\n\n"
        f"renamed as (\n\n    select\n{lines}\n\n    from source\n\n)\n\nselect * from renamed\n"
    )


def customers_model(
    source: SourceFile, found: Proposal, system: str, names: dict[str, str], types: dict[str, str]
) -> str:
    """A customer model; `types` are the declared types of the profile's attributes."""
    assert found.record_id is not None
    body = [
        "-- identity",
        f"'{system}' as source_name,",
        f"{_text(found.record_id, names)} as source_record_id,",
        *(f"{_key_sql(key, found, names)} as {key}," for key in found.keys),
    ]
    if found.attributes:
        body += ["", "-- attributes"]
        body += [
            f"{_typed(column, names, attribute, types[attribute])} as {attribute},"
            for attribute, column in found.attributes.items()
        ]
    if found.answers:
        body += ["", f"-- consent in columns, for stg_{system}__consents"]
        body += [f"{names[found.keys[key].name]} as raw_{key}," for key in found.keys]
        body += [
            f"{names[column.name]},"
            if column.data_type == "VARCHAR"
            else f"{_text(column, names)} as {names[column.name]},"
            for column in found.answers
        ]
    updated = found.times.get("updated_at")
    moment = _time(updated, names) if updated else "cast(null as {{ dbt.type_timestamp() }})"
    body += ["", "-- times", f"{moment} as updated_at"]
    return _model(source, f"'{system}', 'customers'", names, f"Customers of {system}.", body)


def consents_model(source: SourceFile, found: Proposal, system: str, names: dict[str, str]) -> str:
    """A consent model of a file with one row per consent."""
    assert found.purpose is not None and found.status is not None
    null = "cast(null as {{ dbt.type_string() }})"
    given = {key: _text(column, names) for key, column in found.keys.items()}
    keys = list(given)

    def chosen(value: dict[str, str]) -> str:
        if len(keys) == 1:
            return value[keys[0]]
        whens = " ".join(
            f"when nullif(trim({given[key]}), '') is not null then {value[key]}" for key in keys
        )
        return f"case {whens} end"

    body = [
        f"'{system}' as source_name,",
        (
            f"{_macro('clean_text', found.record_id, names)} as consent_id,"
            if found.record_id
            else f"{null} as consent_id,"
        ),
        "",
        "-- who, for what",
        f"{chosen({key: repr(key) for key in keys})} as key_type,",
        f"{chosen({key: _key_sql(key, found, names) for key in keys})} as key_value,",
        f"{{{{ dbt_consent.map_purpose('{system}', '{names[found.purpose.name]}') }}}} as purpose,",
        f"{{{{ dbt_consent.map_status('{system}', '{names[found.status.name]}') }}}} as status,",
        "",
        "-- times",
    ]
    raw_times: list[str] = []
    for time in ("recorded_at", "confirmed_at", "expires_at"):
        column = found.times.get(time)
        if column is None:
            moment = "cast(null as {{ dbt.type_timestamp() }})"
        else:
            moment = _time(column, names)
            raw_times.append(f"{_macro('raw_text', column, names)} as raw_{time}")
        body.append(f"{moment} as {time},")
    proof = [found.purpose, found.status, *found.unused]
    pairs = ", ".join(
        f"'{names[c.name]}': '{names[c.name]}'" for c in proof if c.data_type == "VARCHAR"
    )
    body += ["", "-- proof"]
    body.append(
        f"{{{{ dbt_consent.evidence({{{pairs}}}) }}}} as evidence,"
        if pairs
        else f"{null} as evidence,"
    )
    body += ["", "-- as it was said", f"{chosen(given)} as raw_key_value,"]
    body.append(f"{_macro('raw_text', found.purpose, names)} as raw_purpose,")
    raw_times.insert(0, f"{_macro('raw_text', found.status, names)} as raw_status")
    body += [*(f"{each}," for each in raw_times[:-1]), raw_times[-1]]
    return _model(source, f"'{system}', 'consents'", names, f"Consent from {system}.", body)


def unpivoted_model(
    found: Proposal, system: str, names: dict[str, str], answers: dict[str, Column]
) -> str:
    """A consent model of the columns in which customers answer; `answers` by purpose."""
    keys = ", ".join(f"'{key}': '{key}'" for key in found.keys)
    raw = ", ".join(f"'{key}': 'raw_{key}'" for key in found.keys)
    entries = []
    for purpose, column in answers.items():
        values = [value.lower() for value in column.values]
        lists = {
            "granted": [value for value in values if value in _YES],
            "denied": [value for value in values if value in _NO],
            "nothing": [value for value in values if value not in _YES | _NO],
        }
        parts = [f"'column': '{names[column.name]}'", f"'purpose': '{purpose}'"]
        parts += [f"'{kind}': {listed!r}" for kind, listed in lists.items() if listed]
        entries.append("            {" + ", ".join(parts) + "},")
    listed = "\n".join(entries)
    return f"""\
-- Consent in columns of {system}'s customers. A box that is not ticked says nothing: move
-- a value from `nothing` to `denied` where it is an answer.
with customers as (

    select * from {{{{ ref('stg_{system}__customers') }}}}

),

unpivoted as (

    {{{{ dbt_consent.unpivot_consents(
        relation='customers',
        source_name='{system}',
        record_id='source_record_id',
        keys={{{keys}}},
        raw_keys={{{raw}}},
        consents=[
{listed}
        ],
    ) }}}}

)

select * from unpivoted
"""
