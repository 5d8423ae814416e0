"""`consent verify`: the proof of a delivery, checked again on any machine."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.dbt import Project
from runner.errors import ConsentError, UsageError
from runner.exports import certificate
from runner.exports.check import Delivery, problems
from runner.exports.contract import exports
from runner.exports.destination import CERTIFICATE, NAME, Destination
from runner.exports.evidence import FILE as EVIDENCE
from runner.exports.layouts import from_data
from runner.exports.ledger import FILE as LEDGER
from runner.exports.local import local_work


@dataclass
class Answer:
    """What a check of a delivery found.

    Attributes:
        problems: what is wrong; empty when the delivery is as its certificate says.
    """

    delivery: str
    export: str
    as_of: str
    rows: dict[str, int] = field(default_factory=dict)
    members: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def lines(self) -> list[tuple[str, object]]:
        """For people."""
        return [
            ("delivery", self.delivery),
            ("export", self.export),
            ("as of", self.as_of),
            *((f"{kind} rows", rows) for kind, rows in self.rows.items()),
            ("permissions checked", self.members),
            *(("note", note) for note in self.notes),
            *(("WRONG", problem) for problem in self.problems),
            ("verdict", "as certified" if self.is_sound else "NOT as certified"),
        ]


def verify(delivery: str, proof: str | None = None) -> Answer:
    """Re-checks hashes, counts and every permission of a delivery from its own files.

    Args:
        delivery: folder or URL of the delivery.
        proof: folder or URL that holds evidence and ledger, if not that of the certificate.

    Raises:
        UsageError: there is no delivery.
        ConsentError: its certificate is none.
    """
    place, name = _split(delivery)
    if not place.exists(name, CERTIFICATE):
        raise UsageError(
            f"There is no delivery at {delivery}: it has no {CERTIFICATE}.",
            "Name the folder of a delivery.",
        )
    document = place.read_json(name, CERTIFICATE)
    certificate.validate(document)
    if document.get("expired"):
        raise ConsentError(
            f"The evidence of {document['delivery']} was deleted on {document['expired'][:10]}, "
            "when its time was over."
        )
    if document.get("erasing"):
        raise ConsentError(
            f"An erasure of {document['delivery']} was interrupted.", "Repeat `consent erase`."
        )
    kept, kept_name = _proof(place, name, proof or document["proof"], document)
    with tempfile.TemporaryDirectory(prefix="consent-") as temporary:
        folder = Path(temporary)
        return _check(document, place, name, kept, kept_name, folder)


def is_name(text: str) -> bool:
    """Whether a text is the name of a delivery or of an export, and no path."""
    return bool(NAME.match(text) or re.fullmatch(r"\w+", text)) and not Path(text).exists()


def find(project: Project, name: str) -> tuple[str, str | None]:
    """Where the delivery of that name, or the last one of that export, is; and where its proof is.

    Raises:
        UsageError: no export of the project has that name, or a delivery of it.
    """
    for export in exports(project):
        place = Destination(export.destination, project.folder)
        delivery = place.latest() if export.name == name else name
        if delivery and place.exists(delivery, CERTIFICATE):
            proof = f"{_absolute(project, export.proof)}/{delivery}" if export.proof else None
            return f"{_absolute(project, export.destination)}/{delivery}", proof
    raise UsageError(
        f"No export of the project has a delivery {name}.", "`consent status` lists the last ones."
    )


def _absolute(project: Project, url: str) -> str:
    return url if "://" in url else str(project.folder / url)


def _check(
    document: dict[str, Any],
    place: Destination,
    name: str,
    kept: Destination,
    kept_name: str,
    folder: Path,
) -> Answer:
    answer = Answer(document["delivery"], document["export"], document["as_of"])
    files: dict[str, dict[str, str]] = {}
    for kind, summary in document["kinds"].items():
        answer.rows[kind] = summary["rows"]
        files[kind] = {}
        for file in summary["files"]:
            files[kind][file["name"]] = file["sha256"]
            _fetch(place, name, file, folder, answer)
    for part, file_name in (("evidence", EVIDENCE), ("ledger", LEDGER)):
        path = _fetch(kept, kept_name, document[part], folder, answer)
        if path and certificate.file_hash(path) != document[part]["sha256"]:
            answer.problems.append(f"{file_name} is not the file that was written")
    if answer.problems:
        return answer
    delivery = Delivery(
        folder=folder,
        evidence=folder / EVIDENCE,
        ledger=folder / LEDGER,
        files=files,
        file_format=document["format"],
        layout=from_data(document["layout"]),
        channel=document["channel"],
        purposes=document["purposes"],
        required=document["required_purposes"],
        ad_consent=document["ad_consent"],
        delivered_at=_time(document["delivered_at"]),
    )
    with local_work(folder) as work:
        answer.problems += problems(delivery, work)
        if answer.problems:
            return answer
        answer.members = work.count("members")
        for kind, rows in answer.rows.items():
            found = work.count(f"file_{kind}")
            if found != rows:
                answer.problems.append(f"{kind}: {found} rows, and {rows} by the certificate")
    for erasure in document.get("erased", ()):
        answer.notes.append(
            f"{erasure['contact_points']} contact points erased on {erasure['erased_at'][:10]}: "
            "hashed in the evidence"
        )
    return answer


def _fetch(
    place: Destination, name: str, file: dict[str, Any], folder: Path, answer: Answer
) -> Path | None:
    if not place.exists(name, file["name"]):
        answer.problems.append(f"{file['name']} is missing")
        return None
    return place.fetch(folder / file["name"], name, file["name"])


def _split(url: str) -> tuple[Destination, str]:
    parent, _, name = url.rstrip("/").rpartition("/")
    return Destination(parent or ".", Path.cwd()), name


def _proof(
    place: Destination, name: str, proof: str, document: dict[str, Any]
) -> tuple[Destination, str]:
    """Where evidence and ledger are: beside the files, or where the certificate says."""
    if place.exists(name, EVIDENCE):
        return place, name
    kept, kept_name = _split(proof)
    if not kept.exists(kept_name, EVIDENCE):
        raise UsageError(
            f"The evidence of {document['delivery']} is not at {proof}.",
            "Name its folder with --proof.",
        )
    return kept, kept_name


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
