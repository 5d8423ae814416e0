"""`consent docs`: everything public is described, rules are in words, the lineage can be read."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from clone import run

from runner import docs
from runner.dbt import PACKAGE

PAGE = "target/static_index.html"


@pytest.fixture(scope="module")
def site(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    done = run(folder, "consent docs")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(PAGE)
    return folder


@pytest.fixture(scope="module")
def manifest(site: Path) -> dict[str, Any]:
    """As the page has it."""
    text = (site / PAGE).read_text("utf-8")
    start = text.index('{"metadata": {"dbt_schema_version"')
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, start)[0]
    return found


def public(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and not docs.is_helper(node)
    ]


def test_everything_public_is_described(manifest: dict[str, Any]) -> None:
    things = [*public(manifest), *manifest["exposures"].values(), *manifest["sources"].values()]
    assert len(things) > 40
    assert [each["name"] for each in things if not each["description"].strip()] == []
    columns = [
        f"{each['name']}.{name}"
        for each in things
        for name, column in each.get("columns", {}).items()
        if not column["description"].strip()
    ]
    assert columns == []
    macros = [
        macro
        for macro in manifest["macros"].values()
        if macro["package_name"] == PACKAGE
        and not macro["name"].startswith("_")
        and not re.match(r"(default|duckdb|postgres|spark)__", macro["name"])
    ]
    assert len(macros) > 100
    assert [each["name"] for each in macros if not each["description"].strip()] == []


def test_tables_under_contract_describe_all_their_columns(
    site: Path, manifest: dict[str, Any]
) -> None:
    catalog = json.loads((site / "target/catalog.json").read_text("utf-8"))["nodes"]
    for node in public(manifest):
        if (node["config"].get("contract") or {}).get("enforced"):
            assert set(catalog[node["unique_id"]]["columns"]) == set(node["columns"])


def test_a_segment_opens_with_its_rule(manifest: dict[str, Any]) -> None:
    node = manifest["nodes"][f"model.{PACKAGE}.newsletter_benelux"]
    assert node["description"].startswith("**The rule in words.** People with a contact point")
    assert "- `country` is `“NL”`, `“BE”` or `“LU”`" in node["description"]
    assert "segment" not in node["meta"], "the JSON of it says nothing more"
    assert node["columns"]["key_value"]["description"]


def test_the_overview_says_what_leaves_to_whom(manifest: dict[str, Any]) -> None:
    (overview,) = (
        each
        for each in manifest["docs"].values()
        if each["name"] == "__overview__" and each["package_name"] != "dbt"
    )
    text = overview["block_contents"]
    assert "| partner_offers | partner_offers_audience | partner_offers | a third party |" in text
    assert "| crm.customers | stg_crm__consents, stg_crm__customers |" in text


def test_the_lineage_of_an_audience_fits_a_screen(site: Path, manifest: dict[str, Any]) -> None:
    start = f"exposure.{PACKAGE}.newsletter"
    seen: set[str] = set()
    todo = [start]
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo += manifest["parent_map"][key]
    sources = {key for key in seen if key.startswith("source.")}
    assert f"source.{PACKAGE}.preference_center.consents" in sources
    assert f"model.{PACKAGE}.newsletter_audience" in seen
    assert len(seen) < 45, "more than a screen shows"
    assert not any(key in manifest["nodes"] and docs.is_helper(manifest["nodes"][key])
                   for key in seen)  # fmt: skip
    # nothing that leads to the audience in dbt's own graph is cut off
    true = json.loads((site / "target/manifest.json").read_text("utf-8"))["parent_map"]
    real: set[str] = set()
    todo = [start]
    while todo:
        key = todo.pop()
        if key not in real:
            real.add(key)
            todo += true[key]
    assert seen == {key for key in real if not (
        key in manifest["nodes"] and docs.is_helper(manifest["nodes"][key]))}  # fmt: skip
    for parent, children in manifest["child_map"].items():
        assert all(parent in manifest["parent_map"][child] for child in children)


def test_helpers_are_not_drawn(site: Path, manifest: dict[str, Any]) -> None:
    assert "&&1!==e.data.hidden" in (site / PAGE).read_text("utf-8"), "dbt's page has changed"
    hidden = [node for node in manifest["nodes"].values() if docs.is_helper(node)]
    assert len(hidden) > 40
    assert all(node["docs"]["show"] is False for node in hidden)
    colours = {
        layer: {
            node["docs"].get("node_color")
            for node in public(manifest)
            if node["path"].startswith(f"{layer}/")
        }
        for layer in ("staging", "marts", "segments", "exports")
    }
    assert all(len(each) == 1 and None not in each for each in colours.values())
    assert len(set(map(str, colours.values()))) == 4
