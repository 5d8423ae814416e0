"""What a file is: its kind, and which column is which of the contract.

Names decide, by lists of words; values confirm. What is not certain is a question, never a
grant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from runner.errors import UsageError, nearest
from runner.sources.answers import TIMES, Answers, Meaning
from runner.sources.columns import Column, SourceFile, identifier
from runner.sources.consents import propose_consents
from runner.sources.labels import propose_labels
from runner.sources.layouts import Layout, column_named
from runner.sources.plan import ROW, Plan, Question
from runner.sources.times import ISO, TimeReading, chosen_form, reading_of
from runner.sources.vocabulary import (
    folded,
    is_id,
    is_neutral,
    is_urgent,
    named,
    no_values,
    phrases,
    words_of,
    yes_values,
)

_SURE = 0.8
_LIKELY = 0.5
_CONSENT_TIMES = (
    "recorded_at",
    "confirmed_at",
    "starts_at",
    "expires_at",
    "withdrawn_at",
    "suppressed_at",
)
_GENERIC_TIMES = frozenset({"created", "updated", "modified", "changed", "date", "datum"})
_FOREIGN = frozenset(
    {"campaign", "list", "order", "segment", "owner", "parent", "company", "group"}
)
_ROLES: Mapping[str, tuple[str, ...]] = {
    "customers": ("updated_at",),
    "consents": (
        "key_type",
        "key_value",
        "channel",
        "deleted",
        "withdrawn_at",
        "starts_at",
        "expires_at",
        "confirmed_at",
        "purpose",
        "status",
        "recorded_at",
    ),
    "suppressions": ("key_type", "key_value", "reason", "suppressed_at"),
    "activities": ("occurred_at",),
}


@dataclass(frozen=True)
class Context:
    """What the project says.

    Attributes:
        keys: its alternate keys.
        attributes: the profile's.
        purposes: purpose → its labels that hold for this source or for all; the rights included.
        statuses: label → status, that hold for this source or for all.
        channels: purpose → the kind of contact point that it uses.
        time_zone: of times that are no evidence of consent.
    """

    keys: tuple[str, ...]
    attributes: tuple[str, ...]
    purposes: Mapping[str, Sequence[str]]
    statuses: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "UTC"


def propose(
    source: SourceFile,
    connection: duckdb.DuckDBPyConnection,
    context: Context,
    answers: Answers,
    *,
    kind: str | None = None,
    layout: Layout | None = None,
    record_id: str | None = None,
    time_zone: str | None = None,
) -> Plan:
    """Proposes what a file is; what only a person can know stands in the plan's questions.

    Args:
        source: the file.
        context: what the project says.
        answers: what a person said about columns and values.
        connection: with the file's rows in the table `read_rows`.
        kind: one of KINDS, as a person says; else the columns tell.
        layout: the known layout that it has.
        record_id: the column with the primary key, as a person says.
        time_zone: of clock times that are written without one.

    Raises:
        UsageError: the kind cannot be told, or the contract's columns are not there.
    """
    kind = kind or (layout.kind if layout else None) or _kind_of(source, answers, context)
    plan = Plan(kind, source, layout.name if layout else None, ignored=list(answers.ignored))
    plan.channels = context.channels
    _take_answers(plan, answers)
    if layout:
        _take_layout(plan, layout, context)
    _take_keys(plan, context)
    if record_id is not None:
        plan.roles["id"] = record_id
    for role in _ROLES[kind]:
        _take_role(plan, role)
    if "key_value" in plan.roles and "key_type" not in plan.roles and "channel" in plan.roles:
        plan.roles["key_type"] = plan.roles.pop("channel")
    _take_id(plan, connection, stated=record_id is not None or "id" in _stated(answers))
    if kind == "customers":
        _take_attributes(plan, context)
    plan.keys = tuple(key for key in context.keys if key in plan.roles)
    _require(plan, source)
    if kind == "customers":
        propose_consents(plan, connection, context.purposes, answers, layout)
        for each in plan.consents:
            channel = context.channels.get(each.purpose)
            if not each.keys and channel in plan.keys:
                each.keys = (str(channel),)
    propose_labels(plan, context, answers, layout)
    _read_times(plan, connection, context, answers, layout, time_zone)
    _ask_about_the_rest(plan, context)
    plan.questions.sort(key=lambda each: not each.urgent)
    return plan


def _stated(answers: Answers) -> dict[str, str]:
    return {
        meaning.role: column
        for column, meaning in answers.columns.items()
        if meaning.role and not meaning.of
    }


def _kind_of(source: SourceFile, answers: Answers, context: Context) -> str:
    """The kind that the columns tell.

    Raises:
        UsageError: they do not.
    """
    stated = set(_stated(answers))
    names = {words_of(column.name) for column in source.columns}
    has = {role for role in ("purpose", "status", "reason") if names & set(named(role))} | stated
    if "status" in has and ("purpose" in has or "key_value" in has):
        return "consents"
    described = [
        attribute
        for attribute in (*context.attributes, "first_name", "last_name", "country")
        if names & set(named(attribute))
    ]
    file_words = words_of(source.files[0].stem)
    listed = {word for phrase in phrases("suppression_files") for word in phrase}
    if not described and ("suppressed_at" in stated or listed & set(file_words)):
        return "suppressions"
    times = {*named("suppressed_at"), *named("customer_since"), *named("updated_at")}
    bare = all(
        column.looks["email"] >= _LIKELY
        or words_of(column.name) in (*times, *named("email"), *named("phone"), *named("reason"))
        or words_of(column.name) == ("status",)
        for column in source.columns
    )
    if bare and ROW not in answers.columns:
        raise UsageError(
            f"{source.files[0].name} lists contact points and says nothing of what it is.",
            "Say --as suppressions for a list of whom not to contact, --as customers for people, "
            "or --like with the tool that wrote it.",
        )
    return "customers"


def _take_answers(plan: Plan, answers: Answers) -> None:
    for name, values in answers.values.items():
        if name == ROW or not plan.source.column(name).values:
            continue
        there = [value for value, _ in plan.source.column(name).values]
        for value in values:
            if folded(value) not in map(folded, there):
                raise UsageError(
                    f"--map names the value '{value}' of {name}, which none of its rows has"
                    f"{nearest(value, there)}.",
                    "Write it as it stands in the file.",
                )
    for column, meaning in answers.columns.items():
        if column == ROW or meaning.role is None or meaning.of is not None:
            continue
        if meaning.role in plan.roles:
            raise UsageError(f"--map gives {meaning.role} two columns.", "Keep one of them.")
        plan.roles[meaning.role] = column


def _take_layout(plan: Plan, layout: Layout, context: Context) -> None:
    header = [column.name for column in plan.source.columns]
    known = {"id", *context.keys, *context.attributes, *TIMES, *_ROLES[plan.kind]}
    for name, role in layout.columns.items():
        column = column_named(name, header)
        if column is None or column in plan.taken or column in plan.ignored:
            continue
        if role in plan.roles or role not in known or (role in TIMES and not _fits(plan, role)):
            plan.ignored.append(column)
            continue
        plan.roles[role] = column
    for name in layout.ignored:
        column = column_named(name, header)
        if column is not None and column not in plan.taken and column not in plan.ignored:
            plan.ignored.append(column)


def _fits(plan: Plan, role: str) -> bool:
    return role in _ROLES[plan.kind]


def _take_keys(plan: Plan, context: Context) -> None:
    """One column for each alternate key: by its name, an address also by its values."""
    if "key_value" not in plan.roles and plan.kind in ("consents", "suppressions"):
        mixed = [name for name in plan.left() if _is_mixed(plan.source.column(name))]
        if len(mixed) == 1:
            plan.roles["key_value"] = mixed[0]
    if "key_value" in plan.roles:
        return
    for key in context.keys:
        if key in plan.roles:
            continue
        names = (words_of(key), *named(key))
        candidates = [plan.source.column(name) for name in plan.left()]
        found = next((c for name in names for c in candidates if words_of(c.name) == name), None)
        if key == "email":
            if found is None or found.looks["email"] < _LIKELY:
                found = next((c for c in candidates if c.looks["email"] >= _SURE), found)
            if found is not None and found.filled and found.looks["email"] == 0:
                found = None
        if key == "phone" and found is not None and _is_answer(found):
            found = None
        if found is not None:
            plan.roles[key] = found.name


def _is_mixed(column: Column) -> bool:
    """Whether a column holds addresses and numbers."""
    email, phone = column.looks["email"], column.looks["phone"]
    return email > 0 and phone > 0 and email + phone >= _SURE


def _is_answer(column: Column) -> bool:
    """Whether the column's few values are short signs of yes and no."""
    signs = yes_values() | no_values()
    return bool(column.values) and all(folded(value) in signs for value, _ in column.values)


