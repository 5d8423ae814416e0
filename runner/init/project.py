"""Writes a project of one's own: the library's files, and what its owner goes on with."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path, PurePosixPath
from string import Template
from typing import Any

import yaml

from runner.errors import ConsentError, UsageError
from runner.library import library_files, model_settings, settings, shipped

ENGINES = ("duckdb", "postgres")
PROFILE = "consent"
BROUGHT = ".dbt-consent.json"
"""The file that says which files the library brought, and what was in them."""

_EDITED = re.compile(r"seeds/reference/(?!phone_numbering_plans).*\.csv")
_TEMPLATES = files("runner.init") / "templates"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EVERY: dict[str, str] = {
    "dbt_project.yml": "dbt_project.yml",
    "gitignore": ".gitignore",
    "requirements.txt": "requirements.txt",
    "ci.yml": ".github/workflows/consent.yml",
    "settings.json": ".vscode/settings.json",
    "README.md": "README.md",
}
_EXAMPLE: dict[str, str] = {
    "_shop__models.yml": "models/staging/shop/_shop__models.yml",
    "stg_shop__customers.sql": "models/staging/shop/stg_shop__customers.sql",
    "stg_shop__consents.sql": "models/staging/shop/stg_shop__consents.sql",
    "newsletter_audience.yml": "models/segments/newsletter_audience.yml",
    "newsletter_audience.sql": "models/segments/newsletter_audience.sql",
    "exports.yml": "models/exports/exports.yml",
}
_OF_A_FILE: dict[str, str] = {
    "_shop__sources.yml": "models/staging/shop/_shop__sources.yml",
    "shop_customers.csv": "data/shop_customers.csv",
}
_OF_A_SEED: dict[str, str] = {
    "_example__seeds.yml": "seeds/example/_example__seeds.yml",
    "shop_customers.csv": "seeds/example/shop_customers.csv",
}


@dataclass(frozen=True)
class Choices:
    """What a new project is to be like.

    Attributes:
        engine: duckdb or postgres; profiles.yml has both, this one is the default.
        country: of phone numbers without one, ISO 3166 alpha-2; None = none.
        time_zone: whose days segments mean, an IANA name.
        purposes: names of purposes that reach people by e-mail.
        example: with one source, segment and export to look at.
    """

    engine: str = "duckdb"
    country: str | None = None
    time_zone: str = "UTC"
    purposes: tuple[str, ...] = ()
    example: bool = False


def purpose_of(name: str) -> str:
    """A name as one of a purpose.

    Raises:
        UsageError: it is none.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is no name for a purpose.",
            "Use lower case letters, digits and _, beginning with a letter.",
        )
    return name


def require_free(folder: Path) -> None:
    """Refuses a folder in which something is.

    Raises:
        UsageError: the folder has files other than hidden ones, or is a file.
    """
    if folder.is_file():
        raise UsageError(f"{folder} is a file.", "Name a folder that is new or empty.")
    found = sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []
    if "dbt_project.yml" in found:
        raise UsageError(
            f"There is a project in {folder} already.",
            "Name another folder; `consent init --upgrade` renews the library's files in it.",
        )
    if found:
        raise UsageError(
            f"{folder} is not empty: {', '.join(found[:3])}{' …' if len(found) > 3 else ''}.",
            "Name a folder that is new or empty.",
        )


