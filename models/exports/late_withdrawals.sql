-- Contact points that were delivered although a withdrawal that stood then had been
-- recorded at its source before: it had not arrived here yet, or nobody had mapped what
-- it says. One row per export and contact point, for the first such delivery. A later
-- grant hides a withdrawal only if it was in force at the delivery.
{{ config(materialized='view') }}
{% set never = dbt_consent.timestamp_literal('9999-12-31 00:00:00') %}

with withdrawals as (

    select *
    from {{ ref('int_exports__withdrawals') }}
    where
        withdrawn_at < first_seen_at
        or is_remapped

),

-- each time that a contact point left: when it was added, and in every full delivery
-- since
departures as (

    select
        export_name,
        key_type,
        key_value,
        delivered_at as departed_at
    from {{ ref('delivered_members') }}

    union all

    select
        members.export_name,
        members.key_type,
        members.key_value,
        deliveries.delivered_at as departed_at
    from {{ ref('delivered_members') }} as members
    inner join {{ ref('deliveries') }} as deliveries
        on members.export_name = deliveries.export_name
    where
        members.delivered_at < deliveries.delivered_at
        and (
            members.removed_at is null
            or deliveries.delivered_at < members.removed_at
        )
        and deliveries.kind = 'full'
        and deliveries.status = 'delivered'

),

-- the grants that can hide one, of the purpose or of one below it, and when they held
in_force as (

    select
        statements.key_type,
        statements.key_value,
        reach.ancestor as purpose,
        statements.stated_at as granted_at,
        case
            when
                purposes.is_double_opt_in
                then coalesce(statements.confirmed_at, {{ never }})
            else statements.stated_at
        end as confirmed_at,
        case
            when purposes.valid_for_months is null
                then coalesce(statements.expires_at, {{ never }})
            else least(
                coalesce(statements.expires_at, {{ never }}),
                {{ dbt_consent.add_months(
                    'statements.stated_at', 'purposes.valid_for_months'
                ) }}
            )
        end as ends_at
    from {{ ref('int_consent__statements') }} as statements
    inner join {{ ref('int_consent__purposes') }} as purposes
        on statements.purpose = purposes.purpose
    inner join (
        select
            purpose,
            purpose as ancestor
        from {{ ref('int_consent__purposes') }}
        union
        select
            purpose,
            ancestor
        from {{ ref('int_consent__purpose_ancestors') }}
    ) as reach
        on statements.purpose = reach.purpose
    where
        statements.status = 'granted'
        and not statements.is_retracted
        and statements.stated_at is not null

),

late as (

    select
        withdrawals.*,
        departures.departed_at,
        row_number() over (
            partition by
                withdrawals.export_name, withdrawals.key_type, withdrawals.key_value
            order by
                departures.departed_at,
                withdrawals.withdrawn_at,
                withdrawals.event_id
        ) as lateness
    from withdrawals
    inner join departures
        on
            withdrawals.export_name = departures.export_name
            and withdrawals.key_type = departures.key_type
            and withdrawals.key_value = departures.key_value
    where
        withdrawals.withdrawn_at <= departures.departed_at
        and (
            withdrawals.is_remapped
            or departures.departed_at < withdrawals.first_seen_at
        )
        and not exists (
            select 1
            from in_force
            where
                in_force.key_type = withdrawals.key_type
                and in_force.key_value = withdrawals.key_value
                and in_force.purpose = withdrawals.purpose
                and in_force.granted_at > withdrawals.withdrawn_at
                and in_force.granted_at <= departures.departed_at
                and in_force.confirmed_at <= departures.departed_at
                and in_force.ends_at > departures.departed_at
        )

)

select
    export_name,
    key_type,
    key_value,
    purpose,
    withdrawn_at,
    first_seen_at,
    departed_at as delivered_at,
    departed_at >= first_seen_at as is_late_by_mapping,
    source_name,
    consent_id
from late
where lateness = 1
