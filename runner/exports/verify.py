"""`consent verify`: the proof of a delivery, checked again on any machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from runner.dbt import Project
from runner.errors import ConsentError, ExportError, UsageError
from runner.exports import ledger, register, signing, stated, trust
from runner.exports.certificate import file_hash
from runner.exports.check import as_delivered, problems
from runner.exports.contract import Export, exports
from runner.exports.destination import CERTIFICATE, NAME, Destination
from runner.exports.evidence import COLUMNS
from runner.exports.evidence import FILE as EVIDENCE
from runner.exports.ledger import FILE as LEDGER
from runner.exports.local import locked_work
from runner.exports.trust import printable
from runner.warehouse import open_warehouse

_CONSISTENT = (
    "the files agree with each other; where they come from is proved inside the project that "
    "delivered them, or with --key"
)


@dataclass
class Answer:
    """What a check of a delivery found.

    Attributes:
        problems: what is wrong; empty when the delivery is as its certificate says.
        is_of_known_origin: the certificate was compared with the project's ledger, or its
            signature with a key; else the files were compared with each other alone.
    """

    delivery: str
    export: str
    as_of: str
    rows: dict[str, int] = field(default_factory=dict)
    members: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_of_known_origin: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def verdict(self) -> str:
        """In one word or two."""
        if self.problems:
            return "NOT as certified"
        return "as certified" if self.is_of_known_origin else "consistent"

    def lines(self) -> list[tuple[str, object]]:
        """For people."""
        return [
            ("delivery", self.delivery),
            ("export", self.export),
            ("as of", self.as_of),
            *((f"{kind} rows", rows) for kind, rows in self.rows.items()),
            ("permissions checked", self.members),
            *(("note", note) for note in self.notes),
            *(() if self.is_of_known_origin else (("note", _CONSISTENT),)),
            *(("WRONG", problem) for problem in self.problems),
            ("verdict", self.verdict),
        ]


def verify(
    delivery: str,
    proof: str | None = None,
    *,
    project: Project | None = None,
    key: Path | None = None,
) -> Answer:
    """Re-checks hashes, counts and every permission of a delivery from its own files.

    Args:
        delivery: folder or URL of the delivery.
        proof: folder or URL that holds evidence and ledger, where they are not beside the files.
        project: the project that delivered it, whose ledger knows what it sent.
        key: file of the public key that the certificate must be signed with.

    Raises:
        UsageError: there is no delivery, or its evidence is elsewhere.
        ConsentError: its certificate is none.
    """
    place, name = _split(delivery)
    kept, kept_name = _split(proof) if proof else (place, name)
    if not place.exists(name, CERTIFICATE) and not kept.exists(kept_name, CERTIFICATE):
        raise UsageError(
            f"There is no delivery at {delivery}: it has no {CERTIFICATE}.",
            "Name the folder of a delivery.",
        )
    document, found = _certificate(place, name, kept, kept_name)
    if document.get("expired"):
        raise ConsentError(
            f"The evidence of {document['delivery']} was deleted on {document['expired'][:10]}, "
            "when its time was over."
        )
    if document.get("erasing"):
        raise ConsentError(
            f"An erasure of {document['delivery']} was interrupted.", "Repeat `consent erase`."
        )
    if not kept.exists(kept_name, EVIDENCE):
        # where a certificate says that it is, is not looked at: it may say anything
        raise UsageError(
            f"The evidence of {document['delivery']} is not at {proof or delivery}.",
            "Name the folder that your export calls `proof` with --proof.",
        )
    answer = Answer(document["delivery"], document["export"], document["as_of"], problems=found)
    if key:
        answer.problems += [each for each in [signing.problem(document, key)] if each]
        answer.is_of_known_origin = True
    if project is not None:
        _compare_with_project(project, document, answer)
    with tempfile.TemporaryDirectory(prefix="consent-") as temporary:
        _check(document, place, name, kept, kept_name, Path(temporary), answer)
    return answer


def _certificate(
    place: Destination, name: str, kept: Destination, kept_name: str
) -> tuple[dict[str, Any], list[str]]:
    """The certificate to check by, the copy kept as proof before any other; and what differs."""
    is_apart = (kept.root, kept_name) != (place.root, name)
    if not is_apart or not kept.exists(kept_name, CERTIFICATE):
        return trust.read(place, name), []
    document = trust.read(kept, kept_name)
    try:
        theirs = trust.read(place, name)
    except ConsentError as error:
        return document, [error.what]
    if signing.digest(theirs) != signing.digest(document):
        return document, ["the certificate beside the files is not the one kept as proof"]
    return document, []


def _compare_with_project(project: Project, document: Mapping[str, Any], answer: Answer) -> None:
    """Compares a certificate with what the project's ledger says was delivered."""
    try:
        with open_warehouse(project) as warehouse:
            rows = register.of_delivery(project, warehouse, document["delivery"])
    except ConsentError as error:
        answer.notes.append(f"not compared with the ledger of the project: {error.what}")
        return
    if not rows:
        answer.notes.append(
            f"the ledger of the project knows no delivery {document['delivery']}: it is another "
            "project's, or not recorded yet"
        )
        return
    for kind in sorted({*rows, *document["kinds"]}):
        said, recorded = document["kinds"].get(kind), rows.get(kind)
        if said is None or recorded is None:
            where = "the ledger of the project" if said is None else "the certificate"
            answer.problems.append(f"{kind}: only {where} has it")
        elif (said["rows"], said["sha256"]) != (recorded["row_count"], recorded["sha256"]):
            answer.problems.append(f"{kind}: it is not what the ledger of the project recorded")
    hashes = {row["certificate_sha256"] for row in rows.values()} - {None}
    if hashes:
        answer.is_of_known_origin = True
    else:
        answer.notes.append("recorded by an earlier version, without the certificate's hash")
    if hashes and hashes != {signing.digest(document)}:
        answer.problems.append("the certificate is not the one that the project recorded")


