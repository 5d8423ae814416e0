"""The evidence of a delivery: one Parquet file that is enough to judge every permission in it.

The rows are described in judge.py. They hold contact points and consent events in plain, of
nobody but the people delivered, and stay at the export's `proof`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.exports.local import Work, parquet

FILE = "evidence.parquet"
ALONE = "alone:"
"""How the id begins that stands for the profile of a contact point that is judged by itself."""
_TEXT = (
    "key_type",
    "key_value",
    "written_as",
    "purpose",
    "status",
    "source_name",
    "consent_id",
    "event_id",
    "reason",
    "country",
    "consent_model",
    "version_id",
    "raw_purpose",
    "raw_status",
    "is_mapped",
    "is_carried",
    "is_ledger",
    "is_present",
    "owner_id",
    "owner_record",
    "suppression_id",
    "denials_too",
)
_TIMES = (
    "recorded_at",
    "confirmed_at",
    "expires_at",
    "first_seen_at",
    "last_seen_at",
    "suppressed_at",
    "present_from",
    "last_shown_at",
    "left_at",
    "retracted_at",
    "undone_at",
)
COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("record", "profile_id", *_TEXT), "string"),
    **dict.fromkeys(_TIMES, "timestamp"),
}
"""The columns of the file and the beginning of their types in Arrow."""
_EMPTY = {
    **dict.fromkeys(_TEXT, "cast(null as varchar)"),
    **dict.fromkeys(_TIMES, "cast(null as timestamp)"),
}
_POINT = ("key_type", "key_value")
_RESTS_ON = (*_POINT, "reason", "source_name", "consent_id", "recorded_at", "expires_at")
_RECORDS: Mapping[str, tuple[str, ...]] = {
    "contact_point": _POINT,
    "event": (
        *_POINT,
        "purpose",
        "status",
        "source_name",
        "consent_id",
        "event_id",
        "recorded_at",
        "confirmed_at",
        "expires_at",
        "first_seen_at",
        "last_seen_at",
        "consent_model",
        "version_id",
        "raw_purpose",
        "raw_status",
        "is_mapped",
        "is_carried",
        "is_ledger",
        "present_from",
        "last_shown_at",
    ),
    "stretch": (*_POINT, "owner_id", "owner_record", "is_present", "first_seen_at", "left_at"),
    "retraction": (
        "event_id",
        "consent_model",
        "first_seen_at",
        "suppression_id",
        "denials_too",
        "retracted_at",
        "undone_at",
    ),
    "suppression": (
        *_POINT,
        "suppression_id",
        "consent_model",
        "reason",
        "suppressed_at",
        "first_seen_at",
        "present_from",
        "last_seen_at",
    ),
    "erasure": _POINT,
    "withheld": (),
    "country": ("country",),
}


def write_evidence(work: Work, to: Path) -> int:
    """Writes the evidence of `lines` from what was spooled; returns the number of rows."""
    lines = work.table("lines")
    member = {
        **{name: f"rows.{name}" for name in _POINT},
        "written_as": "cast(rows._written as varchar)",
        "reason": "rows._reason",
        "consent_id": "rows._consent_id",
        "source_name": "rows._source_name",
        "recorded_at": "rows._recorded_at",
        "expires_at": "rows._expires_at",
    }
    parts = [_part("member", lines, member)]
    for record, columns in _RECORDS.items():
        if work.path(record).exists():
            delivered = f"""(
                select every_row.* from {work.table(record)} as every_row
                semi join {lines} as lines on every_row.profile_id = lines.profile_id
            )"""
            parts.append(_part(record, delivered, {name: f"rows.{name}" for name in columns}))
    return work.save("\nunion all\n".join(parts), to)


def _part(record: str, relation: str, given: Mapping[str, str]) -> str:
    values = {**_EMPTY, **given}
    listed = ", ".join(f"{values[name]} as {name}" for name in (*_TEXT, *_TIMES))
    return f"select '{record}' as record, rows.profile_id, {listed} from {relation} as rows"


def digest(work: Work, path: Path) -> str:
    """A digest of the members and of the event that each permission rests on, in any order."""
    listed = ", ".join(f"coalesce(cast({name} as varchar), '')" for name in _RESTS_ON)
    total = work.one(
        f"""
        select coalesce(sum(cast(md5_number_lower(concat_ws(chr(31), {listed})) as hugeint)), 0)
        from {parquet(path)}
        where record = 'member'
        """
    )
    return f"{int(total):x}"
