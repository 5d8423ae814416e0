-- Withdrawals that reach a contact point of the ledger: export, destination, contact
-- point, denial.
-- Of the purposes that the export depends on, made there or on another contact point of
-- the person; with the later grant on the contact point that lifted it, if there is
-- one, of the purpose or of one below it. A view: deliveries come after the build.
{{ config(materialized='view') }}

with export_purposes as (

    {% for link in dbt_consent.export_purposes() %}
    select
        {{ dbt_consent.text_literal(link.export_name) }} as export_name,
        {{ dbt_consent.text_literal(link.chain) }} as chain,
        {{ link.depth }} as depth,
        {{ dbt_consent.text_literal(link.purpose) }} as purpose

    union all
    {% endfor %}
    select
        cast(null as {{ dbt.type_string() }}) as export_name,
        cast(null as {{ dbt.type_string() }}) as chain,
        0 as depth,
        cast(null as {{ dbt.type_string() }}) as purpose
    where false

),

denials as (

    select
        events.event_id,
        events.key_type,
        events.key_value,
        events.purpose,
        events.source_name,
        events.consent_id,
        coalesce(events.recorded_at, events.confirmed_at, events.first_seen_at)
            as withdrawn_at,
        min(events.first_seen_at) as first_seen_at,
        min(case when events.is_remapped then 1 else 0 end) = 1 as is_remapped
    from {{ ref('int_consent__interpreted') }} as events
    left join {{ dbt_consent.retracted_versions(
        ref('consent_events'), ref('int_consent__standing_retractions')
    ) }} as retracted
        on
            events.version_id = retracted.version_id
            and retracted.denials_too
    where
        events.status = 'denied'
        and retracted.version_id is null
    group by
        events.event_id,
        events.key_type,
        events.key_value,
        events.purpose,
        events.source_name,
        events.consent_id,
        coalesce(events.recorded_at, events.confirmed_at, events.first_seen_at)

    union all

    select
        event_id,
        key_type,
        key_value,
        purpose,
        source_name,
        consent_id,
        event_at as withdrawn_at,
        first_seen_at,
        false as is_remapped
    from {{ ref('int_consent__suppression_denials') }}

),

-- the contact points of each person, and those that the person had
people as (

    select
        profile_id,
        key_type,
        key_value
    from {{ ref('profile_contact_points') }}

    union

    select
        profile_id,
        key_type,
        key_value
    from {{ ref('int_identity__former_points') }}

),

reaching as (

    select
        denials.*,
        denials.key_type as on_key_type,
        denials.key_value as on_key_value
    from denials

    union all

    select
        denials.*,
        others.key_type as on_key_type,
        others.key_value as on_key_value
    from denials
    inner join {{ ref('int_consent__purposes') }} as purposes
        on denials.purpose = purposes.purpose
    inner join people as own
        on
            denials.key_type = own.key_type
            and denials.key_value = own.key_value
    inner join {{ ref('profile_contact_points') }} as others
        on
            own.profile_id = others.profile_id
            and (own.key_type <> others.key_type or own.key_value <> others.key_value)
    where
        purposes.conflict <> 'contact_point'
        or denials.key_type <> purposes.channel

)

select
    members.export_name,
    members.destination,
    members.key_type,
    members.key_value,
    members.delivered_at,
    members.removed_at,
    reaching.event_id,
    reaching.purpose,
    reaching.source_name,
    reaching.consent_id,
    reaching.withdrawn_at,
    reaching.first_seen_at,
    reaching.is_remapped,
    min(grants.stated_at) as lifted_at
from {{ ref('delivered_members') }} as members
inner join export_purposes
    on members.export_name = export_purposes.export_name
inner join reaching
    on
        members.key_type = reaching.on_key_type
        and members.key_value = reaching.on_key_value
        and export_purposes.purpose = reaching.purpose
left join export_purposes as lifting
    on
        export_purposes.export_name = lifting.export_name
        and export_purposes.chain = lifting.chain
        and export_purposes.depth >= lifting.depth
left join {{ ref('int_consent__statements') }} as grants
    on
        members.key_type = grants.key_type
        and members.key_value = grants.key_value
        and lifting.purpose = grants.purpose
        and grants.status = 'granted'
        and not grants.is_retracted
        and reaching.withdrawn_at < grants.stated_at
group by
    members.export_name,
    members.destination,
    members.key_type,
    members.key_value,
    members.delivered_at,
    members.removed_at,
    reaching.event_id,
    reaching.purpose,
    reaching.source_name,
    reaching.consent_id,
    reaching.withdrawn_at,
    reaching.first_seen_at,
    reaching.is_remapped
