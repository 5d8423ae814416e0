"""From the audience to lines: one per contact point, in the form that the destination takes."""

from __future__ import annotations

from datetime import datetime

from runner.exports.contract import Export
from runner.exports.local import Work, moment


def is_formula(value: str) -> str:
    """SQL: a spreadsheet would run this text (OWASP, CSV injection). A signed number is none."""
    return (
        f"(regexp_matches({value}, '^\\s*[=+\\-@\\t\\r\\n＝＋－＠]') "
        f"and not regexp_full_match({value}, '[+-]?[0-9]+([.,][0-9]+)?'))"
    )


def make_lines(export: Export, work: Work, now: datetime) -> dict[str, int]:
    """Makes `lines` out of `audience`, sorted, each contact point once.

    What is written of a contact point is in `_written`. Two contact points that the destination
    takes for one mailbox are two lines with one `_written`; when either of them is denied,
    neither leaves, and an ad-consent signal holds when it holds for both. What has expired since
    the build was made permits nothing any more.

    Returns:
        How many were left out here, by reason.
    """
    unsafe = "false"
    if export.format == "csv" and export.neutralise_formulas and not export.layout.is_hashed:
        unsafe = is_formula("_written")
    written = export.layout.written(export.channel)
    denied = "select null::varchar as _written where false"
    if work.path("denied").exists():
        denied = f"select {written} as _written from {work.table('denied')}"
    work.connection.execute(
        f"""
        create or replace temporary view formed as
        select
            *,
            case
                when _ends_at <= {moment(now)} then 'expired_since_the_build'
                when _written is null then '{export.channel}_without_a_form'
                when {unsafe} then 'unsafe_in_a_spreadsheet'
                when _written in (
                    select _written from ({denied}) as denied where _written is not null
                ) then 'same_mailbox_denied'
            end as _left_out
        from (select *, {written} as _written from {work.table("audience")}) as audience
        """
    )
    signals = "".join(f", {_signal(name, now)}" for name in export.ad_consent)
    work.save(
        f"""
        select * exclude (_left_out, _nth)
        from (
            select
                *{f" replace ({signals.removeprefix(', ')})" if signals else ""},
                row_number() over (
                    partition by key_type, key_value order by profile_id
                ) as _nth
            from formed
            where _left_out is null
        ) as ranked
        where _nth = 1
        order by profile_id, key_type, key_value
        """,
        work.path("lines"),
    )
    counted = work.connection.execute(
        "select _left_out, count(*) from formed group by _left_out order by _left_out"
    ).fetchall()
    left_out = {reason: count for reason, count in counted if reason}
    passing = sum(count for reason, count in counted if not reason)
    shared = passing - work.count(work.table("lines"))
    return {**left_out, **({"shared_contact_point": shared} if shared else {})}


def _signal(name: str, now: datetime) -> str:
    """SQL: an ad-consent signal that holds now, for all that the destination takes for one."""
    holds = f"_signal_{name} and coalesce(_signal_{name}_ends_at > {moment(now)}, true)"
    return f"bool_and({holds}) over (partition by _written) as _signal_{name}"


def compare(work: Work, *, is_baseline: bool) -> dict[str, int]:
    """Makes `added` (a view of lines) and `removed` (a file) against `ledger_before`.

    Args:
        work: holds `lines`, `ledger_before` and `withdrawn`.
        is_baseline: what is out there is not known: everyone counts as added.

    Returns:
        The number of contact points of each kind.
    """
    lines = work.table("lines")
    out_there = f"(select * from {work.table('ledger_before')} where removed_at is null)"
    added = f"select lines.* from {lines} as lines"
    if not is_baseline:
        added += f" anti join {out_there} as ledger using (key_type, key_value)"
    work.connection.execute(f"create or replace temporary view added as {added}")
    work.save(
        f"""
        select
            ledger.key_type,
            ledger.key_value,
            ledger.profile_id,
            case
                when
                    withdrawn.key_value is not null
                    or (ledger.key_type, ledger.key_value) in (
                        select (key_type, key_value) from formed
                        where _left_out in ('same_mailbox_denied', 'expired_since_the_build')
                    )
                    then 'withdrawn'
                else 'left'
            end as reason
        from {out_there} as ledger
        anti join {lines} as lines using (key_type, key_value)
        left join {work.table("withdrawn")} as withdrawn using (key_type, key_value)
        order by ledger.profile_id, ledger.key_type, ledger.key_value
        """,
        work.path("removed"),
    )
    return {
        "full": work.count(lines),
        "added": work.count("added"),
        "removed": work.count(work.table("removed")),
    }
