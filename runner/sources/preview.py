"""What a plan would do, counted on the file, before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from runner.sources.columns import Column, identifier
from runner.sources.dialect import quoted
from runner.sources.plan import ROW, Plan
from runner.sources.times import MILLISECONDS, SECONDS
from runner.sources.vocabulary import folded, no_values, yes_values

_SHOWN = 6
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Effect:
    """What the rows with one value of a column would become.

    Attributes:
        becomes: granted, denied, pending, nothing, suppressed, or unknown: counted as denied and
            listed.
        example: a contact point of such a row, masked.
    """

    column: str
    value: str
    becomes: str
    purpose: str
    rows: int
    example: str


@dataclass
class Preview:
    """What a file would bring.

    Attributes:
        taken: the file's column → what it is, for all that is no answer.
        permitted: purpose → how many contact points this file alone would permit.
        denied: purpose → how many it would deny.
    """

    rows: int
    taken: dict[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    permitted: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)
    suppressed: int = 0


def mask(value: str) -> str:
    """A contact point as `mask` of the macros shows it; of several in one value, the first."""
    domain = re.search(r"@[^\s,;@<>\"']*", value)
    if domain:
        return f"{value[:1]}***{domain[0]}"
    return f"{value[:1]}***{value[-2:]}" if len(value) > 2 else "***"


def shown_value(value: str, count: int, *, label: bool = False) -> str:
    """A value, if it is an answer or a label of many rows; else masked: it may be a person's.

    Args:
        value: as it stands in the file.
        count: how many rows have it.
        label: it is one of a column of labels, where one row is enough.
    """
    known = yes_values() | no_values()
    plain = folded(value) in known or (len(value) <= 60 and (label or count > 1))
    looks_personal = "@" in value or sum(letter.isdigit() for letter in value) >= 6
    return value if plain and not (looks_personal and not value.isdigit()) else mask(value)


def shown_values(column: Column) -> str:
    """The values of a column in a few words, none of a person's.

    Example:
        `yes (12), no (5)`
    """
    if not column.values:
        return f"{column.distinct:,} different values" if column.distinct else "no value"
    listed = [f"{shown_value(value, n)} ({n:,})" for value, n in column.values[:_SHOWN]]
    more = len(column.values) - _SHOWN
    return ", ".join(listed) + (f" and {more} more" if more > 0 else "")


def preview(plan: Plan, connection: duckdb.DuckDBPyConnection) -> Preview:
    """Counts what a plan would do; the file's rows are in the table `read_rows`."""
    found = Preview(plan.source.rows)
    found.taken = {column: role for role, column in plan.roles.items()}
    found.effects = list(_effects(plan, connection))
    contact = _contact(plan)
    if plan.kind == "suppressions":
        ((found.suppressed,),) = connection.execute(
            f"select count(distinct {contact}) from read_rows"
        ).fetchall()
    purposes = {each.purpose for each in plan.consents}
    purposes |= set(plan.labels.get("purpose", {}).values()) - {"ignored"}
    purposes |= {plan.purpose} if plan.purpose else set()
    for purpose in sorted(purposes):
        yes, no = _conditions(plan, purpose)
        # a no to every use is one to this
        no = f"{no} or {_conditions(plan, 'use')[1]}"
        ((permitted, denied),) = connection.execute(
            "select count(*) filter (where given and not refused), count(*) filter (where refused) "
            f"from (select {contact} as who, bool_or({yes}) as given, bool_or({no}) as refused "
            f"from read_rows group by who) where who is not null"
        ).fetchall()
        found.permitted[purpose], found.denied[purpose] = permitted, denied
    return found


def _value(column: str) -> str:
    return f"lower(trim(cast({identifier(column)} as varchar)))"


def _contact(plan: Plan) -> str:
    names = [plan.roles["key_value"]] if "key_value" in plan.roles else []
    names += [plan.roles[key] for key in plan.keys]
    return f"coalesce({', '.join(f'''nullif({_value(name)}, '')''' for name in names)}, null)"


def _among(column: str, values: list[str]) -> str:
    listed = ", ".join(quoted(value.lower()) for value in values)
    return f"coalesce({_value(column)} in ({listed}), false)" if values else "false"


def _conditions(plan: Plan, purpose: str) -> tuple[str, str]:
    """When a row gives a purpose, and when it refuses it."""
    if plan.kind == "consents":
        return _conditions_of_file(plan, purpose)
    yes, no = ["false"], ["false"]
    for each in plan.consents:
        if each.purpose != purpose:
            continue
        if each.column == ROW:
            (status,) = each.statuses.values()
            (yes if status == "granted" else no).append("true")
            continue
        by = {s: [v for v, t in each.statuses.items() if t == s] for s in ("granted", "nothing")}
        yes.append(_among(each.column, by["granted"]))
        known = _among(each.column, by["granted"] + by["nothing"])
        no.append(f"(coalesce({_value(each.column)}, '') <> '' and not {known})")
    # a yes is for the kind of contact point that the purpose uses
    return f"({' or '.join(yes)}) and {_of_channel(plan, purpose)}", " or ".join(no)


