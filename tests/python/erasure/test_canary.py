"""Somebody who went through every option that there is leaves no byte behind."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from erasure.conftest import OTHERS
from erasure.erasure_town import ERA, NUMBER, erase, grants, person, saying, verified
from exports_project import PURPOSES, ScratchProject
from foreign import new_keys

from runner.exports.contract import _KEYS, COMPRESSIONS, FORMATS, KINDS, SIGNALS
from runner.exports.layouts import layouts

pytestmark = pytest.mark.slow

FORMER = "+31620000007"
NAME = "Eraste-Canarine"
CANARY = person("p-era", ERA, NUMBER, first_name=NAME)
THEIRS = [each[kind] for each in OTHERS for kind in ("email", "phone") if each[kind]]
ALL = {"deliver": list(KINDS), "max_removed_share": 1}
EXPORTS: dict[str, dict[str, Any]] = {
    **{
        f"{layout}_{channel}": {
            "segment": segment,
            "layout": layout,
            "destination": f"exports/{layout}/{channel}",
            **ALL,
        }
        for layout in layouts()
        for channel, segment in (("email", "newsletter_audience"), ("phone", "texts_audience"))
        if channel in layouts()[layout].channels(channel)
    },
    "signals": {
        "segment": "newsletter_audience",
        "layout": "google_customer_match",
        "destination": "exports/signals/upload",
        "proof": "exports/signals/proof",
        "ad_consent": dict.fromkeys(SIGNALS, "profiling"),
        **ALL,
    },
    "partner": {
        "segment": "newsletter_audience",
        "destination": "exports/partner/outbox",
        "proof": "exports/partner/proof",
        "third_party": True,
        "deliver_unchanged": True,
        "remove_within": {"hours": 24},
        "keep_evidence_for": {"months": 24},
        **ALL,
    },
    "packed": {
        "segment": "texts_audience",
        "destination": "exports/packed",
        "format": "csv",
        "compression": "gzip",
        "neutralise_formulas": False,
        "max_rows_per_file": 1,
        "contact_points": "all",
        **ALL,
    },
    "texts": {
        "segment": "texts_audience",
        "destination": "exports/texts",
        "format": "jsonl",
        "compression": "gzip",
        **ALL,
    },
    "heads": {
        "segment": "everybody",
        "destination": "exports/heads",
        "format": "parquet",
        "contacts_people": False,
        **ALL,
    },
    "retired": {"segment": "newsletter_audience", "destination": "exports/retired", **ALL},
    "moved": {"segment": "newsletter_audience", "destination": "exports/moved/before", **ALL},
}


def test_every_option_is_switched_on() -> None:
    """One that a later version brings has to be added here."""
    used = {key for export in EXPORTS.values() for key in export}
    assert used == {*_KEYS, "segment"}
    for key, values in (
        ("format", FORMATS),
        ("compression", COMPRESSIONS),
        ("layout", layouts()),
    ):
        default = {"format": "csv", "compression": "none", "layout": "plain"}[key]
        assert {export.get(key, default) for export in EXPORTS.values()} == set(values)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ScratchProject:
    """A year in the life of a project, with everything on."""
    place = tmp_path_factory.mktemp("canary")
    project = ScratchProject(
        place / "project",
        dict(EXPORTS),
        {
            "newsletter_audience": "newsletter",
            "texts_audience": "sms_offers",
            "everybody": None,
        },
        {"purposes": {**PURPOSES, "newsletter": {**PURPOSES["newsletter"], "parent": "use"}}},
    )
    project.environment["CONSENT_PEPPER"] = "pepper"
    project.environment["CONSENT_SIGNING_KEY"] = str(new_keys(place)[0])
    project.write()
    project.suppressions({"key_type": "phone", "key_value": FORMER, "reason": "bounced"})
    people = [CANARY, *OTHERS]
    live_with_all(project, people)
    project.refresh()
    # an address that was there before, and other answers, so that history has them too
    moved = {**CANARY, "phone": FORMER}
    live_with_all(project, [moved, *OTHERS])
    project.refresh()
    live_with_all(project, people)
    project.exports = {name: each for name, each in EXPORTS.items() if name != "retired"}
    project.exports["moved"] = {**EXPORTS["moved"], "destination": "exports/moved/after"}
    project.write_exports()
    project.refresh()
    done = project.consent("export", "retired", "--retire")
    assert done.returncode == 0, done.stderr
    done = project.consent("export", "moved", "--retire")
    assert done.returncode == 0, done.stderr
    for command in (
        ("refresh", "--as-of", "2026-02-01", "--no-export"),
        ("explain", ERA, "newsletter_audience"),
        ("explain", NUMBER, "--identity"),
        ("export", "--dry-run"),
        ("status",),
        ("rejected",),
        ("backup", "backups/first"),
        ("docs",),
    ):
        done = project.consent(*command)
        assert done.returncode in (0, 1), (command, done.stdout, done.stderr)
    return project


def live_with_all(project: ScratchProject, people: list[dict[str, Any]]) -> None:
    """Every answer that an option asks for, with evidence in words."""
    project.customers(*people)
    rows = grants(*people)
    for each in people:
        for purpose in ("profiling", "sale"):
            rows.append({**grants(each)[0], "id": f"{each['id']}-{purpose}", "purpose": purpose})
    project.consents(*rows)


def test_nothing_is_left(project: ScratchProject) -> None:
    texts = [ERA, NUMBER, FORMER, NAME, *written_by_layouts()]
    before = saying(project, texts, THEIRS)
    places = {place for said in before.values() for place in said}
    for name in EXPORTS:
        folder = EXPORTS[name]["destination"].split("/")[1]
        assert any(place.startswith(f"exports/{folder}/") for place in places), name
    assert any(place.startswith("main_asof.") for place in places), sorted(places)
    assert erase(project, ERA)["state"] == "suppressed"
    # a list that is empty all at once would stop the refresh
    project.suppressions({"key_type": "phone", "key_value": "+31620000099", "reason": "bounced"})
    live_with_all(project, list(OTHERS))
    project.refresh()
    report = erase(project, NUMBER)
    assert (report["state"], report["left"], report["backups"]) == (
        "complete",
        [],
        ["backups/first"],
    )
    assert saying(project, texts, [*THEIRS, *(hashed(each) for each in THEIRS)]) == {}
    assert verified(project) == []


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def written_by_layouts() -> list[str]:
    """Without salt, whoever guesses an address finds its hash: that is as good as plain."""
    digits = re.sub(r"\D", "", NUMBER)
    return [hashed(each) for each in (ERA, NUMBER, digits, NAME.lower())]
