"""Which columns of a customer's row are answers, and what their values mean.

A grant is proposed only by a name that is one purpose and words of the positive list, or a known
layout, or a person; and only where every value stands in the lists of yes and no of one language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from runner.errors import UsageError
from runner.sources.answers import Answers, Meaning
from runner.sources.columns import Column, identifier
from runner.sources.dialect import quoted
from runner.sources.layouts import Layout, ValueMeanings, column_named
from runner.sources.plan import ROW, STATUSES, ConsentColumn, Plan, Question
from runner.sources.preview import shown_values
from runner.sources.vocabulary import (
    RIGHTS,
    answer_lists,
    folded,
    no_values,
    sense_of,
    words_of,
    yes_values,
)

_DATES = (("at",), ("on",), ("date",), ("datum",), ("timestamp",), ("time",), ("op",), ("am",))


def propose_consents(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    purposes: Mapping[str, Sequence[str]],
    answers: Answers,
    layout: Layout | None,
) -> None:
    """Finds the answers in a customer's columns; what is not certain becomes a question.

    Args:
        plan: of a file of customers, its keys and attributes found; gets consents and questions.
        connection: with the file's rows in the table `read_rows`.
        purposes: purpose → its labels, the rights included.
        answers: what a person said.
        layout: the known layout of the file.

    Raises:
        UsageError: what a person said fits no value, or grants a right of the law.
    """
    _from_people(plan, answers, layout)
    if layout is not None:
        _from_layout(plan, layout, answers)
    _from_names(plan, connection, purposes, answers)
    for column, meaning in answers.columns.items():
        if meaning.of is None or meaning.role not in ("recorded_at", "confirmed_at"):
            continue
        found = next((each for each in plan.consents if each.column == meaning.of), None)
        if found is None:
            raise UsageError(f"{meaning.of} is no answer, so '{column}' cannot be its date.")
        setattr(found, meaning.role, column)


def _from_people(plan: Plan, answers: Answers, layout: Layout | None) -> None:
    header = [column.name for column in plan.source.columns]
    for name, meaning in answers.columns.items():
        if meaning.sense is None:
            continue
        assert meaning.purpose is not None
        known = None
        if layout is not None:
            every = {**layout.answers, **layout.refusals}
            known = next((m for n, m in every.items() if column_named(n, header) == name), None)
            known = layout.row if name == ROW else known
        if name == ROW:
            statuses = dict(known.statuses) if known else {ROW: _row_status(meaning)}
        else:
            column = plan.source.column(name)
            statuses = _statuses(column, meaning, answers.values.get(name, {}), known)
        if meaning.purpose in RIGHTS and "granted" in statuses.values():
            raise UsageError(
                f"--map '{name}={meaning.text}' would grant the right '{meaning.purpose}'.",
                f"Say 'denial of {meaning.purpose}'.",
            )
        plan.consents.append(_consent(plan, name, meaning.purpose, statuses, known))


def _row_status(meaning: Meaning) -> str:
    return "denied" if meaning.sense == "denial" else "granted"


def _consent(
    plan: Plan, name: str, purpose: str, statuses: dict[str, str], known: ValueMeanings | None
) -> ConsentColumn:
    header = [column.name for column in plan.source.columns]
    found = ConsentColumn(name, purpose, statuses)
    if known is not None:
        found.keys = tuple(key for key in known.keys if key in plan.roles)
        found.recorded_at = column_named(known.recorded_at or "", header)
        found.confirmed_at = column_named(known.confirmed_at or "", header)
    elif name != ROW:
        found.recorded_at = _own_date(plan, name)
    return found


def _statuses(
    column: Column, meaning: Meaning, given: Mapping[str, str], known: ValueMeanings | None
) -> dict[str, str]:
    """Value → status, from the layout, from lists of yes and no, and from what a person said.

    Raises:
        UsageError: a person gave a value no status, or none of the values is understood.
    """
    wrong = [status for status in given.values() if status not in STATUSES or status == "pending"]
    if wrong:
        raise UsageError(
            f"'{wrong[0]}' is no meaning of a value of {column.name}.",
            "Say granted, denied or nothing.",
        )
    statuses: dict[str, str] = {}
    by_sense = {
        "grant": {"yes": "granted", "no": "nothing"},
        "answer": {"yes": "granted", "no": "denied"},
        "denial": {"yes": "denied", "no": "nothing"},
    }[meaning.sense or "denial"]
    for value, _ in column.values:
        if folded(value) in yes_values():
            statuses[folded(value)] = by_sense["yes"]
        elif folded(value) in no_values():
            statuses[folded(value)] = by_sense["no"]
    if known is not None:
        statuses = {folded(value): status for value, status in known.statuses.items()}
        if meaning.sense == "denial":
            statuses = {v: "nothing" if s == "granted" else s for v, s in statuses.items()}
    statuses.update({folded(value): status for value, status in given.items()})
    if meaning.sense != "denial" and "granted" not in statuses.values():
        raise UsageError(
            f"No value of {column.name} is known to be a yes.",
            f"Say which: --map '{column.name}:VALUE=granted'.",
        )
    if meaning.sense == "denial":
        granted = [value for value, status in statuses.items() if status == "granted"]
        if granted:
            raise UsageError(f"A denial grants nothing: {column.name}.", "Say 'answer to'.")
        if "denied" not in statuses.values():
            # nothing in it is known to be a yes or a no: whatever stands there is a refusal
            statuses.update({folded(value): "denied" for value, _ in column.values})
    return statuses


def _from_layout(plan: Plan, layout: Layout, answers: Answers) -> None:
    header = [column.name for column in plan.source.columns]
    for name, known in layout.refusals.items():
        column = column_named(name, header)
        if column is None or column in answers.columns or column in plan.ignored:
            continue
        statuses = {folded(value): status for value, status in known.statuses.items()}
        plan.consents.append(ConsentColumn(column, known.purpose or "use", statuses))
    for name, known in layout.answers.items():
        column = column_named(name, header)
        if column is None or column in answers.columns or column in plan.ignored:
            continue
        _set_dates_aside(plan, known, header)
        plan.ask(
            Question(
                column,
                f"Which purpose does {column} answer? {_counts(plan.source.column(column))}",
                f"--map '{column}=answer to PURPOSE', or --ignore '{column}'",
                urgent=True,
            )
        )
    if layout.row is not None and ROW not in answers.columns:
        (status,) = layout.row.statuses.values()
        if status == "nothing":
            return
        _set_dates_aside(plan, layout.row, header)
        plan.ask(
            Question(
                ROW,
                f"Which purpose is {layout.name} about? Each of the {plan.source.rows:,} rows is "
                f"{status} for it.",
                f"--map '*={'denial of' if status == 'denied' else 'answer to'} PURPOSE'",
                urgent=True,
            )
        )
    if layout.lists and layout.row is None:
        tool = layout.name
        listed = ", ".join(f"{tool}:{each}" for each in layout.lists)
        plan.notes.append(f"What the file itself answers is said by --like: {listed}.")


def _set_dates_aside(plan: Plan, known: ValueMeanings, header: list[str]) -> None:
    """The dates of an answer that is asked about are part of that question."""
    for name in (known.recorded_at, known.confirmed_at):
        column = column_named(name or "", header)
        if column is not None and column not in plan.taken:
            plan.ignored.append(column)


def _from_names(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    purposes: Mapping[str, Sequence[str]],
    answers: Answers,
) -> None:
    asked = {question.column for question in plan.questions}
    candidates: dict[str, list[Column]] = {}
    for name in plan.left():
        column = plan.source.column(name)
        if name in asked:
            continue
        sense = sense_of(name, purposes)
        if len(sense.denies) == 1 and not sense.grants:
            _refusal(plan, column, next(iter(sense.denies)))
        elif sense.grants and not sense.denies:
            for purpose in sense.grants:
                candidates.setdefault(purpose, []).append(column)
    taken = {each.purpose for each in plan.consents if each.grants}
    for purpose, columns in candidates.items():
        for column in columns:
            if column.name in {q.column for q in plan.questions}:
                continue
            alone = len(columns) == 1 and purpose not in taken
            several = sum(column in each for each in candidates.values()) > 1
            _grant(plan, connection, column, purpose, alone=alone and not several)


def _refusal(plan: Plan, column: Column, purpose: str) -> None:
    """A column whose yes is a no: other values than its no count as one, and are listed."""
    statuses = {folded(v): "nothing" for v, _ in column.values if folded(v) in no_values()}
    yes = {folded(v): "denied" for v, _ in column.values if folded(v) in yes_values()}
    statuses |= yes or dict.fromkeys(("yes", "true", "1", "x"), "denied")
    if column.filled and (not column.values or not (yes or len(statuses) > 4)):
        plan.ask(_what_is(column, f"--map '{column.name}=denial of {purpose}'"))
        return
    unclear = [v for v, _ in column.values if folded(v) not in statuses]
    if unclear:
        plan.notes.append(
            f"{column.name}: {len(unclear)} of its values are neither yes nor no; they count as "
            "denied and are listed."
        )
    plan.consents.append(ConsentColumn(column.name, purpose, statuses))


def _grant(
    plan: Plan,
    connection: duckdb.DuckDBPyConnection,
    column: Column,
    purpose: str,
    *,
    alone: bool,
) -> None:
    """A column whose name is that of a grant: proposed, or asked about."""
    name = column.name
    choice = f"--map '{name}=denial of {purpose}'"
    if purpose not in RIGHTS:
        choice += f", 'answer to {purpose}', 'grant of {purpose}'"
    choice += f", or --ignore '{name}'"
    lists = answer_lists([value for value, _ in column.values])
    if purpose in RIGHTS or not alone or lists is None:
        why = (
            f"{purpose} is a right, which nobody grants by a column"
            if purpose in RIGHTS
            else "another column or purpose fits too"
            if not alone
            else "its values are no plain yes and no"
        )
        plan.ask(
            Question(name, f"What does {name} say? {_counts(column)} ({why}).", choice, urgent=True)
        )
        return
    yes, no = lists
    statuses = dict.fromkeys(map(folded, yes), "granted")
    date = _own_date(plan, name)
    if column.filled == plan.source.rows and not _dated(connection, column, date, no):
        plan.ask(
            Question(
                name,
                f"Does a no in {name} mean that people refused, or that they were not asked? "
                f"{_counts(column)}",
                f"--map '{name}=answer to {purpose}' if they refused, "
                f"'{name}=grant of {purpose}' if not",
                urgent=True,
            )
        )
        return
    statuses |= dict.fromkeys(map(folded, no), "denied")
    plan.consents.append(ConsentColumn(name, purpose, statuses, date))


def _dated(
    connection: duckdb.DuckDBPyConnection, column: Column, date: str | None, no: Sequence[str]
) -> bool:
    """Whether rows that say no have a date of it: people answered."""
    if date is None:
        return False
    listed = ", ".join(map(quoted, no))
    ((dated,),) = connection.execute(
        "select count(*) from read_rows "
        f"where trim(cast({identifier(column.name)} as varchar)) in ({listed}) "
        f"and nullif(trim(cast({identifier(date)} as varchar)), '') is not null"
    ).fetchall()
    return bool(dated)


def _own_date(plan: Plan, name: str) -> str | None:
    """The column with an answer's own date: the same words, and one for a time."""
    words = words_of(name)
    for other in plan.left():
        if any(words_of(other) == (*words, *suffix) for suffix in _DATES):
            return other
    return None


def _what_is(column: Column, answer: str) -> Question:
    return Question(
        column.name,
        f"What does {column.name} say? {_counts(column)}",
        f"{answer}, or --ignore '{column.name}'",
        urgent=True,
    )


def _counts(column: Column) -> str:
    return f"It has {shown_values(column)}."
