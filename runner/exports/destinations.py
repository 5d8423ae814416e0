"""Every place that deliveries ever went to, and where their proof is.

That is known from the project: its exports of today, and its own record of what was delivered
where. What a certificate at a destination says of other places is somebody else's word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.dbt import Project
from runner.exports.contract import exports
from runner.exports.destination import NAME, Destination
from runner.warehouse import open_warehouse


@dataclass
class Place:
    """A folder or URL that deliveries of an export went to.

    Attributes:
        proofs: the deliveries that are there, oldest first, and where the proof of each is.
    """

    export: str
    destination: Destination
    proofs: dict[str, Destination] = field(default_factory=dict)

    def both(self, name: str) -> list[Destination]:
        """Where a delivery and its proof are; one where they are beside each other."""
        proof = self.proofs[name]
        return list({self.destination.root: self.destination, proof.root: proof}.values())


def places(project: Project, without_places: Iterable[str] = ()) -> tuple[list[Place], list[str]]:
    """Every place that deliveries ever went to, and the former ones that cannot be reached.

    Args:
        project: the parsed project, built.
        without_places: former places that are gone for good, as the report names them.
    """
    recorded = _recorded(project)
    seen = _Seen(project, set(without_places))
    found: dict[str, Place] = {}
    for export in exports(project):
        destination = Destination(export.destination, project.folder)
        proof = Destination(export.proof, project.folder) if export.proof else destination
        stated = recorded.pop((export.name, destination.name), {})
        names = {*seen.deliveries(destination), *seen.deliveries(proof), *stated}
        proofs = {name: seen.proof(name, stated.get(name), proof) for name in names}
        found[destination.root] = Place(
            export.name, destination, seen.what_is_there(destination, proofs)
        )
    for (export_name, url), stated in recorded.items():
        former = seen.opened(url)
        if former is not None and former.root not in found:
            proofs = {name: seen.proof(name, stated[name], former) for name in stated}
            found[former.root] = Place(export_name, former, seen.what_is_there(former, proofs))
    return list(found.values()), [f"{url} ({why})" for url, why in seen.unreached.items()]


class _Seen:
    """Places as they were looked at, each with one listing."""

    def __init__(self, project: Project, gone: set[str]) -> None:
        self.project, self.gone = project, gone
        self.unreached: dict[str, str] = {}
        self._opened: dict[str, Destination | None] = {}
        self._deliveries: dict[str, set[str]] = {}

    def deliveries(self, place: Destination) -> set[str]:
        if place.root not in self._deliveries:
            self._deliveries[place.root] = set(place.deliveries())
        return self._deliveries[place.root]

    def opened(self, url: str) -> Destination | None:
        """A former place; None where it is out of reach, or is said to be gone."""
        if url not in self._opened:
            self._opened[url] = None
            try:
                if url not in self.gone:
                    place = Destination(url, self.project.folder)
                    self.deliveries(place)
                    self._opened[url] = place
            except Exception as error:  # each protocol has errors of its own
                self.unreached[url] = str(error).splitlines()[0] or type(error).__name__
        return self._opened[url]

    def proof(self, name: str, url: str | None, otherwise: Destination) -> Destination:
        """Where the record says that a proof is; `otherwise` where it is not there."""
        if url is None or url == otherwise.name:
            return otherwise
        proof = self.opened(url)
        return proof if proof is not None and name in self.deliveries(proof) else otherwise

    def what_is_there(
        self, destination: Destination, proofs: Mapping[str, Destination]
    ) -> dict[str, Destination]:
        """The deliveries of which something is left, oldest first."""
        return {
            name: proof
            for name, proof in sorted(proofs.items())
            if name in self.deliveries(destination) | self.deliveries(proof)
        }


def local_folders(found: Iterable[Place]) -> Iterator[Path]:
    """The folders of deliveries and proofs that are on this machine."""
    for place in found:
        for name in place.proofs:
            for where in place.both(name):
                if where.local is not None:
                    yield where.local / name


def _recorded(project: Project) -> dict[tuple[str, str], dict[str, str | None]]:
    """Per export and destination the names of all deliveries, and where their proof went.

    None where an earlier version recorded it, which did not write that down.
    """
    with open_warehouse(project) as warehouse:
        rows = warehouse.rows(
            f"""
            select export_name, destination, delivery_id, kind, proof
            from {project.relation("deliveries")}
            where status = 'delivered' and destination is not null
            order by export_name, destination, delivery_id
            """
        )
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    for row in rows:
        name = str(row["delivery_id"]).removesuffix(f"-{row['kind']}")
        if NAME.fullmatch(name):
            found.setdefault((row["export_name"], row["destination"]), {})[name] = row["proof"]
    return found
