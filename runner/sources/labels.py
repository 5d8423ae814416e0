"""What the values of a consent file or a suppression list mean: purposes, answers, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import UsageError
from runner.sources.answers import Answers
from runner.sources.columns import Column
from runner.sources.layouts import Layout
from runner.sources.plan import ROW, STATUSES, Plan, Question
from runner.sources.preview import shown_value
from runner.sources.vocabulary import RIGHTS, folded, no_values, table, words_of, yes_values

if TYPE_CHECKING:
    from runner.sources.propose import Context

_OTHER = "other"


def propose_labels(plan: Plan, context: Context, answers: Answers, layout: Layout | None) -> None:
    """Finds what values mean; a label of a purpose that nobody knows becomes a question.

    Raises:
        UsageError: a person gave a value a meaning that there is not.
    """
    if plan.kind == "consents":
        _purposes(plan, context, answers)
        _statuses(plan, context, answers, layout)
    if plan.kind in ("consents", "suppressions"):
        for role in ("key_type", "channel"):
            _kinds(plan, role, context, answers, layout)
    if plan.kind == "consents":
        _deletion(plan, answers, layout)
    if plan.kind == "suppressions":
        _reasons(plan, answers, layout)


def _given(column: Column, answers: Answers) -> dict[str, str]:
    return {
        folded(value): meaning for value, meaning in answers.values.get(column.name, {}).items()
    }


def _all_values(column: Column) -> tuple[tuple[str, int], ...]:
    if column.distinct > len(column.values):
        raise UsageError(
            f"{column.name} has {column.distinct:,} different values, too many for labels.",
            "Say which column it is instead: --map 'COLUMN=purpose', or --map 'COLUMN=status'.",
        )
    return column.values


def _purposes(plan: Plan, context: Context, answers: Answers) -> None:
    if "purpose" not in plan.roles:
        meaning = answers.columns.get(ROW)
        if meaning is not None and meaning.purpose is not None:
            plan.purpose = meaning.purpose
            return
        plan.ask(
            Question(
                ROW,
                f"Which purpose are the answers in {plan.source.files[0].name} for?",
                "--map '*=answer to PURPOSE', or --map 'COLUMN=purpose'",
                urgent=True,
            )
        )
        return
    column = plan.source.column(plan.roles["purpose"])
    called = {
        words_of(label): purpose
        for purpose, labels in context.purposes.items()
        for label in (*labels, *(() if purpose in RIGHTS else (purpose,)))
    }
    given = _given(column, answers)
    found = plan.labels.setdefault("purpose", {})
    for value, count in _all_values(column):
        meaning_given = given.get(folded(value))
        if meaning_given is not None:
            if meaning_given not in (*context.purposes, "ignored"):
                raise UsageError(
                    f"'{meaning_given}' is no purpose.", "Declare it first, or say ignored."
                )
            found[value] = meaning_given
        elif words_of(value) in called:
            found[value] = called[words_of(value)]
        else:
            label = shown_value(value, count, label=True)
            plan.ask(
                Question(
                    column.name,
                    f"Which purpose is '{label}' in {column.name} ({count:,} rows)?",
                    f"--map '{column.name}:{label}=PURPOSE', or =ignored",
                    urgent=True,
                )
            )


def _statuses(plan: Plan, context: Context, answers: Answers, layout: Layout | None) -> None:
    column = plan.source.column(plan.roles["status"])
    given = _given(column, answers)
    by_layout = {folded(v): s for v, s in (layout.statuses if layout else {}).items()}
    known = {folded(label): status for label, status in context.statuses.items()}
    lists = table()["answers"].values()
    yes = {folded(value) for each in lists for value in each["yes"]}
    no = {folded(value) for each in lists for value in each["no"]}
    found = plan.labels.setdefault("status", {})
    for value, _ in column.values:
        plain = folded(value)
        status = given.get(plain) or by_layout.get(plain) or known.get(plain)
        if status is None and plain in STATUSES:
            status = plain
        if status is None and plain in yes | no:
            status = "granted" if plain in yes else "denied"
        if status is not None:
            if status not in STATUSES:
                raise UsageError(f"'{status}' is no status.", f"There are: {', '.join(STATUSES)}.")
            found[value] = status
    unknown = [count for value, count in column.values if value not in found]
    if column.distinct > len(column.values):
        unknown = [column.filled]
    if unknown:
        plan.notes.append(
            f"{sum(unknown):,} rows have an answer in {column.name} that nobody has mapped: they "
            "count as denied and are listed in rejected_consents until status_labels says more."
        )


def _kinds(
    plan: Plan, role: str, context: Context, answers: Answers, layout: Layout | None
) -> None:
    if role not in plan.roles:
        return
    column = plan.source.column(plan.roles[role])
    given = _given(column, answers)
    by_layout = {folded(v): kind for v, kind in (layout.kinds if layout else {}).items()}
    by_words = {words_of(p): kind for kind, ps in table()["kinds"].items() for p in ps}
    found = plan.labels.setdefault(role, {})
    for value, count in _all_values(column):
        kind = given.get(folded(value)) or by_layout.get(folded(value))
        kind = kind or by_words.get(words_of(value))
        kind = kind or next((key for key in context.keys if words_of(key) == words_of(value)), None)
        if kind is None:
            label = shown_value(value, count, label=True)
            plan.ask(
                Question(
                    column.name,
                    f"Which kind of contact point is '{label}' in {column.name} ({count:,} rows)?",
                    f"--map '{column.name}:{label}={' | '.join(context.keys)} | other'",
                    urgent=True,
                )
            )
        elif kind in context.keys or kind == _OTHER:
            found[value] = kind
        elif folded(value) in given:
            raise UsageError(
                f"'{kind}' is no kind of contact point of this project.",
                f"There are: {', '.join(context.keys)}; and other.",
            )
        else:
            found[value] = _OTHER


def _deletion(plan: Plan, answers: Answers, layout: Layout | None) -> None:
    if "deleted" not in plan.roles:
        return
    column = plan.source.column(plan.roles["deleted"])
    flags = {folded(v): sign for v, sign in (layout.flags if layout else {}).items()}
    given = _given(column, answers)
    found = plan.labels.setdefault("deleted", {})
    for value, count in column.values:
        sign = given.get(folded(value)) or flags.get(folded(value))
        if sign is None and folded(value) in yes_values() | no_values():
            sign = "yes" if folded(value) in yes_values() else "no"
        if sign in ("yes", "no"):
            found[value] = sign
        else:
            label = shown_value(value, count, label=True)
            plan.ask(
                Question(
                    column.name,
                    f"Is a row deleted where {column.name} is '{label}' ({count:,} rows)?",
                    f"--map '{column.name}:{label}=yes', or =no",
                    urgent=True,
                )
            )


def _reasons(plan: Plan, answers: Answers, layout: Layout | None) -> None:
    reasons = table()["reasons"]
    plan.reason = answers.values.get(ROW, {}).get("reason") or (layout.reason if layout else None)
    if "reason" not in plan.roles:
        plan.reason = plan.reason or "manual"
        return
    if plan.reason:
        plan.ignored.append(plan.roles.pop("reason"))
        return
    column = plan.source.column(plan.roles["reason"])
    given = _given(column, answers)
    by_words = {words_of(p): reason for reason, ps in reasons.items() for p in (reason, *ps)}
    found = plan.labels.setdefault("reason", {})
    for value, _ in column.values:
        reason = given.get(folded(value)) or by_words.get(words_of(value))
        if reason is not None and reason not in reasons:
            raise UsageError(f"'{reason}' is no reason.", f"There are: {', '.join(reasons)}.")
        if reason is not None:
            found[value] = reason
    rest = sum(count for value, count in column.values if value not in found)
    if rest or column.distinct > len(column.values):
        plan.notes.append(f"Reasons in {column.name} that are in no list count as manual.")
