"""An explanation for people: the rule as a tree, the permission, the verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from runner import console
from runner.segments.explain import GUARD, LIMIT, Explained, Explanation, Permission

_EVENT_COLUMNS = (
    ("", "decided"),
    ("purpose", "purpose"),
    ("status", "status"),
    ("contact point", "key_value"),
    ("recorded (UTC)", "recorded_at"),
    ("source", "source_name"),
    ("consent id", "consent_id"),
    ("gone since", "last_seen_at"),
)


def show(found: Explanation) -> None:
    """Prints it on stdout."""
    out = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    at = f", as of {found.as_of:%Y-%m-%d %H:%M:%S} UTC" if found.as_of else ""
    out.print(Text(f"profile {found.profile_id} and segment {found.segment}{at}\n"))
    if found.rule is not None:
        out.print(Text("rule", style="bold"))
        for line in _lines(found.rule, 1):
            out.print(line)
    elif found.matches_rule:
        out.print(Text("rule: no conditions, so everyone"))
    if found.permission is not None:
        _show_permission(out, found.permission)
    if found.cut is not None:
        mark, style = ("✗", "red") if found.cut.is_over else ("✓", "green")
        line = Text("\nlimit\n", style="bold").append("  ").append(f"{mark} ", style=style)
        out.print(line.append(f"rank {found.cut.rank}, cut after {found.cut.to}", style="not bold"))
    out.print()
    verdict = "IN" if found.is_member else "OUT"
    out.print(Text(verdict, style="bold green" if found.is_member else "bold red"))
    if found.needed:
        out.print(Text("to be in, the fewest conditions that have to turn out otherwise:"))
        for each in found.needed:
            what = f"{each.path}: {each.condition} has to {each.has_to}"
            if each.path == GUARD and found.permission is not None:
                what = f"the permission for {found.permission.purpose} has to be given"
            if each.path == LIMIT and found.cut is not None:
                what = f"the cut after {found.cut.to} has to reach rank {found.cut.rank}"
            out.print(Text(f"  {what}"))
    for note in found.notes:
        out.print(Text(f"note: {note}"))


def _lines(each: Explained, depth: int) -> Iterator[Text]:
    mark, style = ("✓", "green") if each.holds else ("✗", "red")
    line = Text("  " * depth).append(f"{mark} ", style=style).append(each.condition)
    if each.condition.startswith("{rule_of:"):
        line.append(" (that segment's rule; its guard is not applied)", style="dim")
    if each.values:
        line.append("   " + ", ".join(f"{k} = {_shown(v)}" for k, v in each.values.items()))
    yield line
    for inner in each.conditions:
        yield from _lines(inner, depth + 1)


def _show_permission(out: Console, permission: Permission) -> None:
    mark, style = ("✓", "green") if permission.is_permitted else ("✗", "red")
    line = Text("\npermission\n", style="bold").append("  ").append(f"{mark} ", style=style)
    line.append(f"{permission.purpose}: {permission.reason}", style="not bold")
    if permission.reason_detail:
        line.append(f" ({permission.reason_detail})", style="not bold")
    if permission.key_value:
        word = "over" if permission.is_permitted else "asked of"
        line.append(f", {word} {permission.key_value}", style="not bold")
    if permission.expires_at:
        line.append(f", until {permission.expires_at:%Y-%m-%d}", style="not bold")
    out.print(line)
    if permission.events:
        console.show_table(
            [title for title, _ in _EVENT_COLUMNS],
            [
                [
                    _mark(event),
                    *(event[key] for _, key in _EVENT_COLUMNS[1:]),
                ]
                for event in permission.events
            ],
        )


def _mark(event: dict[str, Any]) -> str:
    """What part an event has: it decided, was taken back, nobody mapped it, or it is about a
    contact point that the person had once.
    """
    marks = {
        "decided": event["decided"],
        "retracted": event["is_retracted"],
        "not mapped": not event["is_mapped"],
        "former": event["left_at"] is not None,
    }
    return ", ".join(name for name, holds in marks.items() if holds)


def _shown(value: Any) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case float():
            return f"{value:.6g}"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