def _take_role(plan: Plan, role: str) -> None:
    if role in plan.roles:
        return
    candidates = plan.left()
    matching = [n for name in named(role) for n in candidates if words_of(n) == name]
    if not matching:
        return
    if role == "recorded_at" and len(matching) > 1:
        own = [name for name in matching if not _GENERIC_TIMES & set(words_of(name))]
        if len(own) != 1:
            listed = ", ".join(matching)
            plan.ask(
                Question(
                    matching[0],
                    f"Which of {listed} says when the answer was given?",
                    f"--map '{matching[0]}=recorded_at'",
                    urgent=True,
                )
            )
        matching = own or matching
    if role in ("key_type", "key_value", "channel"):
        column = plan.source.column(matching[0])
        if role == "key_value" and not (column.looks["email"] or column.looks["phone"]):
            return
    plan.roles[role] = matching[0]


def _take_id(plan: Plan, connection: duckdb.DuckDBPyConnection, *, stated: bool) -> None:
    """The primary key: a unique id that is no date and no running number, where there is one."""
    rows = plan.source.rows
    if "id" in plan.roles:
        column = plan.source.column(plan.roles["id"])
        if stated or column.filled == column.distinct == rows or plan.kind == "customers":
            if column.filled == rows:
                return
            if stated:
                raise UsageError(
                    f"{column.name} is empty in {rows - column.filled} rows and cannot be the id.",
                    "Name another column with --id.",
                )
        del plan.roles["id"]
        plan.ignored.append(column.name)
    candidates = [
        column
        for column in map(plan.source.column, plan.left())
        if is_id(column.name)
        and column.filled == column.distinct == rows
        and not _FOREIGN & set(words_of(column.name))
        and column.looks["email"] == 0
        and not reading_of(connection, column).typed
        and not _is_date(connection, column)
        and not _is_running_number(connection, column)
    ]
    candidates.sort(key=lambda column: len(words_of(column.name)))
    if candidates:
        plan.roles["id"] = candidates[0].name


