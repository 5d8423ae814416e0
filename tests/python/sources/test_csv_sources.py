"""Each CSV source that the project has, or gives to others, reads every row and proves it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from clone import ROOT

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.M | re.S)
TEST = {"every_record_is_read", "dbt_consent.every_record_is_read"}
"""By its own name and by the package's; `consent new source` writes the latter, which is tested
with what it writes (test_new_source.py)."""


def csv_tables() -> Iterator[tuple[str, dict[str, object]]]:
    """Every table of a source that is a CSV file: in YAML of the project, in what `init` writes,
    and in YAML that pages show."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.yml", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        text = (ROOT / name).read_text(encoding="utf-8")
        for block in BLOCK.findall(text) if Path(name).suffix == ".md" else [text]:
            if "read_csv" not in block:
                continue
            for source in yaml.safe_load(block)["sources"]:
                for table in source["tables"]:
                    location = table.get("config", {}).get("meta", {}).get("external_location", "")
                    if "read_csv" in location:
                        yield f"{name}: {table['name']}", table


TABLES = dict(csv_tables())


def test_the_demo_and_a_new_project_have_such_sources() -> None:
    assert {name.rpartition("/")[2] for name in TABLES} >= {
        "_crm__sources.yml: customers",
        "_shop__sources.yml: customers",
    }


@pytest.mark.parametrize("name", TABLES)
def test_a_csv_source_reads_every_row_and_proves_it(name: str) -> None:
    table = TABLES[name]
    location = re.sub(r"\s+", " ", str(table["config"]))
    for said in ("delim =", "quote =", "escape =", "skip =", "comment ="):
        assert said in location, f"its dialect lacks `{said} …`"
    tests = table.get("data_tests", [])
    assert isinstance(tests, list)
    assert TEST & set(tests)
