"""Reading back what was written, and judging it: at delivery, and whenever somebody verifies it.

Nothing here trusts how the files were made. They are read again, from the bytes; their contact
points must be those of the evidence, one by one; and each of these is judged from the evidence
by judge.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.exports import judge, withdrawals
from runner.exports.certificate import file_hash
from runner.exports.files import layout_of_file, removal_layout
from runner.exports.layouts import Layout, from_data
from runner.exports.local import Work, literal, moment, parquet, quoted

ERASED = "erased:"
"""How the hash begins that stands for a contact point of somebody who was erased."""
_SHOWN = 5
_CSV_BUFFER = 4_194_304  # bytes, for lines up to half of it; several files are read at once


@dataclass(frozen=True)
class Delivery:
    """The files of one delivery, as a certificate names them.

    Attributes:
        files: per kind, the names of its files and the hash that each must have.
        ledger: its ledger file.
        is_reduced: it adds nobody, so that it is judged for withdrawals alone.
        ad_consent: ad-consent signal → purpose, where its answers go to files of their own.
    """

    folder: Path
    evidence: Path
    ledger: Path
    files: Mapping[str, Mapping[str, str]]
    file_format: str
    layout: Layout
    channel: str | None
    purposes: Mapping[str, Any]
    required: Sequence[str]
    ad_consent: Mapping[str, str]
    delivered_at: datetime
    is_reduced: bool = False


def as_delivered(document: Mapping[str, Any], folder: Path) -> Delivery:
    """The files in a folder as their certificate, which was validated, says that they are."""
    return Delivery(
        folder=folder,
        evidence=folder / document["evidence"]["name"],
        ledger=folder / document["ledger"]["name"],
        files={
            kind: {file["name"]: file["sha256"] for file in summary["files"]}
            for kind, summary in document["kinds"].items()
        },
        file_format=document["format"],
        layout=from_data(document["layout"]),
        channel=document["channel"],
        purposes=document["purposes"],
        required=document["required_purposes"],
        ad_consent=document["ad_consent"],
        delivered_at=datetime.strptime(document["delivered_at"], "%Y-%m-%dT%H:%M:%S.%fZ"),
        is_reduced=bool(document.get("reduces")),
    )


def problems(delivery: Delivery, work: Work) -> list[str]:
    """What is wrong with a delivery, contact points masked; empty when all is as it must be."""
    changed = [
        f"{name} is not the file that was written (its hash differs)"
        for files in delivery.files.values()
        for name, sha256 in files.items()
        if file_hash(delivery.folder / name) != sha256
    ]
    if changed:
        return changed
    _views(delivery, work)
    found = _files_against_evidence(delivery, work) + _written_otherwise(delivery, work)
    found += _of_another_kind(delivery, work)
    found += _offenders(delivery, work, delivery.required)
    for signal, purpose in delivery.ad_consent.items():
        parts = [
            read_back(delivery, kind, name)
            for kind, files in delivery.files.items()
            for name in files
            if f"-{signal}_granted" in name
        ]
        said = _offenders(delivery, work, [purpose], " union all ".join(parts))
        found += [f"{signal}: {text}" for text in said]
    return found


def _offenders(
    delivery: Delivery, work: Work, required: Sequence[str], among: str | None = None
) -> list[str]:
    """What the judge says about the members, or about those that `among` reads."""
    given = (delivery.evidence, delivery.purposes, required, delivery.delivered_at)
    if delivery.is_reduced:
        offenders = withdrawals.denied(*given, work.connection, among)
        offenders += withdrawals.expired(*given, work.connection, among)
    else:
        offenders = judge.judge(*given, work.connection, among)
    if not offenders:
        return []
    shown = "; ".join(
        f"{each.masked}: {each.purpose + ': ' if each.purpose else ''}{each.reason}"
        for each in offenders[:_SHOWN]
    )
    more = f"; and {len(offenders) - _SHOWN} more" if len(offenders) > _SHOWN else ""
    return [f"{len(offenders)} without a permission in force: {shown}{more}"]


def _written_otherwise(delivery: Delivery, work: Work) -> list[str]:
    """Members whose contact point, written again, is not what stands in the evidence as written.

    So a hash in the file is that of the contact point that was judged, and of no other.
    """
    again = f"cast({delivery.layout.written(delivery.channel)} as varchar)"
    examples = work.connection.execute(
        f"""
        select key_value, count(*) over ()
        from {parquet(delivery.evidence)}
        where
            record = 'member'
            and written_as is distinct from {again}
            and not starts_with(key_value, {literal(ERASED)})
        limit {_SHOWN}
        """
    ).fetchall()
    if not examples:
        return []
    listed = ", ".join(_masked(value) for value, _ in examples)
    return [f"{examples[0][1]} written as something else: {listed}"]


def _of_another_kind(delivery: Delivery, work: Work) -> list[str]:
    """Members of another kind of contact point than the delivery's, or erased and yet written."""
    kind = literal(delivery.channel or "profile_id")
    strange = work.one(
        f"""
        select count(*)
        from {parquet(delivery.evidence)}
        where
            record = 'member'
            and (
                key_type is distinct from {kind}
                or (starts_with(key_value, {literal(ERASED)}) and written_as is not null)
            )
        """
    )
    return [f"{strange} of another kind than the delivery's contact points"] if strange else []


