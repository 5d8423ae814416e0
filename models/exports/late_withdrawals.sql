-- Contact points that were delivered although a withdrawal had been recorded at its source
-- before: it had not arrived here yet. One row per export and contact point, for the first
-- such delivery. A view, since deliveries come after the build.
{{ config(materialized='view') }}

with export_purposes as (

    {% for pair in dbt_consent.export_purposes() %}
    select
        {{ dbt_consent.text_literal(pair.export_name) }} as export_name,
        {{ dbt_consent.text_literal(pair.purpose) }} as purpose

    union all
    {% endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as export_name,
        cast(null as {{ dbt.type_string() }}) as purpose
    where false

),

withdrawals as (

    select
        key_type,
        key_value,
        purpose,
        source_name,
        consent_id,
        recorded_at as withdrawn_at,
        first_seen_at
    from {{ ref('consent_events') }}
    where
        status = 'denied'
        and recorded_at < first_seen_at

),

-- a withdrawal on its own contact point, and on the person's others that it reaches
reaching as (

    select
        key_type,
        key_value,
        purpose,
        source_name,
        consent_id,
        withdrawn_at,
        first_seen_at
    from withdrawals

    union all

    select
        others.key_type,
        others.key_value,
        withdrawals.purpose,
        withdrawals.source_name,
        withdrawals.consent_id,
        withdrawals.withdrawn_at,
        withdrawals.first_seen_at
    from withdrawals
    inner join {{ ref('int_consent__purposes') }} as purposes
        on withdrawals.purpose = purposes.purpose
    inner join {{ ref('profile_contact_points') }} as own
        on
            withdrawals.key_type = own.key_type
            and withdrawals.key_value = own.key_value
    inner join {{ ref('profile_contact_points') }} as others
        on
            own.profile_id = others.profile_id
            and (own.key_type <> others.key_type or own.key_value <> others.key_value)
    where
        purposes.conflict <> 'contact_point'
        or withdrawals.key_type <> purposes.channel

),

-- each time that a contact point left: when it was added, and in every full delivery since
departures as (

    select
        export_name,
        key_type,
        key_value,
        delivered_at
    from {{ ref('delivered_members') }}

    union all

    select
        members.export_name,
        members.key_type,
        members.key_value,
        deliveries.delivered_at
    from {{ ref('delivered_members') }} as members
    inner join {{ ref('deliveries') }} as deliveries
        on
            members.export_name = deliveries.export_name
            and members.delivered_at < deliveries.delivered_at
            and (
                members.removed_at is null
                or deliveries.delivered_at < members.removed_at
            )
    where
        deliveries.kind = 'full'
        and deliveries.status = 'delivered'

),

late as (

    select
        departures.export_name,
        departures.key_type,
        departures.key_value,
        reaching.purpose,
        reaching.withdrawn_at,
        reaching.first_seen_at,
        departures.delivered_at,
        reaching.source_name,
        reaching.consent_id,
        row_number() over (
            partition by
                departures.export_name, departures.key_type, departures.key_value
            order by
                departures.delivered_at, reaching.withdrawn_at, reaching.purpose,
                reaching.source_name, reaching.consent_id
        ) as lateness
    from departures
    inner join export_purposes
        on departures.export_name = export_purposes.export_name
    inner join reaching
        on
            departures.key_type = reaching.key_type
            and departures.key_value = reaching.key_value
            and export_purposes.purpose = reaching.purpose
            and reaching.withdrawn_at <= departures.delivered_at
            and departures.delivered_at < reaching.first_seen_at
    -- a later grant on the contact point had lifted it by then
    left join {{ ref('consent_events') }} as grants
        on
            departures.key_type = grants.key_type
            and departures.key_value = grants.key_value
            and reaching.purpose = grants.purpose
            and grants.status = 'granted'
            and reaching.withdrawn_at < grants.recorded_at
            and grants.recorded_at <= departures.delivered_at
    where grants.event_id is null

)

select
    export_name,
    key_type,
    key_value,
    purpose,
    withdrawn_at,
    first_seen_at,
    delivered_at,
    source_name,
    consent_id
from late
where lateness = 1
