"""A small project with people whose addresses contain each other, delivered; and a search of the
tests' own over every byte of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from exports_project import ScratchProject

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
SEGMENTS = {
    "newsletter_audience": "newsletter",
    "texts_audience": "sms_offers",
    "everybody": None,
}


def person(name: str, email: str, phone: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": f"c-{name}", "person": name, "email": email, "phone": phone, **more}


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
    done = project.consent("erase", *whom, "--json", **environment)
    assert done.exit_code if hasattr(done, "exit_code") else done.returncode == 0, (
        done.stdout + done.stderr
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def saying(project: ScratchProject, texts: Iterable[str]) -> dict[str, list[str]]:
    """Per text, every file that says it, packed or not, and every table; the sources left out."""
    contents: dict[str, str] = {}
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
        contents["/".join(parts)] = said
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            said = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
            contents[f"{schema}.{table}"] = str(said)
    return {text: [name for name, said in contents.items() if text in said] for text in texts}
