"""The source's page: where the file lies, how it is read, and what was found in it."""

from __future__ import annotations

import yaml

from runner.sources.plan import Plan
from runner.sources.sql import plain_name
from runner.sources.times import ISO


class _Indented(yaml.SafeDumper):
    """Lists stand under their key, indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def properties(plan: Plan, system: str, table: str, models: dict[str, str]) -> str:
    """The YAML of a source and its models.

    Args:
        plan: what the file is.
        system: the source's name.
        table: of the source.
        models: name → description.
    """
    columns: list[dict[str, object]] = []
    for column in plan.source.columns:
        if "{" in column.name:
            continue  # it would be read as a template
        entry: dict[str, object] = {"name": column.name}
        if plain_name(column.name) != column.name:
            entry["quote"] = True
        meaning = _meaning(plan, column.name)
        if meaning:
            entry["description"] = meaning.replace("{", "(").replace("}", ")")
        if plan.roles.get("id") == column.name:
            entry["data_tests"] = ["not_null"]
        columns.append(entry)
    about = f"Read from {plan.source.shown}. {' '.join(_about(plan))}".strip()
    content: dict[str, object] = {
        "name": table,
        "description": about.replace("{", "(").replace("}", ")"),
        "config": {"meta": {"external_location": plan.source.reading}},
        "columns": columns,
    }
    if plan.source.dialect is not None:
        content["data_tests"] = ["dbt_consent.every_record_is_read"]
    listed: list[dict[str, object]] = [
        {"name": name, "description": description} for name, description in models.items()
    ]
    if plan.kind == "customers" and "id" not in plan.roles:
        # an edited key is a new person: said when many are
        listed[0]["data_tests"] = [{"dbt_consent.keys_stay": {"config": {"severity": "warn"}}}]
    document = {"sources": [{"name": system, "tables": [content]}], "models": listed}
    return (
        "# Proposed by `consent new source`; the file is read where it lies. Say `freshness` here\n"
        "# if the file is to arrive regularly: a one-off list does not grow old.\n"
        + yaml.dump(document, Dumper=_Indented, sort_keys=False, allow_unicode=True, width=1000)
    )


def _meaning(plan: Plan, name: str) -> str:
    """What a column is, with the form and zone of its times."""
    said = [role for role, column in plan.roles.items() if column == name]
    for each in plan.consents:
        if each.column == name:
            grants = "answers" if each.grants else "denies"
            said.append(f"{grants} {each.purpose}")
        if name in (each.recorded_at, each.confirmed_at):
            said.append(f"when {each.column} was answered")
    if name in plan.ignored:
        said.append("left aside")
    found = plan.times.get(name)
    if found is not None and not found.typed:
        form = "ISO 8601" if found.format in (ISO, None) else found.format
        zone = f", clock times of {found.zone}" if found.zone and found.needs_zone else ""
        said.append(f"times as {form}{zone}")
    return "; ".join(said)


def _about(plan: Plan) -> list[str]:
    told = []
    if plan.layout:
        told.append(f"Layout: {plan.layout}.")
    if plan.source.dialect is not None:
        told.append(f"Encoding: {plan.source.dialect.encoding}.")
    if plan.unused:
        told.append(f"Not used: {', '.join(plan.unused)}.")
    return [*told, *plan.notes]