def write_project(folder: Path, choices: Choices) -> list[str]:
    """Writes the project; the folder must be free (`require_free`).

    Returns:
        The files that are the owner's, relative to the folder.
    """
    purposes = choices.purposes or (("newsletter",) if choices.example else ())
    words = _words(folder, choices, purposes)
    written = dict(_EVERY)
    if choices.example:
        own = _OF_A_FILE if choices.engine == "duckdb" else _OF_A_SEED
        written |= {f"example/{name}": place for name, place in {**_EXAMPLE, **own}.items()}
    else:
        written["exports.yml"] = "models/exports/exports.yml"
    _bring(folder)
    for name, place in written.items():
        text = (_TEMPLATES / name).read_text(encoding="utf-8")
        if "$" in text:
            text = Template(text).substitute(words)
        _write(folder / place, text)
    _write(folder / "profiles.yml", _profiles(choices.engine))
    for place in ("data", "models/staging"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    if purposes:
        labels = folder / "seeds/reference/purpose_labels.csv"
        rows = "".join(f",{purpose},{purpose}\n" for purpose in purposes)
        labels.write_text(labels.read_text("utf-8") + rows, encoding="utf-8")
    return sorted([*written.values(), "profiles.yml"])


def upgrade(folder: Path) -> list[str]:
    """Brings the library's files of this version into a project that `init` made.

    Returns:
        The files that changed, came or went, relative to the folder.

    Raises:
        UsageError: `init` made no project there.
        ConsentError: files of the library were changed by hand; they are named, and nothing is
            written.
    """
    if not (folder / BROUGHT).is_file():
        raise UsageError(
            f"{folder} holds no project that `consent init` made: there is no {BROUGHT}.",
            "Name the project's folder.",
        )
    before: Mapping[str, str] = json.loads((folder / BROUGHT).read_text("utf-8"))["files"]
    changed = [
        name
        for name, digest in before.items()
        if (folder / name).is_file() and _digest(folder / name) != digest
    ]
    if changed:
        raise ConsentError(
            f"Files of the library were changed here: {', '.join(changed)}.",
            "Move what is yours to a model or macro of your own and put them back as they were "
            "(`git log` has them), then repeat the command.",
        )
    held = {name: _digest(folder / name) for name in before if (folder / name).is_file()}
    _bring(folder)
    now: Mapping[str, str] = json.loads((folder / BROUGHT).read_text("utf-8"))["files"]
    for name in before.keys() - now.keys():
        (folder / name).unlink(missing_ok=True)
    return sorted(name for name in held.keys() | now.keys() if held.get(name) != now.get(name))


def missing_hooks(folder: Path) -> list[str]:
    """The library's hooks that dbt_project.yml of a project does not call."""
    own = (folder / "dbt_project.yml").read_text(encoding="utf-8")
    hooks = [hook for name in ("on-run-start", "on-run-end") for hook in settings()[name]]
    return [hook for hook in hooks if hook not in own]


def _bring(folder: Path) -> None:
    """Copies the library; rows of seeds that are there already stay."""
    brought: dict[str, str] = {}
    for path in library_files():
        name, place = path.as_posix(), folder / path
        edited = _EDITED.fullmatch(name)
        if edited and place.exists():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shipped() / path, place)
        if not edited:
            brought[name] = _digest(place)
    content = {"version": version("dbt-consent"), "files": brought}
    _write(folder / BROUGHT, json.dumps(content, indent=1) + "\n")


def _words(folder: Path, choices: Choices, purposes: tuple[str, ...]) -> dict[str, str]:
    shop = choices.example
    extra = "[postgres]" if choices.engine == "postgres" else ""
    listed = "".join(f"\n    {each}: {{enforcement: opt_in, channel: email}}" for each in purposes)
    return {
        "title": PurePosixPath(folder.resolve().as_posix()).name,
        "profile": PROFILE,
        "dbt_version": json.dumps(settings()["require-dbt-version"]),
        "library": _library_settings(),
        "requirement": f"dbt-consent{extra}=={version('dbt-consent')}",
        "engine": choices.engine,
        "country": f"'{choices.country}'" if choices.country else "null",
        "time_zone": choices.time_zone,
        "purposes": listed or " {}",
        "purpose": purposes[0] if purposes else "",
        "customer_sources": "shop" if shop else "",
        "customer_models": "stg_shop__customers" if shop else "",
        "consent_models": "{model: stg_shop__consents, kind: state}" if shop else "",
        "segments": "newsletter_audience" if shop else "",
        "relation": "source('shop', 'customers')"
        if choices.engine == "duckdb"
        else "ref('shop_customers')",
    }


def _library_settings() -> str:
    """Flags, hooks and materializations as the library's own dbt_project.yml has them."""
    given = settings()
    kept: dict[str, Any] = {
        name: given[name] for name in ("flags", "on-run-start", "on-run-end") if name in given
    }
    kept["models"] = {"dbt_consent": model_settings()}
    return "".join(
        yaml.safe_dump({name: value}, sort_keys=False, width=1000) + "\n"
        for name, value in kept.items()
    )


def _profiles(engine: str) -> str:
    text = (shipped() / "profiles.yml").read_text(encoding="utf-8")
    text = re.sub(r"\A\w+:\n", f"{PROFILE}:\n", text, count=1)
    return re.sub(r"^  target: .*$", f"  target: {engine}", text, count=1, flags=re.MULTILINE)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
