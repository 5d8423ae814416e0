"""What is kept of past deliveries, and for how long (`keep_evidence_for`).

When its time is over, files and evidence of a delivery are deleted. Its certificate stays and
says when, and its ledger stays, since nobody who was delivered is forgotten.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime

from runner import console
from runner.dbt import Project
from runner.exports import evidence, register
from runner.exports.certificate import time_text
from runner.exports.contract import Export
from runner.exports.destination import CERTIFICATE, Destination
from runner.exports.signing import VARIABLE, own_key, signed
from runner.exports.trust import kept
from runner.warehouse import open_warehouse


def expire(
    project: Project,
    export: Export,
    destination: Destination,
    proof: Destination,
    names: Sequence[str],
    now: datetime,
) -> int:
    """Deletes what is too old of the deliveries before the last one; returns how many."""
    if export.keep_evidence_for is None:
        return 0
    limit = months_before(now, export.keep_evidence_for).strftime("%Y%m%dT%H%M%S%fZ")
    evident = {name for name, files in proof.contents().items() if evidence.FILE in files}
    old = [name for name in names if name.split("-")[0] < limit and name in evident]
    expired = 0
    signed_ones: list[str] = []
    for name in old:
        document = kept(destination, proof, name)
        if document is None:
            continue
        if document.get("signature") and not own_key():
            signed_ones.append(name)
            continue
        document.setdefault("expired", time_text(now))
        document = signed(document)
        with open_warehouse(project, writing=True) as warehouse:
            register.restate(project, warehouse, document)
        for place in {destination.root: destination, proof.root: proof}.values():
            place.write_json(document, name, CERTIFICATE)
        for kind in document["kinds"].values():
            for file in kind["files"]:
                destination.remove(name, file["name"])
        proof.remove(name, evidence.FILE)
        expired += 1
    if signed_ones:
        console.warn(
            f"{export.name}: the evidence of {len(signed_ones)} deliveries stays although its time "
            f"is over, since {signed_ones[0]}: their certificates are signed, and {VARIABLE} is "
            "not set, so that they could not be signed again."
        )
    return expired


def months_before(moment: datetime, months: int) -> datetime:
    """The same day of an earlier month, or its last day where it is shorter."""
    count = moment.year * 12 + moment.month - 1 - months
    year, month = divmod(count, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
