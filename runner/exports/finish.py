"""The second half of every delivery: from the lines that are to be there to the record of it.

1. `write`: the files, beside their place.
2. `check`: the files are read back and every contact point in them is judged from the evidence.
3. `certify`, then `publish_proof` and `publish`: whole or not at all.
4. `point`: the delivery becomes the latest one.
5. `record`: the ledger in the warehouse, in one transaction.

A process that is killed before it has published leaves the last delivery; after that, the next
run finds the new one whole and records it then.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from runner import clock, console
from runner.dbt import Project
from runner.exports import certificate, evidence, ledger, register, retention, signing, state, steps
from runner.exports.check import Delivery, ledger_problems, problems
from runner.exports.contract import Export, purposes_of
from runner.exports.destination import CERTIFICATE, Destination
from runner.exports.gate import Build, HeldError
from runner.exports.local import Work
from runner.exports.writers import Written
from runner.warehouse import open_warehouse

_CONTRACT = ("export", "segment", "required_purposes", "ad_consent", "channel", "format", "layout")
NOT_RECORDED = "delivered, not recorded yet"


@dataclass
class Outcome:
    """What became of one export.

    Attributes:
        status: delivered, unchanged, removals only, counted (dry run), nothing (nobody out there
            was withdrawn), retired, or delivered and not recorded yet.
        counts: contact points per kind.
        reasons: of those removed, how many were `withdrawn` and how many have `left`.
        left_out: members of the segment that do not leave, by reason.
        waiting: withdrawals that wait until identity is green.
        missing: which models were not built, so that only what was said of each contact point
            itself could be asked for withdrawals.
        message: why a dry run would not have delivered.
    """

    export: str
    segment: str
    status: str
    counts: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    location: str = ""
    message: str = ""
    reasons: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    missing: str = ""

    @property
    def counts_removed(self) -> int:
        """Contact points that were delivered as removed, whether in a file of their own or not."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Places:
    """Where a delivery goes, and where its proof does; often the same."""

    destination: Destination
    proof: Destination

    @property
    def is_one(self) -> bool:
        """Whether the proof lies beside the files."""
        return bool(self.proof.root == self.destination.root)


@dataclass(frozen=True)
class Draft:
    """A delivery before it is written.

    Attributes:
        project: the parsed project.
        export: the contract that it is written by.
        build: the invocation that it is made from.
        work: holds `lines`, `removed`, `ledger_before`, and what the evidence is written from.
        before: what is out there.
        write: writes the files of all kinds into a folder.
        names: the deliveries that are at the destination, oldest first.
        reduces: the delivery whose `full` this one has without some lines; None for a whole one.
    """

    project: Project
    export: Export
    build: Build
    work: Work
    places: Places
    before: ledger.Before
    now: datetime
    write: Callable[[Path], Mapping[str, Sequence[Written]]]
    left_out: Mapping[str, int]
    names: Sequence[str]
    reduces: str | None = None

    @property
    def name(self) -> str:
        """What it is called: its time, and a hash of build, contract and form."""
        mark = fingerprint(self.project, self.export, self.build, is_whole=self.reduces is None)
        return f"{self.now:%Y%m%dT%H%M%S%f}Z-{mark}"


def finish(draft: Draft) -> Outcome:
    """Writes, checks, publishes and records a delivery.

    Args:
        draft: what it is to be.

    Raises:
        HeldError: it was refused and discarded; the last delivery stays in place.
    """
    export, work, places, name = draft.export, draft.work, draft.places, draft.name
    register.announce(draft.project, export, name, draft.now, draft.build.as_of, places.destination)
    staging = places.destination.staging(name, work.folder)
    kept = staging if places.is_one else places.proof.staging(name, work.folder)
    files = draft.write(staging)
    evidence_rows = evidence.write_evidence(work, kept / evidence.FILE)
    owner = "_ledger_profile_id" if draft.reduces else "profile_id"
    change = ledger.write_change(work, draft.before, draft.now, kept / ledger.FILE, owner)
    steps.passed(export.name, "write")

    reasons = removal_reasons(work)
    document = certificate.make(
        project=draft.project,
        export=export,
        build=draft.build,
        delivery=name,
        delivered_at=draft.now,
        location=places.destination.where(name),
        proof=places.proof.where(name),
        files=files,
        evidence={
            **certificate.describe(kept / evidence.FILE, evidence_rows),
            "digest": evidence.digest(work, kept / evidence.FILE),
        },
        ledger={
            **certificate.describe(kept / ledger.FILE, change.pop("rows")),
            **change,
            "whole": draft.before.is_whole or draft.before.previous is None,
            "baseline": draft.before.is_baseline,
        },
        left_out=draft.left_out,
        inputs=_inputs(work),
        previous=draft.before.previous,
        reduces=draft.reduces,
        removed=reasons,
    )
    found = _problems(draft, staging, kept, files)
    if found:
        _discard(draft, staging, kept, document)
        raise HeldError(
            f"{export.name}: the written delivery was refused and discarded, and the last one "
            f"stays in place: {'. '.join(found)}.",
            "Nothing of it was sent. Compare with `consent explain`, and mend what permits it.",
        )
    steps.passed(export.name, "check")

    if draft.before.last is not None and _is_unchanged(draft, document):
        for folder in {staging, kept}:
            shutil.rmtree(folder)
        return _unchanged(draft, document, draft.before.last)

    certificate.write(document, staging / CERTIFICATE)
    if kept != staging:
        certificate.write(document, kept / CERTIFICATE)
    steps.passed(export.name, "certify")
    rows_file = shutil.copyfile(kept / ledger.FILE, work.path("ledger_to_record"))
    if kept != staging:
        places.proof.publish(kept, name)
    steps.passed(export.name, "publish_proof")
    places.destination.publish(staging, name)
    steps.passed(export.name, "publish")
    places.destination.point_to(document)
    steps.passed(export.name, "point")
    status = "delivered" if draft.reduces is None else "removals only"
    counts = {kind: summary["rows"] for kind, summary in document["kinds"].items()}
    outcome = Outcome(
        export.name,
        export.segment,
        status,
        counts,
        dict(draft.left_out),
        document["location"],
        reasons=reasons,
    )
    try:
        with open_warehouse(draft.project, writing=True) as warehouse:
            state.record(
                draft.project,
                warehouse,
                document,
                places.destination.name,
                rows_file,
                replace=draft.before.is_whole,
            )
    except Exception as error:  # the warehouse is another process's, or its disk is full
        outcome.status = NOT_RECORDED
        outcome.message = str(error).strip().splitlines()[0]
        console.warn(
            f"{export.name}: {name} is delivered and could not be recorded yet: "
            f"{outcome.message} The next `consent refresh` or `consent export` records it."
        )
        return outcome
    steps.passed(export.name, "record")
    retention.expire(
        draft.project, export, places.destination, places.proof, draft.names, draft.now
    )
    return outcome