def _conditions_of_file(plan: Plan, purpose: str) -> tuple[str, str]:
    about = "true"
    if plan.purpose is None:
        labels = [v for v, meaning in plan.labels.get("purpose", {}).items() if meaning == purpose]
        about = _among(plan.roles["purpose"], labels)
    status = plan.roles["status"]
    statuses = plan.labels.get("status", {})
    granted = _among(status, [v for v, s in statuses.items() if s == "granted"])
    granted += f" and {_of_channel(plan, purpose)} and not {_has_come(plan, 'expires_at')}"
    if "starts_at" in plan.roles:
        start = f"coalesce({_value(plan.roles['starts_at'])}, '') = ''"
        granted += f" and ({start} or {_has_come(plan, 'starts_at', unreadable=False)})"
    neither = _among(status, [v for v, s in statuses.items() if s in ("nothing", "pending")])
    ended = "false"
    for role in ("withdrawn_at",):
        if role in plan.roles:
            ended = f"coalesce({_value(plan.roles[role])}, '') <> ''"
    gone = "false"
    if "deleted" in plan.roles:
        flags = plan.labels.get("deleted", {})
        gone = _among(plan.roles["deleted"], [v for v, sign in flags.items() if sign == "yes"])
    answered = f"coalesce({_value(status)}, '') <> ''"
    is_yes = _among(status, [v for v, s in statuses.items() if s == "granted"])
    yes = f"({about} and {granted} and not {ended} and not {gone})"
    refused = f"{answered} and not {is_yes} and not {neither}"
    no = f"({about} and not {gone} and ({ended} or ({refused})))"
    return yes, no


def _of_channel(plan: Plan, purpose: str) -> str:
    """Whether a row is about the kind of contact point that the purpose uses."""
    channel = plan.channels.get(purpose)
    role = next((role for role in ("key_type", "channel") if role in plan.roles), None)
    if channel is None:
        return "true"
    if role is not None:
        kinds = plan.labels.get(role, {})
        return _among(plan.roles[role], [v for v, kind in kinds.items() if kind == channel])
    if "key_value" in plan.roles:
        is_mail = f"position('@' in {_value(plan.roles['key_value'])}) > 0"
        return f"({is_mail})" if channel == "email" else f"(not {is_mail})"
    if channel not in plan.keys:
        return "false"
    return f"coalesce({_value(plan.roles[channel])}, '') <> ''"


def _has_come(plan: Plan, role: str, *, unreadable: bool = True) -> str:
    """Whether a row's time has come; an end that cannot be read has, a start has not."""
    name = plan.roles.get(role)
    if name is None:
        return "false"
    value = f"nullif(trim(cast({identifier(name)} as varchar)), '')"
    form = plan.times[name].format
    if form in (SECONDS, MILLISECONDS):
        factor = 1 if form == SECONDS else 1000
        moment = f"to_timestamp(try_cast({value} as double) / {factor})"
    elif form and "%" in form:
        moment = f"try_strptime({value}, {quoted(form)})"
    else:
        moment = f"try_cast({value} as timestamptz)"
    return f"({value} is not null and coalesce({moment} <= now(), {str(unreadable).lower()}))"


def _effects(plan: Plan, connection: duckdb.DuckDBPyConnection) -> Iterator[Effect]:
    for each in plan.consents:
        if each.column == ROW:
            (status,) = each.statuses.values()
            example = _example(plan, connection, "true")
            yield Effect(ROW, "every row", status, each.purpose, plan.source.rows, example)
            continue
        yield from _per_value(plan, connection, each.column, each.statuses, each.purpose)
    if plan.kind == "consents":
        purpose = plan.purpose or f"what {plan.roles.get('purpose', 'nothing')} says"
        statuses = {folded(v): s for v, s in plan.labels.get("status", {}).items()}
        yield from _per_value(plan, connection, plan.roles["status"], statuses, purpose)
    if plan.kind == "suppressions":
        if "reason" in plan.roles:
            reasons = plan.labels.get("reason", {})
            column = plan.source.column(plan.roles["reason"])
            for value, count in column.values:
                becomes = f"suppressed ({reasons.get(value, 'manual')})"
                yield Effect(column.name, shown_value(value, count), becomes, "", count, "")
        else:
            example = _example(plan, connection, "true")
            yield Effect(
                ROW, "every row", f"suppressed ({plan.reason})", "", plan.source.rows, example
            )


def _per_value(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    name: str,
    statuses: dict[str, str],
    purpose: str,
) -> Iterator[Effect]:
    column = plan.source.column(name)
    for value, count in column.values:
        becomes = statuses.get(folded(value), UNKNOWN)
        example = _example(plan, connection, f"{_value(name)} = {quoted(value.lower())}")
        shown = shown_value(value, count, label=becomes != UNKNOWN)
        yield Effect(name, shown, becomes, purpose, count, example)
    if not column.values and column.filled:
        yield Effect(name, f"{column.distinct:,} values", UNKNOWN, purpose, column.filled, "")
    empty = plan.source.rows - column.filled
    if empty:
        yield Effect(name, "(empty)", "nothing", purpose, empty, "")


def _example(plan: Plan, connection: duckdb.DuckDBPyConnection, condition: str) -> str:
    found = connection.execute(
        f"select min({_contact(plan)}) from read_rows where {condition}"
    ).fetchall()
    return mask(found[0][0]) if found and found[0][0] else ""
