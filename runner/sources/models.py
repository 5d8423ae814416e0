"""Staging models as text: what a plan says, in the contract's columns."""

from __future__ import annotations

from collections.abc import Mapping

from runner.sources.dialect import quoted
from runner.sources.plan import ROW, ConsentColumn, Plan
from runner.sources.sql import NULL_TEXT, NULL_TIME, Renderer, body, literal, sql_text
from runner.sources.vocabulary import folded

_NOT_GRANTED = "coalesce(status, 'denied') not in ('granted', 'pending', 'nothing')"


def customers_model(plan: Plan, system: str, types: Mapping[str, str], key: tuple[str, ...]) -> str:
    """A customer model.

    Args:
        plan: of a file of customers.
        system: the source's name.
        types: the declared types of the profile's attributes.
        key: the columns that are the primary key where the file has no id.
    """
    render = Renderer(plan, system)
    attributes = [each for each in types if each in plan.roles]
    lines = ["-- identity", f"{quoted(system)} as source_name,", "record_key as source_record_id,"]
    for each in plan.keys:
        lines += [
            f"{render.key(each)} as {each},",
            f"{render.text(plan.roles[each])} as raw_{each},",
        ]
    if attributes:
        lines += ["", "-- attributes"]
        lines += [f"{render.attribute(each, types[each])} as {each}," for each in attributes]
    lines += ["", "-- times", f"{render.role_time('updated_at')} as updated_at"]
    newest = ""
    if "updated_at" in plan.roles:
        newest = f"\n                {render.role_time('updated_at')} desc nulls last,"
    everything = ", ".join(literal(render.text(c.name)) for c in plan.source.columns)
    return f"""\
-- Customers of {system}, proposed from {plan.source.shown}: read it once. Of a record that
-- stands in several rows {_which(plan)} gives the attributes and keys; consent
-- is read from all rows.
{render.rows("customers")},

identified as (

    select
        *,
        {render.record_key(key)} as record_key
    from source

),

ranked as (

    select
        *,
        row_number() over (
            partition by record_key
            order by{newest}
                {{{{ dbt_consent.content_hash([{everything}]) }}}}
        ) as version_rank
    from identified

),

renamed as (

    select
{body(lines)}
    from ranked
    where version_rank = 1

)

select * from renamed
"""


def _which(plan: Plan) -> str:
    return "the one that changed last" if "updated_at" in plan.roles else "one of them"


def answers_model(plan: Plan, system: str, key: tuple[str, ...]) -> str:
    """A consent model of the columns in which customers answer, from all rows of the file."""
    render = Renderer(plan, system)
    lines = ["record_key,"]
    for each in plan.keys:
        lines += [
            f"{render.key(each)} as {each},",
            f"{render.text(plan.roles[each])} as raw_{each},",
        ]
    for consent in plan.consents:
        name = _answer_name(consent, render)
        if consent.column == ROW:
            (status,) = consent.statuses
            value = f"cast({sql_text(status)} as {{{{ dbt.type_string() }}}})"
        else:
            value = render.text(consent.column)
        lines.append(f"{value} as {name},")
        for role, column in (
            ("recorded_at", consent.recorded_at),
            ("confirmed_at", consent.confirmed_at),
        ):
            if column is not None:
                lines.append(f"{render.time(column)} as {name}_{role},")
                lines.append(f"{render.raw(column)} as raw_{name}_{role},")
    lines[-1] = lines[-1].removesuffix(",")
    keys = ", ".join(f"'{each}': '{each}'" for each in plan.keys)
    raw = ", ".join(f"'{each}': 'raw_{each}'" for each in plan.keys)
    entries = "\n".join(_entry(consent, render) for consent in plan.consents)
    return f"""\
-- Consent in columns of {system}'s customers, from all rows of the file. What each value
-- means stands below; one that stands in no list counts as denied and is listed.
{render.rows("customers")},

identified as (

    select
        *,
        {render.record_key(key)} as record_key
    from source

),

answers as (

    select
{body(lines)}
    from identified

),

unpivoted as (

    {{{{ dbt_consent.unpivot_consents(
        relation='answers',
        source_name='{system}',
        record_id='record_key',
        keys={{{keys}}},
        raw_keys={{{raw}}},
        consents=[
{entries}
        ],
    ) }}}}

)

select * from unpivoted
"""


