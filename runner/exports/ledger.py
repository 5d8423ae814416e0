"""What was sent, and is still out there: state in the warehouse, mirrored beside the deliveries.

Each delivery carries in `ledger.parquet` the rows of `delivered_members` that it changed, or all
of them; so the warehouse can be rebuilt from the deliveries, and the deliveries go on from the
warehouse (state.py). A row is the whole truth about one contact point at one destination:

    key_type, key_value, profile_id, delivered_at, removed_at (null: still out there)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.exports import trust
from runner.exports.certificate import file_hash
from runner.exports.contract import Export
from runner.exports.destination import Destination
from runner.exports.layouts import from_data
from runner.exports.local import Work, moment, parquet
from runner.exports.state import ROW

FILE = "ledger.parquet"
COLUMNS = {
    **dict.fromkeys(("key_type", "key_value", "profile_id"), "string"),
    **dict.fromkeys(("delivered_at", "removed_at"), "timestamp"),
}
"""The columns of the file and the beginning of their types in Arrow."""
_CHANGED_AT = "coalesce(greatest(delivered_at, removed_at), delivered_at)"


@dataclass(frozen=True)
class Before:
    """What is out there before a delivery, and how sure that is.

    Attributes:
        outstanding: contact points that are out there.
        is_baseline: it is not known what is out there; everyone counts as added.
        is_whole: the delivery must carry the whole ledger, because the ones before it cannot
            rebuild it, or because the warehouse's own was wrong.
        previous: the last delivery's name.
        warning: what to tell whoever runs it.
        last: the certificate of the last delivery that is there.
    """

    outstanding: int
    is_baseline: bool
    is_whole: bool
    previous: str | None
    warning: str = ""
    last: Mapping[str, Any] | None = None


def fingerprint(work: Work, rows: str) -> dict[str, Any]:
    """How many contact points are out there, and a digest of which, whatever their order."""
    count, total = work.connection.execute(
        f"""
        select
            count(*),
            coalesce(sum(cast(md5_number_lower(key_type || ':' || key_value) as hugeint)), 0)
        from {rows} as ledger
        where removed_at is null
        """
    ).fetchall()[0]
    return {"outstanding": count, "digest": f"{int(total):x}"}


def fold(work: Work, files: Sequence[Path], to: Path) -> None:
    """The ledger after some deliveries: per contact point, the row that was written last.

    Args:
        work: where to compute.
        files: ledger files, oldest first.
        to: the file to write.
    """
    parts = [
        f"select {ROW}, {position} as position from {parquet(path)}"
        for position, path in enumerate(files)
    ]
    work.save(
        f"""
        select {ROW}
        from (
            select
                *,
                row_number() over (
                    partition by key_type, key_value
                    order by {_CHANGED_AT} desc, position desc
                ) as recency
            from ({" union all ".join(parts)}) as versions
        ) as ranked
        where recency = 1
        """,
        to,
    )


def own_rows(
    proof: Destination, name: str, document: Mapping[str, Any], folder: Path
) -> Path | None:
    """The ledger file of a delivery, if it is there and the one that its certificate names."""
    if not proof.exists(name, FILE):
        return None
    path = proof.fetch(folder / f"{name}.ledger.parquet", name, FILE)
    return path if file_hash(path) == document["ledger"]["sha256"] else None


def look(
    export: Export,
    known: Mapping[str, Mapping[str, Any]],
    names: Sequence[str],
    destination: Destination,
    proof: Destination,
    work: Work,
) -> Before:
    """What is out there, after a look at whether the two copies of the ledger agree.

    `ledger_before` is the warehouse's copy; it is replaced where the deliveries know better.

    Args:
        export: the contract.
        known: the deliveries that the warehouse knows.
        names: those that are there, oldest first.
        destination: where they are.
        proof: where their ledger files are.
        work: the work folder.
    """
    own = fingerprint(work, work.table("ledger_before"))
    missing = [name for name in known if name not in names]
    is_whole = bool(missing) and not _is_whole_since(destination, proof, names, max(missing))
    reasons: list[str] = []
    notes: list[str] = []
    document = trust.kept(destination, proof, names[-1]) if names else None
    if document is not None and names[-1] == max(known, default=""):
        stated = {key: document["ledger"][key] for key in ("outstanding", "digest")}
        if stated != own:
            is_whole = True
            if _rebuild(names, stated, destination, proof, work):
                notes.append(
                    f"the ledger in the warehouse ({own['outstanding']:,} contact points) was not "
                    f"what had been delivered ({stated['outstanding']:,}) and was rebuilt from "
                    "the deliveries"
                )
            else:
                reasons.append(
                    f"the ledger in the warehouse ({own['outstanding']:,} contact points) is not "
                    f"what was delivered ({stated['outstanding']:,}), and the deliveries cannot "
                    "rebuild it"
                )
            own = fingerprint(work, work.table("ledger_before"))
    if document is not None and document["layout"]["name"] != export.layout.name:
        reasons.append(f"the layout was {document['layout']['name']}, and is {export.layout.name}")
    elif document is not None and _writes_otherwise(export, document):
        reasons.append(f"the layout {export.layout.name} writes contact points otherwise now")
    last = known[max(known)]["rows"] if known else {}
    if document is None and last.get("full") and not own["outstanding"]:
        reasons.append("the ledger in the warehouse is empty, and the deliveries are gone")
    if reasons:
        notes.append(
            f"{'; '.join(reasons)}: this delivery starts the ledger anew, and everyone in it "
            "counts as added. Replace the whole audience at the destination by it"
        )
    return Before(
        outstanding=own["outstanding"],
        is_baseline=bool(reasons),
        is_whole=is_whole or bool(reasons),
        previous=max([*names, *known], default=None),
        last=document,
        warning=f"{export.name}: {'. '.join(notes)}." if notes else "",
    )


def _writes_otherwise(export: Export, document: Mapping[str, Any]) -> bool:
    """Whether a removal would not name people as the destination knows them."""
    former = from_data(document["layout"])
    return former.written(export.channel) != export.layout.written(export.channel)


def _is_whole_since(
    destination: Destination, proof: Destination, names: Sequence[str], missing: str
) -> bool:
    """Whether a later delivery carries the whole ledger, so that a missing one is not missed."""
    for name in reversed(names):
        document = trust.kept(destination, proof, name) if name > missing else None
        if document is not None and document["ledger"]["whole"]:
            return True
    return False


def _rebuild(
    names: Sequence[str],
    stated: Mapping[str, Any],
    destination: Destination,
    proof: Destination,
    work: Work,
) -> bool:
    """Rebuilds `ledger_before` from the deliveries; True when that gave what the last one states.

    Otherwise it becomes all that either copy knows: nothing ever delivered is forgotten.
    """
    documents = {name: trust.kept(destination, proof, name) for name in names}
    found = [
        own_rows(proof, name, document, work.folder)
        for name, document in documents.items()
        if document is not None
    ]
    files = [path for path in found if path is not None]
    before, rebuilt = work.path("ledger_before"), work.path("ledger_rebuilt")
    if files:
        fold(work, files, rebuilt)
        if fingerprint(work, parquet(rebuilt)) == stated:
            rebuilt.replace(before)
            return True
    fold(work, [*files, before], rebuilt)
    rebuilt.replace(before)
    return False


def write_change(
    work: Work, before: Before, now: datetime, to: Path, owner: str = "profile_id"
) -> dict[str, Any]:
    """Writes the ledger file of a delivery: the rows that it changes, or all rows.

    Args:
        work: holds `lines` and `ledger_before`.
        before: what was out there.
        now: when it is delivered.
        to: the file.
        owner: the column of `lines` that names the profile it is delivered for.

    Returns:
        Its number of rows, and the fingerprint of what is out there after the delivery.
    """
    at = moment(now)
    anew = str(before.is_baseline).lower()
    work.save(
        f"""
        select
            key_type,
            key_value,
            coalesce(lines.{owner}, old.profile_id) as profile_id,
            case
                when
                    lines.{owner} is not null
                    and (old.delivered_at is null or old.removed_at is not null or {anew})
                    then {at}
                else old.delivered_at
            end as delivered_at,
            case
                when lines.{owner} is null then coalesce(old.removed_at, {at})
            end as removed_at,
            old.delivered_at is null
            or {anew}
            or (old.removed_at is null) <> (lines.{owner} is not null)
            or old.profile_id is distinct from coalesce(lines.{owner}, old.profile_id)
            as is_changed
        from {work.table("lines")} as lines
        full join {work.table("ledger_before")} as old using (key_type, key_value)
        """,
        work.path("ledger_after"),
    )
    after = work.table("ledger_after")
    rows = work.save(
        f"""
        select {ROW} from {after}
        where is_changed or {str(before.is_whole).lower()}
        order by key_type, key_value
        """,
        to,
    )
    return {"rows": rows, **fingerprint(work, after)}
