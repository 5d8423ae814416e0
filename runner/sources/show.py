"""A proposal in words: what a file is, what its values become, what is open."""

from __future__ import annotations

from collections.abc import Iterator

from runner.sources.plan import ROW, Plan, Question
from runner.sources.vocabulary import RIGHTS
from runner.sources.write import Proposal


def lines(found: Proposal) -> Iterator[str]:
    """The preview, a line at a time."""
    plan, counts = found.plan, found.preview
    like = f" as {plan.layout} writes them" if plan.layout else ""
    rows = f"{counts.rows:,} rows, {plan.kind}{like}"
    yield f"{plan.source.shown}: {rows}; the source is {found.system}."
    if plan.source.dialect is not None:
        dialect = plan.source.dialect
        above = f", {dialect.skip} lines above the header" if dialect.skip else ""
        yield f"  read as {dialect.encoding} with {dialect.delimiter!r} between fields{above}"
    for column, role in counts.taken.items():
        yield f"  {column} → {role}{_time(plan, column)}"
    if counts.effects:
        yield "What its answers would become:"
    for effect in counts.effects:
        about = f" for {effect.purpose}" if effect.purpose else ""
        example = f", such as {effect.example}" if effect.example else ""
        column = "the row itself" if effect.column == ROW else effect.column
        yield (
            f"  {column} = {effect.value}: {effect.becomes}{about} (rows: {effect.rows:,}{example})"
        )
    for purpose, permitted in counts.permitted.items():
        if purpose in RIGHTS:
            yield f"By this file alone {counts.denied[purpose]:,} would be denied for {purpose}."
            continue
        held = " once no question is open" if plan.questions and permitted else ""
        yield (
            f"By this file alone at most {permitted:,} would be permitted for {purpose}{held}, "
            f"{counts.denied[purpose]:,} denied."
        )
    if counts.suppressed:
        yield f"It would suppress {counts.suppressed:,} contact points."
    if plan.ignored:
        yield f"Left aside: {', '.join(plan.ignored)}."
    if plan.unused:
        yield f"Not used: {', '.join(plan.unused)}."
    yield from plan.notes


def questions(found: Proposal) -> Iterator[str]:
    """What is open, and how to answer it."""
    for question in found.plan.questions:
        yield f"? {question.text}\n    {question.answer}"


def _time(plan: Plan, column: str) -> str:
    read = plan.times.get(column)
    if read is None or read.typed:
        return ""
    parts = [read.format or "its form is open"]
    if read.needs_zone:
        parts.append(read.zone or "its zone is open")
    if read.unreadable and read.format:
        parts.append(f"{read.unreadable:,} of another form")
    return f" ({', '.join(parts)})"


def as_data(found: Proposal) -> dict[str, object]:
    """The proposal for machines."""
    plan, counts = found.plan, found.preview
    return {
        "source": found.system,
        "kind": plan.kind,
        "layout": plan.layout,
        "rows": counts.rows,
        "columns": counts.taken,
        "times": {name: vars(read) for name, read in plan.times.items()},
        "values": [vars(effect) for effect in counts.effects],
        "permitted": counts.permitted,
        "denied": counts.denied,
        "suppressed": counts.suppressed,
        "ignored": plan.ignored,
        "unused": plan.unused,
        "notes": plan.notes,
        "questions": [_question(question) for question in plan.questions],
    }


def _question(question: Question) -> dict[str, object]:
    return {"column": question.column, "question": question.text, "answer": question.answer}