def _answer_name(consent: ConsentColumn, render: Renderer) -> str:
    if consent.column == ROW:
        return "every_row"
    name = render.names[consent.column]
    taken = {*render.plan.keys, *(f"raw_{key}" for key in render.plan.keys)}
    return f"{name}_answer" if name in taken else name


def _entry(consent: ConsentColumn, render: Renderer) -> str:
    name = _answer_name(consent, render)
    parts = [f"'column': '{name}'", f"'purpose': '{consent.purpose}'"]
    if consent.keys:
        parts.append(f"'keys': [{', '.join(literal(key) for key in consent.keys)}]")
    for status in ("granted", "denied", "nothing"):
        values = [folded(v) for v, meaning in consent.statuses.items() if meaning == status]
        if values:
            parts.append(f"'{status}': [{', '.join(map(literal, values))}]")
    for role, column in (
        ("recorded_at", consent.recorded_at),
        ("confirmed_at", consent.confirmed_at),
    ):
        if column is not None:
            parts.append(f"'{role}': '{name}_{role}'")
            parts.append(f"'raw_{role}': 'raw_{name}_{role}'")
    listed = "\n".join(f"                {part}," for part in parts)
    return f"            {{\n{listed}\n            }},"


def consents_model(plan: Plan, system: str, key: tuple[str, ...]) -> str:
    """A consent model of a file with one row per answer, all rows of it."""
    render, roles = Renderer(plan, system), plan.roles
    status = f"{{{{ dbt_consent.map_status('{system}', '{render.names[roles['status']]}') }}}}"
    raw_status = render.raw(roles["status"])
    withdrawn = ""
    if "withdrawn_at" in roles:
        withdrawn = f"{render.macro('clean_text', roles['withdrawn_at'])} is not null"
        status = f"case when {withdrawn} then 'denied' else {status} end"
    purpose = f"cast('{plan.purpose}' as {{{{ dbt.type_string() }}}})"
    if "purpose" in roles:
        purpose = (
            f"{{{{ dbt_consent.map_purpose('{system}', '{render.names[roles['purpose']]}') }}}}"
        )
    lines = [f"{render.record_key(key)} as consent_id,", ""]
    lines += _contact_lines(render)
    lines += [
        f"{purpose} as purpose,",
        f"{status} as status,",
        "",
        "-- proof",
        f"{_evidence(render)} as evidence,",
        "",
        "-- as it was said",
        f"{render.raw(roles.get('purpose'))} as raw_purpose,",
        f"{raw_status} as raw_status,",
        f"{render.raw(roles.get('recorded_at'))} as raw_recorded_at,",
        f"{render.raw(roles.get('confirmed_at'))} as raw_confirmed_at,",
        f"{render.raw(roles.get('expires_at'))} as raw_expires_at",
    ]
    if "starts_at" in roles:
        lines[-1] += ","
        lines.append(f"{render.raw(roles['starts_at'])} as raw_starts_at")
    if withdrawn:
        lines[-1] += ","
        lines.append(f"{render.raw(roles['withdrawn_at'])} as raw_withdrawn_at")
    if "deleted" in roles:
        lines[-1] += ","
        lines.append(f"{render.said(roles['deleted'])} as flag")
    kept = _kept(plan)
    listed = ",\n".join(f"        {line}" for line in _carried(render))
    points, where = _points(render, kept)
    return f"""\
-- Consent from {system}, proposed from {plan.source.shown}: read it once. Every row counts.
{render.rows("consents")},

answers as (

    select
{body(lines)}
    from source

),

renamed as (

    select
        {quoted(system)} as source_name,
        answers.consent_id,
{points}
{listed}
{where}
)

select * from renamed
"""


