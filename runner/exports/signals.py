"""Who has lost an ad-consent signal since the last delivery.

A destination that was told that somebody lets it do more than now must be told so: the person is
a line of `removed`, and comes back with the next full delivery, in the file of those without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.dbt import Project
from runner.exports import out_there
from runner.exports.certificate import file_hash
from runner.exports.check import as_delivered, read_back
from runner.exports.contract import Export, purposes_of
from runner.exports.destination import Destination
from runner.exports.layouts import from_data
from runner.exports.ledger import Before
from runner.exports.local import Work


def part(export: Export, before: Before, destination: Destination, work: Work) -> int:
    """Moves them from `lines` to `withdrawn`; returns how many contact points they are."""
    last = before.last
    if last is None or before.is_baseline or "full" not in last["kinds"]:
        return 0
    conditions = [
        f"(not lines._signal_{signal} and {_was_granted(last, signal, destination, work)})"
        for signal in export.ad_consent
        if signal in last["ad_consent"]
    ]
    if not conditions:
        return 0
    found = work.save(
        f"""
        select lines.*
        from {work.table("lines")} as lines
        semi join (select * from {work.table("ledger_before")} where removed_at is null) as sent
            using (key_type, key_value)
        where {" or ".join(conditions)}
        """,
        work.path("lost_signal"),
    )
    lost = work.table("lost_signal")
    _replace(
        work,
        "lines",
        f"""
        select lines.*
        from {work.table("lines")} as lines
        anti join {lost} as lost using (key_type, key_value)
        order by profile_id, key_type, key_value
        """,
    )
    _replace(
        work,
        "withdrawn",
        f"""
        select * from {work.table("withdrawn")}
        union all by name
        select key_type, key_value, 'lost_ad_consent' as reason, false as on_identity
        from {lost} as lost
        anti join {work.table("withdrawn")} as withdrawn using (key_type, key_value)
        """,
    )
    return found


def find(
    project: Project, last: Mapping[str, Any], destination: Destination, work: Work, now: datetime
) -> None:
    """Adds to `withdrawn` who was told to have a signal and has withdrawn it since.

    For days on which a whole delivery must not leave: whoever only lacks a reason to have it is
    left to the next one that may.
    """
    if "full" not in last["kinds"]:
        return
    written = from_data(last["layout"]).written(last["channel"])
    purposes = purposes_of(project)
    parts = [f"select * from {work.table('withdrawn')}"]
    for signal, purpose in last["ad_consent"].items():
        if purpose in purposes:
            parts.append(
                f"""
                select refused.key_type, refused.key_value, 'lost_ad_consent', refused.on_identity
                from ({out_there.refused(project, [purpose], work, now)}) as refused
                inner join (
                    select *, {written} as _written from {work.table("ledger_before")}
                    where removed_at is null
                ) as lines using (key_type, key_value)
                where {_was_granted(last, signal, destination, work)}
                """
            )
    if len(parts) > 1:
        _replace(work, "withdrawn", out_there.once(parts))


def _replace(work: Work, name: str, query: str) -> None:
    work.save(query, work.path(f"{name}_after"))
    work.path(f"{name}_after").replace(work.path(name))


def _was_granted(last: Mapping[str, Any], signal: str, destination: Destination, work: Work) -> str:
    """SQL: the last full delivery said so of the contact point; true where that is not known."""
    folder = work.folder / "last_full"
    folder.mkdir(exist_ok=True)
    delivery = as_delivered(last, folder)
    parts = []
    for file in last["kinds"]["full"]["files"]:
        if f"-{signal}_granted" not in file["name"]:
            continue
        path = folder / file["name"]
        if not _fetched(last["delivery"], file, path, destination):
            return "true"
        parts.append(read_back(delivery, "full", file["name"]))
    return f"lines._written in ({' union all '.join(parts)})" if parts else "true"


def _fetched(name: str, file: Mapping[str, Any], path: Path, destination: Destination) -> bool:
    if not path.exists() and destination.exists(name, path.name):
        destination.fetch(path, name, path.name)
    return path.exists() and file_hash(path) == file["sha256"]