def _is_date(connection: duckdb.DuckDBPyConnection, column: Column) -> bool:
    found = reading_of(connection, column).format
    return found is not None and not found.startswith("epoch")


def _is_running_number(connection: duckdb.DuckDBPyConnection, column: Column) -> bool:
    """Whether the rows are simply counted: a number that changes with every export."""
    if column.looks["number"] < 1 or column.distinct < 2:
        return False
    name = identifier(column.name)
    ((counted,),) = connection.execute(
        f"select bool_and(number = place) from (select try_cast({name} as bigint) - "
        f"min(try_cast({name} as bigint)) over () as number, "
        "row_number() over () - 1 as place from read_rows) "
        f"where (select min(try_cast({name} as bigint)) from read_rows) in (0, 1)"
    ).fetchall()
    return bool(counted)


def _take_attributes(plan: Plan, context: Context) -> None:
    for attribute in context.attributes:
        if attribute in plan.roles:
            continue
        names = (words_of(attribute), *named(attribute))
        found = next(
            (
                column
                for name in names
                for column in plan.left()
                if words_of(column) == name and not _is_answer(plan.source.column(column))
            ),
            None,
        )
        if found is not None:
            plan.roles[attribute] = found


def _require(plan: Plan, source: SourceFile) -> None:
    file = source.files[0].name
    pair = "key_value" in plan.roles
    if not plan.keys and not pair and not (plan.kind == "activities" and "id" in plan.roles):
        raise UsageError(
            f"No column of {file} looks like a contact point.",
            "Say which one is: --map 'COLUMN=email', or phone, or another alternate key.",
        )
    if plan.kind == "consents" and "status" not in plan.roles:
        raise UsageError(
            f"{file} has no column for the answer.", "Say which one it is: --map 'COLUMN=status'."
        )
    if plan.kind == "activities" and "occurred_at" not in plan.roles:
        raise UsageError(
            f"{file} has no column for when it happened.",
            "Say which one it is: --map 'COLUMN=occurred_at'.",
        )


