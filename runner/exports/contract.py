"""What an exposure promises: `config.meta.export`, read from the manifest and validated.

Every error of every export is found at once, each with the exposure, the key and the fix.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from runner.dbt import Node, Project
from runner.errors import UsageError, nearest
from runner.exports.layouts import Layout, layouts

FORMATS = ("csv", "parquet", "jsonl")
KINDS = ("full", "added", "removed")
COMPRESSIONS = ("none", "gzip")
SIGNALS = ("ad_user_data", "ad_personalization")


@dataclass(frozen=True)
class Export:
    """One exposure of kind export, with its defaults filled in.

    Attributes:
        purpose: what the segment's guard contacts people for; None when it contacts nobody.
        required: the purposes that each delivered contact point must be permitted for.
        proof: where evidence and ledger are kept, in plain; the destination when it is empty.
        remove_within: a withdrawal not delivered by then is overdue.
        ad_consent: ad-consent signal → the purpose that answers it; users with different answers
            go to different files.
        deliver_unchanged: deliver also what would be the last delivery once more.
    """

    name: str
    node_id: str
    segment: str
    segment_id: str
    purpose: str | None
    channel: str | None
    attributes: tuple[str, ...]
    destination: str
    proof: str = ""
    format: str = "csv"
    compression: str = "none"
    layout: Layout = field(default_factory=lambda: layouts()["plain"])
    deliver: tuple[str, ...] = ("full",)
    contact_points: str = "best"
    third_party: bool = False
    contacts_people: bool = True
    neutralise_formulas: bool = True
    deliver_unchanged: bool = False
    max_rows_per_file: int | None = None
    max_removed_share: float = 0.3
    remove_within: timedelta | None = None
    keep_evidence_for: int | None = None
    ad_consent: Mapping[str, str] = field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        """Purposes that must be permitted on every contact point that leaves."""
        own = (self.purpose,) if self.purpose else ()
        return (*own, "sale") if self.third_party else own


def exports(project: Project, names: Iterable[str] = ()) -> list[Export]:
    """The project's exports, or those that are named, in the order of their names.

    Raises:
        UsageError: a name is unknown, or the contract of any export is broken.
    """
    found = {node["name"]: node for node in _exposures(project)}
    wanted = list(names)
    for name in wanted:
        if name not in found:
            raise UsageError(
                f"There is no export '{name}'{nearest(name, found)}.",
                "`dbt ls --resource-type exposure` lists them.",
            )
    problems = contract_errors(project)
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(
            f"The exports of the project have {len(problems)} "
            f"error{'s' if len(problems) > 1 else ''}:\n{listed}"
        )
    chosen = [found[name] for name in wanted] if wanted else list(found.values())
    return sorted((_read(project, node, []) for node in chosen), key=lambda export: export.name)


def contract_errors(project: Project) -> list[str]:
    """All errors of all exports; empty when each contract is sound."""
    errors: list[str] = []
    folders: dict[str, str] = {}
    for node in _exposures(project):
        export = _read(project, node, errors)
        for key in ("destination", "proof"):
            place = _place(getattr(export, key))
            if place in folders:
                errors.append(
                    f"{export.name}.{key}: '{place}' is also used by {folders[place]}; each "
                    "export needs folders of its own."
                )
            elif place:
                folders[place] = export.name
    return errors


def _place(given: str) -> str:
    """A folder or URL in the one spelling that can be compared."""
    return given.rstrip("/") if "://" in given or not given else posixpath.normpath(given)


def _exposures(project: Project) -> list[Node]:
    found = [
        node
        for node in project.exposures.values()
        if "export" in ((node.get("config") or {}).get("meta") or {})
    ]
    return sorted(found, key=lambda node: node["name"])


def _read(project: Project, node: Node, errors: list[str]) -> Export:
    name = node["name"]
    given = node["config"]["meta"]["export"]
    where = f"{name} ({node['original_file_path']})"
    if not isinstance(given, Mapping):
        errors.append(f"{where}: `export` must be a mapping such as {{destination: exports/x}}.")
        given = {}
    for key in given:
        if key not in _KEYS:
            errors.append(
                f"{where}: unknown key '{key}'{nearest(key, _KEYS)}; known are {', '.join(_KEYS)}."
            )
    values: dict[str, Any] = {}
    for key, (check, expected) in _KEYS.items():
        if given.get(key) is None:
            continue
        try:
            values[key] = check(given[key])
        except (TypeError, ValueError, KeyError):
            hint = nearest(given[key], layouts()) if key == "layout" else ""
            errors.append(f"{where}: {key}: '{_shown(given[key])}' is not {expected}{hint}.")
    if not given.get("destination"):
        errors.append(f"{where}: `destination` is missing: a folder, or a URL such as s3://….")
    segment, guard = _segment(project, node, where, errors)
    purposes = purposes_of(project)
    purpose = guard.get("contact_for")
    channel = (purposes.get(str(purpose)) or {}).get("channel") if purpose else None
    export = Export(
        name=name,
        node_id=node["unique_id"],
        segment=segment["name"] if segment else "",
        segment_id=segment["unique_id"] if segment else "",
        purpose=purpose,
        channel=channel,
        attributes=tuple(guard.get("attributes") or ()),
        destination=values.pop("destination", ""),
        **values,
    )
    errors.extend(f"{where}: {text}" for text in _contradictions(export, given, segment, purposes))
    return export


def _segment(
    project: Project, node: Node, where: str, errors: list[str]
) -> tuple[Node | None, Mapping[str, Any]]:
    segments = [
        project.nodes[node_id]
        for node_id in node["depends_on"]["nodes"]
        if node_id in project.nodes and segment_rule(project.nodes[node_id]) is not None
    ]
    if len(segments) != 1:
        listed = ", ".join(each["name"] for each in segments) or "none"
        errors.append(
            f"{where}: depends_on must name exactly one segment, and names {listed}; write "
            "depends_on: [ref('…')] with the segment to deliver."
        )
        return None, {}
    return segments[0], segment_rule(segments[0]) or {}


def segment_rule(node: Node) -> Mapping[str, Any] | None:
    """`config.meta.segment` of a model, or None when it is no segment."""
    meta = (node.get("config") or {}).get("meta") or {}
    rule = meta.get("segment")
    return rule if isinstance(rule, Mapping) else None


def _contradictions(
    export: Export,
    given: Mapping[str, Any],
    segment: Node | None,
    purposes: Mapping[str, Mapping[str, Any]],
) -> Iterable[str]:
    if segment is not None and export.purpose is None:
        if export.third_party:
            yield (
                f"the segment {export.segment} contacts nobody, so nobody in it agreed to "
                "anything and it can never go to a third party; give it `contact_for`."
            )
        elif export.contacts_people:
            yield (
                f"the segment {export.segment} contacts nobody and cannot go to a destination "
                "that contacts people; give it `contact_for`, or say `contacts_people: false` "
                "here if the destination never does."
            )
    if _place(export.proof).startswith(f"{_place(export.destination)}/"):
        yield (
            f"proof: '{export.proof}' lies in the destination '{export.destination}', where "
            "whoever reads the files finds it; name a folder beside it."
        )
    if export.third_party and not export.proof:
        yield (
            "proof: evidence and ledger hold contact points and consents in plain and must not "
            "go to a third party; name a folder of your own, such as proof: exports/proof/x."
        )
    if export.purpose is not None and not export.contacts_people:
        yield (
            f"contacts_people: the segment {export.segment} is a list of contact points "
            f"(contact_for: {export.purpose}); leave `contacts_people` out."
        )
    if export.layout.formats and export.format not in export.layout.formats:
        yield (
            f"format: the layout {export.layout.name} is written as "
            f"{' or '.join(export.layout.formats)}, not as {export.format}."
        )
    if export.channel and export.channel not in export.layout.channels(export.channel):
        yield (
            f"layout: {export.layout.name} takes no contact points of the kind {export.channel}; "
            f"it takes {', '.join(export.layout.key_types)}."
        )
    if export.purpose is None and export.layout.key_types:
        yield f"layout: {export.layout.name} is a list of contact points; use `plain`."
    if "added" in export.deliver and not {"full", "removed"} & set(export.deliver):
        yield (
            "deliver: `added` alone would leave every withdrawal at the destination; add "
            "`removed` or `full`."
        )
    if export.deliver == ("removed",):
        yield "deliver: `removed` alone delivers nobody; add `full` or `added`."
    if export.compression != "none" and export.format == "parquet":
        yield "compression: Parquet is compressed with zstd already; leave it out."
    if "neutralise_formulas" in given and export.format != "csv":
        yield "neutralise_formulas: only for CSV, where a spreadsheet would run them."
    if export.ad_consent and not export.layout.signals:
        yield f"ad_consent: the layout {export.layout.name} knows no ad-consent signals."
    if export.ad_consent and "full" not in export.deliver:
        yield (
            "ad_consent: needs `full` among `deliver`; who only changes an answer is neither added "
            "nor removed."
        )
    for signal, purpose in export.ad_consent.items():
        if purpose not in purposes:
            yield f"ad_consent.{signal}: '{purpose}' is no purpose{nearest(purpose, purposes)}."


def purposes_of(project: Project) -> dict[str, dict[str, Any]]:
    """`vars: purposes:` with the three rights, as they are written; defaults are the judge's."""
    declared = project.setting("purposes", {})
    named = {name: dict(keys or {}) for name, keys in declared.items()}
    return {**{right: {} for right in ("use", "sale", "storage")}, **named}


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return check


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _share(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError
    return float(value)


def _rows(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value.strip()


def _kinds(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise ValueError
    if not set(value) <= set(KINDS):
        raise ValueError
    return tuple(kind for kind in KINDS if kind in value)


def _span(value: Any) -> timedelta:
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ValueError
    ((unit, number),) = value.items()
    if unit not in ("minutes", "hours", "days") or _rows(number) < 1:
        raise ValueError
    return timedelta(**{unit: number})


def _months(value: Any) -> int:
    if not isinstance(value, Mapping) or set(value) not in ({"months"}, {"years"}):
        raise ValueError
    years = value.get("years")
    return _rows(value["months"]) if years is None else 12 * _rows(years)


def _layout(value: Any) -> Layout:
    return layouts()[value]


def _signals(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value or not set(value) <= set(SIGNALS):
        raise ValueError
    return {signal: _text(purpose) for signal, purpose in value.items()}


_KEYS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "destination": (_text, "a folder or a URL"),
    "proof": (_text, "a folder or a URL"),
    "format": (_one_of(*FORMATS), f"one of {', '.join(FORMATS)}"),
    "compression": (_one_of(*COMPRESSIONS), f"one of {', '.join(COMPRESSIONS)}"),
    "layout": (_layout, "a known layout"),
    "deliver": (_kinds, f"a list of {', '.join(KINDS)}"),
    "contact_points": (_one_of("best", "all"), "one of best, all"),
    "third_party": (_boolean, "true or false"),
    "contacts_people": (_boolean, "true or false"),
    "neutralise_formulas": (_boolean, "true or false"),
    "deliver_unchanged": (_boolean, "true or false"),
    "max_rows_per_file": (_rows, "a whole number from 1 on"),
    "max_removed_share": (_share, "a share from 0 to 1"),
    "remove_within": (_span, "a time such as {hours: 24}"),
    "keep_evidence_for": (_months, "a time such as {months: 24}"),
    "ad_consent": (_signals, "a mapping such as {ad_user_data: a_purpose}"),
}


def _shown(value: Any) -> str:
    return str(value) if not isinstance(value, list) else f"[{', '.join(map(str, value))}]"
