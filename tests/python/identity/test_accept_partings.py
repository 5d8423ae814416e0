"""Profiles fall apart, and somebody looks and says yes, as it is typed in an own project."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml
from clone import run

HEADER = ["id", "email", "phone", "country", "newsletter", "newsletter_at", "updated_at"]
HEADER += ["first_name", "last_name"]
THREE = 3


def write(project: Path, people: int) -> None:
    """So many people share one telephone number; the first one says no, all others yes."""
    with (project / "data/shop_customers.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for number in range(people):
            said, day = ("yes" if number else "no"), f"2026-01-{10 - number:02} 09:00:00"
            mail = f"p{number}@example.com"
            rows.writerow([number, mail, "07400 123456", "GB", said, day, day, "", ""])


def delivered(project: Path) -> set[str]:
    files = sorted(project.glob("exports/newsletter/*/full.csv"))
    if not files:
        return set()
    with files[-1].open(newline="") as file:
        return {row["email"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_what_partings_permit_waits_until_it_is_accepted(tmp_path: Path) -> None:
    assert run(tmp_path, "consent init shop --yes --example").returncode == 0
    project = tmp_path / "shop"
    settings = yaml.safe_load((project / "dbt_project.yml").read_text("utf-8"))
    settings["vars"] |= {"max_records_per_key": THREE, "accepted_partings": 2}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    write(project, THREE)
    done = run(project, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert delivered(project) == set()

    # a fourth, and the number ties nobody any more
    write(project, THREE + 1)
    done = run(project, "consent refresh")
    assert done.returncode == 1
    assert "consent refresh --accept-partings" in " ".join(done.stderr.split())
    assert delivered(project) == set()

    done = run(project, "consent refresh --accept-partings")
    assert done.returncode == 0, done.stdout + done.stderr
    assert delivered(project) == {f"p{number}@example.com" for number in range(1, THREE + 1)}
    # once said, it holds
    done = run(project, "consent refresh")
    assert done.returncode == 0, done.stdout + done.stderr
