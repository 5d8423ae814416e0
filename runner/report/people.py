"""People and quality in numbers: what ties records, what could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.dbt import Project
from runner.report.figures import Figure, Row
from runner.report.history import History
from runner.report.small import parts, said
from runner.warehouse import Warehouse

_SERIES = 8
_SIZES = ("1", "2", "3", "4", "5", "6–10", "11+")


def records(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """People by how many records of sources they are made of."""
    counted = dict.fromkeys(_SIZES, 0)
    for row in warehouse.rows(
        f"""
        select
            case
                when record_count <= 5 then cast(record_count as varchar)
                when record_count <= 10 then '6–10'
                else '11+'
            end as records,
            count(*) as people
        from {project.relation("profiles")}
        group by case
            when record_count <= 5 then cast(record_count as varchar)
            when record_count <= 10 then '6–10'
            else '11+'
        end
        """
    ):
        counted[row["records"]] = row["people"]
    last = max((index for index, size in enumerate(_SIZES) if counted[size]), default=-1)
    counted = {size: counted[size] for size in _SIZES[: last + 1]}
    told, _ = parts(counted, exact)
    rows = [{"records": size, "people": count} for size, count in told.items()]
    return Figure("records", ("records", "people"), rows, "bars", _bars("records", "people"))


def ties(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Records by the kind of key that ties them to another one of the same person."""
    rows = warehouse.rows(
        f"""
        select split_part(matched_by, ' ', 1) as key, count(*) as records
        from {project.relation("profile_matches")}
        where matched_by is not null
        group by split_part(matched_by, ' ', 1)
        order by records desc, key
        """
    )
    return _simple("ties", "key", "records", rows, exact)


def reviews(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Pairs of records whose being one person is doubtful."""
    rows = warehouse.rows(
        f"select doubt, count(*) as pairs from {project.relation('merge_reviews')}"
        " group by doubt order by pairs desc, doubt"
    )
    return _simple("reviews", "doubt", "pairs", rows, exact)


def rejected(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Rows that could not be used as they came, by source and reason."""
    rows = warehouse.rows(
        f"""
        select source, reason, count(*) as rejected_rows
        from (
            select coalesce(source_name, model_name, '') as source, reason
            from {project.relation("rejected_consents")}
            union all
            select coalesce(source_name, model_name, '') as source, reason
            from {project.relation("rejected_keys")}
        ) as both_tables
        group by source, reason
        order by rejected_rows desc, source, reason
        """
    )
    return Figure(
        "rejected",
        ("source", "reason", "rejected_rows"),
        [{**row, "rejected_rows": said(row["rejected_rows"], exact)} for row in rows],
        "bars",
        {"of": "source", "by": "reason", "value": "rejected_rows"},
    )


def rejected_over_time(past: History, exact: bool) -> Figure:
    """The same at each refresh, the largest ones by themselves."""
    last = past.at("rejected", past.runs[-1]) if past.runs else {}
    ever = {key for run in past.runs for key in past.at("rejected", run)}
    shown = sorted(ever, key=lambda key: (-last.get(key, 0), key))[:_SERIES]
    rows: list[Row] = [
        {
            "run": run,
            "source": source,
            "reason": reason,
            "rejected_rows": said(past.at("rejected", run).get((source, reason), 0), exact),
        }
        for run in past.runs
        for source, reason in shown
    ]
    columns = ("run", "source", "reason", "rejected_rows")
    return Figure("rejected_over_time", columns, rows, "series", {"of": "run"})


def unreadable(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Contact points and times that cannot be read, and labels that nobody mapped, by source."""
    rows = warehouse.rows(
        f"""
        select source, what, count(*) as unread_rows
        from (
            select
                coalesce(source_name, model_name, '') as source,
                case
                    when reason in ('contact_point_not_valid', 'key_type_unknown') then 'keys'
                    when reason = 'time_not_readable' then 'dates'
                    when reason in ('status_not_mapped', 'reason_unknown') then 'answer_labels'
                    when reason in ('purpose_missing', 'purpose_not_mapped') then 'purpose_labels'
                end as what
            from {project.relation("rejected_consents")}
            union all
            select
                coalesce(source_name, model_name, '') as source,
                case when reason = 'not_valid' then 'keys' end as what
            from {project.relation("rejected_keys")}
        ) as both_tables
        where what is not null
        group by source, what
        order by source, what
        """
    )
    return Figure(
        "unreadable",
        ("source", "what", "unread_rows"),
        [{**row, "unread_rows": said(row["unread_rows"], exact)} for row in rows],
        "bars",
        {"of": "source", "by": "what", "value": "unread_rows"},
    )


def unmatched(project: Project, warehouse: Warehouse, exact: bool) -> Figure:
    """Consent about contact points that nobody has."""
    rows = warehouse.rows(
        f"""
        select coalesce(source_name, '') as source, count(*) as events
        from {project.relation("unmatched_consents")}
        group by coalesce(source_name, '')
        order by events desc, source
        """
    )
    return _simple("unmatched", "source", "events", rows, exact)


def _simple(name: str, of: str, value: str, rows: list[dict[str, Any]], exact: bool) -> Figure:
    told = [{of: row[of], value: said(row[value], exact)} for row in rows]
    return Figure(name, (of, value), told, "bars", _bars(of, value))


def _bars(of: str, value: str) -> Mapping[str, str]:
    return {"of": of, "value": value}
