-- Grants, each with the contact point that it was given for and the time that is asked
-- of it there. A grant that its event showed on another contact point of the kind first
-- was given for that one; here it counts only if it is later than all that was shown
-- there. A confirmation counts with the time, and on the contact point, of its request.
{% set carrying = dbt_consent.consent_models()
    | selectattr('on_new_contact_point', 'equalto', 'carry')
    | map(attribute='model') | list %}
{% set never = dbt_consent.timestamp_literal('0001-01-01 00:00:00') %}

with grants as (

    select
        events.*,
        purposes.is_double_opt_in,
        purposes.valid_for_months
    from {{ ref('int_consent__timed_events') }} as events
    inner join {{ ref('int_consent__purposes') }} as purposes
        on events.purpose = purposes.purpose
    where events.status = 'granted'

),

requests as (

    select
        grants.event_key,
        grants.key_type,
        grants.key_value,
        grants.event_at,
        requests.key_value as requested_value,
        requests.stated_at,
        row_number() over (
            partition by
                grants.event_key, grants.key_type, grants.key_value, grants.event_at
            order by
                coalesce(requests.stated_at, {{ never }}) desc,
                case when requests.key_value = grants.key_value then 0 else 1 end,
                {{ dbt_consent.by_code_point('requests.key_value') }}
        ) as recency
    from grants
    inner join {{ ref('int_consent__statements') }} as requests
        on
            grants.event_key = requests.event_key
            and grants.event_at >= coalesce(requests.stated_at, {{ never }})
    where
        grants.is_double_opt_in
        and not requests.is_retracted
        and (
            requests.status = 'pending'
            or (
                requests.status = 'granted'
                and (
                    requests.confirmed_at is null
                    or requests.confirmed_at > {{ dbt_consent.as_of() }}
                )
            )
        )

),

first_shown as (

    select
        event_key,
        key_type,
        key_value,
        coalesce(stated_at, {{ never }}) as stated_at,
        min(first_present_from) as first_present_from
    from {{ ref('int_consent__statements') }}
    group by event_key, key_type, key_value, coalesce(stated_at, {{ never }})

),

earlier as (

    select
        grants.event_key,
        grants.key_type,
        grants.key_value,
        grants.event_at,
        others.key_value as earlier_value,
        coalesce(others.stated_at, others.last_shown_at) as shown_at,
        row_number() over (
            partition by
                grants.event_key, grants.key_type, grants.key_value, grants.event_at
            order by
                coalesce(others.stated_at, others.last_shown_at) desc,
                {{ dbt_consent.by_code_point('others.key_value') }}
        ) as recency
    from grants
    inner join first_shown
        on
            grants.event_key = first_shown.event_key
            and grants.key_type = first_shown.key_type
            and grants.key_value = first_shown.key_value
            and grants.event_at = first_shown.stated_at
    inner join {{ ref('int_consent__statements') }} as others
        on
            grants.event_key = others.event_key
            and grants.key_type = others.key_type
            and grants.key_value <> others.key_value
            and first_shown.first_present_from > others.first_present_from

)

select
    grants.event_key,
    grants.event_id,
    grants.source_name,
    grants.consent_id,
    grants.key_type,
    grants.key_value,
    grants.purpose,
    grants.is_moved,
    grants.moved_at,
    grants.is_double_opt_in,
    grants.valid_for_months,
    grants.recorded_at,
    grants.confirmed_at,
    grants.expires_at,
    case
        when requests.event_key is null then grants.event_at
        else coalesce(requests.stated_at, {{ never }})
    end as event_at,
    case
        when requests.event_key is null then grants.is_dated
        else requests.stated_at is not null
    end as is_dated,
    case
        when requests.requested_value <> grants.key_value then requests.requested_value
        when
            earlier.event_key is not null
            and (not grants.is_dated or grants.event_at <= earlier.shown_at)
            then earlier.earlier_value
    end as given_for
from grants
left join requests
    on
        grants.event_key = requests.event_key
        and grants.key_type = requests.key_type
        and grants.key_value = requests.key_value
        and grants.event_at = requests.event_at
        and requests.recency = 1
left join earlier
    on
        grants.event_key = earlier.event_key
        and grants.key_type = earlier.key_type
        and grants.key_value = earlier.key_value
        and grants.event_at = earlier.event_at
        and earlier.recency = 1
        and grants.consent_model not in (
            {{ dbt_consent.text_list(carrying or ['']) }}
        )
