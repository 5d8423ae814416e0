"""The second decision: is each delivered contact point permitted, judged from evidence alone?

Written from the specification (docs/consent.md), for DuckDB in memory, and sharing nothing with
the permission models: no macro, no SQL, no intermediate table. It reads a file of evidence and
the purposes as they were declared, so it gives the same answer at delivery and, years later, on
a machine that has no warehouse.

The evidence is rows of one table; `record` says what a row is:

    member         a delivered contact point and what is written of it in the file
    contact_point  any contact point of a delivered profile
    stretch        a time in which a record had a contact point of a delivered profile, with the
                   profile that the record belongs to, which may be another one
    event          a version of a consent event in one stretch of presence, with what it means by
                   the mappings of the delivery; all of an event that ever showed a contact point
                   which the profile has or had
    retraction     evidence that was taken back
    suppression    a row of a suppression list in one stretch of presence
    erasure        a contact point that a record of the profile was once withheld with
    withheld       a profile that must not be kept
    country        a country of one of the profile's records
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from runner.exports import judge_facts
from runner.exports.judge_facts import Purpose

RIGHTS = ("use", "sale", "storage")
MEMBERS_AT_ONCE = 400_000
ISO_3166 = [
    code
    for row in (
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ",
        "BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM",
        "DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS",
        "GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN",
        "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ",
        "MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM",
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV",
        "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI",
        "VN VU WF WS XK YE YT ZA ZM ZW",
    )
    for code in row.split()
]
"""The codes of countries (ISO 3166-1 alpha-2, and Kosovo's XK): anything else is unreadable."""
_VIEWS = {
    "member": "members",
    "contact_point": "contact_points",
    "stretch": "stretches",
    "event": "events",
    "retraction": "retractions",
    "suppression": "suppressions",
    "erasure": "erasures",
    "withheld": "withheld_profiles",
    "country": "countries",
}


_LATER_COLUMNS = {
    "varchar": (
        "consent_model",
        "version_id",
        "raw_status",
        "is_mapped",
        "is_carried",
        "is_ledger",
        "is_present",
        "owner_id",
        "owner_record",
        "suppression_id",
        "denials_too",
    ),
    "timestamp": ("present_from", "last_shown_at", "left_at", "retracted_at", "undone_at"),
}


@dataclass(frozen=True)
class Offender:
    """A delivered contact point that has no permission in force."""

    profile_id: str
    key_type: str
    key_value: str
    purpose: str
    reason: str

    @property
    def masked(self) -> str:
        """Recognisable by who knows it, readable by nobody else."""
        return mask(self.key_value)


def mask(value: str) -> str:
    """`frank@contoso.com` → `f***@contoso.com`; `+31612345678` → `+***78`."""
    local, at, domain = value.partition("@")
    if at:
        return f"{local[:1]}***@{domain}"
    return f"{value[:1]}***{value[-2:]}" if len(value) > 2 else "***"


def read_purposes(declared: Mapping[str, Any]) -> dict[str, Purpose]:
    """The purposes of `vars: purposes:` and the three rights, by name."""
    named = {right: declared.get(right) or {} for right in RIGHTS}
    named.update({name: keys or {} for name, keys in declared.items()})
    found = {}
    for name, keys in named.items():
        is_right = name in RIGHTS
        enforcement = keys.get("enforcement", "opt_out" if is_right else "opt_in")
        is_root = is_right or enforcement == "none"
        found[name] = Purpose(
            name=name,
            enforcement=enforcement,
            by_country=keys.get("enforcement_by_country") or {},
            parent=None if is_root else keys.get("parent") or "use",
            channel=keys.get("channel"),
            valid_for_months=keys.get("valid_for_months"),
            double_opt_in=bool(keys.get("double_opt_in", False)),
            conflict=keys.get("conflict", "latest_denial"),
        )
    return found


def lineage(purposes: Mapping[str, Purpose], name: str) -> list[str]:
    """A purpose and its ancestors, itself first."""
    chain = [name]
    while (parent := purposes[chain[-1]].parent) is not None:
        chain.append(parent)
    return chain


def concerned(purposes: Mapping[str, Purpose], required: Sequence[str]) -> list[str]:
    """The purposes whose events bear on a decision about the required ones."""
    names = {"storage"}
    for name in required:
        names.update(lineage(purposes, name))
    return sorted(names)


def judge(
    evidence: Path,
    declared: Mapping[str, Any],
    required: Sequence[str],
    as_of: datetime,
    connection: duckdb.DuckDBPyConnection,
    among: str | None = None,
    *,
    is_endless: bool = False,
) -> list[Offender]:
    """The delivered contact points that must not have been delivered; empty when all may.

    Args:
        evidence: a Parquet file of the rows described above.
        declared: `vars: purposes:` as it stood at the delivery.
        required: the purposes that each contact point must be permitted for.
        as_of: the moment of the decision, UTC.
        connection: a DuckDB of this process; a connection of the judge's own is made to it.
        among: SQL of a column `written`; only members that are written so.
        is_endless: as if no grant ever ended.
    """
    connection = connection.cursor()
    purposes = read_purposes(declared)
    source = _with_all_columns(connection, f"read_parquet({_literal(str(evidence))})")
    if is_endless:
        purposes = {name: replace(each, valid_for_months=None) for name, each in purposes.items()}
        source = f"(select * replace (cast(null as timestamp) as expires_at) from {source})"
    (members,) = _one(connection, f"select count(*) from {source} where record = 'member'")
    parts = max(1, -(-int(members) // MEMBERS_AT_ONCE))
    offenders: list[Offender] = []
    for part in range(parts):
        mine = "" if parts == 1 else f" and hash(profile_id) % {parts} = {part}"
        for record, view in _VIEWS.items():
            connection.execute(
                f"create or replace temporary view {view} as "
                f"select * from {source} where record = '{record}'{mine}"
                + (f" and written_as in ({among})" if among and record == "member" else "")
            )
        judge_facts.establish(
            connection, [purposes[name] for name in concerned(purposes, required)], as_of
        )
        rows = connection.execute(_verdict(purposes, required)).fetchall()
        offenders += [Offender(*row) for row in rows]
    connection.close()
    return sorted(offenders, key=lambda each: (each.key_type, each.key_value, each.purpose))


def _with_all_columns(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    """The evidence with the columns that deliveries of earlier versions do not have, empty."""
    there = {row[0] for row in connection.execute(f"describe select * from {source}").fetchall()}
    missing = [
        f"cast(null as {kind}) as {name}"
        for kind, names in _LATER_COLUMNS.items()
        for name in names
        if name not in there
    ]
    return f"(select {', '.join(['*', *missing])} from {source})"


def _verdict(purposes: Mapping[str, Purpose], required: Sequence[str]) -> str:
    """One row per member and reason why it must not have been delivered."""
    objections = [
        """
        select members.profile_id, members.key_type, members.key_value, '' as purpose,
            'the profile is withheld (storage denied)' as objection
        from members
        where
            members.profile_id in (select profile_id from withheld_profiles)
            or members.profile_id in (select profile_id from storage_denied)
        """,
        """
        select members.profile_id, members.key_type, members.key_value, '' as purpose,
            'the contact point is suppressed' as objection
        from members
        inner join suppressed
            on members.profile_id = suppressed.profile_id
            and members.key_type = suppressed.key_type
            and members.key_value = suppressed.key_value
        """,
    ]
    if required:
        objections.append(
            """
            select members.profile_id, members.key_type, members.key_value, '' as purpose,
                'the profile has no such contact point' as objection
            from members
            anti join contact_points
                on members.profile_id = contact_points.profile_id
                and members.key_type = contact_points.key_type
                and members.key_value = contact_points.key_value
            """
        )
    objections += [_permission_objections(purposes, name) for name in required]
    return "\nunion all\n".join(objections)


def _permission_objections(purposes: Mapping[str, Purpose], name: str) -> str:
    """Members whose contact point is not permitted for one purpose (steps 4 to 6)."""
    purpose = purposes[name]
    wrong_channel = (
        f"members.key_type <> {_literal(purpose.channel)}" if purpose.channel else "false"
    )
    chain = lineage(purposes, name)
    joins, blocks = "", []
    for depth, step in enumerate(chain):
        joins += f"""
            left join own as own_{depth}
                on members.key_type = own_{depth}.key_type
                and members.key_value = own_{depth}.key_value
                and own_{depth}.purpose = {_literal(step)}
            left join inherited as inherited_{depth}
                on members.profile_id = inherited_{depth}.profile_id
                and members.key_type = inherited_{depth}.key_type
                and members.key_value = inherited_{depth}.key_value
                and inherited_{depth}.purpose = {_literal(step)}
            left join reaching as reaching_{depth}
                on members.profile_id = reaching_{depth}.profile_id
                and reaching_{depth}.purpose = {_literal(step)}"""
        # greatest() of DuckDB passes over nulls
        denial = f"greatest(own_{depth}.d, reaching_{depth}.d, inherited_{depth}.d)"
        blocked = f"coalesce(reaching_{depth}.is_blocked, false)"
        denied = f"({blocked} or coalesce(own_{depth}.g <= {denial}, {denial} is not null))"
        granted = f"own_{depth}.g is not null"
        enforcement = _enforcement(purposes[step])
        if depth == 0:
            refused = f"({denied} or ({enforcement} = 'opt_in' and not {granted}))"
        else:
            below = ", ".join(f"own_{index}.g" for index in range(depth))
            lift = f"greatest({below})" if depth > 1 else below
            lifted = (
                "false"
                if purposes[step].conflict == "any_denial"
                else f"coalesce({lift} > {denial}, false)"
            )
            refused = (
                f"(({denied} and not {lifted}) or ({enforcement} = 'opt_in' and not {granted}))"
            )
        if purposes[step].enforcement != "none":
            blocks.append(
                f"when {refused} then "
                + _literal(f"{step} is not permitted" if depth else "no permission in force")
            )
    cases = "\n".join(blocks)
    verdict = f"case {cases} end" if blocks else "null"
    return f"""
        select profile_id, key_type, key_value, {_literal(name)} as purpose, objection
        from (
            select
                members.profile_id, members.key_type, members.key_value,
                case
                    when {wrong_channel} then 'not a contact point of the purpose''s channel'
                    else {verdict}
                end as objection
            from members
            left join (
                select profile_id, list(distinct country) as known
                from countries group by profile_id
            ) as places on members.profile_id = places.profile_id{joins}
        ) as judged
        where objection is not null
    """


def _enforcement(purpose: Purpose) -> str:
    """SQL for the enforcement on a member: the strictest that its profile's countries ask for."""
    own = _literal(purpose.enforcement)
    if not purpose.by_country:
        return own
    strict = [code for code, value in purpose.by_country.items() if value == "opt_in"]
    listed = list(purpose.by_country)
    codes = _list(ISO_3166)
    unreadable = f"len(list_filter(places.known, lambda c: c not in ({codes}))) > 0"
    anywhere = "opt_in" if strict or purpose.enforcement == "opt_in" else "opt_out"
    unlisted = (
        f"or len(list_filter(places.known, lambda c: c not in ({_list(listed)}))) > 0"
        if purpose.enforcement == "opt_in"
        else ""
    )
    listed_strict = (
        f"len(list_filter(places.known, lambda c: c in ({_list(strict)}))) > 0"
        if strict
        else "false"
    )
    return (
        f"case when places.known is null or {unreadable} then {_literal(anywhere)} "
        f"when {listed_strict} {unlisted} then 'opt_in' else 'opt_out' end"
    )


def _list(values: Sequence[str]) -> str:
    return ", ".join(_literal(value) for value in values)


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row