def _carried(render: Renderer) -> list[str]:
    """What a row says, for each of its contact points."""
    lines = [f"answers.{name}" for name in ("purpose", "status")]
    times = {
        role: render.plan.roles.get(role) for role in ("recorded_at", "confirmed_at", "expires_at")
    }
    pairs = {"recorded_at": "answers.status", "confirmed_at": None, "expires_at": None}
    for role, name in times.items():
        moment = NULL_TIME
        if name is not None:
            moment = render.time(name, f"answers.raw_{role}", pairs[role])
        starts = render.plan.roles.get("starts_at")
        if role == "recorded_at" and starts is not None:
            moment = _not_before(render.time(starts, "answers.raw_starts_at", pairs[role]), moment)
        withdrawn = render.plan.roles.get("withdrawn_at")
        if role == "recorded_at" and withdrawn is not None:
            # a consent that was withdrawn is a no, at that time
            then = render.time(withdrawn, "answers.raw_withdrawn_at", "later")
            when = "case when answers.raw_withdrawn_at is not null"
            lines.append(f"{when} then {then} else {moment} end as recorded_at")
            continue
        lines.append(f"{moment} as {role}")
    lines += [f"answers.{name}" for name in ("evidence", "raw_purpose", "raw_status")]
    if "withdrawn_at" in render.plan.roles:
        lines.append(
            "coalesce(answers.raw_withdrawn_at, answers.raw_recorded_at) as raw_recorded_at"
        )
    else:
        lines.append("answers.raw_recorded_at")
    return [*lines, "answers.raw_confirmed_at", "answers.raw_expires_at"]


def _not_before(start: str, moment: str) -> str:
    """The time of an answer: a yes that starts later counts from there, a no at once.

    A start that cannot be read, as the year 9999, is never.
    """
    never = "{{ dbt_consent.timestamp_literal('9999-12-31 00:00:00') }}"
    return (
        "case when answers.status = 'granted' and answers.raw_starts_at is not null "
        f"then greatest(coalesce({start}, {never}), coalesce({moment}, {start}, {never})) "
        f"else {moment} end"
    )


def _contact_lines(render: Renderer) -> list[str]:
    """The contact point or points of a row, and of which kind it says it is."""
    plan, roles = render.plan, render.plan.roles
    kind = roles.get("key_type") or roles.get("channel")
    lines = ["-- who, for what"]
    if kind is not None:
        role = "key_type" if "key_type" in roles else "channel"
        lines.append(
            f"{render.mapped(kind, plan.labels.get(role, {}), render.said(kind))} as said_kind,"
        )
    elif "key_value" in roles:
        value = render.text(roles["key_value"])
        lines.append(
            f"case when position('@' in {value}) > 0 then 'email' else 'phone' end as said_kind,"
        )
    if "key_value" in roles:
        lines.append(f"{render.text(roles['key_value'])} as raw_key_value,")
    else:
        for key in plan.keys:
            lines += [f"{render.key(key)} as {key},", f"{render.raw(roles[key])} as raw_{key},"]
    return lines


def _kept(plan: Plan) -> str:
    """Which rows count: deleted ones do not; where nobody knows, a denial does."""
    flags = plan.labels.get("deleted")
    denial = _NOT_GRANTED.replace("status", "answers.status")
    if flags is None or plan.denials_only:
        return denial if plan.denials_only else ""
    lists = {
        sign: ", ".join(sql_text(folded(value)) for value, said in flags.items() if said == sign)
        for sign in ("yes", "no")
    }
    kept = "answers.flag is null"
    if lists["no"]:
        kept += f" or answers.flag in ({lists['no']})"
    if lists["yes"]:
        kept += f" or (answers.flag not in ({lists['yes']}) and {denial})"
    return f"({kept})"


