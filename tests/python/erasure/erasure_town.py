"""A small project with people whose addresses contain each other, delivered; and a search of the
tests' own over every byte of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from exports_project import ScratchProject

from runner.exports import ledger, verify
from runner.exports.local import local_work, parquet

ERA, XERA = "era.one@example.com", "xera.one@example.com"
NUMBER, LONGER = "+31620000002", "+316200000021"
EXPORTS = {
    "newsletter": {
        "segment": "newsletter_audience",
        "destination": "exports/newsletter/outbox",
        "proof": "exports/newsletter/proof",
        "deliver": ["full", "added", "removed"],
        "max_removed_share": 1,
    },
    "texts": {
        "segment": "texts_audience",
        "destination": "exports/texts",
        "format": "jsonl",
        "compression": "gzip",
        "contact_points": "all",
        "deliver": ["full", "added", "removed"],
        "max_removed_share": 1,
    },
    "heads": {
        "segment": "everybody",
        "destination": "exports/heads",
        "format": "parquet",
        "contacts_people": False,
        "deliver": ["full", "removed"],
        "max_removed_share": 1,
    },
}
SEGMENTS: dict[str, str | None] = {
    "newsletter_audience": "newsletter",
    "texts_audience": "sms_offers",
    "everybody": None,
}


def person(name: str, email: str, phone: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"c-{name.removeprefix('p-')}",
        "person": name,
        "email": email,
        "phone": phone,
        **more,
    }


def grants(*people: dict[str, Any]) -> list[dict[str, Any]]:
    """Each one's answers: yes to the newsletter, and to text messages where there is a number."""
    rows = []
    for each in people:
        for kind, purpose in (("email", "newsletter"), ("phone", "sms_offers")):
            if each.get(kind):
                rows.append(
                    {
                        "id": f"{each['id']}-{purpose}",
                        "key_type": kind,
                        "key_value": each[kind],
                        "purpose": purpose,
                        "status": "granted",
                        "recorded_at": "2026-01-02T00:00:00",
                    }
                )
    return rows


def town(folder: Path, *people: dict[str, Any], **variables: Any) -> ScratchProject:
    """A project that was built and delivered."""
    project = ScratchProject(folder, EXPORTS, SEGMENTS, dict(variables))
    project.environment["CONSENT_PEPPER"] = "pepper"
    project.write()
    project.suppressions()
    live(project, *people)
    project.refresh()
    return project


def live(project: ScratchProject, *people: dict[str, Any]) -> None:
    """Who is at the sources now."""
    project.customers(*people)
    project.consents(*grants(*people))


def erase(project: ScratchProject, *whom: str, **environment: str) -> dict[str, Any]:
    """The answer of the command; it must succeed."""
    done = project.consent("erase", *whom, "--json", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def saying(project: ScratchProject, texts: Iterable[str], others: Iterable[str]) -> dict[str, Any]:
    """Per text, the files and tables that say it: every byte but those of sources and backups.

    Where the text is a part of what somebody else is known by, it is not said.
    """
    contents = dict(_contents(project))
    found: dict[str, Any] = {}
    for text in texts:
        longer = sorted((each for each in others if text in each), key=len, reverse=True)
        for name, said in contents.items():
            for each in longer:
                said = said.replace(each, "…")
            if text in said:
                found.setdefault(text, []).append(name)
    return found


def _contents(project: ScratchProject) -> Iterator[tuple[str, str]]:
    for path in sorted(project.folder.rglob("*")):
        parts = path.relative_to(project.folder).parts
        if not path.is_file() or parts[0] in ("data", "models", "macros", "seeds", "backups"):
            continue
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        said = data.decode("utf-8", errors="replace")
        if path.suffix == ".parquet":
            said += json.dumps(pq.read_table(path).to_pylist(), default=str)
        yield "/".join(parts), said
    for schema, table in project.query(
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE'"
        " and table_schema not in ('lab', 'pg_catalog', 'information_schema')"
    ):
        yield f"{schema}.{table}", str(project.query(f'select * from "{schema}"."{table}"'))


def of_others(project: ScratchProject, people: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What state and deliveries hold of these people, to the last row and line."""
    listed = ", ".join(
        f"'{each[kind]}'" for each in people for kind in ("person", "email", "phone") if each[kind]
    )
    found: dict[str, Any] = {
        "events": project.query(
            f"select * from consent_events where key_value in ({listed})"
            " order by event_id, version_id, first_seen_at"
        ),
        "ledger": project.query(
            f"select * from delivered_members where key_value in ({listed})"
            " order by export_name, destination, key_type, key_value"
        ),
    }
    for name, export in project.exports.items():
        contact = {"newsletter": "email", "texts": "phone", "heads": "profile_id"}[name]
        for delivery in project.deliveries(name):
            for path in sorted(delivery.glob("[a-z]*")):
                if path.suffix != ".json" and path.name.split(".")[0] in ("full", "added"):
                    lines = _lines(path, export.get("format", "csv"))
                    found[f"{delivery.name} {path.name}"] = [
                        line for line in lines if f"'{line[contact]}'" in listed
                    ]
    return found


def _lines(path: Path, file_format: str) -> list[dict[str, Any]]:
    if file_format == "parquet":
        return list(pq.read_table(path).to_pylist())
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if file_format == "jsonl":
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text.decode())))


def verified(project: ScratchProject) -> list[str]:
    """What is wrong with deliveries by their certificates, and by digests of the whole ledger."""
    wrong = []
    for name, export in project.exports.items():
        proofs = project.folder / export.get("proof", export["destination"])
        files = []
        for delivery in project.deliveries(name):
            proof = proofs / delivery.name
            wrong += verify.verify(str(delivery), str(proof)).problems
            files.append(proof / "ledger.parquet")
            stated = json.loads((proof / "certificate.json").read_text())["ledger"]
            with local_work(project.folder) as work:
                rows = project.folder / "folded.parquet"
                ledger.fold(work, files, rows)
                counted = ledger.fingerprint(work, parquet(rows))
                rows.unlink()
            if counted != {key: stated[key] for key in counted}:
                wrong.append(f"{name} {delivery.name}: digest of who is out there")
    return wrong