def _problems(
    draft: Draft, staging: Path, kept: Path, files: Mapping[str, Sequence[Written]]
) -> list[str]:
    """What is wrong with the written files."""
    export, work = draft.export, draft.work
    delivery = Delivery(
        folder=staging,
        evidence=kept / evidence.FILE,
        ledger=kept / ledger.FILE,
        files={
            kind: {file.name: file.sha256 for file in written} for kind, written in files.items()
        },
        file_format=export.format,
        layout=export.layout,
        channel=export.channel,
        purposes=purposes_of(draft.project),
        required=export.required,
        ad_consent=export.ad_consent,
        delivered_at=draft.now,
        is_reduced=draft.reduces is not None,
    )
    return problems(delivery, work) or ledger_problems(delivery, work.table("ledger_before"), work)


def _discard(draft: Draft, staging: Path, kept: Path, document: Mapping[str, Any]) -> None:
    for folder in {staging, kept}:
        shutil.rmtree(folder)
    with open_warehouse(draft.project, writing=True) as warehouse:
        state.record_deliveries(
            draft.project,
            warehouse,
            {**document, "location": None},
            draft.places.destination.name,
            "discarded",
        )
        register.forget_old(
            draft.project, warehouse, draft.export.name, draft.places.destination.name, "discarded"
        )


def _is_unchanged(draft: Draft, document: Mapping[str, Any]) -> bool:
    """Whether a delivery would be the last one once more.

    The lines to be written, who is out there, and the event that each permission rests on are
    those of the last delivery, which was a whole one, and the ledger has nothing to add or to
    mend.
    """
    last = draft.before.last
    if last is None or draft.reduces or draft.export.deliver_unchanged or last.get("reduces"):
        return False
    lines = [each["kinds"].get("full", {}).get("sha256") for each in (document, last)]
    signers = [each.get("signature", {}).get("key") for each in (document, last)]
    return bool(
        document["ledger"]["rows"] == 0
        and not document["ledger"]["whole"]
        and lines[0] == lines[1]
        and signers[0] == signers[1]
        and set(document["kinds"]) == set(last["kinds"])
        and document["evidence"]["digest"] == last["evidence"].get("digest")
        and all(document[name] == last[name] for name in _CONTRACT)
    )


def _unchanged(draft: Draft, document: Mapping[str, Any], last: Mapping[str, Any]) -> Outcome:
    """Says that the last delivery is what would be delivered now."""
    export, destination = draft.export, draft.places.destination
    register.record_unchanged(
        draft.project, export, last, document["delivery"], draft.now, destination
    )
    destination.point_to(last, draft.now)
    retention.expire(
        draft.project, export, destination, draft.places.proof, draft.names[:-1], draft.now
    )
    return Outcome(
        export.name,
        export.segment,
        "unchanged",
        {kind: summary["rows"] for kind, summary in document["kinds"].items()},
        dict(draft.left_out),
        last["location"],
    )


def removal_reasons(work: Work) -> dict[str, int]:
    """How many of `removed` were withdrawn, and how many have merely left."""
    counted = dict(
        work.connection.execute(
            f"select reason, count(*) from {work.table('removed')} group by reason"
        ).fetchall()
    )
    return {reason: counted.get(reason, 0) for reason in ("withdrawn", "left")}


def _inputs(work: Work) -> dict[str, int]:
    """How many rows of each input the delivery was made and judged from."""
    read = {
        "members_with_permission": "audience",
        "contact_points": "contact_point",
        "consent_events": "event",
        "suppressions": "suppression",
    }
    return {
        label: work.count(work.table(name))
        for label, name in read.items()
        if work.path(name).exists()
    }


def fingerprint(project: Project, export: Export, build: Build, *, is_whole: bool = True) -> str:
    """The same for the same build, contract and signature, so that a delivery is made once."""
    exposure = project.exposures.get(export.node_id)
    contract = exposure["config"]["meta"]["export"] if exposure else export.destination
    given = [export.name, build.invocation_id, export.segment, contract, signing.own_key()]
    text = json.dumps(given + ([] if is_whole else ["reduced"]), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def time_of(project: Project, previous: str | None) -> datetime:
    """The time of the delivery, later than the one before it whatever the clock says."""
    given = project.setting("observed_at", None)
    now = clock.from_text(str(given), "vars.observed_at") if given else clock.now()
    if previous:
        last = datetime.strptime(previous.split("-")[0], "%Y%m%dT%H%M%S%fZ")
        now = max(now, last + timedelta(microseconds=1))
    return now
