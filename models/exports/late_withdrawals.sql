-- Contact points that were delivered although a withdrawal had been recorded at its
-- source before: it had not arrived here yet. One row per export and contact point, for
-- the first such delivery.
{{ config(materialized='view') }}

with withdrawals as (

    select *
    from {{ ref('int_exports__withdrawals') }}
    where withdrawn_at < first_seen_at

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
        and departures.departed_at < withdrawals.first_seen_at
        and (
            withdrawals.lifted_at is null
            or departures.departed_at < withdrawals.lifted_at
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
    source_name,
    consent_id
from late
where lateness = 1
