"""Erasing a person from deliveries: files, evidence, certificates and both copies of the ledger.

Only after every destination has received the removal. Lines of the person leave the files of
earlier deliveries; in evidence and ledger the plain values become salted hashes, so that every
permission can still be judged; and the certificate says that it happened and what counts and
hashes are now. Deliveries are looked for wherever there ever were some.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from runner.dbt import Project
from runner.erasure.hashes import Point, hashed
from runner.erasure.steps import passed
from runner.erasure.values import Values
from runner.errors import ExportError
from runner.exports import certificate, evidence, ledger, register, signing, trust
from runner.exports.contract import exports
from runner.exports.destination import CERTIFICATE, PARTIAL, Destination, named
from runner.exports.destinations import Place, places
from runner.exports.erased_files import hash_rows
from runner.exports.files import layout_of_file
from runner.exports.layouts import Layout, from_data
from runner.exports.lines_of_files import count, without
from runner.exports.local import Work, literal, local_work, parquet
from runner.exports.state import require_current
from runner.warehouse import open_warehouse


@dataclass(frozen=True)
class Erased:
    """What was erased from one delivery."""

    export: str
    delivery: str
    lines: int
    evidence_rows: int


@dataclass(frozen=True)
class Person:
    """Whom to erase.

    Attributes:
        erasure: the request's id, which certificates name; so what it has done is known.
        points: contact points; ids of profiles as `("profile_id", …)`.
        values: what is masked in texts.
    """

    erasure: str
    points: frozenset[Point]
    values: Values

    @property
    def profiles(self) -> set[str]:
        """The ids among the contact points."""
        return {value for kind, value in self.points if kind == "profile_id"}


def still_out(project: Project, points: Iterable[Point]) -> dict[str, list[Point]]:
    """Who has not delivered the removal of which contact points yet.

    By exports; where one has moved or is gone from the project, `export at destination`, since
    no refresh delivers anything there.
    """
    wanted = set(points)
    today = {(each.name, named(each.destination)) for each in exports(project)}
    with open_warehouse(project) as warehouse:
        require_current(project, warehouse)
        rows = warehouse.rows(
            f"""
            select export_name, destination, key_type, key_value
            from {project.relation("delivered_members")}
            where removed_at is null and key_value in ({_listed(wanted)})
            order by export_name, destination, key_type, key_value
            """
        )
    found: dict[str, list[Point]] = {}
    for row in rows:
        point = (row["key_type"], row["key_value"])
        if point in wanted:
            name, place = row["export_name"], row["destination"]
            who = name if (name, place) in today else f"{name} at {place}"
            found.setdefault(who, []).append(point)
    return found


def erase(
    project: Project, person: Person, now: datetime, without_places: Iterable[str] = ()
) -> list[Erased]:
    """Erases a person from all deliveries that ever were, and from the ledger.

    Doing it again is harmless, and finishes what was interrupted.

    Raises:
        ExportError: a destination has not received the removal yet.
    """
    waiting = still_out(project, person.points)
    if waiting:
        raise ExportError(
            f"The removal has not been delivered yet by {', '.join(sorted(waiting))}.",
            "Run `consent refresh` first; until then the person is only suppressed.",
        )
    found, _ = places(project, without_places)
    done: list[Erased] = []
    documents: list[dict[str, Any]] = []
    for place in found:
        erased, certified = _erase_from(project, place, person, now)
        done += erased
        documents += certified
    with open_warehouse(project, writing=True) as warehouse:
        for document in documents:
            register.restate(project, warehouse, document)
        for point in sorted(person.points):
            warehouse.execute(
                f"update {project.relation('delivered_members')} set key_value = $1,"
                " profile_id = $2 where key_type = $3 and key_value = $4",
                [hashed(point), hashed(point), *point],
            )
    return done


def _erase_from(
    project: Project, place: Place, person: Person, now: datetime
) -> tuple[list[Erased], list[dict[str, Any]]]:
    """All deliveries of one place, oldest first; what was erased, and their certificates."""
    folder = project.target_path / "consent" / f"{place.export}.erase"
    done: list[Erased] = []
    documents: list[dict[str, Any]] = []
    out: dict[Point, bool] = {}
    for name, proof in place.proofs.items():
        document = trust.kept(place.destination, proof, name)
        if document is None:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        try:
            with local_work(folder) as work:
                delivery = _Delivery(place, name, document, person, work)
                found = delivery.erase(out, now)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if found is not None:
            done.append(found)
        if _is_marked(delivery.document, person):
            documents.append(delivery.document)
    latest = place.destination.latest() if done else None
    if latest in place.proofs:
        document = trust.kept(place.destination, place.proofs[latest], latest)
        if document is not None:
            place.destination.point_to(document)
    return done, documents


def _is_marked(document: dict[str, Any], person: Person) -> bool:
    return any(each.get("erasure") == person.erasure for each in document.get("erased", ()))


class _Delivery:
    """One delivery: new files beside the old ones, and the certificate before and after.

    The certificate says `erasing` while files are exchanged; a delivery that was left so is
    finished by the next call.
    """

    def __init__(
        self, place: Place, name: str, document: dict[str, Any], person: Person, work: Work
    ) -> None:
        self.place, self.name, self.document = place, name, document
        self.proof = place.proofs[name]
        self.person, self.work = person, work
        self.was_interrupted = bool(document.get("erasing"))
        self.changed: list[tuple[Destination, Path]] = []

    def erase(self, out: dict[Point, bool], now: datetime) -> Erased | None:
        """Erases the person.

        Args:
            out: contact points that are out there by the deliveries before, and whether digests
                know them in plain; brought up to date with this one.
            now: when.
        """
        was_marked = _is_marked(self.document, self.person)
        signed_by = self.document.get("signature")
        self._follow(out, was_marked or self.was_interrupted)
        lines = 0 if self.document.get("expired") else self._lines()
        rows = self._proof()
        known = [] if was_marked else [point for point, is_plain in out.items() if is_plain]
        if not self.changed and not self.was_interrupted and not known:
            return None
        if signed_by and not signing.own_key():
            raise ExportError(
                f"The certificate of {self.name} ({self.place.export}) is signed, and "
                f"{signing.VARIABLE} is not set: the erasure would leave it without a signature.",
                f"Set {signing.VARIABLE} and repeat the erasure; if the key is lost, to a new "
                "one, with which certificates are signed from then on. Until then the person is "
                "only suppressed.",
            )
        self._write({**self.document, "erasing": True})
        passed("mark")
        for where, path in self.changed:
            where.replace(path, self.name, path.name)
            passed("exchange")
        self.document.pop("erasing", None)
        self._certify_again()
        self._restate_digest(known)
        if not was_marked:
            self.document.setdefault("erased", []).append(
                {
                    "erased_at": certificate.time_text(now),
                    "contact_points": max(1, len(self.person.points - self._ids())),
                    "erasure": self.person.erasure,
                }
            )
        self.document = signing.signed(self.document)
        trust.validate(self.document)
        self._write(self.document)
        passed("certify")
        return Erased(self.place.export, self.name, lines, rows)

    def _ids(self) -> set[Point]:
        return {("profile_id", each) for each in self.person.profiles}

    def _write(self, document: dict[str, Any]) -> None:
        # the proof's copy last: it is the one that is believed
        for where in self.place.both(self.name):
            if where.exists(self.name, CERTIFICATE):
                where.write_json(document, self.name, CERTIFICATE)

    def _lines(self) -> int:
        """Takes the person out of the files; returns how many lines changed."""
        destination, document = self.place.destination, self.document
        changed = 0
        for kind, summary in document["kinds"].items():
            for file in summary["files"]:
                name = file["name"]
                destination.remove(self.name, f"{PARTIAL}{name}")
                if not destination.exists(self.name, name):
                    continue  # its reader took it away
                path = destination.fetch(self.work.folder / name, self.name, name)
                as_written = certificate.file_hash(path) == file["sha256"]
                layout, channel = layout_of_file(
                    from_data(document["layout"]), document["channel"], kind, name
                )
                written = _written(self.work, layout, set(self.person.points), channel)
                column = layout.contact_header(channel)
                try:
                    gone = without(path, document["format"], column, written, self.person.values)
                except Exception as error:  # whatever lies there by that name
                    raise ExportError(
                        f"{destination.where(self.name)}/{name} cannot be read any more.",
                        "It is not what was delivered: delete it there, and repeat the erasure.",
                    ) from error
                if gone:
                    changed += gone
                    self.changed.append((destination, path))
                elif not as_written and not self.was_interrupted:
                    path.unlink()  # what somebody else changed is not certified anew
        return changed

    def _proof(self) -> int:
        """Hashes evidence and ledger; returns how many rows of evidence changed."""
        rows = 0
        for file_name in (evidence.FILE, ledger.FILE):
            self.proof.remove(self.name, f"{PARTIAL}{file_name}")
            if self.proof.exists(self.name, file_name):
                path = self.proof.fetch(self.work.folder / file_name, self.name, file_name)
                points, profiles = set(self.person.points), self.person.profiles
                touched = hash_rows(path, points, profiles, self.person.values, self.work)
                rows += touched if file_name == evidence.FILE else 0
                if touched:
                    self.changed.append((self.proof, path))
        return rows

    def _follow(self, out: dict[Point, bool], is_ours: bool) -> None:
        """Who is out there after this delivery, by its ledger."""
        if self.document["ledger"].get("whole"):
            out.clear()
        if not self.proof.exists(self.name, ledger.FILE):
            return
        path = self.proof.fetch(self.work.folder / "before.parquet", self.name, ledger.FILE)
        plain = {each: each for each in self.person.points}
        salted = {(kind, hashed((kind, value))): (kind, value) for kind, value in plain}
        for kind, value, is_out in self.work.connection.execute(
            f"select key_type, key_value, removed_at is null from {parquet(path)}"
            f" where key_value in ({_listed([*plain, *salted])})"
        ).fetchall():
            point = plain.get((kind, value)) or salted.get((kind, value))
            if point is not None and is_out:
                out[point] = is_ours or (kind, value) in plain
            elif point is not None:
                out.pop(point, None)
        path.unlink()

    def _restate_digest(self, points: Iterable[Point]) -> None:
        """The digest of who is out there, with hashes in place of plain values."""
        stated = self.document["ledger"]
        number = int(stated["digest"], 16)
        for kind, value in points:
            number += self._number(f"{kind}:{hashed((kind, value))}")
            number -= self._number(f"{kind}:{value}")
        stated["digest"] = f"{number:x}"

    def _number(self, text: str) -> int:
        sql = f"select cast(md5_number_lower({literal(text)}) as hugeint)"
        return int(self.work.one(sql))

    def _certify_again(self) -> None:
        """Puts the counts and hashes that the files have now into the certificate."""
        document = self.document
        if not document.get("expired"):
            for summary in document["kinds"].values():
                for file in summary["files"]:
                    path = self.work.folder / file["name"]
                    if path.exists():
                        file |= {
                            "rows": count(path, document["format"]),
                            "size": path.stat().st_size,
                            "sha256": certificate.file_hash(path),
                        }
                summary["rows"] = sum(file["rows"] for file in summary["files"])
                summary["sha256"] = certificate.hash_of_files(
                    [file["sha256"] for file in summary["files"]]
                )
        for part, file_name in (("evidence", evidence.FILE), ("ledger", ledger.FILE)):
            path = self.work.folder / file_name
            if path.exists():
                rows = pq.ParquetFile(path).metadata.num_rows
                document[part] |= certificate.describe(path, rows)


def _written(work: Work, layout: Layout, points: set[Point], channel: str | None) -> set[str]:
    """The contact points as the layout wrote them."""
    values = [value for kind, value in sorted(points) if kind == (channel or "profile_id")]
    if not values:
        return set()
    listed = ", ".join(f"({literal(value)})" for value in values)
    rows = work.connection.execute(
        f"select {layout.written(channel)} "
        f"from (select key_value, key_value as profile_id from (values {listed}) as t (key_value))"
    ).fetchall()
    return {row[0] for row in rows if row[0] is not None}


def _listed(points: Iterable[Point]) -> str:
    return ", ".join(literal(value) for _, value in sorted(points)) or "null"
