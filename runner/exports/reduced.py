"""Deliveries of removals alone: when the rest may not leave, withdrawals still do.

A `full` is then the last one without the lines of those who were withdrawn, byte for byte; `added`
is empty. Nobody is added by it, so it is judged for denials alone, and its certificate names the
delivery that it reduces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.dbt import Project
from runner.errors import ExportError
from runner.exports import certificate, evidence, ledger, out_there, signals, state, steps
from runner.exports.adopt import adopt
from runner.exports.contract import Export, purposes_of
from runner.exports.files import layout_of_file, write_files
from runner.exports.finish import Draft, Outcome, Places, finish, time_of
from runner.exports.gate import removal_build
from runner.exports.layouts import as_data, from_data
from runner.exports.lines_of_files import without
from runner.exports.local import Work, parquet, quoted
from runner.exports.writers import Written
from runner.warehouse import open_warehouse

_DECIDED = ("_reason", "_consent_id", "_source_name", "_recorded_at", "_expires_at")


def remove(project: Project, export: Export, places: Places, work: Work) -> Outcome:
    """Delivers who is out there and was withdrawn as removed, and nothing else.

    Raises:
        ExportError: it could not be done; the last delivery stays in place.
    """
    names = adopt(project, export, places.destination, places.proof, work.folder)
    with open_warehouse(project) as warehouse:
        known = state.recorded(project, warehouse, export.name, places.destination.name)
        state.read(
            project, warehouse, export.name, places.destination.name, work.path("ledger_before")
        )
        if not work.count(f"{work.table('ledger_before')} where removed_at is null"):
            return Outcome(export.name, export.segment, "nothing")
        made = removal_build(project, warehouse, export)
        out_there.spool_out_there(
            project, warehouse, export, work, is_red=True, has_permissions=not made.missing
        )
    steps.passed(export.name, "spool")
    before = ledger.look(export, known, names, places.destination, places.proof, work)
    now = time_of(project, before.previous)
    out_there.find(project, export, work, now)
    if before.last is not None:
        signals.find(project, before.last, places.destination, work, now)
    waiting = 0
    if not made.is_identity_green:
        withdrawn = work.table("withdrawn")
        waiting = work.count(f"{withdrawn} where on_identity")
        work.save(f"select * from {withdrawn} where not on_identity", work.path("certain"))
        work.path("certain").replace(work.path("withdrawn"))
    _without_mailboxes(export, work)
    if not work.count(work.table("withdrawn")):
        return Outcome(
            export.name, export.segment, "nothing", waiting=waiting, missing=made.missing
        )
    document = before.last
    if before.is_baseline or document is None or document["delivery"] != before.previous:
        raise ExportError(
            f"{export.name}: {work.count(work.table('withdrawn')):,} withdrawals cannot be "
            "delivered, because the last delivery is not at its destination any more.",
            "Mend what stops the whole delivery and run `consent refresh`.",
        )
    then = _as_it_was(project, export, document)
    _make_lines(then, document, places, work, made.is_identity_green)
    draft = Draft(
        project=project,
        export=then,
        build=made.build,
        work=work,
        places=places,
        before=before,
        now=now,
        write=lambda folder: _write(then, document, known, places, work, folder),
        left_out={},
        names=names,
        reduces=document["delivery"],
    )
    outcome = finish(draft)
    outcome.waiting, outcome.missing = waiting, made.missing
    return outcome


def _without_mailboxes(export: Export, work: Work) -> None:
    """Whoever the destination takes for one mailbox with somebody withdrawn goes with them."""
    if not export.layout.folds:
        return
    written = export.layout.written(export.channel)
    out = f"(select * from {work.table('ledger_before')} where removed_at is null)"
    work.save(
        f"""
        with gone as (
            select sent.key_type, {written} as _written, min(withdrawn.reason) as reason
            from {work.table("withdrawn")} as withdrawn
            inner join {out} as sent using (key_type, key_value)
            group by all
        )
        select sent.key_type, sent.key_value, gone.reason, false as on_identity
        from (select *, {written} as _written from {out} as sent) as sent
        inner join gone
            on sent.key_type = gone.key_type and sent._written = gone._written
        """,
        work.path("with_mailboxes"),
    )
    work.path("with_mailboxes").replace(work.path("withdrawn"))


def _as_it_was(project: Project, export: Export, document: Mapping[str, Any]) -> Export:
    """The contract that the last delivery was written by, with the kinds of today.

    Raises:
        ExportError: there is no `full` to take lines out of, or what it told of is unknown now.
    """
    if "full" in export.deliver and "full" not in document["kinds"]:
        raise ExportError(
            f"{export.name}: withdrawals cannot be delivered, because the last delivery had no "
            "`full` that could be reduced.",
            "Mend what stops the whole delivery and run `consent refresh`.",
        )
    unknown = sorted(set(document["ad_consent"].values()) - set(purposes_of(project)))
    if unknown:
        raise ExportError(
            f"{export.name}: withdrawals cannot be delivered, because the last delivery told of "
            f"{', '.join(unknown)}, and the project has no such purpose any more.",
            "Mend what stops the whole delivery and run `consent refresh`.",
        )
    same = as_data(export.layout) == document["layout"]
    return replace(
        export,
        format=document["format"],
        layout=export.layout if same else from_data(document["layout"]),
        channel=document["channel"],
        ad_consent=document["ad_consent"],
    )


def _make_lines(
    export: Export,
    document: Mapping[str, Any],
    places: Places,
    work: Work,
    is_identity_green: bool,
) -> None:
    """Makes `lines` (who stays), `removed` and `added` (nobody), and what the evidence reads.

    `_ledger_profile_id` is the profile that a contact point was delivered for; `profile_id` the
    one that has it now, where one has and identity is green.
    """
    owners = "select null::varchar as profile_id, null::varchar as key_type, null as key_value"
    owners = f"{owners} where false"
    if is_identity_green:
        owners = f"select * from {work.table('people_contact_point')}"
    for name in out_there.PEOPLE:
        judged = work.folder / "judged" / f"{name}.parquet"
        if judged.exists():
            judged.replace(work.path(name))
    out = f"(select * from {work.table('ledger_before')} where removed_at is null)"
    written = export.layout.written(export.channel)
    decided = ", ".join(f"decided.{name}" for name in _DECIDED)
    signals = "".join(f", false as _signal_{name}" for name in export.ad_consent)
    work.save(
        f"""
        with owners as (
            select key_type, key_value, min(profile_id) as profile_id
            from ({owners}) as points
            group by key_type, key_value
        ),
        staying as (
            select sent.* from {out} as sent
            anti join {work.table("withdrawn")} as withdrawn using (key_type, key_value)
        ),
        decided as ({_decided(document, places, work)})
        select
            coalesce(owners.profile_id, '{evidence.ALONE}' || key_type || ':' || key_value)
                as profile_id,
            staying.profile_id as _ledger_profile_id, key_type, key_value,
            staying._written, {decided}{signals}
        from (select *, {written} as _written from staying) as staying
        left join owners using (key_type, key_value)
        left join decided using (key_type, key_value)
        order by staying.profile_id, key_type, key_value
        """,
        work.path("lines"),
    )
    work.save(
        f"""
        select sent.key_type, sent.key_value, sent.profile_id, 'withdrawn' as reason
        from {out} as sent
        inner join {work.table("withdrawn")} as withdrawn using (key_type, key_value)
        order by sent.profile_id, sent.key_type, sent.key_value
        """,
        work.path("removed"),
    )
    empty = "".join(f", cast(null as varchar) as {quoted(name)}" for name in export.attributes)
    work.connection.execute(
        f"create or replace temporary view added as "
        f"select *{empty} from {work.table('lines')} where false"
    )


def _decided(document: Mapping[str, Any], places: Places, work: Work) -> str:
    """SQL: the events that the permissions of the last delivery rest on, as it proved them."""
    name = document["delivery"]
    given = {name: name.removeprefix("_") for name in _DECIDED}
    if not places.proof.exists(name, evidence.FILE):
        nothing = ", ".join(
            f"cast(null as {'timestamp' if name.endswith('_at') else 'varchar'}) as {name}"
            for name in given
        )
        return (
            f"select null::varchar as key_type, null::varchar as key_value, {nothing} where false"
        )
    path = places.proof.fetch(work.folder / "evidence_before.parquet", name, evidence.FILE)
    columns = ", ".join(f"{column} as {name}" for name, column in given.items())
    return f"""
        select key_type, key_value, {columns}
        from {parquet(path)}
        where record = 'member'
        qualify row_number() over (partition by key_type, key_value order by profile_id) = 1
    """


def _write(
    export: Export,
    document: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    places: Places,
    work: Work,
    folder: Path,
) -> dict[str, Sequence[Written]]:
    """The files: `full` as the last one without some lines, the others as ever."""
    others = replace(export, deliver=tuple(kind for kind in export.deliver if kind != "full"))
    files: dict[str, Sequence[Written]] = {}
    if "full" in export.deliver:
        files["full"] = _reduce(export, document, known, places, work, folder)
    return {**files, **write_files(others, work, folder)}


def _reduce(
    export: Export,
    document: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    places: Places,
    work: Work,
    folder: Path,
) -> list[Written]:
    name, full = document["delivery"], document["kinds"]["full"]
    hashes = [file["sha256"] for file in full["files"]]
    stated = known.get(name, {}).get("sha256", {}).get("full")
    is_own = certificate.hash_of_files(hashes) == stated or bool(document.get("erased"))
    written = []
    for file in full["files"]:
        path = folder / Path(file["name"]).name
        if is_own and places.destination.exists(name, path.name):
            places.destination.fetch(path, name, path.name)
        if not path.exists() or certificate.file_hash(path) != file["sha256"]:
            raise ExportError(
                f"{export.name}: withdrawals cannot be delivered, because {path.name} of the last "
                f"delivery {name} is not at its destination as it was written.",
                "Mend what stops the whole delivery and run `consent refresh`.",
            )
        layout, channel = layout_of_file(export.layout, export.channel, "full", path.name)
        gone = work.connection.execute(
            f"select distinct {layout.written(channel)} from {work.table('removed')}"
        ).fetchall()
        lines = without(
            path, export.format, layout.contact_header(channel), {row[0] for row in gone if row[0]}
        )
        written.append(
            Written(
                path.name,
                file["rows"] - lines,
                path.stat().st_size,
                certificate.file_hash(path),
            )
        )
    return written
