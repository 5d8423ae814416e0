"""The reference in docs/segments.md, from the one definition of the language.

`python -m runner.segments.reference` writes it into the page, between its two marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from runner.segments.language import ROOT, language

PAGE = ROOT / "docs" / "segments.md"
_PART = re.compile(r"(<!-- reference: begin -->\n).*?(<!-- reference: end -->)", re.S)


def reference() -> str:
    """The tables of subjects, operators and aggregates, as Markdown."""
    known = language()
    operators = [
        (
            f"`{name}`",
            ", ".join(each["for"]) if len(each["for"]) < 5 else "every type",
            each["takes"].replace("_", " "),
            each["doc"]
            + (f" The exact negation of `{each['negates']}`." if "negates" in each else ""),
        )
        for name, each in known["operators"].items()
    ]
    operators += [
        (f"`{name}: true`", "text", "flag", f"{each['doc']}")
        for name, each in known["modifiers"].items()
    ]
    aggregates = [
        (
            f"`{name}`",
            ", ".join(each["of"]) if each["of"] else "rows",
            "missing" if each["empty"] is None else str(each["empty"]),
            each["doc"],
        )
        for name, each in known["aggregates"].items()
    ]
    keys = [
        ("Consent", "consent_keys"),
        ("Activities", "activity_keys"),
        ("What follows", "sequence_keys"),
        ("Comparisons", "compare_keys"),
        ("Lists", "list_keys"),
        ("Earlier membership", "member_keys"),
        ("Earlier deliveries", "delivered_keys"),
        ("Samples", "sample_keys"),
        ("Limit", "limit_keys"),
        ("Order of a limit", "limit_by_keys"),
    ]
    parts = [
        ("### Rule", _table(("key", "meaning"), _named(known["rule"]))),
        ("### Groups", _table(("key", "meaning"), _named(known["groups"]))),
        ("### Subjects", _table(("key", "meaning"), _named(known["subjects"]))),
        *(
            (f"### Keys: {title}", _table(("key", "meaning"), _named(known[part])))
            for title, part in keys
        ),
        ("### Operators", _table(("operator", "for", "takes", "meaning"), operators)),
        (
            "### Aggregates of activities",
            _table(("aggregate", "of", "without rows", "meaning"), aggregates),
        ),
    ]
    return "\n\n".join(f"{title}\n\n{table}" for title, table in parts)


def _named(entries: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"`{name}`", text) for name, text in entries.items()]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join(f"| {' | '.join(line)} |" for line in lines)
        .replace("| --- ", "|---")
        .replace("|--- |", "|---|")
    )


def page_with_reference(text: str) -> str:
    """The page's text with the reference as it is now."""
    return _PART.sub(lambda found: f"{found[1]}\n{reference()}\n\n{found[2]}", text)


if __name__ == "__main__":
    PAGE.write_text(page_with_reference(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