def is_name(text: str) -> bool:
    """Whether a text is the name of a delivery or of an export, and no path."""
    return bool(NAME.fullmatch(text) or re.fullmatch(r"\w+", text)) and not Path(text).exists()


def find(project: Project, name: str) -> tuple[str, str | None]:
    """Where the delivery of that name, or the last one of that export, is; and where its proof is.

    Raises:
        UsageError: no export of the project has that name, or a delivery of it.
    """
    for export in exports(project):
        place = Destination(export.destination, project.folder)
        delivery = place.latest() if export.name == name else name
        if delivery and place.exists(delivery, CERTIFICATE):
            url = f"{_absolute(project, export.destination)}/{delivery}"
            return url, _proof_of(project, export, delivery)
    raise UsageError(
        f"No export of the project has a delivery {name}.", "`consent status` lists the last ones."
    )


def proof_of(project: Project, delivery: str) -> str | None:
    """Where the project keeps the proof of the delivery at that folder or URL; None: beside it."""
    place, name = _split(delivery)
    for export in exports(project):
        if Destination(export.destination, project.folder).root == place.root:
            return _proof_of(project, export, name)
    return None


def _proof_of(project: Project, export: Export, delivery: str) -> str | None:
    return f"{_absolute(project, export.proof)}/{delivery}" if export.proof else None


def _absolute(project: Project, url: str) -> str:
    return url if "://" in url else str(project.folder / url)


def _check(
    document: dict[str, Any],
    place: Destination,
    name: str,
    kept: Destination,
    kept_name: str,
    folder: Path,
    answer: Answer,
) -> None:
    files: dict[str, dict[str, str]] = {}
    for kind, summary in document["kinds"].items():
        answer.rows[kind] = summary["rows"]
        files[kind] = {}
        for file in summary["files"]:
            files[kind][file["name"]] = file["sha256"]
            _fetch(place, name, file, folder, answer)
    for part in ("evidence", "ledger"):
        _fetch(kept, kept_name, document[part], folder, answer)
    answer.problems += _others(place, name, {file for named in files.values() for file in named})
    if answer.problems:
        return
    delivery = as_delivered(document, folder)
    for path, columns in ((delivery.evidence, COLUMNS), (delivery.ledger, ledger.COLUMNS)):
        if not _has(path, columns):
            answer.problems.append(f"{path.name} is no Parquet file with the columns of one")
            return
    with locked_work(folder) as work:
        try:
            answer.problems += problems(delivery, work) or stated.problems(document, delivery, work)
            answer.members = work.count("members")
        except duckdb.Error:
            # its message may quote a row
            answer.problems.append("a file cannot be read as what the certificate says it is")
    if document.get("reduces"):
        answer.notes.append(
            f"removals alone: it is {document['reduces']} without those who withdrew, and was "
            "judged for denials and grants that have ended"
        )
    for erasure in document.get("erased", ()):
        answer.notes.append(
            f"{erasure['contact_points']} contact points erased on {erasure['erased_at'][:10]}: "
            "hashed in the evidence"
        )


def _fetch(
    place: Destination, name: str, file: Mapping[str, Any], folder: Path, answer: Answer
) -> None:
    """Copies one file here, if it has the size and the hash that it must have."""
    if not place.exists(name, file["name"]):
        answer.problems.append(f"{file['name']} is missing")
        return
    try:
        if place.size(name, file["name"]) == file["size"]:
            path = place.fetch(folder / file["name"], name, file["name"])
            if file_hash(path) == file["sha256"]:
                return
    except ExportError:
        raise
    except ConsentError as error:
        answer.problems.append(error.what)
        return
    answer.problems.append(f"{file['name']} is not the file that was written (its hash differs)")


def _others(place: Destination, name: str, named: set[str]) -> list[str]:
    """Files in the delivery that the certificate does not name, and that a reader would take."""
    own = {CERTIFICATE, EVIDENCE, LEDGER, *named}
    return [
        f"a file lies in the delivery that the certificate does not name: {printable(other)}"
        for other in place.files(name)
        if other not in own and not other.startswith(".")
    ]


def _has(path: Path, columns: Mapping[str, str]) -> bool:
    """Whether a Parquet file has the columns, each of its type."""
    try:
        schema = pq.read_schema(path)
        return all(str(schema.field(name).type).startswith(columns[name]) for name in columns)
    except (pa.ArrowException, OSError, KeyError, ValueError):
        return False  # names of columns need not even be text


def _split(url: str) -> tuple[Destination, str]:
    parent, _, name = url.rstrip("/").rpartition("/")
    return Destination(parent or ".", Path.cwd()), name
