"""The files of a delivery: which there are, their columns, and how values look in them."""

from __future__ import annotations

from pathlib import Path

from runner.exports import writers
from runner.exports.contract import Export
from runner.exports.layouts import Layout, layouts
from runner.exports.lines import is_formula
from runner.exports.local import Work, literal, quoted
from runner.exports.writers import Written


def write_files(export: Export, work: Work, folder: Path) -> dict[str, list[Written]]:
    """Writes the files of each kind that the export delivers."""
    files: dict[str, list[Written]] = {}
    for kind in export.deliver:
        if kind == "removed":
            files[kind] = _write_removed(export, work, folder)
            continue
        source = work.table("lines") if kind == "full" else "added"
        files[kind] = [
            file
            for suffix, condition in _signal_parts(export)
            for file in _write(
                export,
                export.layout,
                export.channel,
                work,
                folder / f"{kind}{suffix}",
                f"select * from {source} where {condition}",
            )
        ]
    return files


def removal_layout(layout: Layout, key_type: str) -> tuple[Layout, str | None]:
    """Layout and channel for removals of one kind of contact point, whatever was sent."""
    if key_type == "profile_id":
        return layouts()["plain"], None
    if key_type not in layout.channels(key_type):
        return layouts()["plain"], key_type
    return layout, key_type


def layout_of_file(
    layout: Layout, channel: str | None, kind: str, name: str
) -> tuple[Layout, str | None]:
    """Layout and channel of one file of a delivery, by its name."""
    suffix = name.split(".")[0].removeprefix("removed").removeprefix("-").split("-")[0]
    if kind != "removed" or not suffix or suffix.isdigit():
        return layout, channel
    return removal_layout(layout, suffix)


def _write_removed(export: Export, work: Work, folder: Path) -> list[Written]:
    """Removals, in a file of their own for each other kind of contact point that was sent."""
    removed = work.table("removed")
    kinds = {export.channel or "profile_id": ""}
    for (kind,) in work.connection.execute(
        f"select key_type from {removed} group by key_type order by key_type"
    ).fetchall():
        kinds.setdefault(kind, f"-{kind}")
    files: list[Written] = []
    for kind, suffix in kinds.items():
        layout, channel = removal_layout(export.layout, kind)
        written = layout.written(channel)
        # another contact point may be the same mailbox to the destination, and stay
        source = f"""
            select *, {written} as _written from {removed}
            where
                key_type = {literal(kind)}
                and {written} not in (select _written from {work.table("lines")})
        """
        files += _write(
            export,
            layout,
            channel,
            work,
            folder / f"removed{suffix}",
            source,
            only_contact_points=True,
        )
    return files


def _write(
    export: Export,
    layout: Layout,
    channel: str | None,
    work: Work,
    to: Path,
    source: str,
    *,
    only_contact_points: bool = False,
) -> list[Written]:
    columns = layout.select(channel, export.attributes, only_contact_points=only_contact_points)
    columns += [("reason", "reason")] if only_contact_points else []
    lines = (
        f"""
        select * from (
            select
                *,
                row_number() over (
                    partition by _written order by profile_id, key_type, key_value
                ) as _copy
            from ({source}) as lines
        ) as copies
        where _copy = 1
    """
        if layout.folds
        else source
    )
    plain = ", ".join(f"{sql} as {quoted(header)}" for sql, header in columns)
    types = dict(
        work.connection.execute(
            f"select column_name, column_type from (describe select {plain} "
            f"from ({lines}) as lines)"
        ).fetchall()
    )
    contact = layout.contact_header(channel)
    shown = [
        (_as_shown(sql, types[header], export, is_contact=header == contact), header)
        for sql, header in columns
    ]
    if export.format == "jsonl":
        pairs = ", ".join(f"{quoted(header)} := {sql}" for sql, header in shown)
        listed = f"cast(to_json(struct_pack({pairs})) as varchar) as line"
    else:
        listed = ", ".join(f"{sql} as {quoted(header)}" for sql, header in shown)
    batches = work.stream(
        f"select {listed} from ({lines}) as lines order by profile_id, key_type, key_value"
    )
    return writers.write(
        to.parent,
        to.name,
        batches,
        file_format=export.format,
        compression=export.compression,
        max_rows=export.max_rows_per_file,
    )


def _as_shown(sql: str, data_type: str, export: Export, *, is_contact: bool) -> str:
    """SQL for a value as its format shows it. A contact point is never altered."""
    if export.format == "parquet":
        return sql
    if data_type.startswith("TIMESTAMP"):
        return f"strftime({sql}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    guarded = export.format == "csv" and export.neutralise_formulas and not is_contact
    if data_type == "VARCHAR" and guarded:
        return f"case when {is_formula(sql)} then '''' || {sql} else {sql} end"
    return sql


def _signal_parts(export: Export) -> list[tuple[str, str]]:
    """File name suffix and condition of each combination of ad-consent signals."""
    parts = [("", "true")]
    for signal in export.ad_consent:
        parts = [
            (f"{suffix}-{signal}_{answer}", f"{condition} and {negation}_signal_{signal}")
            for suffix, condition in parts
            for answer, negation in (("granted", ""), ("denied", "not "))
        ]
    return parts