def ledger_problems(delivery: Delivery, before: str, work: Work) -> list[str]:
    """Whether ledger and evidence name the same people as out there after the delivery.

    Args:
        delivery: the written delivery, whose files were checked already.
        work: where that was.
        before: SQL of the whole ledger before the delivery.
    """
    after = f"""
        select key_type, key_value
        from (
            select key_type, key_value, removed_at from {parquet(delivery.ledger)}
            union all
            select old.key_type, old.key_value, old.removed_at
            from {before} as old
            anti join {parquet(delivery.ledger)} as new using (key_type, key_value)
        ) as rows
        where removed_at is null
    """
    work.connection.execute(f"create or replace temporary view out_there as {after}")
    return _differences(
        work,
        ("out_there", "out there by the ledger and not among the delivered"),
        ("members", "delivered and not out there by the ledger"),
        "key_type || ':' || key_value",
        "key_value",
    )


def _views(delivery: Delivery, work: Work) -> None:
    """`members`, and per kind `file_<kind>` (what was read back) and `due_<kind>`.

    All have `written`, the contact point as the destination reads it.
    """
    at = moment(delivery.delivered_at)
    rows = parquet(delivery.ledger)
    work.connection.execute(
        f"""
        create or replace temporary view members as
        select key_type, key_value, written_as as written
        from {parquet(delivery.evidence)}
        where record = 'member'
        """
    )
    due = {
        "full": "select written from members where written is not null group by written",
        "added": f"""
            select members.written
            from members
            inner join {rows} as ledger using (key_type, key_value)
            where
                ledger.removed_at is null and ledger.delivered_at = {at}
                and members.written is not null
            group by members.written
        """,
        "removed": f"""
            select written from ({_removals(delivery, work, rows, at)}) as removals
            where
                written is not null
                and written not in (select written from members where written is not null)
            group by written
        """,
    }
    for kind, files in delivery.files.items():
        work.connection.execute(f"create or replace temporary view due_{kind} as {due[kind]}")
        parts = [read_back(delivery, kind, name) for name in files]
        work.connection.execute(
            f"create or replace temporary view file_{kind} as {' union all '.join(parts)}"
        )


def _removals(delivery: Delivery, work: Work, rows: str, at: str) -> str:
    """What the ledger removes at this delivery, as each kind of contact point was written."""
    kinds = work.connection.execute(
        f"select key_type from {rows} where removed_at = {at} group by key_type order by key_type"
    ).fetchall()
    parts = ["select null::varchar as written where false"]
    for (kind,) in kinds:
        layout, channel = removal_layout(delivery.layout, kind)
        parts.append(
            f"select cast({layout.written(channel)} as varchar) as written "
            f"from {rows} as ledger "
            f"where removed_at = {at} and key_type = {literal(kind)} "
            f"and not starts_with(key_value, {literal(ERASED)})"
        )
    return " union all ".join(parts)


def file_rows(delivery: Delivery, kind: str, name: str) -> str:
    """SQL that reads one file."""
    layout, channel = layout_of_file(delivery.layout, delivery.channel, kind, name)
    path = literal(str(delivery.folder / name))
    if delivery.file_format == "parquet":
        return f"read_parquet({path})"
    if delivery.file_format == "jsonl":
        headers = (layout.contact_header(channel), *layout.other_contact_headers(channel))
        types = ", ".join(f"{quoted(header)}: 'VARCHAR'" for header in headers)
        return f"read_json({path}, format = 'newline_delimited', columns = {{{types}}})"
    return (
        f"read_csv({path}, header = true, all_varchar = true, delim = ',', quote = '\"', "
        f"escape = '\"', parallel = false, nullstr = '', buffer_size = {_CSV_BUFFER})"
    )


def read_back(delivery: Delivery, kind: str, name: str) -> str:
    """SQL that reads the contact points out of one file, as text."""
    layout, channel = layout_of_file(delivery.layout, delivery.channel, kind, name)
    contact = quoted(layout.contact_header(channel))
    empty = [quoted(header) for header in layout.other_contact_headers(channel)]
    source = file_rows(delivery, kind, name)
    # a contact point in a column where none may stand is one too many
    parts = [f"select cast({contact} as varchar) as written from {source}"]
    parts += [
        f"select cast({column} as varchar) as written from {source} where {column} is not null"
        for column in empty
    ]
    return " union all ".join(parts)


def _files_against_evidence(delivery: Delivery, work: Work) -> list[str]:
    found: list[str] = []
    for kind in delivery.files:
        twice = work.connection.execute(
            f"select written from file_{kind} group by written having count(*) > 1 limit {_SHOWN}"
        ).fetchall()
        if twice:
            shown = ", ".join(_masked(value) for (value,) in twice)
            found.append(f"{kind}: more than once in the file: {shown}")
        found += _differences(
            work,
            (f"file_{kind}", f"{kind}: in the file and not in the evidence"),
            (f"due_{kind}", f"{kind}: in the evidence and not in the file"),
            "coalesce(written, '')",
            "written",
        )
    return found


def _differences(
    work: Work, left: tuple[str, str], right: tuple[str, str], key: str, shown: str
) -> list[str]:
    """What only one of two relations has."""
    found = []
    for (here, label), (there, _) in ((left, right), (right, left)):
        only = f"""
            select here.shown
            from (select {key} as key, {shown} as shown from {here}) as here
            anti join (select {key} as key from {there}) as there using (key)
        """
        examples = work.connection.execute(
            f"select shown, count(*) over () from ({only}) as only_here limit {_SHOWN}"
        ).fetchall()
        if examples:
            listed = ", ".join(_masked(value) for value, _ in examples)
            found.append(f"{label}: {examples[0][1]} ({listed})")
    return found


def _masked(value: str | None) -> str:
    return "an empty value" if not value else judge.mask(value)
