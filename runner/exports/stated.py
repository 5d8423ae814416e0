"""What a certificate states in numbers, counted again from the files.

`check.problems` has been asked before: its views `members` and `file_<kind>` are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.exports import evidence, ledger
from runner.exports.certificate import hash_of_files
from runner.exports.check import ERASED, Delivery, file_rows
from runner.exports.local import Work, literal, moment, parquet


def problems(document: Mapping[str, Any], delivery: Delivery, work: Work) -> list[str]:
    """Each number, hash and digest that is not what the certificate states."""
    return [
        *_kinds(document, delivery, work),
        *_evidence(document, delivery, work),
        *_ledger(document, delivery, work),
    ]


def _kinds(document: Mapping[str, Any], delivery: Delivery, work: Work) -> Iterator[str]:
    for kind, summary in document["kinds"].items():
        for file in summary["files"]:
            found = work.count(file_rows(delivery, kind, file["name"]))
            if found != file["rows"]:
                yield f"{file['name']}: {found} rows, and {file['rows']} by the certificate"
        found = work.count(f"file_{kind}")
        if found != summary["rows"]:
            yield f"{kind}: {found} rows, and {summary['rows']} by the certificate"
        if hash_of_files([file["sha256"] for file in summary["files"]]) != summary["sha256"]:
            yield f"{kind}: its hash is not that of its files"


def _evidence(document: Mapping[str, Any], delivery: Delivery, work: Work) -> Iterator[str]:
    stated = document["evidence"]
    found = work.count(parquet(delivery.evidence))
    if found != stated["rows"]:
        yield f"{evidence.FILE}: {found} rows, and {stated['rows']} by the certificate"
    # an erased member's event is known by its hash only
    digest = stated.get("digest")
    if digest and not _erased(work) and evidence.digest(work, delivery.evidence) != digest:
        yield f"{evidence.FILE}: its digest is not the one in the certificate"


def _ledger(document: Mapping[str, Any], delivery: Delivery, work: Work) -> Iterator[str]:
    stated, rows = document["ledger"], parquet(delivery.ledger)
    found = work.count(rows)
    if found != stated["rows"]:
        yield f"{ledger.FILE}: {found} rows, and {stated['rows']} by the certificate"
    members = "(select *, null as removed_at from members)"
    out_there = ledger.fingerprint(work, members)
    if out_there["outstanding"] != stated["outstanding"]:
        yield (
            f"{out_there['outstanding']} contact points delivered, and {stated['outstanding']} "
            "out there by the certificate"
        )
    elif not _erased(work) and out_there["digest"] != stated["digest"]:
        yield "those out there by the certificate are not those delivered"
    strangers = work.one(
        f"""
        select count(*)
        from {rows} as ledger
        left join (select key_type, key_value, true as is_member from members) as members
            using (key_type, key_value)
        where
            (ledger.removed_at is null) <> coalesce(members.is_member, false)
            or ledger.delivered_at is null
            or greatest(ledger.delivered_at, ledger.removed_at) > {moment(delivery.delivered_at)}
        """
    )
    if strangers:
        yield f"{ledger.FILE}: {strangers} rows of another delivery"


def _erased(work: Work) -> bool:
    return bool(
        work.one(f"select count(*) from members where starts_with(key_value, {literal(ERASED)})")
    )
