"""Models of what people did, as text: staged, and joined with who did it."""

from __future__ import annotations

from runner.sources.dialect import quoted
from runner.sources.plan import Plan
from runner.sources.sql import Renderer, body


def activities_model(plan: Plan, system: str, table: str) -> str:
    """A staging model of activities: who, when, and the file's other columns as texts."""
    render, roles = Renderer(plan, system), plan.roles
    lines = ["-- who and when"]
    if "id" in roles:
        lines += [
            f"{quoted(system)} as source_name,",
            f"{render.macro('clean_text', roles['id'])} as source_record_id,",
        ]
    lines += [f"{render.key(key)} as {key}," for key in plan.keys]
    lines.append(f"{render.role_time('occurred_at')} as occurred_at")
    if plan.unused:
        lines[-1] += ","
        lines += ["", "-- what"]
        lines += [f"{render.macro('clean_text', n)} as {render.names[n]}," for n in plan.unused]
        lines[-1] = lines[-1].removesuffix(",")
    return f"""\
-- What people of {system} did, proposed from {plan.source.shown}: read it once.
{render.rows(table)},

renamed as (

    select
{body(lines)}
    from source

)

select * from renamed
"""


def joined_activities_model(plan: Plan, system: str, table: str) -> str:
    """Activities with the profile of who did them."""
    render = Renderer(plan, system)
    by_record = "id" in plan.roles
    columns = "".join(f",\n    {table}.{render.names[name]}" for name in plan.unused)
    owner = "record_profiles" if by_record else "contact_points"
    join = f"join_profiles_by_record('{table}')"
    if not by_record:
        join = f"join_profiles_by_contact_point('{table}', '{plan.keys[0]}', '{plan.keys[0]}')"
    return f"""\
-- What people of {system} did, each with the person who did it.
select
    {owner}.profile_id,
    {table}.occurred_at{columns}
from {{{{ ref('stg_{system}__{table}') }}}} as {table}
{{{{ dbt_consent.{join} }}}}
"""