def _read_times(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    context: Context,
    answers: Answers,
    layout: Layout | None,
    time_zone: str | None,
) -> None:
    said: dict[str, Meaning] = {c: m for c, m in answers.columns.items() if m.role in TIMES}
    evidence = {plan.roles[role] for role in _CONSENT_TIMES if role in plan.roles}
    evidence |= {
        name for each in plan.consents for name in (each.recorded_at, each.confirmed_at) if name
    }
    others = {
        plan.roles[r] for r in ("updated_at", "occurred_at", "customer_since") if r in plan.roles
    }
    for name in sorted(evidence | others):
        found = reading_of(connection, plan.source.column(name))
        meaning = said.get(name)
        stated_zone = (meaning.zone if meaning else None) or time_zone
        zone = stated_zone or (layout.zone if layout else None)
        if meaning and meaning.format:
            found = replace(found, format=chosen_form(found, meaning.format), fitting=())
        if name not in evidence:
            zone = zone or context.time_zone
            found = replace(found, format=found.format or ISO)
        plan.times[name] = replace(found, zone=zone or found.zone)
        _ask_about_time(plan, name, plan.times[name], meaning)


def _ask_about_time(plan: Plan, name: str, found: TimeReading, meaning: Meaning | None) -> None:
    role = meaning.text if meaning else _role_of(plan, name)
    if found.format is None and found.fitting:
        plan.ask(
            Question(
                name,
                f"Is 03/04/2026 in {name} 3 April (d/m/y) or March 4 (m/d/y)?",
                f"--map '{name}={role} as d/m/y'",
                urgent=True,
            )
        )
    elif found.format is None:
        plan.ask(
            Question(
                name,
                f"How are the times in {name} written? {found.unreadable:,} have no known form.",
                f"--map '{name}={role} as %d.%m.%Y %H:%M', or --ignore '{name}'",
                urgent=True,
            )
        )
    elif found.needs_zone and found.zone is None:
        plan.ask(
            Question(
                name,
                f"Which time zone are the clock times in {name} of?",
                f"--time-zone Europe/Amsterdam, or --map '{name}={role} in Europe/Amsterdam'",
                urgent=True,
            )
        )


def _role_of(plan: Plan, name: str) -> str:
    for role, column in plan.roles.items():
        if column == name:
            return role
    for each in plan.consents:
        if each.recorded_at == name:
            return f"recorded_at of {each.column}"
        if each.confirmed_at == name:
            return f"confirmed_at of {each.column}"
    return "recorded_at"


def _purpose_in(name: str, context: Context) -> str:
    """The purpose that a name seems to be about; `use` where it tells none."""
    words = set(words_of(name))
    found = [
        purpose
        for purpose, labels in context.purposes.items()
        if any(set(words_of(label)) <= words for label in (purpose, *labels) if words_of(label))
    ]
    return found[0] if len(found) == 1 else "use"


def _ask_about_the_rest(plan: Plan, context: Context) -> None:
    """Every column without a meaning is asked about, unless it can say nothing of consent."""
    asked = {question.column for question in plan.questions}
    for name in plan.left():
        column = plan.source.column(name)
        if name in asked:
            continue
        if (
            plan.kind in ("suppressions", "activities")
            or (is_neutral(name) and not _is_answer(column))
            or _is_harmless_time(plan, name)
        ):
            plan.unused.append(name)
        else:
            plan.ask(
                Question(
                    name,
                    f"What does {name} say? It may be about consent.",
                    f"--map '{name}=denial of {_purpose_in(name, context)}', or --ignore '{name}'",
                    urgent=is_urgent(name),
                )
            )


def _is_harmless_time(plan: Plan, name: str) -> bool:
    """When a record was made or changed, where the answer's own time is known."""
    times = (*named("customer_since"), *named("updated_at"))
    return plan.kind == "customers" and words_of(name) in times