def _points(render: Renderer, kept: str = "", alias: str = "answers") -> tuple[str, str]:
    """The columns of the contact point, and the rest of the select."""
    plan = render.plan
    if "key_value" in plan.roles:
        columns = (
            f"        {alias}.said_kind as key_type,\n"
            f"        {{{{ dbt_consent.clean_contact_point('{alias}.said_kind', "
            f"'{alias}.raw_key_value') }}}} as key_value,\n        {alias}.raw_key_value,"
        )
        return columns, f"    from {alias}\n" + (f"    where {kept}\n" if kept else "")
    if len(plan.keys) == 1 and "channel" not in plan.roles:
        (key,) = plan.keys
        columns = (
            f"        '{key}' as key_type,\n        {alias}.{key} as key_value,\n"
            f"        {alias}.raw_{key} as raw_key_value,"
        )
        return columns, f"    from {alias}\n" + (f"    where {kept}\n" if kept else "")
    return _points_of_several(render, kept, alias)


def _points_of_several(render: Renderer, kept: str, alias: str) -> tuple[str, str]:
    """A row for each contact point that an answer is for.

    Where the row says the kind, a yes is for that kind alone; a no without a contact point of that
    kind is for those that there are.
    """
    keys = render.plan.keys
    value, raw = (
        "case kinds.key_type "
        + " ".join(f"when '{key}' then {alias}.{prefix}{key}" for key in keys)
        + " end"
        for prefix in ("", "raw_")
    )
    kinds = " union all ".join(
        f"select '{key}' as key_type, {'true' if key == keys[0] else 'false'} as is_first"
        for key in keys
    )
    any_raw = " or ".join(f"{alias}.raw_{key} is not null" for key in keys)
    if "channel" not in render.plan.roles:
        columns = (
            f"        kinds.key_type,\n        {value} as key_value,\n"
            f"        {raw} as raw_key_value,"
        )
        where = f"({raw} is not null or (kinds.is_first and not ({any_raw})))"
    else:
        own = (
            f"case {alias}.said_kind "
            + " ".join(f"when '{key}' then {alias}.raw_{key}" for key in keys)
            + " end"
        )
        denial = _NOT_GRANTED.replace("status", f"{alias}.status")
        columns = (
            f"        case when {denial} then kinds.key_type else {alias}.said_kind end"
            " as key_type,\n"
            f"        case when {denial} or kinds.key_type = {alias}.said_kind then {value} end"
            f" as key_value,\n        {raw} as raw_key_value,"
        )
        where = (
            f"((kinds.key_type = {alias}.said_kind and {own} is not null)\n"
            f"            or ({own} is null and {denial} and {raw} is not null)\n"
            f"            or ({own} is null and kinds.is_first\n"
            f"                and (not {denial} or not ({any_raw}))))"
        )
    rest = f"    from {alias}\n    cross join ({kinds}) as kinds\n    where\n        {where}\n"
    return columns, rest + (f"        and {kept}\n" if kept else "")


def _evidence(render: Renderer) -> str:
    plan = render.plan
    shown = [plan.roles[role] for role in ("purpose", "status", "channel") if role in plan.roles]
    shown += [name for name in plan.ignored if name not in shown]
    pairs = ", ".join(
        f"'{render.names[name]}': '{render.names[name]}'"
        for name in shown
        if render.column(name).is_text and render.column(name).looks["email"] == 0
    )
    return f"{{{{ dbt_consent.evidence({{{pairs}}}) }}}}" if pairs else NULL_TEXT


def suppressions_model(plan: Plan, system: str) -> str:
    """A suppression model."""
    render, roles = Renderer(plan, system), plan.roles
    reason = quoted(plan.reason or "manual")
    if "reason" in roles:
        reason = render.mapped(roles["reason"], plan.labels.get("reason", {}), "'manual'")
    lines = _contact_lines(render)
    lines += [
        "",
        "-- why; whatever is no known reason is a manual one",
        f"{reason} as reason,",
        "",
        "-- times",
        f"{render.role_time('suppressed_at')} as suppressed_at",
    ]
    points, where = _points(render)
    return f"""\
-- Whom not to contact, by {system}, proposed from {plan.source.shown}: read it once.
{render.rows("suppressions")},

answers as (

    select
{body(lines)}
    from source

),

renamed as (

    select
{points}
        answers.reason,
        answers.suppressed_at
{where}
)

select * from renamed
"""
